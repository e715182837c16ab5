"""The report of a rebuild is right for one page and line too, and names the first page that was lost."""

from __future__ import annotations

from crawler.operations.rebuilds.rebuild_report import RebuildReport


def test_a_report_of_one_page() -> None:
    report = RebuildReport(pages=1, lines_learned=1)
    for problem in ("https://faro.example/a: damaged", "https://faro.example/b: damaged"):
        report.count_lost(problem)
    first, *_, last = report.lines()
    assert first == "1 page analysed again; repeated lines that are left out of texts: 1."
    assert last == "  could not be read in the archive: 2 (first: https://faro.example/a: damaged)"
