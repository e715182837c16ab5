"""Entries of dossiers (desk.db). Each function runs in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlite_utils import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenEntry:
    """An article, or a story with one of its articles, as news.db names it. `story`: None for an article alone."""

    story: int | None
    article: int
    key: str
    url: str
    title: str
    outlet: str  # its name


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierEntry:
    """What a dossier holds at a place, from 1 on."""

    id: int
    place: int
    chosen: ChosenEntry
    note: str
    added_at: str


def read_chosen_entry(row: Mapping[str, Any]) -> ChosenEntry:
    """Return the entry of a row that has its fields as columns."""
    return ChosenEntry(
        story=row["story"],
        article=row["article"],
        key=row["key"],
        url=row["url"],
        title=row["title"],
        outlet=row["outlet"],
    )


def list_dossier_entries(db: Database, dossier: int) -> list[DossierEntry]:
    """Return the entries of a dossier in their order."""
    rows = db.query(
        """
        SELECT id, place, story, article, key, url, title, outlet, note, added_at FROM dossier_entries
        WHERE dossier = :dossier AND place IS NOT NULL ORDER BY place
        """,
        {"dossier": dossier},
    )
    return [
        DossierEntry(
            id=row["id"],
            place=row["place"],
            chosen=read_chosen_entry(row),
            note=row["note"],
            added_at=row["added_at"],
        )
        for row in rows
    ]


def read_entry_order(db: Database, dossier: int) -> list[int]:
    """Return the ids of a dossier's entries in their order."""
    rows = db.execute(
        "SELECT id FROM dossier_entries WHERE dossier = :dossier AND place IS NOT NULL ORDER BY place",
        {"dossier": dossier},
    )
    return [int(id_) for (id_,) in rows.fetchall()]


def write_entry_order(db: Database, dossier: int, order: Sequence[int]) -> None:
    """Put the entries with these ids at places from 1 on, and take out all others."""
    db.execute(
        """
        UPDATE dossier_entries SET place = (
            SELECT CAST(given.key AS INTEGER) + 1 FROM json_each(:order) AS given
            WHERE given.value = dossier_entries.id
        )
        WHERE dossier = :dossier
        """,
        {"dossier": dossier, "order": json.dumps(list(order))},
    )


def insert_entry(db: Database, dossier: int, chosen: ChosenEntry, *, added_at: str) -> int:
    """Store an entry without a place, and return its id."""
    cursor = db.execute(
        """
        INSERT INTO dossier_entries (dossier, story, article, key, url, title, outlet, added_at)
        VALUES (:dossier, :story, :article, :key, :url, :title, :outlet, :added_at)
        """,
        {
            "dossier": dossier,
            "story": chosen.story,
            "article": chosen.article,
            "key": chosen.key,
            "url": chosen.url,
            "title": chosen.title,
            "outlet": chosen.outlet,
            "added_at": added_at,
        },
    )
    return int(cast("int", cursor.lastrowid))


def read_entry_note(db: Database, dossier: int, entry: int) -> str | None:
    """Return the note of an entry; None if the dossier has no such entry."""
    row = db.execute(
        "SELECT note FROM dossier_entries WHERE dossier = :dossier AND id = :id AND place IS NOT NULL",
        {"dossier": dossier, "id": entry},
    ).fetchone()
    return None if row is None else str(row[0])


def write_entry_note(db: Database, dossier: int, entry: int, note: str) -> None:
    """Replace the note of an entry."""
    db.execute(
        "UPDATE dossier_entries SET note = :note WHERE dossier = :dossier AND id = :id",
        {"dossier": dossier, "id": entry, "note": note},
    )


def forget_removed_entries(db: Database, dossier: int) -> None:
    """Delete the entries that were taken out by a change which can't be undone any more."""
    db.execute("DELETE FROM dossier_entries WHERE dossier = :dossier AND place IS NULL", {"dossier": dossier})
