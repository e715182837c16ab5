"""A shipped topic judges those of its own labelled texts that it did not learn from."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from db.model.verdict import Verdict
from pipelines.page import OutletProfile
from pipelines.relevance.learning.examples import EXAMPLES_FILE, read_examples
from pipelines.relevance.learning.learned import find_model, judge_text
from pipelines.relevance.topic import load_topic
from pipelines.relevance.topic_file import TOPICS_FOLDER

TOPIC = "china_chile"
ROWS = [json.loads(line) for line in (TOPICS_FOLDER / TOPIC / "texts.jsonl").read_text("utf-8").splitlines()]
NOWHERE = OutletProfile(id="o", name="Outlet", country="XX")


def test_the_texts_are_balanced_and_a_third_is_kept_for_measuring() -> None:
    assert Counter((row["language"], row["label"]) for row in ROWS) == {
        (language, label): 10 for language in ("en", "es", "zh") for label in ("relevant", "irrelevant")
    }
    assert Counter(row["use"] for row in ROWS) == {"learn": 40, "measure": 20}
    learned = {example.id for example in read_examples(TOPICS_FOLDER / TOPIC / EXAMPLES_FILE).all}
    assert learned == {row["id"] for row in ROWS if row["use"] == "learn"}


@pytest.mark.slow
def test_texts_that_the_topic_did_not_learn_from_are_judged_rightly() -> None:
    topic = load_topic(TOPIC)
    assert find_model(topic) is not find_model(load_topic("china_peru"))
    wrong = [
        row["title"]
        for row in ROWS
        if row["use"] == "measure"
        and (row["label"] == "relevant")
        != (
            judge_text(row["title"], row["text"], language=row["language"], topic=topic, outlet=NOWHERE).verdict
            is Verdict.RELEVANT
        )
    ]
    assert len(wrong) <= 1, wrong
