"""Least recall and precision of copies on the shared material; tests/benchmarks/copies.py prints the figures."""

from __future__ import annotations

import csv
import gzip
import json
import random
from typing import Any

import pytest

from db.copies.fingerprint import compute_fingerprint
from db.copies.similarity import compare_texts, match_texts, tokenise
from tests.fixtures.paths import SHARED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.exists(), reason="the shared material is not beside the repository"),
]


@pytest.fixture(scope="module")
def reports() -> dict[str, tuple[set[int], str]]:
    with gzip.open(SHARED / "near_duplicates" / "reuters_docs.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return {row["id"]: (set(compute_fingerprint(row["body"])), row["body"]) for row in rows}


def recognised(a: tuple[set[int], str], b: tuple[set[int], str]) -> bool:
    return bool(a[0] & b[0]) and match_texts(tokenise(a[1]), tokenise(b[1])) is not None


def recall(reports: dict[str, tuple[set[int], str]], measure: str, least: float) -> float:
    with (SHARED / "near_duplicates" / "reuters_pairs.tsv").open(encoding="utf-8") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file, delimiter="\t"))
    pairs = [(row["id_a"], row["id_b"]) for row in rows if float(row[measure]) >= least]
    return sum(recognised(reports[a], reports[b]) for a, b in pairs) / len(pairs)


def test_nearly_all_pairs_of_agency_reports_with_jaccard_of_70_percent_are_found(reports: Any) -> None:
    assert recall(reports, "jaccard5", 0.7) >= 0.99


def test_nearly_all_pairs_of_agency_reports_with_containment_of_80_percent_are_found(reports: Any) -> None:
    assert recall(reports, "containment5", 0.8) >= 0.99


def test_no_random_pair_of_agency_reports_is_taken_for_a_copy_that_it_is_not(reports: Any) -> None:
    generator, ids = random.Random(4), list(reports)
    for _ in range(50_000):
        a, b = (reports[id_] for id_ in generator.sample(ids, 2))
        if recognised(a, b):
            likeness = compare_texts(a[1], b[1])
            assert likeness.jaccard >= 0.5 or likeness.containment >= 0.6
