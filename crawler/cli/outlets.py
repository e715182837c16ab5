"""`vigia outlets` (list, check, add, import, export) and `vigia status`."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import click
from rich.table import Table

from crawler.cli.main import CommandGroup, OutletId, console, desk_of, error_console, say, vigia
from crawler.cli.terminal import pluralize
from crawler.config.desk import CONFIG_FILE, Desk, DeskError, load_desk
from crawler.config.outlet import Outlet
from crawler.config.outlet_block import write_source_lines
from crawler.crawling.reactor import run_in_reactor
from crawler.monitoring.status import DeskStatus, desk_status
from crawler.operations.check_outlets import OutletCheck, check_outlets
from crawler.operations.find_sources import find_sources
from crawler.operations.opml.import_outlets import append_outlets, plan_import, read_opml_file
from crawler.operations.opml.write_opml import write_opml
from crawler.operations.propose_sources import list_sources
from db.draft_files import write_file
from db.model.times import read_stamp, utc_now

MIN_OUTLETS_TABLE_COLUMNS = 120  # a narrower terminal gets two lines per outlet


@vigia.group("outlets", cls=CommandGroup)
def outlets_group() -> None:
    """The outlets that the desk knows."""


@outlets_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for scripts.")
@click.pass_context
def list_outlets(ctx: click.Context, as_json: bool) -> None:
    """List every outlet with kind, ownership and sources."""
    desk = desk_of(ctx)
    if as_json:
        click.echo(json.dumps([_row(outlet) for outlet in desk.outlets], ensure_ascii=False, indent=1))
        return
    show = _table if console.width >= MIN_OUTLETS_TABLE_COLUMNS else _lines
    show(sorted(desk.outlets, key=lambda o: (not o.enabled, o.country, o.id)))
    console.print(f"{len(desk.enabled_outlets)} of {len(desk.outlets)} outlets are watched.")
    if count := sum(outlet.unconfirmed for outlet in desk.enabled_outlets):
        console.print(
            f"Of {pluralize(count, 'unconfirmed outlet')} no recent public evidence shows that a source answers: "
            "`vigia outlets check ID` does."
        )


@outlets_group.command()
@click.argument("ids", nargs=-1, type=OutletId(), metavar="[ID]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for scripts.")
@click.pass_context
def check(ctx: click.Context, ids: tuple[str, ...], as_json: bool) -> None:
    """Read each source live, analyse one page, and say what works. Exit 1 if an enabled outlet does not."""
    desk = desk_of(ctx)
    chosen = [desk.outlet(id) for id in ids] if ids else list(desk.enabled_outlets)  # noqa: A001

    def show(checked: OutletCheck) -> None:
        if not as_json:
            for text in check_lines(checked, utc_now()):
                say(text)

    found = run_in_reactor(lambda: check_outlets(desk, chosen, on_end=show))
    if as_json:
        click.echo(json.dumps([one.as_dict() for one in found], ensure_ascii=False, indent=1))
    failing = [one.id for one in found if not one.is_well]
    if not as_json:
        console.print(f"{len(found) - len(failing)} of {len(found)} outlets are well.")
    if any(one.enabled and not one.is_well for one in found):
        ctx.exit(1)


@outlets_group.command()
@click.argument("url")
@click.pass_context
def add(ctx: click.Context, url: str) -> None:
    """Find an outlet's feeds and sitemaps from its home page and print the [[outlet]] block to paste."""
    folder = ctx.find_root().obj
    desk = load_desk(folder) if (folder / CONFIG_FILE).exists() else Desk(folder=folder)
    finding = run_in_reactor(lambda: find_sources(desk, url))
    for note in finding.notes:
        error_console.print(note, soft_wrap=True)
    if not finding.sources:
        raise DeskError(f"{finding.home}: no feed or sitemap was found; a listing page can be watched: listings = […]")
    click.echo(finding.block())


@outlets_group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_context
def import_outlets(ctx: click.Context, file: Path) -> None:
    """Add the feeds of an OPML file to vigia.toml as outlets, but those that the desk has.

    Feed readers write such files. Folders that are called after a country or a kind of outlet, in English, Spanish or
    Chinese, say these; the blocks mark what a person must check.
    """
    desk = desk_of(ctx)
    plan = plan_import(desk, read_opml_file(file))
    for line in plan.left_out:
        say(f"Not added: {line}.")
    if not plan.added:
        console.print("Nothing to add.")
        return
    append_outlets(desk, plan, source=file)
    for outlet, _ in plan.added:
        about = ", ".join((outlet.country, " ".join(outlet.languages), outlet.kind, *_count_sources(outlet)))
        say(f"Added: {outlet.id}: {outlet.name} ({about})")
    console.print(f"{pluralize(len(plan.added), 'outlet')} added to {desk.folder / CONFIG_FILE}.", soft_wrap=True)
    if plan.guessed:
        say("Correct country, languages and kind there, then: vigia outlets check ID")


@outlets_group.command("export")
@click.option("--opml", is_flag=True, help="As OPML, which feed readers and `vigia outlets import` read.")
@click.option("--to", "target", type=click.Path(path_type=Path, dir_okay=False), help="A file; else standard output.")
@click.pass_context
def export_outlets(ctx: click.Context, opml: bool, target: Path | None) -> None:
    """Write all outlets with their feeds as a file for feed readers and other desks."""
    if not opml:
        raise click.UsageError("Name the format: --opml")
    desk = desk_of(ctx)
    written = write_opml(desk.outlets, title=desk.desk.name, language=desk.desk.language)
    if target is None:
        click.echo(written, nl=False)
    else:
        write_file(target, written)


def _table(outlets: Iterable[Outlet]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "name", "country", "languages", "kind", "ownership", "sources", ""):
        table.add_column(name, overflow="fold", no_wrap=name in {"id", "kind"})
    for outlet in outlets:
        table.add_row(
            outlet.id,
            outlet.name,
            outlet.country,
            " ".join(outlet.languages),
            outlet.kind,
            outlet.ownership,
            ", ".join(_count_sources(outlet)),
            _describe_state(outlet),
            style=None if outlet.enabled else "dim",
        )
    console.print(table)


def _lines(outlets: Iterable[Outlet]) -> None:
    """Print each outlet in two lines, for narrow terminals."""
    for outlet in outlets:
        about = [outlet.country, " ".join(outlet.languages), outlet.kind, outlet.ownership, *_count_sources(outlet)]
        about += filter(None, [_describe_state(outlet)])
        console.print(f"{outlet.id}: {outlet.name}\n  {', '.join(about)}", style=None if outlet.enabled else "dim")


def _describe_state(outlet: Outlet) -> str:
    if not outlet.enabled:
        return f"disabled: {(outlet.note or 'no reason given').removeprefix('Disabled: ')}"
    return "unconfirmed, asked last" if outlet.unconfirmed else ""


def check_lines(checked: OutletCheck, now: dt.datetime) -> Iterator[str]:
    """Yield the result of one outlet's check as lines of text."""
    yield f"{checked.id}: {'OK' if checked.is_well else 'FAILING'}  (robots.txt: {checked.robots})"
    for source in checked.sources:
        state = source.problem or f"{source.items or 0} items, newest {format_age(source.newest, now, none='undated')}"
        yield f"  {source.url}: {state}"
    if checked.page:
        yield f"  {checked.page}: {checked.page_problem or f'read: {checked.page_title}'}"
    elif checked.page_problem:
        yield f"  {checked.page_problem}"


def _row(outlet: Outlet) -> dict[str, object]:
    return outlet.model_dump(mode="json", exclude_none=True) | {"interval_seconds": outlet.interval.total_seconds()}


def _count_sources(outlet: Outlet) -> list[str]:
    kinds = [source.kind for source in outlet.sources]
    return [f"{kinds.count(kind)} {kind}{'s' * (kinds.count(kind) > 1)}" for kind in dict.fromkeys(kinds)]


@vigia.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Say how each outlet is doing and what is overdue. Exit 1 if something is wrong.

    Wrong is a problem that the operator is told of (an outlet fell silent, a source broke, a message was given up, the
    disk is nearly full), an outlet whose crawl is overdue, as where no Vigía runs, and that no outlet answered.
    """
    now = utc_now()
    found = desk_status(desk_of(ctx), now=now)
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=1))
    else:
        _show(found, now)
    if not found.is_well:
        ctx.exit(1)


def _show(found: DeskStatus, now: dt.datetime) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("outlet", "last answer", "last new", "articles", "a day", "next due"):
        justify: Literal["left", "right"] = "right" if name in {"articles", "a day"} else "left"
        table.add_column(name, overflow="fold", justify=justify, no_wrap=True)
    for outlet in found.outlets:
        if not outlet.enabled:
            continue
        table.add_row(
            outlet.id,
            format_age(outlet.last_success, now),
            format_age(outlet.last_new, now),
            str(outlet.articles),
            "" if outlet.per_day is None else f"{outlet.per_day:g}",
            format_age(outlet.next_due, now, none="not scheduled"),
            style="red" if outlet.failures else "yellow" if outlet.has_trouble else None,
        )
    console.print(table)
    totals = found.totals
    console.print(
        f"{pluralize(totals['articles'], 'article')} ({pluralize(totals['copies'], 'copy', 'copies')}), "
        f"{pluralize(totals['revisions'], 'revision')}, {pluralize(totals['rejections'], 'rejection')}; "
        f"{pluralize(len(found.overdue), 'outlet')} overdue."
    )
    for outlet in found.outlets:
        if outlet.enabled and outlet.trouble:
            say(f"{outlet.id}: {outlet.trouble}")
    for outlet in found.outlets:
        if outlet.proposed:
            say(f"All sources of {outlet.id} fail. Its home page has others; to read these, put into {CONFIG_FILE}:")
            for text in ("[[outlet]]", f'id = "{outlet.id}"', *write_source_lines(list_sources(outlet.proposed))):
                say(f"  {text}")
    if found.relevance_problem:
        console.print(found.relevance_problem, soft_wrap=True, markup=False)
    if found.story_problem:
        console.print(found.story_problem, soft_wrap=True, markup=False)
    for line in found.remarks:
        say(line)
    for notice in found.notices:
        yet = "" if notice.told else " (you will be notified if it persists)"
        console.print(
            f"Problem since {format_age(notice.since, now)}: {notice.sentence}{yet}", soft_wrap=True, markup=False
        )
        console.print(f"  {notice.remedy}", soft_wrap=True, markup=False, style="dim")


def format_age(written: str | None, now: dt.datetime, *, none: str = "never") -> str:
    """Write a stored moment relative to now: "12 min ago", "in 3 h".

    Returns `none` if there is no moment.
    """
    if written is None:
        return none
    seconds = (now - read_stamp(written)).total_seconds()
    size = abs(seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if size >= length:
            text = f"{size / length:.0f} {unit}"
            return f"{text} ago" if seconds >= 0 else f"in {text}"
    return "just now" if seconds >= 0 else "now"
