"""`vigia import`."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
from rich.progress import Progress
from rich.table import Table

from crawler.cli.main import console, desk_of, error_console, say, vigia
from crawler.cli.reports.day_options import DAY, read_day_options
from crawler.cli.reports.engine_options import choose_engine, engine_options, open_engine
from crawler.cli.reports.history_end import finish_reading, handle_end
from crawler.cli.terminal import pluralize
from crawler.config.desk import Desk
from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.reactor import install_resolver, run_in_reactor
from crawler.crawling.session import CrawlSession
from crawler.operations.imports.import_report import STORED, FileImport, ImportReport
from crawler.operations.imports.import_warcs import OutletChoice, WarcImport
from crawler.operations.imports.skip_reason import SKIP_SENTENCES
from crawler.operations.imports.sources.find_warcs import WarcSource, find_warcs
from crawler.operations.splits.dask_engine import EnginePlace
from db.model.day_span import DayBounds


@vigia.command("import")
@click.argument("warcs", nargs=-1, required=True, metavar="WARC...")
@click.option(
    "--outlets",
    type=click.Choice(["known", "any"]),
    default="known",
    show_default=True,
    help="Whose pages: of outlets that the desk knows, or of any host, which then becomes an outlet of its own.",
)
@click.option(
    "--since", type=DAY, metavar="YYYY-MM-DD", help="Only articles of that day and later, in the desk's zone."
)
@click.option("--until", type=DAY, metavar="YYYY-MM-DD", help="Only articles of that day and earlier.")
@engine_options
@click.option("--again", is_flag=True, help="Also read files that were imported before.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
@click.pass_context
def import_command(
    ctx: click.Context,
    warcs: tuple[str, ...],
    outlets: OutletChoice,
    since: dt.datetime | None,
    until: dt.datetime | None,
    workers: int | None,
    scheduler: str | None,
    again: bool,
    as_json: bool,
) -> None:
    """Import WARC files of other programs: their articles become history. Nothing is sent about them.

    WARC is a file, also a WACZ, a folder with such files, a pattern in quotes, such as 'crawls/*.warc.gz', or an
    address. What is stopped goes on when the same command is run again.
    """
    desk = desk_of(ctx)
    days = read_day_options(since, until, desk)
    sources = find_warcs(warcs)
    desk, place = choose_engine(desk, workers=workers, scheduler=scheduler, size=measure_sources(sources))
    report = run_in_reactor(lambda: _import(desk, sources, outlets=outlets, days=days, place=place, again=again))
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
    else:
        _show(report)
    if report.is_stopped:
        ctx.exit(130)
    if any(one.problem for one in report.files):
        ctx.exit(1)


async def _import(
    desk: Desk,
    sources: Sequence[WarcSource],
    *,
    outlets: OutletChoice,
    days: DayBounds,
    place: EnginePlace | None,
    again: bool,
) -> ImportReport:
    async with contextlib.AsyncExitStack() as stack:
        with Progress(console=error_console, transient=True, disable=not error_console.is_terminal) as bar:
            task = bar.add_task("opening the desk", total=None)
            session = await stack.enter_async_context(CrawlSession(desk, workers_at_first_job=place is not None))
            engine = await stack.enter_async_context(open_engine(place, bar, task))
            install_resolver(session)
            ending = handle_end()

            def show(file: FileImport, done: int, size: int) -> None:
                name = f"{Path(file.file).name}: {file.records:,} records, {file.counts[STORED]:,} articles"
                bar.update(task, description=name, completed=done, total=size)

            work = WarcImport(
                session,
                outlets=outlets,
                days=days,
                again=again,
                engine=engine,
                progress=show,
                is_ending=ending.is_set,
            )
            with contextlib.suppress(StoreFailed):
                report = await work.import_files(sources)
        await finish_reading(session, ending)
        return report


def measure_sources(sources: Sequence[WarcSource]) -> int | None:
    """Return the size of all files together, None if one has to be downloaded."""
    size = 0
    for source in sources:
        if source.path is None:
            return None
        with contextlib.suppress(OSError):  # the import tells what can't be read
            size += source.path.stat().st_size
    return size


def _show(report: ImportReport) -> None:
    """Print what became of the records of all files, and what is to be said of single files."""
    for one in report.files:
        if one.problem:
            say(f"{one.file}: {one.problem}")
        elif one.finished_before:
            say(f"{one.file}: imported on {one.finished_before:%Y-%m-%d %H:%M} UTC; --again reads it once more")
    counts = report.counts
    if report.records:
        show_outcomes(counts, "records")
        files = sum(one.finished_before is None for one in report.files)
        read = f"{pluralize(files, 'file')}, {pluralize(report.records, 'record')}"
        say(f"{read}: {pluralize(counts[STORED], 'article')} stored.")
    if report.is_stopped:
        say("Stopped before the end. Run the same command again to go on.")


def show_outcomes(counts: Counter[str], unit: str) -> None:
    """Print a table of outcomes: how many there were of each, and what it means."""
    if not counts.total():
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(unit, justify="right")
    table.add_column("outcome", no_wrap=True)
    table.add_column("", overflow="fold")
    table.add_row(f"{counts[STORED]:,}", STORED, "new articles, as history: nothing is sent about them")
    for reason, number in counts.most_common():
        if reason != STORED and number:
            table.add_row(f"{number:,}", reason, SKIP_SENTENCES.get(reason, ""))
    console.print(table)
