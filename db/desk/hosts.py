"""The table `hosts` of desk.db: each host's robots.txt and its back-off."""

from __future__ import annotations

import datetime as dt

from sqlite_utils import Database

from db.model.times import read_stamp, stamp


def read_robots_txt(db: Database, host: str, *, since: dt.datetime) -> bytes | None:
    """Return the host's robots.txt if it was read after `since`, else None. b"" means that the host has none."""
    row = db.execute(
        "SELECT robots FROM hosts WHERE host = :host AND robots_fetched > :since", {"host": host, "since": stamp(since)}
    ).fetchone()
    return None if row is None else row[0]


def save_robots_txt(db: Database, host: str, body: bytes, *, at: dt.datetime) -> None:
    """Store a robots.txt that was read."""
    with db.atomic():
        db.execute(
            """
            INSERT INTO hosts (host, robots, robots_fetched) VALUES (:host, :robots, :at)
            ON CONFLICT (host) DO UPDATE SET robots = excluded.robots, robots_fetched = excluded.robots_fetched
            """,
            {"host": host, "robots": body, "at": stamp(at)},
        )


def read_back_offs(db: Database, *, now: dt.datetime) -> dict[str, tuple[dt.datetime, str]]:
    """Return the hosts in back-off: host → (end of back-off, reason)."""
    rows = db.query("SELECT host, wait_until, wait_reason FROM hosts WHERE wait_until > :now", {"now": stamp(now)})
    return {row["host"]: (read_stamp(row["wait_until"]), row["wait_reason"]) for row in rows}


def count_failures(db: Database, host: str) -> int:
    """Return how often in a row the host had to be put into back-off."""
    row = db.execute("SELECT failures FROM hosts WHERE host = :host", {"host": host}).fetchone()
    return int(row[0]) if row else 0


def back_off(db: Database, host: str, *, until: dt.datetime, reason: str) -> None:
    """Put a host into back-off and count one more failure."""
    with db.atomic():
        db.execute(
            """
            INSERT INTO hosts (host, wait_until, wait_reason, failures) VALUES (:host, :until, :reason, 1)
            ON CONFLICT (host) DO UPDATE SET
                wait_until = excluded.wait_until, wait_reason = excluded.wait_reason, failures = failures + 1
            """,
            {"host": host, "until": stamp(until), "reason": reason},
        )


def clear_back_off(db: Database, host: str) -> None:
    """Set the host's failure count to zero and end its back-off."""
    with db.atomic():
        db.execute(
            "UPDATE hosts SET failures = 0, wait_until = NULL, wait_reason = NULL WHERE host = :host AND failures > 0",
            {"host": host},
        )


def bring_hosts_forward(db: Database, *, now: dt.datetime, longest: dt.timedelta, shortest: dt.timedelta) -> int:
    """End back-offs longer than `longest` after `shortest`, and forget each robots.txt that was read in the future."""
    with db.atomic():
        changed = db.execute(
            "UPDATE hosts SET wait_until = :shortest WHERE wait_until > :longest",
            {"shortest": stamp(now + shortest), "longest": stamp(now + longest)},
        ).rowcount
        changed += db.execute(
            "UPDATE hosts SET robots = NULL, robots_fetched = NULL WHERE robots_fetched > :now", {"now": stamp(now)}
        ).rowcount
    return changed
