"""Find the current problems of a desk.

They may be in its outlets, sources, network, tasks, deliveries or disk space.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlite_utils import Database

from crawler.config.desk import CONFIG_FILE, Desk
from crawler.config.outlet import Outlet
from crawler.crawling.session import CrawlSession
from crawler.monitoring.disk_space import measure_disk
from crawler.monitoring.source_problems import CONNECTION_OUTCOMES, source_problem
from db.connection import explain_errors, open_desk, open_news
from db.desk.analysts.reader_subscriptions import list_reader_subscriptions
from db.desk.notices import find_failed_targets
from db.model.times import stamp
from db.news import outlet_activity as records
from db.news.outlet_activity import SourceRow, Visits
from pipelines import silence
from pipelines.alerts.digests import list_targets
from pipelines.alerts.notices import OPERATOR, Condition, ConditionKind, Operator, make_operator, record_conditions
from pipelines.alerts.subscriptions.all_subscriptions import read_subscriptions, select_running
from pipelines.alerts.subscriptions.reader_subscription import join_reader_subscriptions
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.alerts.subscriptions.subscription_index import index_by_id

# If the latest crawls of this many outlets all failed to connect, the desk's own network is down.
NETWORK_SAMPLE_CRAWLS = 5
# An outlet's failed connection counts only if another outlet answered in this time before its crawl.
NEIGHBOUR_WINDOW = dt.timedelta(hours=1)
REFUSAL_WINDOW = dt.timedelta(days=2)
MIN_REFUSED_PAGES = 5
MIN_REFUSED_SHARE = 0.8  # of the pages that became an article or a rejection
_SUBSCRIPTION_NAME = re.compile(r'subscription "(?P<name>[^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """The problems that only the process of `vigia up` knows."""

    started_at: dt.datetime
    failing_tasks: Mapping[str, str] = field(default_factory=dict)  # task of the schedule -> its last error
    alert_problems: Sequence[str] = ()  # of the last run of alerts, one line each
    search_damage: str | None = None  # what is wrong with the search index
    database_damage: Mapping[str, str] = field(default_factory=dict)  # file name of a database -> what is wrong with it
    config_error: str | None = None  # what is wrong with vigia.toml, one line


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskProblems:
    """The current problems, and a test for conditions that can't be judged now.

    `is_hidden` takes (kind, subject).
    """

    conditions: tuple[Condition, ...]
    is_hidden: Callable[[str, str], bool]


async def update_notices(session: CrawlSession, state: ServiceState) -> None:
    """Find the problems of the desk and record the operator's notices.

    Raises StoreFailed if a database fails.
    """
    now = session.now()
    found = await asyncio.to_thread(_find_problems_in_thread, session.desk, state, now)
    with session.abort_on_store_error():
        record_conditions(
            session.stores.desk,
            found.conditions,
            operator=operator_of_desk(session.desk),
            now=now,
            is_hidden=found.is_hidden,
        )


def operator_of_desk(desk: Desk) -> Operator:
    """Return the desk's operator: target, language and time zone of notices."""
    return make_operator(desk.desk.operator, language=desk.desk.language, timezone=desk.desk.timezone)


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
    """Find the problems of the desk. Runs in a thread.

    Reads both databases, the archive's folder and the disk's usage.
    """
    outlets = {outlet.id: outlet for outlet in desk.enabled_outlets}
    visits = records.list_visits(news, outlets)
    rows = records.read_source_rows(private, [source.url for outlet in outlets.values() for source in outlet.sources])
    conditions = [
        *_task_problems(state),
        *_schedule_problems(desk, news, state=state, now=now),
        *_disk_problems(desk, now=now),
        *find_delivery_problems(desk, private),
        *find_resting_subscriptions(desk, private),
    ]
    if is_network_down(visits, outlets, rows):
        conditions.append(Condition(kind=ConditionKind.NETWORK, subject="", detail={"outlets": len(outlets)}))
        network_kinds = {ConditionKind.OUTLET, ConditionKind.SOURCE, ConditionKind.SILENT, ConditionKind.REFUSED}
        return DeskProblems(conditions=tuple(conditions), is_hidden=lambda kind, _: kind in network_kinds)
    outlet_conditions, hidden = _outlet_problems(news, visits=visits, outlets=outlets, rows=rows, now=now)
    return DeskProblems(
        conditions=(*conditions, *outlet_conditions), is_hidden=lambda kind, subject: (kind, subject) in hidden
    )


def is_network_down(visits: Sequence[Visits], outlets: Mapping[str, Outlet], rows: Mapping[str, SourceRow]) -> bool:
    """Return True if the latest crawls of several outlets all failed to connect. Pure."""
    finished = [entry for entry in visits if entry.last is not None]
    latest = sorted(finished, key=lambda entry: entry.last or 0, reverse=True)[:NETWORK_SAMPLE_CRAWLS]
    return len(latest) >= min(NETWORK_SAMPLE_CRAWLS, max(2, len(outlets))) and all(
        not entry.answered and _is_unconnected(outlets[entry.outlet], rows) for entry in latest
    )


def _is_unconnected(outlet: Outlet, rows: Mapping[str, SourceRow]) -> bool:
    return all(
        row["failures"] and row["outcome"] in CONNECTION_OUTCOMES
        for source in outlet.sources
        if (row := rows.get(source.url)) is not None
    )


def _outlet_problems(
    news: Database,
    *,
    visits: Sequence[Visits],
    outlets: Mapping[str, Outlet],
    rows: Mapping[str, SourceRow],
    now: dt.datetime,
) -> tuple[list[Condition], set[tuple[str, str]]]:
    """Return the problems of outlets and sources, and the (kind, subject) of conditions that can't be judged."""
    found: list[Condition] = []
    hidden: set[tuple[str, str]] = set()
    unconnected = [id_ for id_, outlet in outlets.items() if _is_unconnected(outlet, rows)]
    unsure = set(unconnected) - records.find_failing_alone(news, unconnected, within=NEIGHBOUR_WINDOW)
    silences = {entry.outlet: entry for entry in silence.list_silences(visits)}
    for id_, outlet in outlets.items():
        addresses = [(ConditionKind.SOURCE, source.url) for source in outlet.sources]
        if silent := silences.get(id_):
            since = stamp(silent.since)
            detail = {"id": id_, "outlet": outlet.name, "since": since, "per_day": silent.per_day}
            found.append(Condition(kind=ConditionKind.SILENT, subject=id_, detail=detail))
        if id_ in unsure:
            hidden |= {(ConditionKind.OUTLET, id_), *addresses}
            continue
        tried_rows = {source.url: row for source in outlet.sources if (row := rows.get(source.url)) is not None}
        if tried_rows and all(row["failures"] for row in tried_rows.values()):
            found += _unanswered_outlet(outlet, tried_rows, now=now)
            hidden |= set(addresses)
            continue
        for url, row in tried_rows.items():
            if problem := source_problem(row, now=now):
                if problem["problem"] == "stale" and id_ in silences:
                    hidden.add((ConditionKind.SOURCE, url))
                else:
                    of_source = {**problem, "id": id_, "outlet": outlet.name, "url": url}
                    found.append(Condition(kind=ConditionKind.SOURCE, subject=url, detail=of_source))
    for id_, (refused, settled) in records.count_refused_pages(news, since=now - REFUSAL_WINDOW).items():
        if id_ in outlets and refused >= MIN_REFUSED_PAGES and refused >= MIN_REFUSED_SHARE * settled:
            detail = {"id": id_, "outlet": outlets[id_].name, "pages": refused}
            found.append(Condition(kind=ConditionKind.REFUSED, subject=id_, detail=detail))
    return found, hidden


def _unanswered_outlet(outlet: Outlet, tried_rows: Mapping[str, SourceRow], *, now: dt.datetime) -> list[Condition]:
    """Return one condition for an outlet if all its sources have failed long enough, else []."""
    problems = [source_problem(row, now=now) for row in tried_rows.values()]
    if not all(problems):
        return []
    first = next(filter(None, problems))
    since = min(row["failing_since"] or "" for row in tried_rows.values())
    detail = first | {"id": outlet.id, "outlet": outlet.name, "since": since}
    return [Condition(kind=ConditionKind.OUTLET, subject=outlet.id, detail=detail)]


def _task_problems(state: ServiceState) -> Iterator[Condition]:
    for task, error in state.failing_tasks.items():
        yield Condition(kind=ConditionKind.TASK, subject=task, detail={"task": task, "error": error})
    for problem in state.alert_problems:
        line = problem.splitlines()[0]
        if named := _SUBSCRIPTION_NAME.match(line):
            yield Condition(
                kind=ConditionKind.QUERY, subject=named["name"], detail={"name": named["name"], "error": line}
            )
        else:
            yield Condition(kind=ConditionKind.TASK, subject="alerts", detail={"task": "alerts", "error": line})
    if state.search_damage:
        yield Condition(kind=ConditionKind.SEARCH, subject="", detail={"error": state.search_damage})
    for name, damage in state.database_damage.items():
        yield Condition(kind=ConditionKind.DATABASE, subject=name, detail={"database": name, "error": damage})
    if state.config_error:
        yield Condition(kind=ConditionKind.CONFIGURATION, subject=CONFIG_FILE, detail={"error": state.config_error})


def find_stuck_since(desk: Desk, news: Database, *, started_at: dt.datetime, now: dt.datetime) -> dt.datetime | None:
    """Return since when the schedule is stuck, or None if it is not.

    It is stuck if no crawl has ended for four times the shortest interval, and at least three hours.
    """
    if not desk.enabled_outlets:
        return None
    max_pause = max(dt.timedelta(hours=3), 4 * min(outlet.interval for outlet in desk.enabled_outlets))
    last = max(filter(None, (records.find_last_crawl_end(news), started_at)))
    return last if now - last > max_pause else None


def _schedule_problems(desk: Desk, news: Database, *, state: ServiceState, now: dt.datetime) -> Iterator[Condition]:
    if last := find_stuck_since(desk, news, started_at=state.started_at, now=now):
        yield Condition(kind=ConditionKind.STUCK, subject="", detail={"since": stamp(last)})


def read_running_mailings(desk: Desk, private: Database) -> dict[str, Subscription]:
    """Return everything that is sent, by id: subscriptions, those of readers too, and planned briefings."""
    return select_running(read_subscriptions(private, index_by_id(desk.mailings), desk.readers))


def find_resting_subscriptions(desk: Desk, private: Database) -> Iterator[Condition]:
    """Yield the people of subscriptions made in the reading room whom vigia.toml no longer has."""
    made = join_reader_subscriptions(list_reader_subscriptions(private), desk.readers).values()
    for person, number in sorted(Counter(one.missing_person for one in made if one.missing_person).items()):
        detail = {"person": person, "subscriptions": number}
        yield Condition(kind=ConditionKind.RESTING, subject=person, detail=detail)


def find_delivery_problems(desk: Desk, private: Database) -> Iterator[Condition]:
    """Yield the targets of the desk that were given up."""
    running = read_running_mailings(desk, private).values()
    current = {(entry.id, target) for entry in running for target in list_targets(entry)}
    for row in find_failed_targets(private, excluding=OPERATOR):
        if (row["subscription"], row["target"]) in current:
            subject = f"{row['subscription']} {row['target']}"
            detail = {key: row[key] for key in ("name", "target", "error", "since")}
            yield Condition(kind=ConditionKind.DELIVERY, subject=subject, detail=detail)


def _disk_problems(desk: Desk, *, now: dt.datetime) -> Iterator[Condition]:
    disk = measure_disk(desk.folder, desk.archive, today=now.date())
    if disk.is_nearly_full:
        days = disk.free / disk.growth if disk.growth else None
        detail = {"free": disk.free, "total": disk.total, "days": None if days is None else round(days)}
        yield Condition(kind=ConditionKind.DISK, subject="", detail=detail)
