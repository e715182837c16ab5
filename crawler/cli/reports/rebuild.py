"""`vigia rebuild`."""

from __future__ import annotations

import contextlib

import click
from rich.progress import Progress

from crawler.cli.main import OutletId, console, desk_of, say, vigia
from crawler.cli.reports.engine_options import choose_engine, engine_options, open_engine
from crawler.cli.reports.history_end import handle_end
from crawler.config.desk import Desk
from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.lock import lock_desk
from crawler.crawling.reactor import run_in_reactor
from crawler.crawling.session import CrawlSession
from crawler.operations.rebuilds.rebuild_archive import rebuild_archive
from crawler.operations.rebuilds.rebuild_report import RebuildReport
from crawler.operations.splits.dask_engine import EnginePlace
from db.connection import explain_errors, open_news
from db.search.integrity import rebuild_search


@vigia.command()
@click.option("--outlet", type=OutletId(), metavar="ID", help="Only the pages of this outlet.")
@engine_options
@click.option("--search", is_flag=True, help="Only build the search index anew, from the stored articles.")
@click.pass_context
def rebuild(ctx: click.Context, outlet: str | None, workers: int | None, scheduler: str | None, search: bool) -> None:
    """Analyse the whole archive again with today's rules. Sends no requests.

    With Dask (--workers or --on), results are kept: only pages for which the rules, the topic, the outlet, the mark or
    the repeated lines have changed since are analysed again.
    """
    if search and (outlet or workers or scheduler):
        raise click.UsageError("--search reads no pages and is for all outlets: leave out the other options")
    desk = desk_of(ctx)
    if outlet:
        desk.outlet(outlet)
    if search:
        _rebuild_search(desk)
        return
    desk, place = choose_engine(desk, workers=workers, scheduler=scheduler)
    report = run_in_reactor(lambda: _rebuild(desk, outlet=outlet, place=place))
    for text in report.lines():
        say(text)
    if report.is_stopped:
        ctx.exit(130)


async def _rebuild(desk: Desk, *, outlet: str | None, place: EnginePlace | None) -> RebuildReport:
    async with contextlib.AsyncExitStack() as stack:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("opening the desk", total=None)
            session = await stack.enter_async_context(CrawlSession(desk, workers_at_first_job=place is not None))
            engine = await stack.enter_async_context(open_engine(place, bar, task))
            ending = handle_end()
            bar.update(task, description="pages")
            with contextlib.suppress(StoreFailed):
                return await rebuild_archive(
                    session,
                    outlet=outlet,
                    progress=lambda done, total: bar.update(task, completed=done, total=total),
                    is_ending=ending.is_set,
                    engine=engine,
                )
        assert session.fatal_error is not None  # noqa: S101 - StoreFailed says so
        raise session.fatal_error


def _rebuild_search(desk: Desk) -> None:
    with (
        lock_desk(desk.folder),
        contextlib.closing(open_news(desk.news_db)) as news,
        explain_errors(desk.news_db),
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("articles", total=None)
        count = rebuild_search(news, lambda done, total: bar.update(task, completed=done, total=total))
    say(f"The search index was built anew from {count} article{'s' * (count != 1)}.")
