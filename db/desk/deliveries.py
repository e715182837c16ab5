"""Deliveries (desk.db): one row for each digest and target, with its state, attempts and recipients."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.times import read_stamp, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One digest to one target, with what is needed to write the message and to try again."""

    id: int
    digest: int
    token: str  # random, unique to the digest
    subscription: str
    target: str
    attempts: int
    first_try: dt.datetime | None
    created: dt.datetime  # when the digest was made
    accepted: frozenset[str]  # hashes of the recipients that have it


def find_waiting_targets(db: Database) -> set[tuple[str, str]]:
    """Return (subscription, target) of every delivery that is still waiting."""
    rows = db.execute(
        """
        SELECT DISTINCT subscription, target FROM deliveries JOIN digests ON digests.id = deliveries.digest
        WHERE state = 'waiting'
        """
    )
    return set(rows.fetchall())


def redirect_deliveries(
    db: Database, subscription: str, *, gone: str, targets: Sequence[str], now: dt.datetime
) -> None:
    """Withdraw the deliveries that wait for a removed target; digests that no target got go to the present targets.

    Recipients that already accepted a digest stay recorded, so that a mail goes to each address once.
    """
    known = {"subscription": subscription, "gone": gone, "targets": json.dumps(list(targets)), "now": stamp(now)}
    db.execute(
        """
        INSERT OR IGNORE INTO deliveries (digest, target, state, next_try, accepted)
        SELECT deliveries.digest, present.value, 'waiting', :now, accepted
        FROM deliveries JOIN digests ON digests.id = deliveries.digest CROSS JOIN json_each(:targets) AS present
        WHERE subscription = :subscription AND target = :gone AND state = 'waiting'
          AND NOT EXISTS (
            SELECT 1 FROM deliveries AS other WHERE other.digest = deliveries.digest AND other.state = 'sent'
          )
        """,
        known,
    )
    db.execute(
        """
        UPDATE deliveries SET state = 'withdrawn', next_try = NULL
        WHERE target = :gone AND state = 'waiting'
          AND digest IN (SELECT id FROM digests WHERE subscription = :subscription)
        """,
        known,
    )


def read_log_sizes(db: Database, target: str) -> list[int]:
    """Return the size of the log (bytes) before each delivery to it that a killed process left unfinished."""
    rows = db.query(
        "SELECT log_size FROM deliveries WHERE state = 'sending' AND target = :target AND log_size IS NOT NULL",
        {"target": target},
    )
    return [row["log_size"] for row in rows]


def recover_deliveries(db: Database, *, now: dt.datetime) -> int:
    """Set the deliveries that a killed process left as `sending` back to `waiting`; return how many."""
    return db.execute(
        "UPDATE deliveries SET state = 'waiting', next_try = :now WHERE state = 'sending'", {"now": stamp(now)}
    ).rowcount


def bring_attempts_forward(db: Database, *, now: dt.datetime, furthest: dt.timedelta) -> None:
    """Make attempts due now that are further ahead than the longest pause: a clock that ran ahead had set them.

    A first attempt in the future is set to now too, because a delivery is given up a day after its first attempt.
    """
    db.execute(
        "UPDATE deliveries SET next_try = :now WHERE state = 'waiting' AND next_try > :furthest",
        {"now": stamp(now), "furthest": stamp(now + furthest)},
    )
    db.execute(
        "UPDATE deliveries SET first_try = :now WHERE state = 'waiting' AND first_try > :now", {"now": stamp(now)}
    )


def find_due_deliveries(db: Database, subscriptions: Sequence[str], *, now: dt.datetime) -> list[Delivery]:
    """Return the deliveries of these subscriptions that are due, the longest waiting first."""
    rows = db.query(
        """
        SELECT deliveries.id, digest, token, subscription, target, attempts, first_try, created, accepted
        FROM deliveries JOIN digests ON digests.id = deliveries.digest
        WHERE state = 'waiting' AND next_try <= :now
          AND subscription IN (SELECT value FROM json_each(:subscriptions))
        ORDER BY next_try, deliveries.id
        """,
        {"now": stamp(now), "subscriptions": json.dumps(list(subscriptions))},
    )
    return [
        Delivery(
            **row
            | {
                "created": read_stamp(row["created"]),
                "first_try": None if row["first_try"] is None else read_stamp(row["first_try"]),
                "accepted": frozenset(json.loads(row["accepted"])),
            }
        )
        for row in rows
    ]


def mark_sending(db: Database, delivery: int, *, now: dt.datetime, log_size: int | None = None) -> None:
    """Record that a delivery is being sent. Called before anything is sent."""
    with db.atomic():
        db.execute(
            """
            UPDATE deliveries SET state = 'sending', attempts = attempts + 1,
                first_try = coalesce(first_try, :now), log_size = :log_size
            WHERE id = :id
            """,
            {"id": delivery, "now": stamp(now), "log_size": log_size},
        )


def mark_accepted(db: Database, delivery: int, *, accepted: Iterable[str]) -> None:
    """Record the recipients (hashes) that accepted it, so that it is not sent to them again if another fails."""
    with db.atomic():
        db.execute(
            "UPDATE deliveries SET accepted = :accepted WHERE id = :id",
            {"id": delivery, "accepted": json.dumps(sorted(accepted))},
        )


def mark_sent(db: Database, delivery: int, *, now: dt.datetime) -> None:
    """Record that the target accepted the delivery."""
    with db.atomic():
        db.execute(
            """
            UPDATE deliveries SET state = 'sent', sent_at = :now, next_try = NULL, last_error = NULL WHERE id = :id
            """,
            {"id": delivery, "now": stamp(now)},
        )


def mark_waiting(db: Database, delivery: int, *, next_try: dt.datetime, error: str) -> None:
    """Record a failed attempt and when the next one is due. `error` must hold no secret."""
    with db.atomic():
        db.execute(
            "UPDATE deliveries SET state = 'waiting', next_try = :next_try, last_error = :error WHERE id = :id",
            {"id": delivery, "next_try": stamp(next_try), "error": error},
        )


def mark_ended(db: Database, delivery: int, *, state: str, error: str) -> None:
    """Record that a delivery is not tried again: `failed`, or `withdrawn` if it has no content any more."""
    with db.atomic():
        db.execute(
            "UPDATE deliveries SET state = :state, next_try = NULL, last_error = :error WHERE id = :id",
            {"id": delivery, "state": state, "error": error},
        )


def count_waiting_deliveries(db: Database, subscriptions: Sequence[str]) -> int:
    """Count the deliveries of these subscriptions that are waiting or being sent."""
    row = db.execute(
        """
        SELECT count(*) FROM deliveries JOIN digests ON digests.id = deliveries.digest
        WHERE state IN ('waiting', 'sending') AND subscription IN (SELECT value FROM json_each(:subscriptions))
        """,
        {"subscriptions": json.dumps(list(subscriptions))},
    ).fetchone()
    return int(row[0])
