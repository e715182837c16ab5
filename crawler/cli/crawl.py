"""`vigia crawl` and `vigia backfill`."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
from collections.abc import Callable

import click

from crawler.cli.main import OutletId, console, desk_of, error_console, say, vigia
from crawler.cli.progress import Display
from crawler.cli.reports.day_options import DAY, read_day_options
from crawler.config.desk import Desk, DeskError
from crawler.config.outlet import Outlet
from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.reactor import handle_signals, install_resolver, run_in_reactor
from crawler.crawling.session import CrawlSession
from crawler.operations.apply_marks import apply_marks
from crawler.operations.compare_stories import compare_pending
from crawler.runner import CrawlRunner, describe_unfinished
from db.model.times import utc_now


@vigia.command()
@click.argument("outlets", nargs=-1, type=OutletId(), metavar="[OUTLET]...")
@click.pass_context
def crawl(ctx: click.Context, outlets: tuple[str, ...]) -> None:
    """Crawl now, once: all enabled outlets, or those named."""
    desk = desk_of(ctx)
    chosen = tuple(desk.outlet(id) for id in outlets) if outlets else desk.enabled_outlets  # noqa: A001
    if not chosen:
        raise DeskError(f"{desk.folder / 'vigia.toml'}: no outlet is enabled; set [desk] directory or add [[outlet]]")
    run_in_reactor(lambda: crawl_once(desk, chosen))


@vigia.command()
@click.argument("outlet", type=OutletId())
@click.option("--since", required=True, type=DAY, metavar="YYYY-MM-DD", help="How far back: 2024-01-31.")
@click.option("--until", type=DAY, metavar="YYYY-MM-DD", help="With --from: the last day. [default: now]")
@click.option(
    "--from",
    "archive",
    type=click.Choice(["wayback", "commoncrawl"]),
    help="Read it from a web archive, not from the outlet.",
)
@click.option("--again", is_flag=True, help="With --from: also pages that were read from there before.")
@click.option("--json", "as_json", is_flag=True, help="With --from: one JSON object, for scripts.")
@click.pass_context
def backfill(
    ctx: click.Context,
    outlet: str,
    since: dt.datetime,
    until: dt.datetime | None,
    archive: str | None,
    again: bool,
    as_json: bool,
) -> None:
    """Read an outlet's past: whole sitemaps and indexes, back to a day, or what a web archive has of it.

    As polite as any crawl, so it takes time. What is stopped goes on when the same command is run again. Nothing is
    sent about articles of the past.
    """
    desk = desk_of(ctx)
    chosen = desk.outlet(outlet)
    back_to = since.replace(tzinfo=dt.UTC)
    if archive is None:
        if until or again or as_json:
            raise click.UsageError("--until, --again and --json go with --from wayback or --from commoncrawl")
        run_in_reactor(lambda: crawl_once(desk, (chosen,), back_to=back_to))
        return
    from crawler.cli.reports.history import ARCHIVES, read_history, show_history  # noqa: PLC0415 - few need it

    days = read_day_options(since, until, desk)
    report = run_in_reactor(lambda: read_history(desk, chosen, ARCHIVES[archive](), days, again=again))
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
    else:
        show_history(report)
    if report.is_stopped:
        ctx.exit(130)
    if report.problem:
        ctx.exit(1)


async def crawl_once(
    desk: Desk,
    outlets: tuple[Outlet, ...],
    *,
    back_to: dt.datetime | None = None,
    now: Callable[[], dt.datetime] = utc_now,
) -> None:
    """Crawl the outlets by the clock `now`, show progress and print the sums.

    Raises DeskError if no outlet answered.
    """
    async with CrawlSession(desk, now=now) as session:
        install_resolver(session)
        with Display(console, total=len(outlets)) as display:
            crawls = CrawlRunner(session, progress=display.progress)
            endings: list[asyncio.Task[None]] = []

            def end() -> None:
                error_console.print(
                    f"Ending: waiting for {len(crawls.running)} crawls to save what is in progress. "
                    "Press Ctrl-C again to stop at once."
                )
                endings.append(asyncio.create_task(crawls.stop()))

            handle_signals(end, at_limit=lambda: error_console.print(describe_unfinished(crawls)))
            ended = await crawls.crawl(outlets, on_end=display.end, back_to=back_to)
            await asyncio.gather(*endings)
            if not crawls.stopping:  # else the next session does it
                with contextlib.suppress(StoreFailed), session.abort_on_store_error():
                    await apply_marks(session)  # marks that were set during the crawl
                    compared = await compare_pending(
                        session, progress=display.compare_stories, is_ending=lambda: crawls.stopping
                    )
                    if compared.left:
                        say(f"stories: {compared.left} older articles are left; the next start compares them.")
                if session.fatal_error:
                    raise session.fatal_error
    console.print(display.summary())
    if desk.subscriptions and back_to is None and any(crawled.stats.new or crawled.stats.revised for crawled in ended):
        say("Nothing was sent: `vigia alerts send` matches and sends alerts once, `vigia up` does while it runs.")
    if ended and not any(crawled.answered for crawled in ended):
        last = ended[0].stats.last_error
        raise DeskError(f"no outlet answered ({last}); is there a network? `vigia outlets check` looks closer")
