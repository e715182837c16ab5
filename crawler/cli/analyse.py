"""`vigia analyse` and `vigia why`."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable
from pathlib import Path

import click

from crawler.cli.main import OutletId, error_console, say, vigia
from crawler.config.desk import CONFIG_FILE, OUTLET_DIRECTORY, Desk, load_desk, shipped_outlets
from crawler.crawling.session import locate_topic
from crawler.operations.analyse_files import FileTask, outcome_as_json, page_of_file, read_tasks
from crawler.operations.explain import explain_address
from db.model.article import Article
from db.model.rejection import Rejection
from db.model.times import utc_now
from pipelines.analysis.workers.in_order import await_in_order
from pipelines.analysis.workers.workers import ANALYSIS_MODULES, Workers
from pipelines.relevance.topic import load_topic


@vigia.command("analyse")
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--url", metavar="URL", help="The address that FILE stands for.")
@click.option(
    "--batch",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help='A list with {"file", "url", "outlet"?} on each line; answers come in its order.',
)
@click.option("--outlet", type=OutletId(), metavar="ID", help="The id of the outlet that FILE comes from.")
@click.option(
    "--full", is_flag=True, help="Run the whole chain also on what is rejected, and show the article's fields."
)
@click.pass_context
def analyse_command(
    ctx: click.Context, file: Path | None, url: str | None, batch: Path | None, outlet: str | None, full: bool
) -> None:
    """Analyse saved pages as the crawl would: one JSON object on each line, the article or why it is none."""
    if (file is None) == (batch is None) or (file is not None and url is None):
        raise click.UsageError("give a FILE with --url, or --batch LIST.jsonl")
    desk = desk_or_shipped(ctx)
    tasks = read_tasks(batch) if batch else [FileTask(file=file, url=url, outlet=outlet)]  # type: ignore[arg-type]
    if outlet and outlet not in {known.id for known in desk.outlets}:
        error_console.print(
            f'No outlet "{outlet}" on this desk: analysed as one that nothing is known of.', soft_wrap=True
        )
    asyncio.run(_analyse(tasks, desk, full=full))


def desk_or_shipped(ctx: click.Context) -> Desk:
    """Return the desk that --desk names, or one with all shipped outlets."""
    folder: Path = ctx.find_root().obj
    if (folder / CONFIG_FILE).exists():
        return load_desk(folder)
    return Desk(folder=folder, outlets=shipped_outlets(OUTLET_DIRECTORY))


async def _analyse(tasks: Iterable[FileTask], desk: Desk, *, full: bool) -> None:
    function = "pipelines.analysis.analyse:analyse_fully" if full else "pipelines.analysis.analyse:analyse"
    load_topic(locate_topic(desk))  # a TopicError raised here is one line, not a worker's traceback
    async with Workers(
        locate_topic(desk), processes=desk.crawl.workers, function=function, modules=ANALYSIS_MODULES
    ) as workers:
        now = utc_now()

        async def one(task: FileTask) -> Article | Rejection:
            return await workers.analyse(page_of_file(task, desk, now=now), full=full)

        analysed = await_in_order((one(task) for task in tasks), ahead=4 * desk.crawl.workers)
        async with contextlib.aclosing(analysed):
            async for outcome in analysed:
                click.echo(json.dumps(outcome_as_json(outcome), ensure_ascii=False))


@vigia.command()
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
@click.pass_context
def why(ctx: click.Context, url: str, as_json: bool) -> None:
    """Say what became of an address and why: kept, rejected, waiting or never seen."""
    found = explain_address(load_desk(ctx.find_root().obj), url)
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=1))
        return
    for text in found.lines():
        say(text)
    if found.state == "unknown":
        ctx.exit(1)
