"""Subscriptions (desk.db): the last article and revision matched for each, and when its next digest is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.times import read_stamp, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionState:
    """A subscription's row.

    cursor: the last article id that was matched. since: the cursor at the subscription's beginning.
    revised: the last revision id that was matched, None if the subscription is not for revisions.
    """

    id: str
    name: str
    query: str
    cursor: int
    since: int
    rhythm: str | None  # what next_digest was computed from
    next_digest: dt.datetime | None
    revised: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionStatus:
    """What is waiting for a subscription and what was sent: alerts without a digest, deliveries, the last success."""

    undigested: int = 0
    waiting: int = 0
    failed: int = 0
    last_sent: dt.datetime | None = None
    last_error: str | None = None  # of a delivery that is still waiting, or that failed


def read_subscription_states(db: Database) -> dict[str, SubscriptionState]:
    """Return every subscription that this desk ever had, by id."""
    rows = db.query("SELECT id, name, query, cursor, since, rhythm, next_digest, revised FROM subscriptions")
    return {
        row["id"]: SubscriptionState(
            **row | {"next_digest": None if row["next_digest"] is None else read_stamp(row["next_digest"])}
        )
        for row in rows
    }


def read_subscription_statuses(db: Database) -> dict[str, SubscriptionStatus]:
    """Return the status of each subscription, by id."""
    rows = db.query(
        """
        SELECT subscriptions.id,
               (SELECT count(*) FROM alerts WHERE subscription = subscriptions.id AND digest IS NULL) AS undigested,
               count(*) FILTER (WHERE state IN ('waiting', 'sending')) AS waiting,
               count(*) FILTER (WHERE state = 'failed') AS failed,
               max(sent_at) AS last_sent,
               (SELECT last_error FROM deliveries AS last JOIN digests AS theirs ON theirs.id = last.digest
                WHERE theirs.subscription = subscriptions.id AND last_error IS NOT NULL
                ORDER BY last.id DESC LIMIT 1) AS last_error
        FROM subscriptions
        LEFT JOIN digests ON digests.subscription = subscriptions.id
        LEFT JOIN deliveries ON deliveries.digest = digests.id
        GROUP BY subscriptions.id
        """
    )
    return {
        row.pop("id"): SubscriptionStatus(
            **row | {"last_sent": None if row["last_sent"] is None else read_stamp(row["last_sent"])}
        )
        for row in rows
    }


def find_subscription_start(db: Database, subscription: str) -> dt.datetime | None:
    """Return when a subscription was first read by the desk, or None if there is no such subscription."""
    row = db.execute("SELECT created FROM subscriptions WHERE id = :id", {"id": subscription}).fetchone()
    return None if row is None else read_stamp(row[0])


def enrol(db: Database, id: str, *, name: str, query: str, cursor: int, now: dt.datetime) -> None:  # noqa: A002
    """Add a subscription that begins at `cursor`, or update the name and query of one that is there."""
    db.execute(
        """
        INSERT INTO subscriptions (id, name, query, cursor, since, created)
        VALUES (:id, :name, :query, :cursor, :cursor, :now)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, query = excluded.query
        """,
        {"id": id, "name": name, "query": query, "cursor": cursor, "now": stamp(now)},
    )


def move_cursors(db: Database, ids: Iterable[str], *, to: int) -> None:
    """Record that these subscriptions have been matched against every article up to an id."""
    db.conn.executemany(
        "UPDATE subscriptions SET cursor = :cursor WHERE id = :id", [{"id": id_, "cursor": to} for id_ in ids]
    )


def begin_again(db: Database, id: str, *, cursor: int) -> None:  # noqa: A002
    """Let a subscription begin after the article `cursor` and with the next revision, as a new one does."""
    db.execute(
        "UPDATE subscriptions SET cursor = :cursor, since = :cursor, revised = NULL WHERE id = :id",
        {"id": id, "cursor": cursor},
    )


def forget_subscription(db: Database, id: str) -> None:  # noqa: A002
    """Delete a subscription with its alerts, digests and deliveries."""
    known = {"id": id}
    db.execute("DELETE FROM alerts WHERE subscription = :id", known)
    db.execute("DELETE FROM deliveries WHERE digest IN (SELECT id FROM digests WHERE subscription = :id)", known)
    db.execute("DELETE FROM digests WHERE subscription = :id", known)
    db.execute("DELETE FROM departures WHERE subscription = :id", known)
    db.execute("DELETE FROM subscriptions WHERE id = :id", known)


def move_revision_cursors(db: Database, ids: Iterable[str], *, to: int | None) -> None:
    """Record that these have been matched against every revision up to an id; None if they are for no revisions."""
    db.conn.executemany(
        "UPDATE subscriptions SET revised = :revised WHERE id = :id", [{"id": id_, "revised": to} for id_ in ids]
    )


def clamp_revision_cursors(db: Database, *, to: int) -> None:
    """Lower every revision cursor above an id to it, after an older news.db was restored."""
    db.execute("UPDATE subscriptions SET revised = :to WHERE revised > :to", {"to": to})


def clamp_cursors(db: Database, *, to: int) -> None:
    """Lower every article cursor above an id to it, after an older news.db was restored."""
    db.execute(
        "UPDATE subscriptions SET cursor = min(cursor, :to), since = min(since, :to) WHERE cursor > :to OR since > :to",
        {"to": to},
    )


def set_next_digest(db: Database, id: str, *, rhythm: str, due: dt.datetime | None) -> None:  # noqa: A002
    """Set when the next digest is due, and the rhythm and zone from which that was computed."""
    db.execute(
        "UPDATE subscriptions SET rhythm = :rhythm, next_digest = :due WHERE id = :id",
        {"id": id, "rhythm": rhythm, "due": None if due is None else stamp(due)},
    )


def read_watermarks(db: Database) -> list[tuple[int, str]]:
    """Return (article id, key) of the last article at each matching, the newest first."""
    return [(row["article"], row["key"]) for row in db.query("SELECT * FROM watermarks ORDER BY article DESC")]


def set_watermark(db: Database, article: int, *, key: str, now: dt.datetime, keep: int = 500) -> None:
    """Store the key of the last article that was matched, and delete all but the newest `keep` of these."""
    db.execute(
        "INSERT OR REPLACE INTO watermarks (article, key, seen_at) VALUES (:article, :key, :now)",
        {"article": article, "key": key, "now": stamp(now)},
    )
    db.execute(
        """
        DELETE FROM watermarks WHERE article <= (
            SELECT article FROM watermarks ORDER BY article DESC LIMIT 1 OFFSET :keep
        )
        """,
        {"keep": keep},
    )


def forget_watermarks(db: Database, *, above: int) -> None:
    """Delete the watermarks of articles above an id, which are no longer in news.db."""
    db.execute("DELETE FROM watermarks WHERE article > :above", {"above": above})


def read_revision_marks(db: Database) -> list[tuple[int, str]]:
    """Return (revision id, mark) of the last revision at each matching, the newest first."""
    return [(row["revision"], row["mark"]) for row in db.query("SELECT * FROM revision_marks ORDER BY revision DESC")]


def set_revision_mark(db: Database, revision: int, *, mark: str, now: dt.datetime, keep: int = 500) -> None:
    """Store the mark of the last revision that was matched, and delete all but the newest `keep` of these."""
    db.execute(
        "INSERT OR REPLACE INTO revision_marks (revision, mark, seen_at) VALUES (:revision, :mark, :now)",
        {"revision": revision, "mark": mark, "now": stamp(now)},
    )
    db.execute(
        """
        DELETE FROM revision_marks WHERE revision <= (
            SELECT revision FROM revision_marks ORDER BY revision DESC LIMIT 1 OFFSET :keep
        )
        """,
        {"keep": keep},
    )


def forget_revision_marks(db: Database, *, above: int) -> None:
    """Delete the marks of revisions above an id, which are no longer in news.db."""
    db.execute("DELETE FROM revision_marks WHERE revision > :above", {"above": above})
