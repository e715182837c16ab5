"""What a crawl shows while it runs: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from crawler.crawl import Crawled
from crawler.outlet import Outlet
from crawler.tally import Tally


class Display:
    """Counts of a round of crawls. On a terminal one live line and what runs; else a line for each outlet that ends.

    With `rounds` it goes on after each outlet has ended once: then it prints the sums, and from there on only crawls
    that brought something or failed.
    """

    def __init__(self, console: Console, *, total: int, rounds: bool = False) -> None:
        self.console = console
        self.total = total
        self.rounds = rounds
        self.first_round = True
        self.began = time.monotonic()
        self.running: dict[str, Tally] = {}
        self.ended: dict[str, Crawled] = {}
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
        self._live = Live(self._bar, console=console, refresh_per_second=4, transient=True) if self.live else None

    @property
    def live(self) -> bool:
        """Whether the output is a terminal."""
        return self.console.is_terminal

    def __enter__(self) -> Display:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def progress(self, outlet: Outlet, tally: Tally) -> None:
        """A crawl goes on."""
        self.running[outlet.id] = tally
        self._refresh()

    def end(self, crawled: Crawled) -> None:
        """A crawl has ended."""
        self.running.pop(crawled.outlet.id, None)
        tally = crawled.tally
        told = not self.live if self.first_round else bool(tally.new or tally.revised)
        if told or crawled.outcome != "ok":
            self.console.print(line(crawled), soft_wrap=True)
        if self.first_round:
            self.ended[crawled.outlet.id] = crawled
            self._refresh()
            if self.rounds and len(self.ended) >= self.total:
                self._end_first_round()

    def _end_first_round(self) -> None:
        self.first_round = False
        if self._live:
            self._live.stop()
        self.console.print(self.summary())
        if not any(crawled.answered for crawled in self.ended.values()):
            self.console.print("No outlet answered: is there a network? `vigia outlets check` looks closer.")
        self.console.print("Every outlet was asked once; from here on each by its own rhythm. Ctrl-C ends.")
        self.ended.clear()

    def _refresh(self) -> None:
        if not self.first_round:
            return
        tallies = [*(crawled.tally for crawled in self.ended.values()), *self.running.values()]
        self._bar.update(
            self._task,
            completed=len(self.ended),
            counts=counts(tallies),
        )

    def summary(self) -> Table:
        """The round in one table."""
        tallies = [crawled.tally for crawled in self.ended.values()]
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        answered = sum(crawled.answered for crawled in self.ended.values())
        seconds = time.monotonic() - self.began
        for name, value in (
            ("outlets", f"{len(self.ended)} crawled, {answered} answered"),
            ("requests", f"{sum(t.requests for t in tallies)}"),
            ("pages", f"{sum(t.pages for t in tallies)}"),
            ("articles", f"{sum(t.new for t in tallies)} new"),
            ("revisions", f"{sum(t.revised for t in tallies)}"),
            ("rejections", f"{sum(t.rejected for t in tallies)}"),
            ("errors", f"{sum(t.errors for t in tallies)}"),
            ("time", f"{seconds:.0f} s"),
        ):
            table.add_row(name, value)
        return table


def counts(tallies: list[Tally]) -> str:
    """The sums that a keeper watches."""
    pages, new, errors = (sum(getattr(t, name) for t in tallies) for name in ("pages", "new", "errors"))
    return f"{pages} pages · {new} new articles · {errors} errors"


def line(crawled: Crawled) -> str:
    """One crawl in one line."""
    tally = crawled.tally
    text = (
        f"{crawled.outlet.id}: {tally.pages} page{'s' * (tally.pages != 1)}, {tally.new} new, {tally.rejected} rejected"
    )
    if tally.revised:
        text += f", {tally.revised} revised"
    if tally.errors:
        text += f", {tally.errors} error{'s' * (tally.errors > 1)} ({tally.last_error})"
    return text if crawled.outcome == "ok" else f"{text} [{crawled.outcome}]"
