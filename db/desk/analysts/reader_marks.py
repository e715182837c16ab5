"""Marks that readers set on pages (desk.db): who, when, why, and what held before.

The mark that holds stands in news.db (db.news.marks), without person and note.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypedDict, cast

from sqlite_utils import Database

from db.model.times import read_stamp, stamp
from db.model.verdict import Mark

MAX_LISTED_MARKS = 200
MAX_READER_NOTE_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderMark:
    """A mark of a reader. `was`: the article's verdict before. `previous`: the mark that it replaced, if any."""

    id: int
    person: str
    key: str
    url: str
    title: str
    verdict: Mark
    note: str
    marked_at: dt.datetime
    was: str
    previous: Mark | None
    is_undone: bool


class _ReaderMarkRow(TypedDict):
    id: int
    person: str
    key: str
    url: str
    title: str
    verdict: str
    note: str
    marked_at: str
    was: str
    previous: str | None
    undone_at: str | None


def add_reader_mark(
    db: Database,
    *,
    person: str,
    key: str,
    url: str,
    title: str,
    verdict: Mark,
    note: str,
    at: dt.datetime,
    was: str,
    previous: Mark | None,
) -> int:
    """Store a mark and return its number. The same mark once more is the same one, with the newer note."""
    with db.atomic():
        latest = find_latest_mark(db, key)
        if latest is not None and (latest.person, latest.verdict) == (person, verdict):
            db.execute(
                "UPDATE reader_marks SET note = :note WHERE id = :id AND :note <> ''", {"id": latest.id, "note": note}
            )
            return latest.id
        added = db.execute(
            """
            INSERT INTO reader_marks (person, key, url, title, verdict, note, marked_at, was, previous)
            VALUES (:person, :key, :url, :title, :verdict, :note, :at, :was, :previous)
            """,
            {
                "person": person,
                "key": key,
                "url": url,
                "title": title,
                "verdict": str(verdict),
                "note": note,
                "at": stamp(at),
                "was": was,
                "previous": None if previous is None else str(previous),
            },
        )
    if added.lastrowid is None:
        raise AssertionError("an INSERT has a row id")
    return added.lastrowid


def find_latest_mark(db: Database, key: str) -> ReaderMark | None:
    """Return the latest mark of any reader on a page that was not undone."""
    rows = db.query(
        "SELECT * FROM reader_marks WHERE key = :key AND undone_at IS NULL ORDER BY id DESC LIMIT 1", {"key": key}
    )
    return next(_read(rows), None)


def find_reader_mark(db: Database, number: int, *, person: str) -> ReaderMark | None:
    """Return a mark of a reader by its number; None if it is another's."""
    rows = db.query("SELECT * FROM reader_marks WHERE id = :id AND person = :person", {"id": number, "person": person})
    return next(_read(rows), None)


def list_reader_marks(db: Database, person: str) -> list[tuple[ReaderMark, bool]]:
    """Return a reader's newest marks, and of each whether it is the latest on its page that was not undone."""
    rows = db.query(
        """
        SELECT m.*, m.id = (
            SELECT max(o.id) FROM reader_marks AS o WHERE o.key = m.key AND o.undone_at IS NULL
        ) AS is_latest
        FROM reader_marks AS m WHERE m.person = :person ORDER BY m.id DESC LIMIT :limit
        """,
        {"person": person, "limit": MAX_LISTED_MARKS},
    )
    return [(mark, bool(row["is_latest"])) for row in rows for mark in _read([row])]


def undo_reader_mark(db: Database, number: int, *, at: dt.datetime) -> None:
    """Record that a mark was taken back."""
    with db.atomic():
        db.execute("UPDATE reader_marks SET undone_at = :at WHERE id = :id", {"id": number, "at": stamp(at)})


def _read(rows: Iterable[dict[str, object]]) -> Iterator[ReaderMark]:
    for row in cast("Iterable[_ReaderMarkRow]", rows):
        yield ReaderMark(
            id=row["id"],
            person=row["person"],
            key=row["key"],
            url=row["url"],
            title=row["title"],
            verdict=Mark(row["verdict"]),
            note=row["note"],
            marked_at=read_stamp(row["marked_at"]),
            was=row["was"],
            previous=None if row["previous"] is None else Mark(row["previous"]),
            is_undone=row["undone_at"] is not None,
        )
