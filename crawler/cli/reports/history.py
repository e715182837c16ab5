"""What `vigia backfill OUTLET --from ARCHIVE` does and shows."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Callable

import click
from rich.progress import Progress

from crawler.cli.main import error_console, say
from crawler.cli.reports.history_end import finish_reading, handle_end
from crawler.cli.reports.warc_import import show_outcomes
from crawler.cli.terminal import pluralize
from crawler.config.desk import Desk
from crawler.config.outlet import Outlet
from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.reactor import install_resolver
from crawler.crawling.session import CrawlSession
from crawler.operations.imports.import_report import STORED
from crawler.operations.web_archives.common_crawl import CommonCrawl
from crawler.operations.web_archives.history_report import HistoryReport
from crawler.operations.web_archives.index_answers import Period
from crawler.operations.web_archives.read_history import HistoryReading
from crawler.operations.web_archives.requests import Clock, Sleep
from crawler.operations.web_archives.wayback import Wayback
from crawler.operations.web_archives.web_archive import WebArchive
from db.model.day_span import DayBounds
from db.model.times import read_stamp, utc_now

ARCHIVES: dict[str, Callable[[], WebArchive]] = {"wayback": Wayback, "commoncrawl": CommonCrawl}


def make_period(days: DayBounds, *, now: dt.datetime) -> Period:
    """Return the time of which captures are wanted: that of the days, up to now. Raises UsageError if it is none."""
    since, until = read_stamp(days.since), read_stamp(days.until) if days.until else now
    if since >= min(until, now):
        raise click.UsageError("--since is in the future: there are no captures of that time")
    return Period(since=since, until=min(until, now), is_closed=bool(days.until) and until <= now)


async def read_history(
    desk: Desk,
    outlet: Outlet,
    archive: WebArchive,
    days: DayBounds,
    *,
    again: bool = False,
    now: Callable[[], dt.datetime] = utc_now,
    sleep: Sleep | None = None,
) -> HistoryReport:
    """Read an outlet's past from an archive, and show how far it is.

    days: they have a beginning. sleep: another one than that of the loop. Raises UsageError if they are in the future.
    """
    period = make_period(days, now=now())
    async with CrawlSession(desk, now=now) as session:
        install_resolver(session)
        ending = handle_end()

        async def sleep_until_end(seconds: float) -> None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), seconds)

        clock = Clock(now=lambda: now().timestamp(), sleep=sleep or sleep_until_end, is_ending=ending.is_set)
        with Progress(console=error_console, transient=True, disable=not error_console.is_terminal) as bar:
            watch = _Watch(bar, archive)
            reading = HistoryReading(session, outlet, archive, period, days=days, clock=clock, watch=watch)
            report = reading.report
            with contextlib.suppress(StoreFailed):
                report = await reading.read(again=again)
        await finish_reading(session, ending)
        return report


class _Watch:
    """Shows how far a reading is, and says once how long the captures will take."""

    def __init__(self, bar: Progress, archive: WebArchive) -> None:
        self._bar = bar
        self._archive = archive
        self._task = bar.add_task("", total=None)
        self._is_said = False

    def __call__(self, report: HistoryReport, doing: str) -> None:
        if doing:
            self._bar.update(self._task, description=doing)
            return
        if not self._is_said:
            self._is_said = True
            self._bar.update(self._task, total=report.waiting)
            if report.waiting:
                error_console.print(describe_wait(report.waiting, self._archive), soft_wrap=True)
        done = f"{pluralize(report.settled, 'page')}, {pluralize(report.counts[STORED], 'article')}"
        self._bar.update(self._task, description=done, completed=(self._bar.tasks[0].total or 0) - report.waiting)


def describe_wait(waiting: int, archive: WebArchive) -> str:
    """Return the line about how many captures wait, and how long they take at least."""
    minutes = round(waiting * archive.pace / 60)
    time = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{max(minutes, 1)} min"
    every = "second" if archive.pace == 1 else f"{archive.pace:g} seconds"
    return (
        f"{pluralize(waiting, 'capture')} to read from {archive.title}, one every {every}: about {time} or more. "
        "Ctrl-C stops; the same command goes on."
    )


def show_history(report: HistoryReport) -> None:
    """Print what a reading did."""
    show_outcomes(report.counts, "pages")
    if report.rows:
        unreadable = f" ({report.bad:,} unreadable)" if report.bad else ""
        captures = pluralize(report.captures, "capture")
        say(f"index: {pluralize(report.rows, 'row')}{unreadable}, {captures} that may be articles.")
    say(f"{pluralize(report.counts[STORED], 'article')} stored, {report.waiting:,} waiting.")
    for problem, number in report.failed.most_common(3):
        say(f"{pluralize(number, 'capture')} could not be had this time: {problem}")
    if report.problem:
        error_console.print(f"vigia: {report.problem}", soft_wrap=True)
    elif report.is_stopped:
        say("Stopped before the end. Run the same command again to go on.")
    elif report.waiting:
        say("Run the same command again to ask for those that wait.")
    elif not report.captures and not report.settled:
        say("The archive has no page of this time that may be an article of this outlet.")
