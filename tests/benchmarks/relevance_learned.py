"""Measure what relevance has learned, and write it: `python tests/benchmarks/relevance_learned.py [--write]`.

Each table is of texts that the model did not learn from: of our own cases by cross-validation, of our features and of
each file of ../shared/relevance by a model of all other files, and the curve of marks by a model of our own cases and
so many marks on one half of a file, judged on its other half. The last lines are CPU time and memory.

`--write` trains on everything and writes model.json and labels.jsonl of the shipped topic. Of publishers' texts they
hold vectors alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import random
import resource
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

from pipelines.page import OutletProfile
from pipelines.relevance.evidence import read_sentences
from pipelines.relevance.learning import training
from pipelines.relevance.learning.examples import EXAMPLES_FILE, Example, write_examples
from pipelines.relevance.learning.learned import judge_text
from pipelines.relevance.learning.relevance_model import MODEL_FILE, RelevanceModel, write_model
from pipelines.relevance.learning.text_vectors import read_wording
from pipelines.relevance.learning.training import LabelledText
from pipelines.relevance.rule import judge
from pipelines.relevance.topic import load_topic
from pipelines.relevance.topic_file import TOPICS_FOLDER

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("VIGIA_SHARED", ROOT.parent / "shared")) / "relevance"
CASES = ROOT / "tests" / "pipelines" / "relevance"
FILES = ("texts.jsonl", "texts_c.jsonl", "probes.jsonl")
CURVE = (0, 25, 50, 100)  # marks of a desk
SPLITS = 5  # halves that the curve is the mean of


@dataclasses.dataclass(frozen=True)
class Labelled:
    """A text, and what is learned from it; None if it does not name both sides."""

    text: LabelledText
    example: Example | None


def read_rows(rows: Sequence[dict], *, is_shown: bool, topic_name: str = "china_peru") -> list[Labelled]:
    topic = load_topic(topic_name)
    found = []
    for row in rows:
        if row["label"] == "borderline":
            continue
        title, text = row["title"] or "", row.get("text") or ""
        labelled = LabelledText(
            id=hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()[:12],
            title=title,
            text=text,
            language=row["language"],
            is_relevant=row["label"] == "relevant",
            outlet=OutletProfile(id="x", name="x", country=row.get("country") or "XX"),
        )
        found.append(Labelled(labelled, training.make_example(labelled, topic=topic, is_shown=is_shown)))
    return found


def read_files() -> dict[str, list[Labelled]]:
    own, features = (
        read_rows(tomllib.loads((CASES / f"{name}_cases.toml").read_text("utf-8"))["case"], is_shown=True)
        for name in ("relevance", "feature")
    )
    shared = {
        name: read_rows([json.loads(line) for line in (SHARED / name).read_text("utf-8").splitlines()], is_shown=False)
        for name in FILES
    }
    return {"own": own, "features": features} | shared


def examples_of(files: dict[str, list[Labelled]], names: Sequence[str]) -> list[Example]:
    return [one.example for name in names for one in files[name] if one.example]


def score_all(texts: Sequence[Labelled], model: RelevanceModel | None) -> str:
    """Return P, R, F1 and counts; without a model, of the rule alone. Texts that fail the gate are off topic."""
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for one in texts:
        score = 0.0
        if one.example:
            score = training.score_example(model, one.example) if model else training.score_by_rule(one.example)
        counts[one.text.is_relevant, score >= 0.5] += 1
    right, false, missed = counts[True, True], counts[False, True], counts[True, False]
    f1 = 2 * right / max(1, 2 * right + false + missed)
    return f"F1 {f1:.3f}  ({right} right, {false} false, {missed} missed)"


def print_files(files: dict[str, list[Labelled]]) -> None:
    for name, texts in files.items():
        examples = [one.example for one in texts if one.example]
        print(f"{name:14s} {len(texts)} texts, {len(examples)} name both sides")
        print(f"  rule alone                     {score_all(texts, None)}")
        if name != "own":
            model = training.train_model(examples_of(files, ["own"]))
            print(f"  learned from our own cases     {score_all(texts, model)}")
        others = training.train_model(examples_of(files, [other for other in files if other != name]))
        print(f"  learned from all other files   {score_all(texts, others)}")
        if name == "own":
            said = training.compare_with_labels(examples, training.cross_validate(examples))
            print(f"  cross-validated                F1 {said.f1:.3f}")


def print_curve(files: dict[str, list[Labelled]]) -> None:
    """Print F1 on halves of the two files of another hand that nobody marked, after so many marks on the other half."""
    base = examples_of(files, ["own"])
    for names in (("texts_c.jsonl",), ("texts_c.jsonl", "probes.jsonl"), ("texts.jsonl",)):
        texts = [one for name in names for one in files[name] if one.example]
        print(f"marks on {' and '.join(names)} ({len(texts)} texts that name both sides)")
        for number in CURVE:
            scores = []
            for split in range(SPLITS):
                drawn = texts[:]
                random.Random(split).shuffle(drawn)
                marked, judged = drawn[: len(drawn) // 2][:number], drawn[len(drawn) // 2 :]
                marks = [dataclasses.replace(one.example, is_mark=True) for one in marked if one.example]
                model = training.train_model(base, marks)
                held = [one.example for one in judged if one.example]
                scores.append(
                    training.compare_with_labels(held, [training.score_example(model, one) for one in held]).f1
                )
            used = min(number, len(texts) // 2)
            print(f"  {used:4d} marks  F1 {sum(scores) / SPLITS:.3f}")


def print_calibration(files: dict[str, list[Labelled]]) -> None:
    """Print how many texts are relevant in each band of the score, each file judged by a model of the others."""
    bands: dict[float, list[bool]] = {}
    for name, texts in files.items():
        model = training.train_model(examples_of(files, [other for other in files if other != name]))
        for one in texts:
            if one.example:
                score = training.score_example(model, one.example)
                band = max(edge for edge in (0, 0.1, 0.3, 0.5, 0.7, 0.9) if score >= edge)
                bands.setdefault(band, []).append(one.text.is_relevant)
    for band, labels in sorted(bands.items()):
        print(f"  score from {band:.1f}: {sum(labels)} of {len(labels)} relevant ({sum(labels) / len(labels):.0%})")


def print_cost(files: dict[str, list[Labelled]]) -> None:
    topic = load_topic("china_peru")
    texts = [one.text for name in files for one in files[name] if one.example]

    def spend(function) -> float:
        started = time.process_time()
        for text in texts:
            function(text.title, text.text, language=text.language, topic=topic, outlet=text.outlet)
        return 1000 * (time.process_time() - started) / len(texts)

    def vectors(title: str, text: str, *, language, topic, outlet) -> None:
        read_wording(
            read_sentences(title, text, language=language, topic=topic), language=language, names=training.name_sides()
        )

    judge_text(texts[0].title, texts[0].text, language="es", topic=topic, outlet=texts[0].outlet)
    print(f"CPU for a text that names both sides: rule {spend(judge):.2f} ms, as learned {spend(judge_text):.2f} ms")
    print(f"  of which read again and encoded {spend(vectors):.2f} ms")
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="train on everything and write the shipped files")
    options = parser.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"{SHARED}: no such folder; set VIGIA_SHARED to the folder of shared material")
    files = read_files()
    if options.write:
        folder = TOPICS_FOLDER / "china_peru"
        examples = examples_of(files, list(files))
        write_examples(folder / EXAMPLES_FILE, examples)
        write_model(folder / MODEL_FILE, training.train_model(examples))
        print(f"{folder}: learned from {len(examples)} texts")
        return
    print_files(files)
    print_curve(files)
    print("Calibration: each file by a model of the others")
    print_calibration(files)
    print_cost(files)


if __name__ == "__main__":
    main()
