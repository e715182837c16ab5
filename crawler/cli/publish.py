"""`vigia publish` (the public database) and `vigia hash-password` (of the reading room)."""

from __future__ import annotations

import datetime as dt
import sys
import zoneinfo
from pathlib import Path

import click

from crawler.cli.main import desk_of, say, vigia
from crawler.cli.terminal import pluralize
from db.model.times import stamp
from db.public_copy import publish_copy as publish_to
from db.site.password import hash_new_password


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
