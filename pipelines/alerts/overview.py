"""List the state of each subscription for the operator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from db.desk import subscriptions, unsubscribes
from db.desk.subscriptions import SubscriptionStatus
from db.model.times import stamp
from db.search import query
from db.search.query import Vocabulary
from pipelines.alerts import digests
from pipelines.alerts.errors import SubscriptionQueryError
from pipelines.alerts.matching import articles
from pipelines.alerts.subscriptions.reader_subscription import ReaderSubscription, RunningState
from pipelines.alerts.subscriptions.subscription import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSubscription:
    """A subscription and its state. Targets are references; `problem` is the error of its query."""

    id: str
    name: str
    query: str
    when: str
    targets: tuple[str, ...]
    people: tuple[str, ...]  # the recipients: "ana (es)", "env:TEAM"
    next_digest: dt.datetime | None  # as stored; None if not stored yet, or immediately
    due: dt.datetime | None  # when the next message may be sent, after quiet hours; None: immediately
    zone: str
    standing: SubscriptionStatus
    owner: str | None = None  # who made it in the reading room; None for one of vigia.toml
    state: RunningState = "running"
    missing_person: str = ""  # whom vigia.toml no longer has, if it rests
    unsubscribed: int = 0  # recipients who unsubscribed
    problem: str | None = None  # one line, and two that show the position
    notes: tuple[str, ...] = ()  # hints about the query, one line each

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON. Times are UTC."""
        return {
            "id": self.id,
            "name": self.name,
            "owner": self.owner,
            "state": self.state,
            "query": self.query,
            "when": self.when,
            "to": list(self.people),
            "next": _optional_stamp(self.due),
            "timezone": self.zone,
            "last_sent": _optional_stamp(self.standing.last_sent),
            "waiting": self.standing.waiting + self.standing.undigested,
            "failed": self.standing.failed,
            "last_error": self.standing.last_error,
            "unsubscribed": self.unsubscribed,
            "problem": self.problem,
            "notes": list(self.notes),
        }


def list_subscriptions(
    desk: Database, wanted: Iterable[Subscription], vocabulary: Vocabulary, *, zone: str, now: dt.datetime
) -> list[ListedSubscription]:
    """Return the state of each of these subscriptions, in their order. `zone` is the desk's."""
    states = subscriptions.read_subscription_states(desk)
    standings = subscriptions.read_subscription_statuses(desk)
    left: Mapping[str, int] = unsubscribes.count_unsubscribed(desk)

    def planned(id_: str) -> dt.datetime | None:
        return states[id_].next_digest if id_ in states else None

    return [
        ListedSubscription(
            id=one.id,
            name=one.name,
            query=one.query,
            when=one.when,
            targets=digests.list_targets(one),
            people=tuple(map(str, digests.list_recipients(one, zone=zone))),
            next_digest=planned(one.id),
            due=digests.find_next_message(one, planned(one.id), now, zone=zone),
            zone=digests.choose_zone(one, zone),
            owner=one.owner if isinstance(one, ReaderSubscription) else None,
            state=one.state if isinstance(one, ReaderSubscription) else "running",
            missing_person=one.missing_person if isinstance(one, ReaderSubscription) else "",
            standing=standings.get(one.id, SubscriptionStatus()),
            unsubscribed=left.get(one.id, 0),
            problem=_find_query_error(one, vocabulary),
            notes=_find_query_notes(one, vocabulary),
        )
        for one in wanted
    ]


def _optional_stamp(at: dt.datetime | None) -> str | None:
    return None if at is None else stamp(at)


def _find_query_error(subscription: Subscription, vocabulary: Vocabulary) -> str | None:
    try:
        articles.read_subscription_query(subscription, vocabulary)
    except SubscriptionQueryError as error:
        return str(error)
    return None


def _find_query_notes(subscription: Subscription, vocabulary: Vocabulary) -> tuple[str, ...]:
    try:
        tree = articles.read_subscription_query(subscription, vocabulary).tree
    except SubscriptionQueryError:
        return ()
    return tuple(f'subscription "{subscription.label}": {note.text}' for note in query.collect_notes(tree, vocabulary))
