"""Measure the relevance rule beside naive rules: `python tests/benchmarks/relevance.py`.

Tuned: the weights as they stand in pipelines/relevance/rule.py. Cross-validated: weights fitted on nine tenths of the
texts (ours in tests/pipelines and those in ../shared together), judged on the last tenth, ten times. `--fit` prints the
weights fitted on all texts, from which those in pipelines/relevance/rule.py were taken. The names of the topic were
written by people who had read the texts, so cross-validation tests only the weights.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from db.model.verdict import Verdict
from pipelines.page import OutletProfile
from pipelines.relevance import rule as relevance
from pipelines.relevance.evidence import read_sentences
from pipelines.relevance.measures import find_home, measure, names_both_sides
from pipelines.relevance.topic import load_topic

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("VIGIA_SHARED", ROOT.parent / "shared"))
OWN = ROOT / "tests" / "pipelines" / "relevance" / "relevance_cases.toml"
TOPIC = load_topic("china_peru")
# Measures that count against relevance; all others count for it. A fit keeps these signs.
AGAINST = frozenset({"title third", "third", "many", "lists", "length", "frame", "leading frame", "sport"})
HOMES = {"es": "PE", "zh": "CN"}  # where the outlets of the other writer's texts are taken to be
FOLDS = 10
PENALTY = 1.0  # penalty of squared weights


@dataclass(frozen=True)
class Text:
    id: str
    title: str
    text: str
    language: str
    label: str
    group: str  # "real", "written", "own", "another writer" or "probes"
    kind: str
    outlet: OutletProfile


def shared_texts() -> list[Text]:
    rows = [json.loads(line) for line in (SHARED / "relevance" / "texts.jsonl").read_text("utf-8").splitlines()]
    return [_text(row, "real" if row["real"] else "written") for row in rows]


def other_texts() -> list[Text]:
    """Read the texts of another writer, each as if from an outlet where its language is read, and the probes.

    Names were not written for these, but the frames of service, crime, reviews and museums are of their kinds: what the
    rule does on new texts is shown by texts that nobody here has read.
    """
    found: list[Text] = []
    for name, group in (("texts_c", "another writer"), ("probes", "probes")):
        rows = [json.loads(line) for line in (SHARED / "relevance" / f"{name}.jsonl").read_text("utf-8").splitlines()]
        found += [_text({"country": HOMES.get(row["language"])} | row, group) for row in rows]
    return found


def own_texts() -> list[Text]:
    return [_text(row, "own") for row in tomllib.loads(OWN.read_text("utf-8"))["case"]]


def page_texts() -> list[Text]:
    """Read the true texts of the pages of the replayed web, with the countries of their outlets."""
    outlets = json.loads((SHARED / "web" / "outlets.json").read_text("utf-8"))
    countries = {row["id"]: row.get("country") or "XX" for row in outlets}
    rows = [json.loads(line) for line in (SHARED / "web" / "pages.jsonl").read_text("utf-8").splitlines()]
    return [_text(row | {"id": row["url"], "country": countries.get(row["outlet"], "XX")}, "real") for row in rows]


def _text(row: dict, group: str) -> Text:
    outlet = OutletProfile(id="x", name="x", country=row.get("country") or "XX")
    kind = (row.get("kind") or "").removeprefix("hard-negative:").removeprefix("plain-negative:")
    return Text(
        row["id"], row["title"] or "", row.get("text") or "", row["language"], row["label"], group, kind, outlet
    )


def measured(texts: Iterable[Text]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return the measures of each text, whether it passes the gate, and the names of the measures."""
    rows, passes = [], []
    for text in texts:
        home = find_home(text.outlet, TOPIC)
        sentences = read_sentences(text.title, text.text, language=text.language, topic=TOPIC, home=home)
        passes.append(names_both_sides(sentences, topic=TOPIC, outlet=text.outlet))
        rows.append(measure(sentences, topic=TOPIC, outlet=text.outlet))
    return np.array([list(row.values()) for row in rows]), np.array(passes), list(rows[0])


def fit(x: np.ndarray, y: np.ndarray, names: list[str], steps: int = 3000) -> tuple[np.ndarray, float]:
    """Fit a logistic regression with Adam: squared weights are penalised, and each weight keeps its given sign."""
    sign = np.array([-1 if name in AGAINST else 1 for name in names])
    weights = np.zeros(x.shape[1] + 1)
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        error = 1 / (1 + np.exp(-(x @ weights[:-1] + weights[-1]))) - y
        slope = np.append(x.T @ error + PENALTY * weights[:-1], error.sum())
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope * slope
        weights -= 0.05 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
        weights[:-1] = np.where(sign * weights[:-1] < 0, 0, weights[:-1])
    return weights[:-1], float(weights[-1])


def cross_validated(texts: list[Text]) -> list[bool]:
    """Judge each text by weights fitted on the other folds; folds are drawn once, with a fixed seed."""
    x, passes, names = measured(texts)
    y = np.array([text.label == "relevant" for text in texts], float)
    fold = np.random.default_rng(0).integers(0, FOLDS, len(texts))
    said = np.zeros(len(texts), bool)
    for number in range(FOLDS):
        learn = (fold != number) & passes
        weights, bias = fit(x[learn], y[learn], names)
        said[fold == number] = (x[fold == number] @ weights + bias > 0) & passes[fold == number]
    return said.tolist()


def judged(text: Text) -> relevance.Judgement:
    return relevance.judge(text.title, text.text, language=text.language, topic=TOPIC, outlet=text.outlet)


def _names(text: str, language: str) -> tuple[int, int]:
    hits = [hit.name.owner for hit in TOPIC.matcher.find(text, language=language)]
    return hits.count("china"), hits.count("peru")


def anywhere(text: Text) -> bool:
    return all(_names(f"{text.title}\n{text.text}", text.language))


def in_front_or_twice(text: Text) -> bool:
    front = _names(f"{text.title}\n{text.text[:300]}", text.language)
    return all(a or b >= 2 for a, b in zip(front, _names(text.text, text.language), strict=True))


def two_sentences(text: Text) -> bool:
    sentences = read_sentences(text.title, text.text, language=text.language, topic=TOPIC)
    return sum(all(_names(sentence.text, text.language)) for sentence in sentences) >= 2


@dataclass(frozen=True)
class Score:
    right: int
    false: int
    missed: int

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.false + self.missed)

    def __str__(self) -> str:
        precision, recall = self.right / max(1, self.right + self.false), self.right / max(1, self.right + self.missed)
        counts = f"{self.right} right, {self.false} false, {self.missed} missed"
        return f"{precision:.3f}  {recall:.3f}  {self.f1:.3f}  ({counts})"


def score(texts: list[Text], said: list[bool]) -> Score:
    pairs = Counter((text.label == "relevant", answer) for text, answer in zip(texts, said, strict=True))
    return Score(pairs[True, True], pairs[False, True], pairs[True, False])


def table(name: str, texts: list[Text], said: list[bool]) -> None:
    print(f"\n{name:38s}P      R      F1")
    groups: list[tuple[str, Callable[[Text], bool]]] = [("all", lambda text: True)]
    groups += [(language, lambda text, code=language: text.language == code) for language in ("en", "es", "zh")]
    groups += [
        (group, lambda text, code=group: text.group == code)
        for group in ("real", "written", "own", "another writer", "probes")
    ]
    for label, belongs in groups:
        chosen = [(text, answer) for text, answer in zip(texts, said, strict=True) if belongs(text)]
        if chosen:
            print(f"  {label:34s}{score([text for text, _ in chosen], [answer for _, answer in chosen])}")


def errors(texts: list[Text], said: list[bool]) -> None:
    for text, answer in zip(texts, said, strict=True):
        if answer != (text.label == "relevant"):
            mistake = "false " if answer else "missed"
            print(f"  {mistake} {judged(text).score:.2f} {text.id} [{text.kind}] {text.title[:80]}")


def main() -> None:
    if not (SHARED / "relevance" / "texts.jsonl").is_file():
        sys.exit(f"{SHARED}/relevance/texts.jsonl: no such file; set VIGIA_SHARED to the folder of shared material")
    everything, own = shared_texts(), [text for text in own_texts() if text.label != "borderline"]
    texts = [text for text in everything if text.label != "borderline"]
    if "--fit" in sys.argv:
        x, passes, names = measured(texts + own)
        y = np.array([text.label == "relevant" for text in texts + own], float)
        weights, bias = fit(x[passes], y[passes], names)
        print(f"BIAS = {bias:.2f}")
        print("".join(f'    "{n}": {w:.2f},\n' for n, w in zip(names, weights, strict=True) if abs(w) >= 0.05), end="")
        return
    TOPIC.matcher.prepare()
    started = time.process_time()
    said = [judged(text).verdict is Verdict.RELEVANT for text in texts]
    spent = time.process_time() - started
    for name, rule in (
        ("naive: both countries anywhere", anywhere),
        ("naive: in front or twice each", in_front_or_twice),
        ("naive: two sentences with both", two_sentences),
    ):
        table(name, texts, [rule(text) for text in texts])
    table("the rule, tuned", texts, said)
    errors(texts, said)
    validated = cross_validated(texts + own)
    table("the rule, cross-validated", texts, validated[: len(texts)])
    errors(texts, validated[: len(texts)])
    table("own cases, tuned", own, own_said := [judged(text).verdict is Verdict.RELEVANT for text in own])
    errors(own, own_said)
    table("own cases, cross-validated", own, validated[len(texts) :])
    others = [text for text in other_texts() if text.label != "borderline"]
    table("another writer and probes", others, other_said := [judged(t).verdict is Verdict.RELEVANT for t in others])
    errors(others, other_said)
    print("\nBy kind, texts of ../shared (right / all; tuned, cross-validated)")
    kinds: dict[str, list[int]] = {}
    for text, tuned, valid in zip(texts, said, validated, strict=False):
        row = kinds.setdefault(f"{text.label:11s} {text.kind}", [0, 0, 0])
        is_relevant = text.label == "relevant"
        row[0] += 1
        row[1] += tuned == is_relevant
        row[2] += valid == is_relevant
    for kind, (number, tuned, valid) in sorted(kinds.items()):
        if min(tuned, valid) < number:
            print(f"  {kind:45s}{tuned}/{number}  {valid}/{number}")
    print("  all other kinds: no error")
    between = [judged(text) for text in everything if text.label == "borderline"]
    fell = Counter("off topic" if judgement.verdict is None else judgement.verdict.value for judgement in between)
    print(f"\nBorderline texts fall: {dict(fell)}")
    pages = [text for text in page_texts() if text.label != "borderline"]
    table(
        "truth texts of the pages of ../shared/web", pages, answers := [judged(p).verdict == "relevant" for p in pages]
    )
    errors(pages, answers)
    length = math.fsum(len(text.text) for text in texts) / len(texts)
    print(f"\n{1000 * spent / len(texts):.2f} ms a text ({length:.0f} characters in the mean)")


if __name__ == "__main__":
    main()
