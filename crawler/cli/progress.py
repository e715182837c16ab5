"""The progress display of crawls: one live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from crawler.cli.terminal import pluralize
from crawler.config.outlet import Outlet
from crawler.crawling.stats import CrawlStats
from crawler.operations.compare_stories import describe_comparison
from crawler.runner import CrawlResult

MAX_EXAMPLES = 3  # lines about outlets that did not answer, if none has answered yet


class Display:
    """Shows the progress of a round of crawls.

    On a terminal it is one live line, elsewhere a line for each finished crawl. With `rounds`, the display continues
    after the first round: it prints the sums, and later only crawls with new or revised articles, and outlets that
    begin to fail or answer again. Lines about failures wait until an outlet answers: if none does, the network is
    probably down, and a few examples are enough.
    """

    def __init__(self, console: Console, *, total: int, rounds: bool = False) -> None:
        self.console = console
        self.total = total
        self.rounds = rounds
        self.first_round = True
        self.started_at = time.monotonic()
        self.running: dict[str, CrawlStats] = {}
        self.ended: dict[str, CrawlResult] = {}
        self._due: Collection[str] | None = None
        self.has_answer = False  # True once an outlet has answered
        self._failing: set[str] = set()
        self._held_lines: list[str] = []
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._task = self._bar.add_task("outlets", total=total, counts="")
        self._live = Live(self._bar, console=console, refresh_per_second=4, transient=True) if self.is_live else None

    @property
    def is_live(self) -> bool:
        """True if the output is a terminal."""
        return self.console.is_terminal

    def __enter__(self) -> Display:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._print_held()
        if self._live:
            self._live.stop()

    def expect(self, due: Collection[str], *, next_due: dt.datetime | None) -> None:
        """Set the outlets (ids) of the first round.

        If there are none, say when the next crawl is due.
        """
        self._due, self.total = due, len(due)
        self._bar.update(self._task, total=self.total)
        if due:
            return
        self.first_round = False
        if next_due is None:
            return  # no outlet is enabled; `vigia up` has said so
        if self._live:
            self._live.stop()
        when = f" before {next_due.astimezone():%H:%M}" if next_due else ""
        self.console.print(f"No outlet is due{when}; each follows its own schedule. Ctrl-C stops.")

    def progress(self, outlet: Outlet, stats: CrawlStats) -> None:
        """Show the counts of a running crawl."""
        self.running[outlet.id] = stats
        self._refresh()

    def end(self, crawled: CrawlResult) -> None:
        """Show the result of a crawl that has ended."""
        self.running.pop(crawled.outlet.id, None)
        asked = crawled.stats.sources > 0 or crawled.outcome != "ok"  # else it only fetched revisions
        self._print_crawl(crawled, asked=asked)
        if self.first_round and asked and (self._due is None or crawled.outlet.id in self._due):
            self.ended[crawled.outlet.id] = crawled
            self._refresh()
            if self.rounds and len(self.ended) >= self.total:
                self._end_first_round()

    def _print_crawl(self, crawled: CrawlResult, *, asked: bool) -> None:
        name, stats = crawled.outlet.id, crawled.stats
        if crawled.answered and asked:
            self._print_held()
            self.has_answer = True
        if crawled.outcome != "ok":
            if name in self._failing:
                return
            self._failing.add(name)
            if not self.has_answer:
                self._held_lines.append(format_crawl(crawled))
                return
        elif name in self._failing and asked:
            self._failing.discard(name)
            self.console.print(f"{format_crawl(crawled)} [answers again]", soft_wrap=True)
            return
        elif self.first_round and asked:
            if self.is_live:  # the live line has its counts
                return
        elif not (stats.new or stats.revised):
            return
        self.console.print(format_crawl(crawled), soft_wrap=True)

    def _print_held(self) -> None:
        for text in self._held_lines[:MAX_EXAMPLES]:
            self.console.print(text, soft_wrap=True)
        if (more := len(self._held_lines) - MAX_EXAMPLES) > 0:
            self.console.print(f"… and {pluralize(more, 'outlet')} more.")
        self._held_lines.clear()

    def _end_first_round(self) -> None:
        self.first_round = False
        if self._live:
            self._live.stop()
        self._print_held()
        self.console.print(self.summary())
        if not self.has_answer:
            self.console.print("No outlet answered: is there a network? `vigia outlets check` looks closer.")
        self.console.print("First round done; each outlet now follows its own schedule. Ctrl-C stops.")
        self.ended.clear()

    def _refresh(self) -> None:
        if not self.first_round:
            return
        all_stats = [*(crawled.stats for crawled in self.ended.values()), *self.running.values()]
        self._bar.update(
            self._task,
            completed=len(self.ended),
            counts=format_counts(all_stats),
        )

    def compare_stories(self, done: int, total: int) -> None:
        """Show how many older articles were compared for their stories; elsewhere a line for each tenth of many."""
        if self.is_live:
            self._bar.update(self._task, description="stories", completed=done, total=total, counts="articles compared")
        elif text := describe_comparison(done, total):
            self.console.print(text, soft_wrap=True)

    def summary(self) -> Table:
        """Return a table of the round's sums."""
        all_stats = [crawled.stats for crawled in self.ended.values()]
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        answered = sum(crawled.answered for crawled in self.ended.values())
        seconds = time.monotonic() - self.started_at
        for name, value in (
            ("outlets", f"{len(self.ended)} crawled, {answered} answered"),
            ("requests", f"{sum(t.requests for t in all_stats)}"),
            ("pages", f"{sum(t.pages for t in all_stats)}"),
            ("  new", f"{sum(t.new for t in all_stats)}"),
            ("  revised", f"{sum(t.revised for t in all_stats)}"),
            ("  rejected", f"{sum(t.rejected for t in all_stats)}"),
            ("  unchanged", f"{sum(t.unchanged for t in all_stats)}"),
            ("errors", f"{sum(t.errors for t in all_stats)}"),
            *(("", cause) for cause in self._causes()),
            ("time", f"{seconds:.0f} s"),
        ):
            table.add_row(name, value)
        return table

    def _causes(self) -> list[str]:
        """Write the last errors that no line has told, of MAX_EXAMPLES outlets; a failed crawl has its own line."""
        if not self.is_live:
            return []
        failed = [crawled for crawled in self.ended.values() if crawled.stats.errors and crawled.outcome == "ok"]
        causes = [f"{crawled.outlet.id}: {crawled.stats.last_error}" for crawled in failed[:MAX_EXAMPLES]]
        more = len(failed) - MAX_EXAMPLES
        return causes + ([f"… and {pluralize(more, 'outlet')} more"] if more > 0 else [])


def format_counts(all_stats: list[CrawlStats]) -> str:
    """Write the sums of pages, new articles and errors."""
    pages, new, errors = (sum(getattr(t, name) for t in all_stats) for name in ("pages", "new", "errors"))
    return f"{pages} pages · {new} new articles · {errors} errors"


def format_crawl(crawled: CrawlResult) -> str:
    """Write the result of one crawl as one line."""
    stats = crawled.stats
    text = (
        f"{crawled.outlet.id}: {stats.pages} page{'s' * (stats.pages != 1)}, {stats.new} new, {stats.rejected} rejected"
    )
    if stats.revised:
        text += f", {stats.revised} revised"
    if stats.unchanged:
        text += f", {stats.unchanged} unchanged"
    if stats.errors:
        text += f", {stats.errors} error{'s' * (stats.errors > 1)} ({stats.last_error})"
    return text if crawled.outcome == "ok" else f"{text} [{crawled.outcome}]"
