"""Make the planned briefings that are due, and record their messages in the same transaction.

A time that was missed while the desk was off is made up for by one briefing. The messages are sent by the next run of
the alerts, so a crash loses none.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from crawler.config.desk import Desk
from crawler.operations.make_briefing import CollectedBriefing, collect_contents
from db.connection import explain_errors, open_desk
from db.desk import notices, subscriptions
from db.desk.analysts.planned_briefings import (
    BriefingSchedule,
    claim_due_briefing,
    delete_other_plans,
    plan_briefing,
    read_briefing_schedules,
    save_briefing_digest,
)
from db.site.briefings.briefing_error import BriefingError
from db.site.local_time import load_zone
from pipelines.alerts import digests
from pipelines.alerts.subscriptions.planned_briefing import BriefingMailing, PlannedBriefing
from pipelines.alerts.subscriptions.timing import find_next_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefingPlan:
    """A planned briefing of vigia.toml and when it is due. `zone`: of its rhythm."""

    briefing: PlannedBriefing
    schedule: BriefingSchedule
    zone: str


def list_planned_briefings(desk: Desk, *, now: dt.datetime) -> list[BriefingPlan]:
    """Return the planned briefings in the order of vigia.toml. Raises StoreError."""
    stored: dict[str, BriefingSchedule] = {}
    if desk.desk_db.exists():
        with contextlib.closing(open_desk(desk.desk_db, readonly=True)) as db, explain_errors(desk.desk_db):
            stored = read_briefing_schedules(db)
    return [_plan(desk, briefing, stored, now=now) for briefing in desk.briefings]


def make_due_briefings(desk: Desk, *, now: dt.datetime) -> int:
    """Make the planned briefings that are due; return how many. To be called in a thread without an event loop.

    Raises BriefingError, once all others are made, for those that can't be made; StoreError.
    """
    count, problems = 0, []
    with contextlib.closing(open_desk(desk.desk_db)) as db, explain_errors(desk.desk_db):
        for plan in _update_plans(db, desk, now=now):
            try:
                count += _make_briefing_of_plan(db, desk, plan, now=now)
            except BriefingError as error:
                problems.append(f'briefing "{plan.briefing.name}": {str(error).removeprefix("--")}')
    if problems:
        raise BriefingError("; ".join(problems))
    return count


def _update_plans(db: Database, desk: Desk, *, now: dt.datetime) -> Iterator[BriefingPlan]:
    """Store the plans that are new or changed; return those that are due."""
    stored = read_briefing_schedules(db)
    plans = [_plan(desk, briefing, stored, now=now) for briefing in desk.briefings]
    ids = {plan.briefing.mailing.id: plan for plan in plans}
    if ids.keys() != stored.keys() or any(stored[id_] != plan.schedule for id_, plan in ids.items()):
        with db.atomic():
            delete_other_plans(db, ids)
            for id_, plan in ids.items():
                plan_briefing(db, id_, rhythm=plan.schedule.rhythm, due=plan.schedule.due)
    return (plan for plan in plans if plan.schedule.due <= now)


def _plan(
    desk: Desk, briefing: PlannedBriefing, stored: dict[str, BriefingSchedule], *, now: dt.datetime
) -> BriefingPlan:
    """Return a plan with the time that is stored, or a new one after a changed rhythm or a clock that was ahead."""
    mailing = briefing.mailing
    zone = digests.choose_zone(mailing, desk.desk.timezone)
    following = _find_next(briefing, now, zone=zone)
    schedule = stored.get(mailing.id)
    rhythm = f"{briefing.when} {zone}"
    if schedule is None or schedule.rhythm != rhythm or schedule.due > following:
        made = None if schedule is None else schedule.made
        schedule = BriefingSchedule(rhythm=rhythm, due=following, made=made)
    return BriefingPlan(briefing=briefing, schedule=schedule, zone=zone)


def _find_next(briefing: PlannedBriefing, now: dt.datetime, *, zone: str) -> dt.datetime:
    following = find_next_moment(briefing.when, now, zone=zone)
    if following is None:
        raise AssertionError("the rhythm of a briefing has a next moment")
    return following


def _make_briefing_of_plan(db: Database, desk: Desk, plan: BriefingPlan, *, now: dt.datetime) -> int:
    """Make one briefing in the languages of its recipients; return 1, or 0 if another process has made it."""
    briefing, mailing, made = plan.briefing, plan.briefing.mailing, plan.schedule.made
    zone = load_zone(desk.desk.timezone)
    today = now.astimezone(zone).date()
    since = briefing.find_first_day(today, last=None if made is None else made.astimezone(zone).date())
    recipients = digests.list_recipients(mailing, zone=desk.desk.timezone)
    collected = [
        asyncio.run(collect_contents(desk, since=since, until=today, query=briefing.query, language=language, now=now))
        for language in dict.fromkeys(recipient.language for recipient in recipients)
    ]
    with db.atomic():
        following = _find_next(briefing, now, zone=plan.zone)
        if not claim_due_briefing(db, mailing.id, was_due=plan.schedule.due, due=following, made=now):
            return 0
        _save_digest(db, mailing, collected, now=now)
    return 1


def _save_digest(
    db: Database, mailing: BriefingMailing, collected: list[CollectedBriefing], *, now: dt.datetime
) -> None:
    subscriptions.enrol(db, mailing.id, name=mailing.name, query=mailing.query, cursor=0, now=now)
    digest = digests.create_digest(db, mailing, now=now)
    notices.set_digest_kind(db, digest, kind="briefing")
    for one in collected:
        number, _ = one.save(db)
        save_briefing_digest(db, digest, language=one.recipe.language, briefing=number)
