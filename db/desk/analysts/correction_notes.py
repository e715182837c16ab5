"""Why readers joined and split stories (desk.db): a note beside a correction of news.db, of its reader alone."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable

from sqlite_utils import Database

from db.model.times import stamp


def save_correction_note(db: Database, *, key: str, person: str, note: str, at: dt.datetime) -> None:
    """Store the note on the correction that names the article `key` first and is made at a moment."""
    with db.atomic():
        db.execute(
            "INSERT OR REPLACE INTO correction_notes (key, made_at, person, note) VALUES (:key, :at, :person, :note)",
            {"key": key, "at": stamp(at), "person": person, "note": note},
        )


def read_correction_notes(db: Database, keys: Iterable[str], *, person: str) -> dict[tuple[str, str], str]:
    """Return a reader's notes on corrections of these articles, by (key, moment as it is stored)."""
    rows = db.query(
        """
        SELECT key, made_at, note FROM correction_notes
        WHERE key IN (SELECT value FROM json_each(:keys)) AND person = :person
        """,
        {"keys": json.dumps(list(keys)), "person": person},
    )
    return {(row["key"], row["made_at"]): row["note"] for row in rows}
