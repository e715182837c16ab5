"""Measure what shipped topics learned from texts.jsonl, and write it: `python -m tests.benchmarks.relevance_topics`.

Such a topic learns from what the first topic learned from and from its own texts whose `use` is "learn"; precision and
recall are of those whose `use` is "measure". `--write` writes model.json and labels.jsonl of each such topic.
"""

from __future__ import annotations

import argparse
import json

from pipelines.page import OutletProfile
from pipelines.relevance.learning import training
from pipelines.relevance.learning.examples import EXAMPLES_FILE, Example, read_examples, write_examples
from pipelines.relevance.learning.learned import find_model
from pipelines.relevance.learning.relevance_model import MODEL_FILE, RelevanceModel, write_model
from pipelines.relevance.topic import Topic, load_topic
from pipelines.relevance.topic_file import TOPICS_FOLDER, list_shipped_topics

TEXTS_FILE = "texts.jsonl"


def read_texts(topic: Topic, use: str) -> list[tuple[bool, Example | None]]:
    """Return the label of each text of that use, and what is learned from it; None if it names one side alone."""
    found = []
    for line in (TOPICS_FOLDER / topic.id / TEXTS_FILE).read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["use"] == use:
            labelled = training.LabelledText(
                id=row["id"],
                title=row["title"],
                text=row["text"],
                language=row["language"],
                is_relevant=row["label"] == "relevant",
                outlet=OutletProfile(id="x", name="x", country="XX"),
            )
            found.append((labelled.is_relevant, training.make_example(labelled, topic=topic, is_shown=True)))
    return found


def describe(texts: list[tuple[bool, Example | None]], model: RelevanceModel | None) -> str:
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for is_relevant, example in texts:
        score = 0.0
        if example:
            score = training.score_example(model, example) if model else training.score_by_rule(example)
        counts[is_relevant, score >= 0.5] += 1
    right, false, missed = counts[True, True], counts[False, True], counts[True, False]
    return (
        f"precision {right / max(1, right + false):.2f}  recall {right / max(1, right + missed):.2f}"
        f"  ({right} right, {false} false, {missed} missed of {len(texts)})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write model.json and labels.jsonl of each topic")
    options = parser.parse_args()
    for name in list_shipped_topics():
        if not (TOPICS_FOLDER / name / TEXTS_FILE).exists():
            continue
        topic = load_topic(name)
        learned = [example for _, example in read_texts(topic, "learn") if example]
        first = read_examples(topic.starts_from / EXAMPLES_FILE).all
        model = training.train_model([*first, *learned])
        measured = read_texts(topic, "measure")
        print(f"{name}: {len(measured)} texts that it did not learn from")
        for what, judged_by in (
            ("rule alone", None),
            ("learned from the first topic", training.train_model(first)),
            ("learned from its own too", model),
            ("as shipped", find_model(topic)),
        ):
            print(f"  {what:30s} {describe(measured, judged_by)}")
        if options.write:
            write_examples(TOPICS_FOLDER / name / EXAMPLES_FILE, learned)
            write_model(TOPICS_FOLDER / name / MODEL_FILE, model)
            print(f"{TOPICS_FOLDER / name}: learned from {len(first)} and {len(learned)} texts")


if __name__ == "__main__":
    main()
