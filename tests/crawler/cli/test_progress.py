"""The progress display while outlets are crawled."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from rich.console import Console

from crawler.cli.progress import Display
from crawler.config.outlet import Outlet
from crawler.crawling.stats import CrawlStats
from crawler.runner import CrawlResult

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=120, markup=False, highlight=False)


def read_output(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def crawled(
    name: str, *, outcome: str = "ok", error: str = "", sources: int = 1, new: int = 0, unchanged: int = 0
) -> CrawlResult:
    outlet = Outlet(
        id=name,
        name=name,
        home=f"https://{name}.test/",
        languages=("es",),
        kind="press",
        feeds=(f"https://{name}.test/f",),
    )
    stats = CrawlStats(sources=sources, pages=new + unchanged, new=new, last_error=error, errors=int(bool(error)))
    return CrawlResult(outlet=outlet, stats=stats, started=NOW, finished=NOW, outcome=outcome)


def test_without_a_network_only_a_few_failures_are_printed(console: Console) -> None:
    names = [f"o{number}" for number in range(90)]
    with Display(console, total=90, rounds=True) as display:
        display.expect(names, next_due=None)
        for name in names:
            display.end(crawled(name, outcome="failed", error="its name can't be resolved"))
        for name in names:  # the next round
            display.end(crawled(name, outcome="failed", error="its name can't be resolved"))
    assert read_output(console).count("can't be resolved") == 3
    assert "… and 87 outlets more." in read_output(console)
    assert "is there a network?" in read_output(console)


def test_failures_are_printed_when_they_begin_and_when_they_end(console: Console) -> None:
    with Display(console, total=2, rounds=True) as display:
        display.expect({"a", "b"}, next_due=None)
        display.end(crawled("a", outcome="failed", error="answered 500"))
        display.end(crawled("b"))
        display.end(crawled("a", outcome="failed", error="a.test waits until 13:00"))
        display.end(crawled("a"))
        display.end(crawled("a"))
    lines = [line for line in read_output(console).splitlines() if line.startswith("a:")]
    assert lines == [
        "a: 0 pages, 0 new, 0 rejected, 1 error (answered 500) [failed]",
        "a: 0 pages, 0 new, 0 rejected [answers again]",
    ]


def test_the_first_round_after_a_restart_has_only_due_outlets(console: Console) -> None:
    with Display(console, total=3, rounds=True) as display:
        display.expect({"a"}, next_due=None)
        display.end(crawled("b", sources=0))  # a crawl of revisions alone
        assert "was asked" not in read_output(console)
        display.end(crawled("a"))
        assert "First round done" in read_output(console)
        assert "1 crawled, 1 answered" in read_output(console)


def test_if_no_outlet_is_due_the_next_due_time_is_printed(console: Console) -> None:
    with Display(console, total=3, rounds=True) as display:
        display.expect((), next_due=NOW)
        display.end(crawled("a"))
        display.end(crawled("b", new=1))
    assert f"No outlet is due before {NOW.astimezone():%H:%M}" in read_output(console)
    assert "a:" not in read_output(console)
    assert "b: 1 page, 1 new" in read_output(console)


def test_on_a_terminal_the_first_round_is_one_live_line() -> None:
    console = Console(file=io.StringIO(), width=120, markup=False, highlight=False, force_terminal=True)
    with Display(console, total=2, rounds=True) as display:
        display.expect({"a", "b"}, next_due=None)
        display.end(crawled("a", new=3))
        assert "a:" not in read_output(console)
        display.end(crawled("b"))
        display.end(crawled("a", new=1))
    assert "a: 1 page, 1 new" in read_output(console)


def test_an_error_on_a_terminal_has_its_cause() -> None:
    console = Console(file=io.StringIO(), width=80, markup=False, highlight=False, force_terminal=True)
    with Display(console, total=5) as display:
        for name in "abcde":
            display.end(crawled(name, error="" if name == "a" else f"https://{name}.test/1: answered 500"))
    console.print(display.summary())
    printed = read_output(console).partition("errors")[2]
    assert [f"https://{name}.test/1: answered 500" in printed for name in "abcde"] == [False, True, True, True, False]
    assert "… and 1 outlet more" in printed


def test_pages_are_the_sum_of_what_became_of_them(console: Console) -> None:
    with Display(console, total=1) as display:
        display.end(crawled("a", new=5, unchanged=4))
    console.print(display.summary())
    assert "a: 9 pages, 5 new, 0 rejected, 4 unchanged" in read_output(console)
    rows = dict(line.rsplit(maxsplit=1) for line in read_output(console).splitlines()[1:])
    assert [rows[name] for name in ("pages", "  new", "  revised", "  rejected", "  unchanged")] == list("95004")
