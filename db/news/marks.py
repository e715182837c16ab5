"""What analysts said of pages: kept in news.db, wins over the rule, outlives the page's row.

A mark is the one thing that a second process may write while Vigía runs: one row, under SQLite's own lock. Whoever
holds the desk applies it and notes the outcome.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from db.model.times import stamp
from db.model.verdict import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMark:
    """A mark as it stands. `outcome`: a sentence on what came of it, None while nobody has applied it."""

    key: str
    url: str
    verdict: Mark
    marked_at: str
    note: str | None
    removed: bool
    outcome: str | None


def put_mark(db: Database, *, key: str, url: str, verdict: Mark, note: str | None, at: dt.datetime) -> None:
    """Say that a page is relevant or irrelevant; the last word on a page holds. `key` is its identity, `at` aware."""
    with db.atomic():
        db.execute(
            """
            INSERT INTO marks (key, url, verdict, marked_at, note) VALUES (:key, :url, :verdict, :at, :note)
            ON CONFLICT (key) DO UPDATE SET
                url = excluded.url, verdict = excluded.verdict, marked_at = excluded.marked_at,
                note = coalesce(excluded.note, note), removed = 0, outcome = NULL
            """,
            {"key": key, "url": url, "verdict": str(verdict), "at": stamp(at), "note": note},
        )


def remove_mark(db: Database, key: str) -> bool:
    """Leave a page to the rule again; False when there is no mark on it. The row goes when that has been applied."""
    with db.atomic():
        changed = db.execute(
            "UPDATE marks SET removed = 1, outcome = NULL WHERE key = :key AND removed = 0", {"key": key}
        )
    return changed.rowcount > 0


def find_mark(db: Database, keys: Iterable[str]) -> PageMark | None:
    """The mark on a page, by any of its keys."""
    rows = db.query(
        "SELECT * FROM marks WHERE key IN (SELECT value FROM json_each(:keys)) ORDER BY marked_at DESC LIMIT 1",
        {"keys": json.dumps(list(keys))},
    )
    return next((_marked(row) for row in rows), None)


def find_marked_verdict(db: Database, keys: Iterable[str]) -> Mark | None:
    """What holds of a page, by any of its keys: None where the rule decides."""
    found = find_mark(db, keys)
    return found.verdict if found and not found.removed else None


def read_marked_verdicts(db: Database) -> dict[str, Mark]:
    """What holds of all marked pages, by key."""
    return {mark.key: mark.verdict for mark in read_marks(db)}


def read_marks(db: Database) -> list[PageMark]:
    """All marks that hold, the earliest first."""
    return [_marked(row) for row in db.query("SELECT * FROM marks WHERE NOT removed ORDER BY marked_at, key")]


def read_unapplied_marks(db: Database) -> list[PageMark]:
    """Marks, put or taken back, that nobody has applied yet."""
    return [_marked(row) for row in db.query("SELECT * FROM marks WHERE outcome IS NULL ORDER BY marked_at, key")]


def save_mark_outcome(db: Database, mark: PageMark, outcome: str) -> None:
    """Note what came of a mark, unless it was changed meanwhile; one that was taken back is gone with that."""
    same = {"key": mark.key, "verdict": str(mark.verdict), "at": mark.marked_at, "removed": mark.removed}
    where = "key = :key AND verdict = :verdict AND marked_at = :at AND removed = :removed"
    with db.atomic():
        if mark.removed:
            db.execute(f"DELETE FROM marks WHERE {where}", same)  # noqa: S608 - the condition above
        else:
            db.execute(f"UPDATE marks SET outcome = :outcome WHERE {where}", same | {"outcome": outcome})  # noqa: S608


def reopen_marks(db: Database, keys: Iterable[str]) -> None:
    """Have the mark on a page applied again: the page was being read while the mark was put."""
    with db.atomic():
        db.execute(
            "UPDATE marks SET outcome = NULL WHERE key IN (SELECT value FROM json_each(:keys))",
            {"keys": json.dumps(list(keys))},
        )


def keep_history(db: Database, article: dict[str, Any]) -> None:
    """Before an article's row is deleted for a mark: what can't be had from the archive again. In its transaction."""
    revisions = db.query(
        "SELECT seen_at, title, text, text_sha256, changes FROM revisions WHERE article = :id ORDER BY id",
        {"id": article["id"]},
    )
    keys = db.query("SELECT key FROM addresses WHERE article = :id ORDER BY key", {"id": article["id"]})
    kept = {
        "first_seen": article["first_seen"],
        "last_seen": article["last_seen"],
        "backfilled": article["backfilled"],
        "keys": [row["key"] for row in keys],
        "revisions": list(revisions),
    }
    db.execute(
        "UPDATE marks SET kept = :kept WHERE key = :key",
        {"key": article["key"], "kept": json.dumps(kept, ensure_ascii=False)},
    )


def restore_history(db: Database, article_id: int, key: str) -> None:
    """Give a new row what its page's earlier row left behind. In its transaction."""
    row = db.execute("SELECT kept FROM marks WHERE key = :key AND kept IS NOT NULL", {"key": key}).fetchone()
    if row is None:
        return
    kept = json.loads(row[0])
    db.execute(
        """
        UPDATE articles SET first_seen = :first_seen, last_seen = max(last_seen, :last_seen), backfilled = :backfilled
        WHERE id = :id
        """,
        {name: kept[name] for name in ("first_seen", "last_seen", "backfilled")} | {"id": article_id},
    )
    db.execute(
        """
        UPDATE addresses SET article = :id WHERE article IS NULL AND key IN (SELECT value FROM json_each(:keys))
        """,
        {"id": article_id, "keys": json.dumps(kept["keys"])},
    )
    for revision in kept["revisions"]:
        db.execute(
            """
            INSERT INTO revisions (article, seen_at, title, text, text_sha256, changes)
            VALUES (:article, :seen_at, :title, :text, :text_sha256, :changes)
            """,
            revision | {"article": article_id},
        )
    db.execute("UPDATE marks SET kept = NULL WHERE key = :key", {"key": key})


def _marked(row: dict[str, Any]) -> PageMark:
    return PageMark(
        key=row["key"],
        url=row["url"],
        verdict=Mark(row["verdict"]),
        marked_at=row["marked_at"],
        note=row["note"],
        removed=bool(row["removed"]),
        outcome=row["outcome"],
    )
