"""Notify the operator of problems: once when each begins, and once when it ends.

A check returns the conditions that hold now. A condition is reported when two checks in a row saw it (some kinds at
once), and its end when two checks in a row did not see it. One that returns within a day of its end is reported again
only if it lasts a day. All reports of a check go into one message, and at most one message is made per hour. A
condition that can't be judged (without a network, no outlet can) neither begins nor ends.

The state is in desk.db. A message is a digest of the pseudo-subscription `@operator`. It is made in the transaction
that records the reports, so a crash neither loses nor repeats it. It is delivered like any other, and retried for a
day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from db.desk import notices, subscriptions
from db.desk.notices import Notice
from db.i18n.languages import Language
from pipelines.alerts import digests
from pipelines.alerts.subscriptions.subscription import Subscription

OPERATOR = "@operator"  # no subscription of vigia.toml can have this id
CHECKS_TO_CONFIRM = 2  # in a row, that confirm a beginning or an end
MIN_MESSAGE_INTERVAL = dt.timedelta(hours=1)  # between two messages, at least
FLAPPING_WINDOW = dt.timedelta(days=1)
NOTICE_MAX_AGE = dt.timedelta(days=400)  # notices of conditions that ended


class ConditionKind(StrEnum):
    """The kinds of problems of a desk."""

    NETWORK = "network"  # no outlet answers: the desk's own network is down
    STUCK = "stuck"  # no crawl has ended for a long time
    TASK = "task"  # a task of the schedule fails
    DISK = "disk"  # nearly full
    SEARCH = "search"  # the search index is damaged
    DATABASE = "database"  # a page of a database is damaged
    CONFIGURATION = "configuration"  # an edit of vigia.toml that could not be read
    QUERY = "query"  # a subscription that can't be matched
    DELIVERY = "delivery"  # a target that was given up
    RESTING = "resting"  # a person with subscriptions of their own is not in vigia.toml any more
    OUTLET = "outlet"  # none of its sources answers
    SOURCE = "source"  # one of them is broken
    SILENT = "silent"  # it answers, but publishes nothing new
    REFUSED = "refused"  # its sources answer, its pages do not


# Reported at the first check.
IMMEDIATE_KINDS = frozenset({ConditionKind.DISK, ConditionKind.SEARCH, ConditionKind.DATABASE, ConditionKind.DELIVERY})


class Operator(Subscription):
    """The operator of the desk, as a subscription to its problems."""

    @property
    def id(self) -> str:
        """The id of the pseudo-subscription in desk.db."""
        return OPERATOR


def make_operator(to: str | None, *, language: Language = "en", timezone: str) -> Operator:
    """Return the operator with this target reference; with None, notices go to the log."""
    return Operator(
        name="operator", query="*", to=(to,) if to else (), language=language, timezone=timezone, when="immediately"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A current problem.

    `subject` is what has it (an id, the address of a source). `detail` holds the values for the message.
    """

    kind: ConditionKind
    subject: str
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """(kind, subject), which identifies the condition."""
        return str(self.kind), self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeChanges:
    """The result of a check: notices to store, those that ended unreported, and those to report."""

    changed: tuple[Notice, ...]
    passed: tuple[Notice, ...]
    began: tuple[Notice, ...]  # may be reported
    ended: tuple[Notice, ...]


def compute_changes(
    there: Sequence[Notice],
    now_holds: Iterable[Condition],
    *,
    is_hidden: Callable[[str, str], bool],
    came_back: Iterable[tuple[str, str]],
    now: dt.datetime,
) -> NoticeChanges:
    """Compare the open notices with the current conditions. Pure.

    `is_hidden` returns True for a (kind, subject) that this check can't judge. `came_back` has the keys of conditions
    that ended within the last day.
    """
    seen = {condition.key: condition for condition in now_holds}
    known = {notice.key for notice in there}
    back = set(came_back)
    changed, passed, began, ended = [], [], [], []
    for notice in there:
        if condition := seen.get(notice.key):
            detail = notice.detail if notice.began_in else condition.detail
            after = replace(notice, detail=detail, looks=notice.looks + 1, missed=0, missed_since=None)
        elif is_hidden(*notice.key):
            continue
        elif notice.began_in is None:
            passed.append(notice)
            continue
        else:
            after = replace(notice, missed=notice.missed + 1, missed_since=notice.missed_since or now)
            if after.missed >= CHECKS_TO_CONFIRM:
                after = replace(after, ended=after.missed_since)
                ended.append(after)
        changed.append(after)
        if after.began_in is None and _is_reportable(after, back, now):
            began.append(after)
    for condition in seen.values():
        if condition.key not in known:
            kind, subject = condition.key
            fresh = Notice(id=0, kind=kind, subject=subject, detail=condition.detail, first_seen=now)
            changed.append(fresh)
            if _is_reportable(fresh, back, now):
                began.append(fresh)
    return NoticeChanges(changed=tuple(changed), passed=tuple(passed), began=tuple(began), ended=tuple(ended))


def _is_reportable(notice: Notice, came_back: set[tuple[str, str]], now: dt.datetime) -> bool:
    if notice.key in came_back:
        return now - notice.first_seen >= FLAPPING_WINDOW
    return notice.looks >= (1 if notice.kind in IMMEDIATE_KINDS else CHECKS_TO_CONFIRM)


def record_conditions(
    desk: Database,
    conditions: Iterable[Condition],
    *,
    operator: Operator,
    now: dt.datetime,
    is_hidden: Callable[[str, str], bool] = lambda *_: False,
) -> int | None:
    """Store the result of a check, and make a message if there is something to report.

    Returns the id of its digest, or None.
    """
    with desk.atomic():
        notices.bring_notices_forward(desk, now=now)
        there = notices.read_open_notices(desk)
        back = notices.find_ended_between(desk, now - FLAPPING_WINDOW, now)
        result = compute_changes(there, conditions, is_hidden=is_hidden, came_back=back, now=now)
        notices.delete_notices(desk, [notice.id for notice in result.passed])
        notices.save_notices(desk, result.changed)
        keys = {notice.key for notice in result.began}
        began = [notice.id for notice in notices.read_open_notices(desk) if notice.key in keys]
        ended = [notice.id for notice in notices.read_untold_ends(desk)]
        last = notices.find_last_digest(desk, OPERATOR, kinds=("notice",), until=now)
        if not (began or ended) or (last is not None and now < last + MIN_MESSAGE_INTERVAL):
            return None
        subscriptions.enrol(desk, OPERATOR, name=operator.name, query=operator.query, cursor=0, now=now)
        digest = digests.create_digest(desk, operator, now=now)
        notices.set_digest_kind(desk, digest, kind="notice")
        notices.mark_told(desk, digest, began=began, ended=ended)
    return digest
