"""`vigia alerts`: who hears of what."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from crawler.cli.main import complaints, console, desk_of, say, vigia
from crawler.cli.outlets import ago
from crawler.outlet import duration
from crawler.service import alerts_of
from crawler.station import utc_now
from db.times import stamp
from pipelines.alerts.alerts import Alerts

TOO_MANY = 50  # stories a day: from there on people stop reading


@vigia.group()
def alerts() -> None:
    """Subscriptions and what was sent for them."""


def alerts_here(ctx: click.Context) -> Alerts:
    """The alerts of the desk that the command line names."""
    return alerts_of(desk_of(ctx), announce=say)


def at(due: dt.datetime | None, zone: str) -> str:
    """When something may be sent, on the subscription's clock."""
    if due is None:
        return "at once"
    wall = due.astimezone(ZoneInfo(zone))
    return f"{wall:%a} {wall.day} {wall:%b %H:%M} ({zone.rpartition('/')[2].replace('_', ' ')})"


class Span(click.ParamType[dt.timedelta]):
    """A span of time: 30d, 12h."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dt.timedelta:
        """Read it."""
        try:
            span = duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not isinstance(span, dt.timedelta):
            self.fail('write a span like "30d"', param, ctx)
        return span


@alerts.command("list")
@click.pass_context
def list_alerts(ctx: click.Context) -> None:
    """List the subscriptions: query, rhythm, next message, targets, what waits. Exit 1 if a query is wrong."""
    listed = alerts_here(ctx).listing()
    if not listed:
        say('No subscription yet. Add one to vigia.toml:\n\n[[subscription]]\nname = "Chancay"\nquery = "Chancay"')
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("name", "query", "when", "next", "to", "last sent", "waiting", "failed"):
        table.add_column(name, overflow="fold")
    now = utc_now()
    for one in listed:
        standing = one.standing
        table.add_row(
            one.name,
            one.query,
            one.when,
            at(one.due, one.zone),
            ", ".join(one.people),
            ago(stamp(standing.last_sent) if standing.last_sent else None, now),
            str(standing.waiting + standing.undigested or ""),
            str(standing.failed or ""),
        )
    console.print(table)
    for line in [line for one in listed for line in (one.problem, *one.notes) if line]:
        say(line)
    if any(one.problem for one in listed):
        ctx.exit(1)


@alerts.command()
@click.argument("name")
@click.option("--since", type=Span(), default="30d", show_default=True, help="How far back to look.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on each line, for scripts.")
@click.pass_context
def preview(ctx: click.Context, name: str, since: dt.timedelta, as_json: bool) -> None:
    """Show what a subscription would have sent, before anyone is told."""
    stories = alerts_here(ctx).preview(name, utc_now() - since)
    for story in stories:
        if as_json:
            click.echo(json.dumps(story.as_dict(), ensure_ascii=False))
        else:
            say(f"{story.title}\n  {story.outlet}  {story.url}")
    days = max(since / dt.timedelta(days=1), 1)
    if len(stories) / days > TOO_MANY:
        complaints.print(
            f"That is {len(stories) / days:.0f} a day, more than people read: narrow the query, or let it come daily "
            "with a ceiling (at_most = 20).",
            soft_wrap=True,
        )
    if not as_json:
        weeks = since / dt.timedelta(weeks=1)
        say(f"{len(stories)} stories in {since.days or 1} days, {len(stories) / max(weeks, 1 / 7):.1f} a week.")


@alerts.command()
@click.pass_context
def send(ctx: click.Context) -> None:
    """Match and send what is due now, once."""
    sent = asyncio.run(alerts_here(ctx).run(utc_now()))
    for problem in sent.problems:
        say(problem)
    say(f"{sent.alerts} new alerts; {sent.sent} deliveries sent, {sent.failed} given up, {sent.waiting} waiting.")
    if sent.problems or sent.failed:
        ctx.exit(1)


@alerts.command()
@click.argument("name")
@click.pass_context
def test(ctx: click.Context, name: str) -> None:
    """Send a test message to each target of a subscription."""
    results = asyncio.run(alerts_here(ctx).test(name))
    for result in results:
        say(f"{result.target}: {result.error or 'sent'}")
    if any(result.error for result in results):
        ctx.exit(1)
