"""`vigia briefing`: the stories of a period as a file to hand on, and the same file again."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from pathlib import Path

import click

from crawler.cli.alerts import format_due
from crawler.cli.main import CommandGroup, desk_of, say, vigia
from crawler.cli.terminal import pluralize
from crawler.config.desk import Desk
from crawler.operations.make_briefing import (
    check_briefing_file,
    list_briefings,
    make_briefing,
    read_briefing,
    write_briefing,
)
from crawler.service.due_briefings import BriefingPlan, list_planned_briefings
from db.i18n.languages import LANGUAGES, find_language
from db.model.times import stamp, utc_now
from db.site.briefings.document import Briefing
from pipelines.alerts.digests import list_recipients

_DAY = click.DateTime(["%Y-%m-%d"])
_HELP_OPTIONS = ("-h", "--help")
_to_file = click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; its ending says the format: .docx, .html, .md.",
)
_replace_file = click.option("--replace", is_flag=True, help="Replace the file if it is there.")


class BriefingGroup(CommandGroup):
    """A group in which `vigia briefing --since DAY …` makes a briefing."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave options that stand in place of a command to `make`."""
        if args and args[0].startswith("-") and args[0] not in _HELP_OPTIONS:
            args = ["make", *args]
        return super().parse_args(ctx, args)


@vigia.group(cls=BriefingGroup)
def briefing() -> None:
    """Write a briefing: the stories of a period, ranked by independent voices, with sources.

    `vigia briefing --since 2026-11-23 --until 2026-11-29 --to monday.docx` makes one.
    """


@briefing.command()
@click.option("--since", required=True, type=_DAY, help="The first day, in the desk's time zone: 2026-11-23.")
@click.option("--until", required=True, type=_DAY, help="The last day: 2026-11-29.")
@click.option("--query", default="", help="Only stories of which this search finds an article.")
@click.option(
    "--language", type=click.Choice(list(LANGUAGES)), default="en", show_default=True, help="The briefing's language."
)
@_to_file
@_replace_file
@click.pass_context
def make(
    ctx: click.Context,
    since: dt.datetime,
    until: dt.datetime,
    query: str,
    language: str,
    target: Path,
    replace: bool,
) -> None:
    """Make a briefing of a period, keep it in desk.db and write it (`make` may be left out).

    Of each story it has the headline, one quoted sentence, who told it, figures that differ, who has nothing, edits and
    numbered notes; then how well the outlets could be read. Works while `vigia up` runs.
    """
    desk = desk_of(ctx)
    check_briefing_file(target, may_replace=replace)
    made = asyncio.run(
        make_briefing(
            desk,
            since=since.date(),
            until=until.date(),
            query=query,
            language=find_language(language) or "en",
            now=utc_now(),
        )
    )
    _write(made, target)


@briefing.command()
@click.argument("number", type=click.IntRange(min=1, max=2**63 - 1))
@_to_file
@_replace_file
@click.pass_context
def again(ctx: click.Context, number: int, target: Path, replace: bool) -> None:
    """Write the briefing of that NUMBER again: the same bytes, whatever came since."""
    check_briefing_file(target, may_replace=replace)
    _write(read_briefing(desk_of(ctx), number), target)


@briefing.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on each line, for scripts.")
@click.pass_context
def list_command(ctx: click.Context, as_json: bool) -> None:
    """List the briefings that were made, the newest first, and the planned ones with the time of the next."""
    desk = desk_of(ctx)
    for plan in list_planned_briefings(desk, now=utc_now()):
        _show_plan(plan, desk, as_json=as_json)
    listed = list_briefings(desk)
    for one in listed:
        recipe = one.recipe
        if as_json:
            row = {
                "number": one.number,
                "since": recipe.since.isoformat(),
                "until": recipe.until.isoformat(),
                "query": recipe.query,
                "language": recipe.language,
                "made_at": stamp(recipe.made_at),
                "version": recipe.version,
            }
            click.echo(json.dumps(row, ensure_ascii=False))
        else:
            query = f"  {recipe.query}" if recipe.query else ""
            say(f"{one.number}  {recipe.since} to {recipe.until}  {recipe.language}  {stamp(recipe.made_at)}{query}")
    if not listed and not as_json:
        say("No briefing yet. Make one: vigia briefing --since DAY --until DAY --to FILE.docx")


def _show_plan(plan: BriefingPlan, desk: Desk, *, as_json: bool) -> None:
    briefing, due = plan.briefing, plan.schedule.due
    recipients = [str(one) for one in list_recipients(briefing.mailing, zone=desk.desk.timezone)]
    if as_json:
        row = {
            "planned": briefing.name,
            "query": briefing.query,
            "when": briefing.when,
            "next": stamp(due),
            "formats": list(briefing.mailing.formats),
            "to": recipients,
        }
        click.echo(json.dumps(row, ensure_ascii=False))
    else:
        query = f"  {briefing.query}" if briefing.query else ""
        next_time = format_due(due, plan.zone)
        say(f"planned: {briefing.name}  {briefing.when}, next {next_time}  to {', '.join(recipients)}{query}")


def _write(made: Briefing, target: Path) -> None:
    write_briefing(made, target)
    stories, notes = pluralize(len(made.stories), "story", "stories"), pluralize(len(made.notes), "note")
    say(f"{target}: {stories}, {notes}. {made.colophon}")
