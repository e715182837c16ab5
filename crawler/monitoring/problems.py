"""Find what is wrong with a desk now: outlets, sources, network, tasks, deliveries and disk space."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any

from sqlite_utils import Database

from crawler.config.desk import CONFIG_FILE, Desk
from crawler.config.outlet import Outlet
from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.session import CrawlSession
from db.connection import explain_errors, open_desk, open_news
from db.desk.notices import find_failed_targets
from db.model.times import read_stamp, stamp
from db.news import outlet_activity as records
from db.news.outlet_activity import Looks
from pipelines import silence
from pipelines.alerts.digests import targets
from pipelines.alerts.notices import OPERATOR, Condition, Kind, Operator, observe, operator_of
from pipelines.archive.warc_files import Archive

# A failing source is reported only after several failures over some hours: many faults pass within hours.
MIN_FAILURES = 2
BROKEN_AFTER = dt.timedelta(hours=3)
UNREACHABLE_AFTER = dt.timedelta(hours=12)
# If the latest crawls of so many outlets all failed to connect, our own network is down.
NETWORK_SAMPLE_CRAWLS = 5
# An outlet's failed connection counts only if another outlet answered in this time before its crawl.
NEIGHBOUR_WINDOW = dt.timedelta(hours=1)
REFUSAL_WINDOW = dt.timedelta(days=2)
MIN_REFUSED_PAGES = 5
MIN_REFUSED_SHARE = 0.8  # of the pages that became an article or a rejection
STALE_AFTER = dt.timedelta(days=10)  # the least age of a stale source's newest item
MIN_DATED_ITEMS = 5  # fewer do not show how often a source lists an item
MIN_FREE_BYTES = 500_000_000
MIN_FREE_SHARE = 0.02  # of the disk, up to ENOUGH_FREE_BYTES
ENOUGH_FREE_BYTES = 10_000_000_000
MIN_DAYS_LEFT = 14
GROWTH_DAYS = 7

PROBLEM_OF_OUTCOME = {  # code of a fetch error (crawler.crawling.fetch_errors) -> problem in a notice
    **dict.fromkeys(("http-404", "http-410", "dns"), "dead"),
    **dict.fromkeys(("off-site", "redirects"), "moved"),
    **dict.fromkeys(("bot-wall", "robots", "http-401", "http-402", "http-403", "http-405", "http-406"), "refused"),
    **dict.fromkeys(("http-407", "http-451"), "refused"),
    "certificate": "certificate",
    "too-large": "unreadable",
}
# Outcomes that a fault of our own network can cause; "waits" means that robots.txt could not be read.
CONNECTION_OUTCOMES = frozenset({"dns", "timeout", "refused", "dropped", "network", "certificate", "waits"})
_ROBOTS_PROBLEMS = {"can't be resolved": "dead", "certificate": "certificate"}  # words of a robots.txt error -> problem
_UNREADABLE = re.compile(r"broken|answered an?|answered (?:JSON|plain)|neither|gzip")
_SUBSCRIPTION_NAME = re.compile(r'subscription "(?P<name>[^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """The problems that only the process of `vigia up` knows."""

    started_at: dt.datetime
    failing_tasks: Mapping[str, str] = field(default_factory=dict)  # task of the schedule -> its last error
    alert_problems: Sequence[str] = ()  # of the last run of alerts, one line each
    config_error: str | None = None  # what is wrong with vigia.toml, one line


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskProblems:
    """The conditions that hold now, and a test for those that could not be judged: (kind, subject) -> bool."""

    conditions: tuple[Condition, ...]
    is_hidden: Callable[[str, str], bool]


async def update_notices(session: CrawlSession, state: ServiceState) -> None:
    """Find the problems of the desk and record the operator's notices. Raises StoreFailed if a database fails."""
    now = session.now()
    found = await asyncio.to_thread(_find_problems_in_thread, session.desk, state, now)
    with session.abort_on_store_error(StoreFailed("a store failed")):
        observe(
            session.stores.desk,
            found.conditions,
            operator=operator_of_desk(session.desk),
            now=now,
            is_hidden=found.is_hidden,
        )


def operator_of_desk(desk: Desk) -> Operator:
    """Return the desk's operator: target, language and time zone of notices."""
    return operator_of(desk.desk.operator, language=desk.desk.language, timezone=desk.desk.timezone)


def _find_problems_in_thread(desk: Desk, state: ServiceState, now: dt.datetime) -> DeskProblems:
    with (
        contextlib.closing(open_news(desk.news_db, readonly=True)) as news,
        explain_errors(desk.news_db),
        contextlib.closing(open_desk(desk.desk_db, readonly=True)) as private,
        explain_errors(desk.desk_db),
    ):
        return find_problems(desk, news, private, state=state, now=now)


def find_problems(
    desk: Desk, news: Database, private: Database, *, state: ServiceState, now: dt.datetime
) -> DeskProblems:
    """Find the problems of the desk from both databases, the archive's folder and the disk. Runs in a thread."""
    outlets = {outlet.id: outlet for outlet in desk.enabled}
    looks = records.looks(news, outlets)
    rows = records.read_source_rows(private, [source.url for outlet in outlets.values() for source in outlet.sources])
    conditions = [
        *_task_problems(state),
        *_schedule_problems(desk, news, state=state, now=now),
        *_disk_problems(desk, now=now),
        *_delivery_problems(desk, private),
    ]
    if is_network_down(looks, outlets, rows):
        conditions.append(Condition(kind=Kind.NETWORK, subject="", detail={"outlets": len(outlets)}))
        network_kinds = {Kind.OUTLET, Kind.SOURCE, Kind.SILENT, Kind.REFUSED}
        return DeskProblems(conditions=tuple(conditions), is_hidden=lambda kind, _: kind in network_kinds)
    outlet_conditions, hidden = _outlet_problems(news, looks=looks, outlets=outlets, rows=rows, now=now)
    return DeskProblems(
        conditions=(*conditions, *outlet_conditions), is_hidden=lambda kind, subject: (kind, subject) in hidden
    )


def is_network_down(looks: Sequence[Looks], outlets: Mapping[str, Outlet], rows: Mapping[str, dict[str, Any]]) -> bool:
    """Return True if the latest crawls of several outlets all failed to connect. Pure."""
    latest = sorted((one for one in looks if one.last is not None), key=lambda one: one.last or 0, reverse=True)
    latest = latest[:NETWORK_SAMPLE_CRAWLS]
    return len(latest) >= min(NETWORK_SAMPLE_CRAWLS, max(2, len(outlets))) and all(
        not one.answered and _is_unconnected(outlets[one.outlet], rows) for one in latest
    )


def _is_unconnected(outlet: Outlet, rows: Mapping[str, dict[str, Any]]) -> bool:
    return all(
        row["failures"] and row["outcome"] in CONNECTION_OUTCOMES
        for s in outlet.sources
        if (row := rows.get(s.url)) is not None
    )


def _outlet_problems(
    news: Database,
    *,
    looks: Sequence[Looks],
    outlets: Mapping[str, Outlet],
    rows: Mapping[str, dict[str, Any]],
    now: dt.datetime,
) -> tuple[list[Condition], set[tuple[str, str]]]:
    """Return the conditions of outlets and sources, and the (kind, subject) of those that can't be judged."""
    found: list[Condition] = []
    hidden: set[tuple[str, str]] = set()
    unconnected = [id_ for id_, outlet in outlets.items() if _is_unconnected(outlet, rows)]
    unsure = set(unconnected) - records.find_failing_alone(news, unconnected, within=NEIGHBOUR_WINDOW)
    silences = {one.outlet: one for one in silence.silences(looks)}
    for id_, outlet in outlets.items():
        addresses = [(Kind.SOURCE, source.url) for source in outlet.sources]
        if silent := silences.get(id_):
            since = stamp(silent.since)
            detail = {"id": id_, "outlet": outlet.name, "since": since, "per_day": silent.per_day}
            found.append(Condition(kind=Kind.SILENT, subject=id_, detail=detail))
        if id_ in unsure:
            hidden |= {(Kind.OUTLET, id_), *addresses}
            continue
        asked = {source.url: row for source in outlet.sources if (row := rows.get(source.url)) is not None}
        if asked and all(row["failures"] for row in asked.values()):
            found += _unanswered_outlet(outlet, asked, now=now)
            hidden |= set(addresses)
            continue
        for url, row in asked.items():
            if problem := source_problem(row, now=now):
                if problem["problem"] == "stale" and id_ in silences:
                    hidden.add((Kind.SOURCE, url))
                else:
                    detail = problem | {"id": id_, "outlet": outlet.name, "url": url}
                    found.append(Condition(kind=Kind.SOURCE, subject=url, detail=detail))
    for id_, (refused, settled) in records.count_refused_pages(news, since=now - REFUSAL_WINDOW).items():
        if id_ in outlets and refused >= MIN_REFUSED_PAGES and refused >= MIN_REFUSED_SHARE * settled:
            detail = {"id": id_, "outlet": outlets[id_].name, "pages": refused}
            found.append(Condition(kind=Kind.REFUSED, subject=id_, detail=detail))
    return found, hidden


def _unanswered_outlet(outlet: Outlet, asked: Mapping[str, dict[str, Any]], *, now: dt.datetime) -> list[Condition]:
    """Return one condition for an outlet if every source of it has failed for long enough, else none."""
    problems = [source_problem(row, now=now) for row in asked.values()]
    if not all(problems):
        return []
    first = next(filter(None, problems))
    since = min(row["failing_since"] for row in asked.values())
    detail = first | {"id": outlet.id, "outlet": outlet.name, "since": since}
    return [Condition(kind=Kind.OUTLET, subject=outlet.id, detail=detail)]


def source_problem(row: Mapping[str, Any], *, now: dt.datetime) -> dict[str, Any] | None:
    """Return what is wrong with a source, from its row: {"problem", "detail", …}; None if nothing is certain. Pure."""
    if row["failures"]:
        met = [
            problem for sign, problem in _ROBOTS_PROBLEMS.items() if row["outcome"] == "waits" and sign in row["detail"]
        ]
        problem = met[0] if met else PROBLEM_OF_OUTCOME.get(row["outcome"], "unreachable")
        least = UNREACHABLE_AFTER if problem == "unreachable" else BROKEN_AFTER
        since = read_stamp(row["failing_since"])
        if row["failures"] < MIN_FAILURES or now - since < least:
            return None
        return {"problem": problem, "detail": row["detail"] or row["outcome"], "since": row["failing_since"]}
    if row["outcome"] == "empty":
        warning = row["warning"] or "empty"
        moved = "home page" in warning
        problem = "moved" if moved else "unreadable" if _UNREADABLE.search(warning) else "empty"
        return {"problem": problem, "detail": warning}
    if row["newest"] and is_stale(read_stamp(row["newest"]), dated=row["dated"] or 0, span=row["span"] or 0.0, now=now):
        return {"problem": "stale", "detail": "", "newest": row["newest"]}
    return None


def is_stale(newest: dt.datetime, *, dated: int, span: float, now: dt.datetime) -> bool:
    """Return True if a source's newest item is older than its usual rate of items explains. Pure.

    `dated` items have a date, and their dates cover `span` seconds. The source is stale if such a gap would occur by
    chance less than once in twenty years. This is the rule of pipelines.silence without its weekly pattern, because a
    source lists too few weeks.
    """
    gap = now - newest
    if dated < MIN_DATED_ITEMS or gap < STALE_AFTER:
        return False
    past = max(span, dt.timedelta(days=1).total_seconds())
    in_years = (dated - 1) / (past / dt.timedelta(days=365).total_seconds()) * silence.YEARS
    return (dated - 1) * log(1 + gap.total_seconds() / past) > log(max(in_years, 2.0))


def _task_problems(state: ServiceState) -> Iterator[Condition]:
    for task, error in state.failing_tasks.items():
        yield Condition(kind=Kind.TASK, subject=task, detail={"task": task, "error": error})
    for problem in state.alert_problems:
        line = problem.splitlines()[0]
        if named := _SUBSCRIPTION_NAME.match(line):
            yield Condition(kind=Kind.QUERY, subject=named["name"], detail={"name": named["name"], "error": line})
        else:
            yield Condition(kind=Kind.TASK, subject="alerts", detail={"task": "alerts", "error": line})
    if state.config_error:
        yield Condition(kind=Kind.CONFIGURATION, subject=CONFIG_FILE, detail={"error": state.config_error})


def _schedule_problems(desk: Desk, news: Database, *, state: ServiceState, now: dt.datetime) -> Iterator[Condition]:
    """Report a stuck schedule: no crawl has ended for four times the shortest interval, and at least three hours."""
    if not desk.enabled:
        return
    max_pause = max(dt.timedelta(hours=3), 4 * min(outlet.interval for outlet in desk.enabled))
    last = max(filter(None, (records.find_last_crawl_end(news), state.started_at)))
    if now - last > max_pause:
        yield Condition(kind=Kind.STUCK, subject="", detail={"since": stamp(last)})


def _delivery_problems(desk: Desk, private: Database) -> Iterator[Condition]:
    current = {(one.id, target) for one in desk.subscriptions for target in targets(one)}
    for row in find_failed_targets(private, but=OPERATOR):
        if (row["subscription"], row["target"]) in current:
            subject = f"{row['subscription']} {row['target']}"
            detail = {key: row[key] for key in ("name", "target", "error", "since")}
            yield Condition(kind=Kind.DELIVERY, subject=subject, detail=detail)


def _disk_problems(desk: Desk, *, now: dt.datetime) -> Iterator[Condition]:
    usage = shutil.disk_usage(desk.folder)
    growth = daily_growth(Archive(desk.archive).sizes_by_day(), today=now.date())
    if disk_is_nearly_full(usage.free, total=usage.total, growth=growth):
        days = usage.free / growth if growth else None
        detail = {"free": usage.free, "total": usage.total, "days": None if days is None else round(days)}
        yield Condition(kind=Kind.DISK, subject="", detail=detail)


def daily_growth(sizes: Mapping[dt.date, int], *, today: dt.date) -> float:
    """Return the archive's growth in bytes per day over the last week, without today and days without files. Pure."""
    days: Collection[int] = [
        size for day, size in sizes.items() if dt.timedelta(0) < today - day <= dt.timedelta(days=GROWTH_DAYS)
    ]
    return sum(days) / len(days) if days else 0.0


def disk_is_nearly_full(free: int, *, total: int, growth: float) -> bool:
    """Return True if too little space is free: in bytes, as a share of the disk, or for MIN_DAYS_LEFT. Pure."""
    return free < max(MIN_FREE_BYTES, min(MIN_FREE_SHARE * total, ENOUGH_FREE_BYTES)) or free < MIN_DAYS_LEFT * growth
