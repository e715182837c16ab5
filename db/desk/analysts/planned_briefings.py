"""Planned briefings (desk.db): when the next one is due, and which briefing a digest sends in which language."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from db.i18n.languages import Language
from db.model.times import read_stamp, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefingSchedule:
    """When a planned briefing is due. `due` follows from `rhythm`; `made`: when the last one was made."""

    rhythm: str
    due: dt.datetime
    made: dt.datetime | None = None


def read_briefing_schedules(db: Database) -> dict[str, BriefingSchedule]:
    """Return every planned briefing by its id."""
    rows = db.query("SELECT plan, rhythm, due, made FROM planned_briefings")
    return {
        row["plan"]: BriefingSchedule(
            rhythm=row["rhythm"],
            due=read_stamp(row["due"]),
            made=None if row["made"] is None else read_stamp(row["made"]),
        )
        for row in rows
    }


def plan_briefing(db: Database, plan: str, *, rhythm: str, due: dt.datetime) -> None:
    """Set when a planned briefing is due, of a new one or one with another rhythm."""
    db.execute(
        """
        INSERT INTO planned_briefings (plan, rhythm, due) VALUES (:plan, :rhythm, :due)
        ON CONFLICT (plan) DO UPDATE SET rhythm = excluded.rhythm, due = excluded.due
        """,
        {"plan": plan, "rhythm": rhythm, "due": stamp(due)},
    )


def claim_due_briefing(db: Database, plan: str, *, was_due: dt.datetime, due: dt.datetime, made: dt.datetime) -> bool:
    """Record that a briefing is made and when the next one is due; False if another process has made it."""
    values = {"plan": plan, "was_due": stamp(was_due), "due": stamp(due), "made": stamp(made)}
    updated = db.execute(
        "UPDATE planned_briefings SET due = :due, made = :made WHERE plan = :plan AND due = :was_due", values
    )
    return updated.rowcount == 1


def delete_other_plans(db: Database, plans: Iterable[str]) -> None:
    """Delete all planned briefings but these."""
    db.execute(
        "DELETE FROM planned_briefings WHERE plan NOT IN (SELECT value FROM json_each(:plans))",
        {"plans": json.dumps(list(plans))},
    )


def save_briefing_digest(db: Database, digest: int, *, language: Language, briefing: int) -> None:
    """Record which briefing a digest sends to the readers of a language."""
    db.execute(
        "INSERT INTO briefing_digests (digest, language, briefing) VALUES (:digest, :language, :briefing)",
        {"digest": digest, "language": language, "briefing": briefing},
    )


def find_digest_briefing(db: Database, digest: int, *, language: Language) -> int | None:
    """Return the number of the briefing that a digest sends in a language.

    In another one, if there is none in that language: a reader may have changed theirs since. None if it sends none.
    """
    row = db.execute(
        """
        SELECT briefing FROM briefing_digests WHERE digest = :digest
        ORDER BY language = :language DESC, briefing LIMIT 1
        """,
        {"digest": digest, "language": language},
    ).fetchone()
    return None if row is None else int(row[0])
