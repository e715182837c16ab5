"""The root of the command line: --desk, logging, lazy loading, errors."""

from __future__ import annotations

import importlib
import logging
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from crawler.cli.terminal import EscapingFormatter, Terminal, keep_outputs_open
from crawler.crawling.memory_errors import is_out_of_memory
from db import __version__
from db.draft_files import is_disk_full

if TYPE_CHECKING:
    from crawler.config.desk import Desk

console = Terminal()
error_console = Terminal(stderr=True)

# Command → the module of this package that registers it. A module is imported only when its command is used, because
# importing Scrapy, Datasette and the analysis takes longer than most commands.
COMMAND_MODULES = {
    "alerts": "alerts",
    "analyse": "analyse",
    "backfill": "crawl",
    "backup": "maintenance",
    "briefing": "reports.briefing",
    "check": "maintenance",
    "crawl": "crawl",
    "demo": "up",
    "evidence": "publish",
    "export": "publish",
    "figures": "figures",
    "hash-password": "publish",
    "import": "reports.warc_import",
    "init": "up",
    "mark": "mark",
    "outlets": "outlets",
    "publish": "publish",
    "rebuild": "reports.rebuild",
    "restore": "maintenance",
    "serve": "up",
    "status": "outlets",
    "story": "stories",
    "topics": "topics",
    "up": "up",
    "why": "analyse",
}
# Command → its line in `vigia --help`: the beginning of its own help, repeated here so that no module is imported.
COMMAND_SUMMARIES = {
    "alerts": "Subscriptions and what was sent for them.",
    "analyse": "Analyse saved pages as the crawl would: one JSON object on each line.",
    "backfill": "Read an outlet's past: whole sitemaps and indexes, back to a day.",
    "backup": "Write the whole desk into one file, also while Vigía runs.",
    "briefing": "Write a briefing: the stories of a period, ranked by independent voices, with sources.",
    "check": "Say what the desk lacks to start and to send.",
    "crawl": "Crawl now, once: all enabled outlets, or those named.",
    "demo": "The whole desk on a miniature web of invented outlets: no internet needed.",
    "evidence": "Write what an outlet published into a file that can be checked, or check one.",
    "export": "Write articles, stories and figures as tables by month, for analysis.",
    "figures": "Find the quantities in texts: amounts, lengths, shares, counts, dates.",
    "hash-password": "Ask for a password and print its hash, for [desk] password.",
    "import": "Import WARC files of other programs: their articles become history.",
    "init": "Write a new desk folder with a commented vigia.toml.",
    "mark": "Correct the rule: say that the page at URL is relevant or irrelevant.",
    "outlets": "The outlets that the desk knows.",
    "publish": "Write a second database for the public: headlines, first sentences and links.",
    "rebuild": "Analyse the whole archive again with today's rules.",
    "restore": "Restore the desk of a backup into a new or empty folder.",
    "serve": "Show the desk's articles in a browser, without crawling.",
    "status": "Say how each outlet is doing and what is overdue.",
    "story": "Show a story by its number or an article's address; join or split stories.",
    "topics": "The topic: its concepts, what it has learned, and how well it judges.",
    "up": "Crawl, browse and alert until Ctrl-C.",
    "why": "Say what became of an address and why.",
}
# Module → its error that a user can correct: shown as one line, with exit status 1. Other errors are bugs and keep
# their traceback. An error of a module that is not imported can't have been raised.
EXPECTED_ERRORS = {
    "crawler.config.desk": "DeskError",
    "crawler.operations.find_quantities": "TextLineError",
    "crawler.operations.opml.read_opml": "OpmlError",
    "crawler.operations.table_export.table_files": "TableExportError",
    "db.connection": "StoreError",
    "db.public_copy": "PublishError",
    "db.site.briefings.briefing_error": "BriefingError",
    "db.site.password": "AccessError",
    "db.site.server": "SiteError",
    "pipelines.alerts.errors": "AlertError",
    "pipelines.archive.warc_files": "ArchiveError",
    "pipelines.relevance.topic_file": "TopicError",
    "pipelines.analysis.workers.jobs": "WorkersError",
}


def say(text: str) -> None:
    """Print a line to standard output without wrapping it."""
    console.print(text, soft_wrap=True)


class CommandGroup(click.Group):
    """A group whose help shows the whole first sentence of each command."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command with its first sentence."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(limit=300)) for name, command in found if command])


class RootGroup(click.Group):
    """The root group: imports commands on use, shows expected errors in a line.

    An expected error ends with exit status 1.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands in alphabetical order."""
        return sorted(COMMAND_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return the command.

        Returns None if there is none with that name.
        """
        if cmd_name in COMMAND_MODULES:
            importlib.import_module(f"crawler.cli.{COMMAND_MODULES[cmd_name]}")
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called.

        Raises NoSuchCommand with similar names if there is none.
        """
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:  # click only suggests imported commands, and none is imported yet
            raise click.NoSuchCommand(error.command_name, possibilities=COMMAND_MODULES, ctx=ctx) from error

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands that begin so, with their lines of COMMAND_SUMMARIES, and the options."""
        begun = ((name, line) for name, line in sorted(COMMAND_SUMMARIES.items()) if name.startswith(incomplete))
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(name, help=line) for name, line in begun), *options]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Write each command with its line of COMMAND_SUMMARIES."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMAND_SUMMARIES.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; show an expected error as one line."""
        try:
            return super().invoke(ctx)
        except Exception as error:  # unexpected errors are raised again below
            if not isinstance(cause := first_cause(error), expected_errors()) and not is_out_of_memory(cause):
                raise
            error_console.print(f"vigia: {error_line(cause)}", soft_wrap=True)
            ctx.exit(1)


def expected_errors() -> tuple[type[BaseException], ...]:
    """Return the error classes that a user can correct, of the modules that are imported."""
    own = [getattr(sys.modules[module], name) for module, name in EXPECTED_ERRORS.items() if module in sys.modules]
    return (*own, sqlite3.Error, OSError)


def first_cause(error: BaseException) -> BaseException:
    """Return the first error of a (nested) exception group, or the error itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def error_line(error: BaseException) -> str:
    """Write an error as one line."""
    if isinstance(error, OSError) and error.strerror and (error.filename or not is_out_of_memory(error)):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}{'; free some space' if is_disk_full(error) else ''}"
    if is_out_of_memory(error):
        return "out of memory; allow more (`ulimit -v`, MemoryMax= of systemd, --memory of a container)"
    return " ".join(str(error).split()) or type(error).__name__


def find_desk_folder(here: Path) -> Path:
    """Return the folder of the desk where --desk names none: HERE/desk, or `here` if that alone has a vigia.toml."""
    folder = here / "desk"
    return here if (here / "vigia.toml").is_file() and not (folder / "vigia.toml").exists() else folder


@click.group(cls=RootGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--desk",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="VIGIA_DESK",
    default=lambda: find_desk_folder(Path()),
    show_default="desk, or this folder if it is one",
    help="The folder that holds vigia.toml, the databases and the archive.",
)
@click.option("--verbose", "-v", is_flag=True, help="Say on standard error what happens, line by line.")
@click.version_option(__version__, message="vigia %(version)s")
@click.pass_context
def vigia(ctx: click.Context, folder: Path, verbose: bool) -> None:
    """A lookout for one relationship in the news.

    Crawls outlets in Spanish, English and Chinese, keeps one clean record of each article, shows them in a browser and
    alerts analysts. Begin with: vigia up
    """
    keep_outputs_open()
    to_terminal = logging.StreamHandler()
    to_terminal.setFormatter(EscapingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[to_terminal])
    if verbose:
        for name in ("crawler", "pipelines", "db"):
            logging.getLogger(name).setLevel(logging.INFO)
    for name in ("scrapy", "twisted", "apscheduler", "trafilatura", "htmldate", "apprise", "urllib3", "asyncio"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # An unreadable robots.txt is recorded with its host; Scrapy would also print a traceback for each.
    logging.getLogger("scrapy.downloadermiddlewares.robotstxt").setLevel(logging.CRITICAL)
    ctx.obj = folder


class OutletId(click.ParamType[str]):
    """The id of an outlet, which the shell completes."""

    name = "id"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the desk's outlets whose ids begin so, with their names; none if the desk can't be read."""
        from crawler.config.desk import DeskError, load_desk  # noqa: PLC0415 - only for completion

        try:
            desk = load_desk(ctx.find_root().params.get("folder") or find_desk_folder(Path()))
        except (DeskError, OSError):
            return []
        return [CompletionItem(one.id, help=one.name) for one in desk.outlets if one.id.startswith(incomplete)]


def desk_of(ctx: click.Context) -> Desk:
    """Load the desk that --desk names."""
    from crawler.config.desk import load_desk  # noqa: PLC0415 - `vigia --help` needs no desk

    return load_desk(ctx.find_root().obj)
