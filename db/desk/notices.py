"""Notices (desk.db): what is wrong with the desk, since when, and which digests told the operator."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from sqlite_utils import Database

from db.model.times import read_stamp, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One condition from its beginning to its end. `detail` is what a message says of it, without secrets.

    looks: how many checks saw it. missed: how many checks in a row since then did not, the first at `missed_since`.
    """

    id: int
    kind: str
    subject: str
    detail: dict[str, Any]  # as each kind needs it, see pipelines.alerts.notices
    first_seen: dt.datetime
    looks: int = 1
    missed: int = 0
    missed_since: dt.datetime | None = None
    ended: dt.datetime | None = None
    began_in: int | None = None  # the digest that told its beginning
    ended_in: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The kind and subject, which identify a condition."""
        return self.kind, self.subject


class NoticeRow(TypedDict):
    """A row of `notices`. `detail` is JSON."""

    id: int
    kind: str
    subject: str
    detail: str
    first_seen: str
    looks: int
    missed: int
    missed_since: str | None
    ended: str | None
    began_in: int | None
    ended_in: int | None


def read_open_notices(db: Database) -> list[Notice]:
    """Read the conditions that hold, the oldest first, whether the operator was told or not."""
    return _read(db.query("SELECT * FROM notices WHERE ended IS NULL ORDER BY id"))


def read_untold_ends(db: Database) -> list[Notice]:
    """Read the ended conditions whose beginning was told and whose end was not, the oldest first."""
    return _read(
        db.query(
            "SELECT * FROM notices WHERE ended IS NOT NULL AND began_in IS NOT NULL AND ended_in IS NULL ORDER BY id"
        )
    )


def read_digest_notices(db: Database, digest: int) -> tuple[list[Notice], list[Notice]]:
    """Read the conditions whose beginning a digest tells, and those whose end it tells, the oldest first."""
    began = db.query("SELECT * FROM notices WHERE began_in = :digest ORDER BY id", {"digest": digest})
    ended = db.query("SELECT * FROM notices WHERE ended_in = :digest ORDER BY id", {"digest": digest})
    return _read(began), _read(ended)


def find_ended_between(db: Database, since: dt.datetime, until: dt.datetime) -> set[tuple[str, str]]:
    """Return (kind, subject) of every condition whose beginning was told and that ended from one time to another."""
    rows = db.execute(
        "SELECT kind, subject FROM notices WHERE ended BETWEEN :since AND :until AND began_in IS NOT NULL",
        {"since": stamp(since), "until": stamp(until)},
    )
    return set(rows.fetchall())


def save_notices(db: Database, notices: Iterable[Notice]) -> None:
    """Add or update conditions; one with id 0 is new."""
    rows = [
        {
            "id": notice.id,
            "kind": notice.kind,
            "subject": notice.subject,
            "detail": json.dumps(notice.detail, ensure_ascii=False),
            "first_seen": stamp(notice.first_seen),
            "looks": notice.looks,
            "missed": notice.missed,
            "missed_since": None if notice.missed_since is None else stamp(notice.missed_since),
            "ended": None if notice.ended is None else stamp(notice.ended),
        }
        for notice in notices
    ]
    db.conn.executemany(
        """
        INSERT INTO notices (kind, subject, detail, first_seen)
        SELECT :kind, :subject, :detail, :first_seen WHERE :id = 0
        """,
        rows,
    )
    db.conn.executemany(
        """
        UPDATE notices SET detail = :detail, looks = :looks, missed = :missed, missed_since = :missed_since,
            ended = :ended WHERE id = :id
        """,
        rows,
    )


def delete_notices(db: Database, ids: Iterable[int]) -> None:
    """Delete conditions that ended before they were told."""
    db.execute("DELETE FROM notices WHERE id IN (SELECT value FROM json_each(:ids))", {"ids": json.dumps(list(ids))})


def mark_told(db: Database, digest: int, *, began: Sequence[int], ended: Sequence[int]) -> None:
    """Record which digest tells the beginning, or the end, of these notices (ids)."""
    known = {"digest": digest, "began": json.dumps(list(began)), "ended": json.dumps(list(ended))}
    db.execute("UPDATE notices SET began_in = :digest WHERE id IN (SELECT value FROM json_each(:began))", known)
    db.execute("UPDATE notices SET ended_in = :digest WHERE id IN (SELECT value FROM json_each(:ended))", known)


def read_digest_kind(db: Database, digest: int) -> tuple[str, dt.datetime | None]:
    """Return a digest's kind (alerts, notice or heartbeat), and for a heartbeat since when nothing matched."""
    kind, since = db.execute("SELECT kind, since FROM digests WHERE id = :digest", {"digest": digest}).fetchone()
    return kind, None if since is None else read_stamp(since)


def set_digest_kind(db: Database, digest: int, *, kind: str, since: dt.datetime | None = None) -> None:
    """Set a digest's kind (alerts, notice or heartbeat), and for a heartbeat since when nothing matched."""
    db.execute(
        "UPDATE digests SET kind = :kind, since = :since WHERE id = :digest",
        {"digest": digest, "kind": kind, "since": None if since is None else stamp(since)},
    )


def bring_notices_forward(db: Database, *, now: dt.datetime) -> None:
    """Let conditions begin now that a clock which was ahead had seen first: some are reported by their age."""
    known = {"now": stamp(now)}
    db.execute("UPDATE notices SET first_seen = :now WHERE ended IS NULL AND first_seen > :now", known)
    db.execute("UPDATE notices SET missed_since = :now WHERE ended IS NULL AND missed_since > :now", known)


def find_last_digest(
    db: Database, subscription: str, *, kinds: Iterable[str], until: dt.datetime
) -> dt.datetime | None:
    """Return when the last digest of these kinds was created for a subscription, or None.

    Later ones than `until`, the present, come from a clock that was ahead, and do not count.
    """
    row = db.execute(
        """
        SELECT max(created) FROM digests
        WHERE subscription = :subscription AND kind IN (SELECT value FROM json_each(:kinds)) AND created <= :until
        """,
        {"subscription": subscription, "kinds": json.dumps(list(kinds)), "until": stamp(until)},
    ).fetchone()
    return None if row[0] is None else read_stamp(row[0])


class FailedTarget(TypedDict):
    """A target whose last delivery failed. `target` is the reference ("env:TEAM_MAIL"), never its secret."""

    subscription: str
    name: str
    target: str
    error: str | None
    since: str  # when the digest was created


def find_failed_targets(db: Database, *, excluding: str) -> list[FailedTarget]:
    """Find the targets whose last sent or failed delivery of a subscription failed; withdrawn ones do not count.

    `excluding` is the id of a subscription that is left out.
    """
    rows = list(
        db.query(
            """
            SELECT subscriptions.id AS subscription, subscriptions.name, target, last_error AS error,
                digests.created AS since
            FROM deliveries AS failed JOIN digests ON digests.id = failed.digest
            JOIN subscriptions ON subscriptions.id = digests.subscription
            WHERE state = 'failed' AND subscriptions.id != :excluding AND NOT EXISTS (
                SELECT 1 FROM digests AS after JOIN deliveries AS later ON later.digest = after.id
                WHERE after.subscription = digests.subscription AND later.target = failed.target
                  AND later.id > failed.id AND later.state IN ('sent', 'failed')
            )
            ORDER BY subscriptions.name, target
            """,
            {"excluding": excluding},
        )
    )
    return cast("list[FailedTarget]", rows)


def prune_notices(db: Database, *, before: dt.datetime) -> None:
    """Delete the conditions that ended before a time."""
    with db.atomic():
        db.execute("DELETE FROM notices WHERE ended < :before", {"before": stamp(before)})


def _read(rows: Iterable[dict[str, object]]) -> list[Notice]:
    return [
        Notice(
            id=row["id"],
            kind=row["kind"],
            subject=row["subject"],
            detail=json.loads(row["detail"]),
            first_seen=read_stamp(row["first_seen"]),
            looks=row["looks"],
            missed=row["missed"],
            missed_since=read_stamp(row["missed_since"]) if row["missed_since"] else None,
            ended=read_stamp(row["ended"]) if row["ended"] else None,
            began_in=row["began_in"],
            ended_in=row["ended_in"],
        )
        for row in cast("Iterable[NoticeRow]", rows)
    ]
