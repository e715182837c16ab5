"""What leaves the desk: `vigia publish` (a public database), `vigia export`, `vigia evidence` and passwords."""

from __future__ import annotations

import datetime as dt
import signal
import sys
import zoneinfo
from pathlib import Path

import click

from crawler.cli.main import CommandGroup, desk_of, error_console, say, vigia
from crawler.cli.terminal import pluralize
from crawler.operations.evidence.check_pack import check_pack
from crawler.operations.evidence.evidence_form import MAX_FAULTS
from crawler.operations.evidence.write_pack import write_pack
from crawler.operations.table_export.export_by_month import export_by_month
from crawler.operations.table_export.table_files import TABLE_FORMATS
from db.model.times import stamp
from db.public_copy import publish_copy as publish_to
from db.site.password import hash_new_password

_MAX_LINES = 50  # about faults of one file


@vigia.command("publish")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; an earlier published one is replaced in one move, any other file is left alone.",
)
@click.option("--relevant", is_flag=True, help="Only articles whose verdict is relevant, none that is borderline.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Only what appeared from that day on: 2026-01-31.",
)
@click.pass_context
def publish_command(ctx: click.Context, target: Path, relevant: bool, since: dt.datetime | None) -> None:
    """Write a second database for the public: headlines, first sentences and links, without any full text.

    Of each text the first sentence is published, at most 300 characters of it (Chinese: 120) and at most half of the
    text. Texts, earlier versions, rejections and places in the archive stay at home. An original comes along with each
    of its copies. docs/server.md says how to serve the file.
    """
    desk = desk_of(ctx)
    begin = stamp(since.replace(tzinfo=zoneinfo.ZoneInfo(desk.desk.timezone))) if since else None
    done = publish_to(desk.news_db, target, relevant_only=relevant, since=begin)
    say(
        f"{target}: {pluralize(done.articles, 'article')} of {pluralize(done.outlets, 'outlet')}, "
        f"{done.size / 1e6:,.1f} MB: headlines, first sentences, links."
    )


@vigia.command("export")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="A new folder, or one of an earlier export.",
)
@click.option(
    "--format",
    type=click.Choice(list(TABLE_FORMATS)),
    default="csv",
    show_default=True,
    help="Parquet needs pyarrow.",
)
@click.option("--text", "with_text", is_flag=True, help="With the whole texts of articles.")
@click.pass_context
def export_command(ctx: click.Context, folder: Path, format: str, with_text: bool) -> None:  # noqa: A002 - the option
    """Write articles, stories and figures as tables by month, for analysis.

    Run again, it writes only the months that changed. Nothing private is in them; texts are left out unless --text asks
    for them. docs/analysis.md has the columns, and recipes for pandas, DuckDB and R.
    """
    done = export_by_month(desk_of(ctx).news_db, folder, format=format, with_text=with_text)
    rows = ", ".join(f"{count:,} of {table}" for table, count in done.rows.items())
    removed = f", {len(done.removed)} removed" if done.removed else ""
    say(f"{folder}: {pluralize(len(done.written), 'file')} written, {done.kept} unchanged{removed}. Rows: {rows}.")


@vigia.command("hash-password")
def hash_password() -> None:
    """Ask for a password and print its hash, for [desk] password.

    From a pipe it reads one line: the password as it will be typed.
    """
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    say(hash_new_password(password))


class EvidenceGroup(CommandGroup):
    """A group in which `vigia evidence URL… --to FILE` writes a pack."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take what is no command for an address."""
        return super().resolve_command(ctx, args if args and args[0] in self.commands else ["pack", *args])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave `--to` before the addresses to `pack`."""
        if args and args[0].startswith("--to"):
            args = ["pack", *args]
        return super().parse_args(ctx, args)


@vigia.group(cls=EvidenceGroup)
def evidence() -> None:
    """Write what an outlet published into a file that can be checked, or check one.

    `vigia evidence URL… --to FILE` writes one, `vigia evidence check FILE` checks it.
    """


@evidence.command()
@click.argument("urls", metavar="URL…", nargs=-1, required=True)
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write, a zip; it must not be there yet.",
)
@click.pass_context
def pack(ctx: click.Context, urls: tuple[str, ...], target: Path) -> None:
    """Write the articles at these addresses: pages as received, texts, versions, hashes, citations.

    The file is a BagIt bag with a WACZ in it, which ReplayWeb.page opens, and a README that says how to check. It holds
    whole texts: mind whom you give it to. Of other articles it names titles and addresses. Works while `vigia up` runs.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # ends with the draft deleted
    done = write_pack(desk_of(ctx), urls, target)
    for url, version in done.gaps:
        error_console.print(
            f"{url}: no page of version {version} was found in the archive; the pack has its text, and says so",
            soft_wrap=True,
        )
    say(
        f"{target}: {pluralize(done.articles, 'article')}, {pluralize(done.versions, 'version')}, "
        f"{pluralize(done.captures, 'page')} as received, {done.size / 1e3:,.0f} kB. "
        f"Check it with: vigia evidence check {target}"
    )
    say(f"SHA-256 of the file, to be told by another way than the file: {done.sha256}")


@evidence.command("check")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def check_evidence(ctx: click.Context, file: Path) -> None:
    """Check every byte of a pack: container, lists, texts, pages. Exit 1 and a line for each fault if one differs.

    It shows that nothing was changed since the file was made, not who made it: for that, compare the SHA-256.
    """
    found = check_pack(file)
    for fault in found.faults[:_MAX_LINES]:
        say(f"{file}: {fault}")
    if len(found.faults) > _MAX_LINES:
        least = "at least " if len(found.faults) == MAX_FAULTS else ""  # a check lists no more
        say(f"{file}: and {least}{len(found.faults) - _MAX_LINES:,} further faults")
    if found.faults:
        ctx.exit(1)
    without = f", {found.without_page} without a page" if found.without_page else ""
    say(
        f"{file}: sound. {pluralize(found.articles, 'article')}, {pluralize(found.versions, 'version')}{without}, "
        f"{pluralize(found.records, 'WARC record')}, {pluralize(found.files, 'file')}."
    )
    say(f"SHA-256 of the file: {found.sha256}")
