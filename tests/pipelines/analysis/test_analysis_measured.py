"""Minimum scores of the analysis on real pages, which are not in this repository."""

from __future__ import annotations

import runpy

import pytest

from tests.fixtures.paths import ROOT, SHARED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (SHARED / "pages").exists(), reason=f"{SHARED}/pages is not there"),
]
quality = runpy.run_path(str(ROOT / "tests" / "benchmarks" / "quality.py"))


def test_the_body_text_of_real_pages_is_found() -> None:
    folder = SHARED / "pages" / "scrapinghub"
    rows = quality["rows_of"](folder)
    answers = quality["ours"](folder)
    f1, precision, recall = quality["shingle_scores"](
        [(row["text"], a.text) for row, a in zip(rows, answers, strict=True)]
    )
    assert f1 >= 0.970
    assert precision >= 0.96
    assert recall >= 0.96


def test_titles_moments_and_authors_of_real_pages_are_found() -> None:
    folder = SHARED / "pages" / "fundus"
    rows = quality["rows_of"](folder)
    found = quality["agreement"](rows, quality["ours"](folder))
    assert found["title"] >= 0.90
    assert found["day"] >= 0.985
    assert found["minute"] >= 0.95
    assert found["authors"] >= 0.90


def test_no_boilerplate_of_the_seed_pages_is_left_and_no_line_lost() -> None:
    report = [line for line in quality["furniture"]() if "left" in line]
    assert len(report) == 5
    assert all("left 0 of" in line and "lost 0 of" in line for line in report), report
