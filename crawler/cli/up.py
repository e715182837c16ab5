"""`vigia init`, `vigia up`, `vigia serve` and `vigia demo`."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import signal
import threading
from pathlib import Path

import click

from crawler.cli.main import console, desk_of, error_console, say, vigia
from crawler.cli.progress import Display
from crawler.config.desk import CONFIG_FILE, Desk, DeskError, load_desk
from crawler.config.first_file import write_first_file
from crawler.config.unset_keys import list_unset_keys
from crawler.crawling.lock import DeskBusy, lock_desk
from crawler.crawling.reactor import run_in_reactor
from crawler.demo.desk import write_desk
from crawler.demo.server import DemoWeb
from crawler.service.service import Service, site_of
from pipelines.relevance.topic_file import FIRST_TOPIC, list_shipped_topics

DEMO_START_FILE = "demo-began"  # in the folder of a demo desk: the start of its web, ISO 8601
DEMO_LIFETIME = dt.timedelta(hours=12)  # an older demo desk is replaced, because its news look old


@vigia.command()
@click.option(
    "--topic",
    type=click.Choice(list_shipped_topics()),
    default=FIRST_TOPIC,
    show_default=True,
    help="The shipped topic that the desk watches.",
)
@click.pass_context
def init(ctx: click.Context, topic: str) -> None:
    """Write a new desk folder with a commented vigia.toml."""
    path = write_first_file(ctx.find_root().obj, topic)
    say(f"Wrote {path}. Edit it, then: vigia --desk {path.parent} up")


@vigia.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the reading room; else [desk] port, 8001.")
@click.pass_context
def up(ctx: click.Context, port: int | None) -> None:
    """Crawl, browse and alert until Ctrl-C. On an empty folder it writes a desk first."""
    folder: Path = ctx.find_root().obj
    if not (folder / CONFIG_FILE).exists():
        say(f"Wrote {write_first_file(folder)}.")
    desk = desk_of(ctx)
    for line in list_unset_keys(desk):
        error_console.print(line, soft_wrap=True)
    serve_desk(with_port(desk, port))


def with_port(desk: Desk, port: int | None) -> Desk:
    """Return the desk with another port for the reading room, if one is given."""
    if port is None:
        return desk
    return desk.model_copy(update={"desk": desk.desk.model_copy(update={"port": port})})


def serve_desk(desk: Desk) -> None:
    """Run the service with its progress display until it gets a signal to end."""

    async def main() -> None:
        with Display(console, total=len(desk.enabled_outlets), rounds=True) as display:
            await Service(
                desk,
                say=say,
                announce=say,
                progress=display.progress,
                on_end=display.end,
                expect=display.expect,
            ).run()

    run_in_reactor(main)


@vigia.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen at; else [desk] port, 8001.")
@click.pass_context
def serve(ctx: click.Context, port: int | None) -> None:
    """Show the desk's articles in a browser, without crawling."""
    desk = desk_of(ctx)
    server = site_of(with_port(desk, port))
    server.start()
    say(f"Reading room: {server.url} (Ctrl-C stops it)")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    server.stop()


@vigia.command()
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo-desk"), show_default=True
)
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True)
def demo(folder: Path, port: int) -> None:
    """The whole desk on a miniature web of invented outlets: no internet needed."""
    with contextlib.ExitStack() as stack:
        web = stack.enter_context(DemoWeb(began=read_demo_start(folder)))
        write_desk(folder, proxy=web.proxy)
        (folder / DEMO_START_FILE).write_text(web.began.isoformat(), encoding="utf-8")
        outlets = len({page.outlet for page in web.expected()})
        say(f"A miniature web of {outlets} invented outlets is up; its desk lies in {folder}.")
        say(f"Every command looks at it with --desk, as in: vigia --desk {folder} status")
        # Publish the stories' revisions after 45 seconds, so that the reading room shows one.
        later = threading.Timer(45, web.revise)
        later.daemon = True
        later.start()
        stack.callback(later.cancel)
        serve_desk(with_port(load_desk(folder), port))


def read_demo_start(folder: Path) -> dt.datetime | None:
    """Return when the miniature web of a demo desk started.

    With it, the dates of the web stay the same. Returns None for a new desk. Deletes a demo desk older than
    DEMO_LIFETIME. Raises DeskError if the folder holds something else or is in use.
    """
    mark = folder / DEMO_START_FILE
    if not mark.exists():
        if folder.exists() and any(folder.iterdir()):
            raise DeskError(f"{folder}: holds something that is no demo desk; name another --folder")
        return None
    try:
        lock_desk(folder).close()  # a running demo must keep its vigia.toml, which holds the port of its web
    except DeskBusy as error:
        raise DeskError(f"{folder}: a demo runs here already; stop it first, or name another --folder") from error
    began = dt.datetime.fromisoformat(mark.read_text(encoding="utf-8"))
    if dt.datetime.now(dt.UTC) - began < DEMO_LIFETIME:
        return began
    shutil.rmtree(folder)
    return None
