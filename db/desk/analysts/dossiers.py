"""Dossiers (desk.db): what a person collects under a name, in an order of their own. Its owner alone changes it.

The last change of a dossier can be undone, and that again: `undo` holds what it replaced.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlite_utils import Database

from db.desk.analysts.dossier_entries import (
    ChosenEntry,
    forget_removed_entries,
    insert_entry,
    read_entry_note,
    read_entry_order,
    write_entry_note,
    write_entry_order,
)
from db.desk.analysts.dossier_rules import (
    MAX_DOSSIER_ENTRIES,
    MAX_DOSSIERS,
    DossierError,
    check_name,
    check_note,
    read_tags,
)
from db.desk.analysts.shown_versions import check_version, make_version
from db.model.times import stamp

MAX_DELETED_DOSSIERS: Final = 50  # of a person that can be restored, the latest
MAX_SHARED_DOSSIERS: Final = 500  # of others that are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A dossier without its entries. `change` counts what was changed; moments are as stored."""

    id: int
    person: str
    owner: str
    name: str
    note: str
    tags: tuple[str, ...]
    is_shared: bool
    made_at: str
    changed_at: str
    is_deleted: bool
    change: int
    may_undo: bool
    entries: int

    @property
    def version(self) -> str:
        """The version of what the form that edits the dossier shows."""
        return make_version(self.name, self.note, self.tags, self.is_shared)


@dataclass(slots=True, kw_only=True)
class _Change:
    """What a change replaces: columns of the dossier, notes by entry, the order of the entries."""

    db: Database
    dossier: int
    order: list[int]
    columns: dict[str, Any] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)


_SQL_COLUMNS = """
    d.id, d.person, d.owner, d.name, d.note, d.tags, d.is_shared, d.made_at, d.changed_at,
    d.deleted_at IS NOT NULL AS is_deleted, d.change, d.undo IS NOT NULL AS may_undo,
    (SELECT count(*) FROM dossier_entries AS e WHERE e.dossier = d.id AND e.place IS NOT NULL) AS entries
"""


def list_dossiers(db: Database, person: str) -> list[Dossier]:
    """Return a person's dossiers, deleted ones too, and those that others share; the last changed first."""
    rows = db.query(
        f"""
        SELECT {_SQL_COLUMNS} FROM dossiers AS d WHERE d.person = :person
        UNION ALL
        SELECT * FROM (
            SELECT {_SQL_COLUMNS} FROM dossiers AS d
            WHERE d.is_shared AND d.person <> :person AND d.deleted_at IS NULL
            ORDER BY d.changed_at DESC LIMIT {MAX_SHARED_DOSSIERS}
        )
        ORDER BY changed_at DESC, id DESC
        """,  # noqa: S608 -- constants
        {"person": person},
    )
    return [_parse_dossier(row) for row in rows]


def list_own_names(db: Database, person: str) -> list[tuple[int, str]]:
    """Return number and name of a person's dossiers, the last changed first."""
    rows = db.execute(
        "SELECT id, name FROM dossiers WHERE person = :person AND deleted_at IS NULL ORDER BY changed_at DESC, id DESC",
        {"person": person},
    )
    return [(int(id_), str(name)) for id_, name in rows.fetchall()]


def find_dossier(db: Database, number: int, person: str) -> Dossier | None:
    """Return a dossier that a person may read: their own, or one that another shares; None for any other."""
    row = next(
        db.query(
            f"""
            SELECT {_SQL_COLUMNS} FROM dossiers AS d
            WHERE d.id = :id AND (d.person = :person OR d.is_shared AND d.deleted_at IS NULL)
            """,  # noqa: S608 -- a constant
            {"id": number, "person": person},
        ),
        None,
    )
    return None if row is None else _parse_dossier(row)


def make_dossier(db: Database, *, person: str, owner: str, name: str, now: dt.datetime) -> int:
    """Store an empty dossier and return its number. Raises DossierError."""
    with db.atomic():
        _check_room(db, person)
        cursor = db.execute(
            """
            INSERT INTO dossiers (person, owner, name, made_at, changed_at)
            VALUES (:person, :owner, :name, :now, :now)
            """,
            {"person": person, "owner": owner, "name": check_name(name), "now": stamp(now)},
        )
    return int(cursor.lastrowid or 0)


def add_entries(db: Database, number: int, person: str, chosen: Sequence[ChosenEntry], *, now: dt.datetime) -> int:
    """Add what is not in the dossier yet at its end, and return how much that is. Raises DossierError."""
    with _changing(db, number, person, now=now) as change:
        rows = db.execute(
            "SELECT story, key FROM dossier_entries WHERE dossier = :dossier AND place IS NOT NULL",
            {"dossier": number},
        ).fetchall()
        known = {_identify(story, key) for story, key in rows}
        new = {_identify(one.story, one.key): one for one in chosen if _identify(one.story, one.key) not in known}
        if len(change.order) + len(new) > MAX_DOSSIER_ENTRIES:
            raise DossierError("entries")
        added = [insert_entry(db, number, one, added_at=stamp(now)) for one in new.values()]
        write_entry_order(db, number, change.order + added)
    return len(added)


def edit_dossier(
    db: Database,
    number: int,
    person: str,
    *,
    name: str,
    note: str,
    tags: str,
    is_shared: bool,
    now: dt.datetime,
    seen: str | None = None,
) -> None:
    """Replace name, note, tags (separated by commas) and whether others may read it.

    Raises DossierError; ChangedMeanwhileError if these are not those of the version `seen`.
    """
    title, text, words = check_name(name), check_note(note), read_tags(tags)
    new = {"name": title, "note": text, "tags": json.dumps(words, ensure_ascii=False), "is_shared": int(is_shared)}
    with _changing(db, number, person, now=now) as change:
        if (stored := find_dossier(db, number, person)) is not None:
            check_version(seen, standing=stored.version, written=make_version(title, text, words, is_shared))
        _write_columns(change, new)


def write_note(
    db: Database, number: int, person: str, entry: int, note: str, *, now: dt.datetime, seen: str | None = None
) -> None:
    """Replace the note of an entry.

    Raises DossierError; ChangedMeanwhileError if that note is not the version `seen`.
    """
    text = check_note(note)
    with _changing(db, number, person, now=now) as change:
        before = read_entry_note(db, number, entry)
        if before is None:
            raise DossierError("missing")
        check_version(seen, standing=make_version(before), written=make_version(text))
        change.notes[entry] = before
        write_entry_note(db, number, entry, text)


def reorder(
    db: Database, number: int, person: str, arrange: Callable[[list[int]], list[int]], *, now: dt.datetime
) -> None:
    """Give the entries the order that `arrange` makes of their ids; what it leaves out is taken out.

    Raises DossierError.
    """
    with _changing(db, number, person, now=now) as change:
        standing = set(change.order)
        write_entry_order(db, number, [id_ for id_ in arrange(list(change.order)) if id_ in standing])


def delete_dossier(db: Database, number: int, person: str, *, now: dt.datetime) -> None:
    """Delete a dossier; `undo_change` restores it, as long as it is one of the last that were deleted.

    Raises DossierError.
    """
    with _changing(db, number, person, now=now) as change:
        _write_columns(change, {"deleted_at": stamp(now)})
        db.execute(
            f"""
            DELETE FROM dossiers WHERE id IN (
                SELECT id FROM dossiers WHERE person = :person AND deleted_at IS NOT NULL
                ORDER BY deleted_at DESC, id DESC LIMIT -1 OFFSET {MAX_DELETED_DOSSIERS}
            )
            """,  # noqa: S608 -- a constant
            {"person": person},
        )


def undo_change(db: Database, number: int, person: str, *, change: int, now: dt.datetime) -> None:
    """Take back the last change, which is then the one that can be taken back. change: the count that a page showed.

    Raises DossierError, also if another change came after that page.
    """
    with db.atomic():
        row = _read_own(db, number, person)
        if row["change"] != change or row["undo"] is None:
            raise DossierError("changed")
        kept = json.loads(row["undo"])
        if row["deleted_at"] is not None and "deleted_at" in kept["columns"]:
            _check_room(db, person)
        present = _Change(db=db, dossier=number, order=read_entry_order(db, number))
        for entry, note in kept["notes"].items():
            present.notes[int(entry)] = read_entry_note(db, number, int(entry)) or ""
            write_entry_note(db, number, int(entry), note)
        _write_columns(present, kept["columns"])
        write_entry_order(db, number, kept["order"])
        _remember(present, now=now)


@contextlib.contextmanager
def _changing(db: Database, number: int, person: str, *, now: dt.datetime) -> Iterator[_Change]:
    """Run a block that changes a person's dossier as one transaction, and remember what it replaces."""
    with db.atomic():
        if _read_own(db, number, person)["deleted_at"] is not None:
            raise DossierError("missing")
        forget_removed_entries(db, number)
        change = _Change(db=db, dossier=number, order=read_entry_order(db, number))
        yield change
        _remember(change, now=now)


def _remember(change: _Change, *, now: dt.datetime) -> None:
    kept = {"columns": change.columns, "notes": change.notes, "order": change.order}
    change.db.execute(
        "UPDATE dossiers SET undo = :undo, change = change + 1, changed_at = :now WHERE id = :id",
        {"undo": json.dumps(kept, ensure_ascii=False), "now": stamp(now), "id": change.dossier},
    )


def _write_columns(change: _Change, columns: dict[str, Any]) -> None:
    """Write columns of a dossier, and keep what they held. Columns that are not named stay."""
    names = ("name", "note", "tags", "is_shared", "deleted_at")
    row = next(
        change.db.query(
            "SELECT name, note, tags, is_shared, deleted_at FROM dossiers WHERE id = :id", {"id": change.dossier}
        )
    )
    change.columns = {name: row[name] for name in names if name in columns}
    change.db.execute(
        """
        UPDATE dossiers SET name = :name, note = :note, tags = :tags, is_shared = :is_shared, deleted_at = :deleted_at
        WHERE id = :id
        """,
        {**row, **columns, "id": change.dossier},
    )


def _check_room(db: Database, person: str) -> None:
    """Raise DossierError if a person has as many dossiers as one may have."""
    (count,) = db.execute(
        "SELECT count(*) FROM dossiers WHERE person = :person AND deleted_at IS NULL", {"person": person}
    ).fetchone()
    if count >= MAX_DOSSIERS:
        raise DossierError("dossiers")


def _read_own(db: Database, number: int, person: str) -> dict[str, Any]:
    row = next(
        db.query(
            "SELECT change, undo, deleted_at FROM dossiers WHERE id = :id AND person = :person",
            {"id": number, "person": person},
        ),
        None,
    )
    if row is None:
        raise DossierError("missing")
    return row


def _identify(story: int | None, key: str) -> tuple[str, int | str]:
    """Return what sets an entry apart from others of its dossier."""
    return ("article", key) if story is None else ("story", story)


def _parse_dossier(row: dict[str, Any]) -> Dossier:
    flags = {name: bool(row[name]) for name in ("is_shared", "is_deleted", "may_undo")}
    return Dossier(**{**row, **flags, "tags": tuple(json.loads(row["tags"]))})
