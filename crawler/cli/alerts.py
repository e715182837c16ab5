"""`vigia alerts`: list, preview, send and test subscriptions."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from crawler.cli.main import CommandGroup, console, desk_of, error_console, say, vigia
from crawler.cli.outlets import format_age
from crawler.cli.terminal import pluralize
from crawler.config.desk import Desk
from crawler.config.outlet import parse_duration
from crawler.service.desk_alerts import alerts_of, base_url_of
from crawler.service.due_briefings import make_due_briefings
from db.model.times import stamp, utc_now
from db.site.briefings.briefing_error import BriefingError
from pipelines.alerts.alerts import Alerts
from pipelines.alerts.overview import ListedSubscription
from pipelines.alerts.preview import Preview

MAX_STORIES_PER_DAY = 50  # above this, `preview` advises a narrower query
MIN_ALERTS_TABLE_COLUMNS = 140  # a narrower terminal gets a block of lines per subscription


@vigia.group(cls=CommandGroup)
def alerts() -> None:
    """Subscriptions and what was sent for them."""


def alerts_here(ctx: click.Context) -> Alerts:
    """Build the alerts of the desk that --desk names."""
    return alerts_of(desk_of(ctx), announce=say)


def format_due(due: dt.datetime | None, zone: str) -> str:
    """Write when the next message is due, in the subscription's time zone."""
    if due is None:
        return "at once"
    wall = due.astimezone(ZoneInfo(zone))
    return f"{wall:%a} {wall.day} {wall:%b %H:%M} ({zone.rpartition('/')[2].replace('_', ' ')})"


class SpanType(click.ParamType[dt.timedelta]):
    """A click type for a span of time such as "30d" or "12h"."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dt.timedelta:
        """Convert the argument to a timedelta."""
        try:
            span = parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not isinstance(span, dt.timedelta):
            self.fail('write a span like "30d"', param, ctx)
        return span


@alerts.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
@click.pass_context
def list_alerts(ctx: click.Context, as_json: bool) -> None:
    """List the subscriptions: query, rhythm, next message, targets, what waits. Exit 1 if a query is wrong.

    Those of vigia.toml come first, then those that people made in the reading room: "of" says whose they are.
    """
    listed = alerts_here(ctx).list_subscriptions()
    if as_json:
        click.echo(json.dumps({"subscriptions": [one.as_dict() for one in listed]}, ensure_ascii=False, indent=1))
    elif not listed:
        say('No subscription yet. Add one to vigia.toml:\n\n[[subscription]]\nname = "Chancay"\nquery = "Chancay"')
    else:
        show = _table if console.width >= MIN_ALERTS_TABLE_COLUMNS else _blocks
        show([(one, _describe(one, utc_now())) for one in listed])
        for line in [line for one in listed for line in (one.problem, *one.notes) if line]:
            say(line)
    if any(one.problem for one in listed):
        ctx.exit(1)


def _describe(one: ListedSubscription, now: dt.datetime) -> dict[str, str]:
    """Return the fields of a subscription to print, by label.

    Blocks leave out empty ones.
    """
    standing = one.standing
    counts = (
        (standing.waiting + standing.undigested, "waiting"),
        (standing.failed, "given up"),
        (one.unsubscribed, "unsubscribed"),
    )
    rests = f"rests: vigia.toml has no person {one.missing_person}"
    states = {"running": [], "paused": ["paused"], "resting": [rests]}
    words = [f"{count} {word}" for count, word in counts if count]
    return {
        "of": "vigia.toml" if one.owner is None else f"{one.owner}, made in the reading room",
        "id": "" if one.owner is None else one.id,
        "query": one.query,
        "when": one.when,
        "next": format_due(one.due, one.zone) if one.state == "running" else "",
        "to": ", ".join(one.people),
        "last sent": format_age(stamp(standing.last_sent) if standing.last_sent else None, now),
        "state": ", ".join([*states[one.state], *words]),
        "error": standing.last_error or "",
    }


def _table(listed: list[tuple[ListedSubscription, dict[str, str]]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("name", "of", "id", "query", "when", "next", "to", "last sent", "state", "error"):
        table.add_column(name, overflow="fold")
    for one, fields in listed:
        table.add_row(one.name, *fields.values())
    console.print(table)


def _blocks(listed: list[tuple[ListedSubscription, dict[str, str]]]) -> None:
    """Print each subscription as a block of lines, for narrow terminals."""
    for one, fields in listed:
        console.print(one.name, style="bold", soft_wrap=True)
        lines = Table.grid(padding=(0, 1))
        lines.add_column(width=11)
        lines.add_column(overflow="fold")
        for name, value in fields.items():
            if value:
                lines.add_row(f"  {name}", value)
        console.print(lines)


@alerts.command("preview")
@click.argument("name")
@click.option("--since", type=SpanType(), default="30d", show_default=True, help="How far back to look.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on each line, for scripts.")
@click.pass_context
def preview_command(ctx: click.Context, name: str, since: dt.timedelta, as_json: bool) -> None:
    """Show what a subscription would have sent. Sends nothing."""
    desk_alerts = alerts_here(ctx)
    found = desk_alerts.preview(name, utc_now() - since)
    for story in found.stories:
        if as_json:
            click.echo(json.dumps(story.as_dict(), ensure_ascii=False))
        else:
            changed = f"\n  updated: {story.updated}" if story.updated else ""
            url = story.url or "(no address that can be opened)"
            say(f"{story.title}\n  {story.outlet} · {story.time}  {url}{changed}")
    daily = found.rate_per(dt.timedelta(days=1)) or 0
    if daily > MAX_STORIES_PER_DAY:
        error_console.print(
            f"That is {daily:.0f} a day, more than people read: narrow the query, or let it come daily "
            "with a ceiling (at_most = 20).",
            soft_wrap=True,
        )
    if not as_json:
        for line in _pace_lines(found, since, desk_alerts.find_subscription(name).at_most):
            say(line)


def _pace_lines(found: Preview, since: dt.timedelta, at_most: int | None) -> Iterator[str]:
    """Yield how many stories there are, and how many a week since the desk began."""
    count, weekly = len(found.stories), found.rate_per(dt.timedelta(weeks=1))
    if not found.is_young:
        week = "" if weekly is None else f", {weekly:.1f} a week"
        yield f"{pluralize(count, 'story', 'stories')} in {_format_span(since)}{week}."
    else:
        yield (
            f"{pluralize(count, 'story', 'stories')}; the desk has been there for {_format_span(found.span)}, "
            f"and {found.stories_in_span} of them came in that time: "
            + ("too soon to say how many a week." if weekly is None else f"{weekly:.1f} a week.")
        )
    if found.later_articles:
        yield f"{pluralize(found.later_articles, 'later article')} of them would have been one line each."
    if found.stories_over_limit:
        over = found.stories_over_limit
        yield f"Its ceiling (at_most = {at_most}) would have counted {over} of them without telling them."


def _format_span(span: dt.timedelta) -> str:
    """Write a span of time: "30 days", "5 hours", "1 minute"."""
    if span >= dt.timedelta(days=2):
        return f"{span.days} days"
    if span >= dt.timedelta(hours=2):
        return f"{span / dt.timedelta(hours=1):.0f} hours"
    return pluralize(max(1, round(span / dt.timedelta(minutes=1))), "minute", "minutes")


@alerts.command("send")
@click.pass_context
def send_command(ctx: click.Context) -> None:
    """Match and send what is due now, once; make the planned briefings that are due."""
    problems = []
    try:
        make_due_briefings(desk_of(ctx), now=utc_now())
    except BriefingError as error:
        problems.append(str(error))
    sent = asyncio.run(alerts_here(ctx).run(utc_now()))
    problems += sent.problems
    for problem in problems:
        say(problem)
    alerts, deliveries = pluralize(sent.alerts, "new alert"), pluralize(sent.sent, "delivery", "deliveries")
    say(f"{alerts}; {deliveries} sent, {sent.failed} given up, {sent.waiting} waiting.")
    if problems or sent.failed:
        ctx.exit(1)


@alerts.command()
@click.argument("name")
@click.pass_context
def test(ctx: click.Context, name: str) -> None:
    """Send a test message to each target of a subscription."""
    results = asyncio.run(alerts_here(ctx).send_test(name))
    for result in results:
        error = result.error and result.error.removeprefix(f"{result.target}: ")  # a wrong reference names itself
        say(f"{result.target}: {error or 'sent'}")
    if any(result.error for result in results):
        ctx.exit(1)


@alerts.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
@click.pass_context
def feeds(ctx: click.Context, as_json: bool) -> None:
    """Show the address of each subscription's Atom feed. Everyone who has the address can read the feed."""
    _show_feeds(desk_of(ctx), as_json=as_json)


@alerts.command("renew-addresses")
@click.pass_context
def renew_addresses(ctx: click.Context) -> None:
    """Give every feed a new address. The old addresses stop working."""
    alerts_here(ctx).renew_feed_urls()
    say("The old addresses lead nowhere now. The new ones:")
    _show_feeds(desk_of(ctx))


def _show_feeds(desk: Desk, *, as_json: bool = False) -> None:
    addresses = alerts_of(desk, announce=say).list_feeds(base_url=base_url_of(desk))
    if as_json:
        click.echo(json.dumps({"feeds": [{"name": name, "url": url} for name, url in addresses]}, ensure_ascii=False))
        return
    for name, url in addresses:
        say(f"{name}\n  {url}")
    if not addresses:
        say("No subscription yet: add a [[subscription]] to vigia.toml.")
    elif not desk.desk.public_url:
        say('They work on this machine alone: [desk] public_url = "https://…" is where readers reach the reading room.')


@alerts.command()
@click.argument("name")
@click.pass_context
def resubscribe(ctx: click.Context, name: str) -> None:
    """Send mail again to the people who unsubscribed from a subscription. Ask them first."""
    count = alerts_here(ctx).resubscribe(name)
    say(
        f"{pluralize(count, 'recipient gets', 'recipients get')} its mail again."
        if count
        else "Nobody has unsubscribed."
    )
