"""Analysts' marks on pages (news.db). A mark wins over the relevance rule and stays if the page's row is deleted.

A second process may write a mark while Vigía runs, as one row under SQLite's own lock. The process that holds the
desk's lock applies it and writes the outcome.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict, cast

from sqlite_utils import Database

from db.model.times import stamp
from db.model.verdict import Mark
from db.news.article_row import ArticleRow
from db.news.ledgers.edit_rows import restore_edit


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMark:
    """A stored mark. `outcome`: a sentence on what was done with it, None until it is applied."""

    key: str
    url: str
    verdict: Mark
    marked_at: str
    note: str | None
    removed: bool
    outcome: str | None


class MarkRow(TypedDict):
    """A row of `marks`. `kept` is JSON, for `restore_history`."""

    key: str
    url: str
    verdict: str
    marked_at: str
    note: str | None
    removed: int  # 0 or 1
    outcome: str | None
    kept: str | None


def put_mark(db: Database, *, key: str, url: str, verdict: Mark, note: str | None, at: dt.datetime) -> None:
    """Mark a page as relevant or irrelevant, in place of an earlier mark. `key` is the page's key, `at` aware."""
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
    """Take a page's mark back; return False if it has none. The row is deleted when that has been applied."""
    with db.atomic():
        changed = db.execute(
            "UPDATE marks SET removed = 1, outcome = NULL WHERE key = :key AND removed = 0", {"key": key}
        )
    return changed.rowcount > 0


def find_mark(db: Database, keys: Iterable[str]) -> PageMark | None:
    """Return the latest mark on a page, by any of its keys; also one that was taken back and is not applied yet."""
    rows = db.query(
        "SELECT * FROM marks WHERE key IN (SELECT value FROM json_each(:keys)) ORDER BY marked_at DESC LIMIT 1",
        {"keys": json.dumps(list(keys))},
    )
    return next(map(_marked, cast("Iterable[MarkRow]", rows)), None)


def find_marked_verdict(db: Database, keys: Iterable[str]) -> Mark | None:
    """Return the verdict of the mark on a page, by any of its keys, or None if it has none."""
    found = find_mark(db, keys)
    return found.verdict if found and not found.removed else None


def read_marked_verdicts(db: Database) -> dict[str, Mark]:
    """Return the verdicts of all marks that hold, by the page's key."""
    return {mark.key: mark.verdict for mark in read_marks(db)}


def read_marks(db: Database) -> list[PageMark]:
    """Return all marks that hold, the earliest first."""
    rows = db.query("SELECT * FROM marks WHERE NOT removed ORDER BY marked_at, key")
    return list(map(_marked, cast("Iterable[MarkRow]", rows)))


def count_marks(db: Database) -> int:
    """Return how many marks hold."""
    return int(db.execute("SELECT count(*) FROM marks WHERE NOT removed").fetchone()[0])


def read_unapplied_marks(db: Database) -> list[PageMark]:
    """Return the marks, set or taken back, that are not applied yet, the earliest first."""
    rows = db.query("SELECT * FROM marks WHERE outcome IS NULL ORDER BY marked_at, key")
    return list(map(_marked, cast("Iterable[MarkRow]", rows)))


def save_mark_outcome(db: Database, mark: PageMark, outcome: str) -> None:
    """Write a mark's outcome, or delete one that was taken back; do nothing if it was changed meanwhile."""
    same = {"key": mark.key, "verdict": str(mark.verdict), "at": mark.marked_at, "removed": mark.removed}
    where = "key = :key AND verdict = :verdict AND marked_at = :at AND removed = :removed"
    with db.atomic():
        if mark.removed:
            db.execute(f"DELETE FROM marks WHERE {where}", same)  # noqa: S608 - the condition above
        else:
            db.execute(f"UPDATE marks SET outcome = :outcome WHERE {where}", same | {"outcome": outcome})  # noqa: S608


def reopen_marks(db: Database, keys: Iterable[str]) -> None:
    """Let the mark on a page be applied again, because the page was being analysed while the mark was set."""
    with db.atomic():
        db.execute(
            "UPDATE marks SET outcome = NULL WHERE key IN (SELECT value FROM json_each(:keys))",
            {"keys": json.dumps(list(keys))},
        )


def keep_history(db: Database, article: ArticleRow) -> None:
    """Store with the mark what an article's row has and the archive has not, before the row is deleted.

    Runs in the caller's transaction.
    """
    revisions = db.query(
        """
        SELECT r.seen_at, r.title, r.text, r.text_sha256, r.changes, r.comparison, e.kinds, e.details, e.notice
        FROM revisions AS r LEFT JOIN edits AS e ON e.revision = r.id WHERE r.article = :id ORDER BY r.id
        """,
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
    """Give a new row what `keep_history` stored of the page's earlier row. Runs in the caller's transaction."""
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
        cursor = db.execute(
            """
            INSERT INTO revisions (article, seen_at, title, text, text_sha256, changes, comparison)
            VALUES (:article, :seen_at, :title, :text, :text_sha256, :changes, :comparison)
            """,
            {"comparison": None} | revision | {"article": article_id},
        )
        if revision.get("kinds"):
            restore_edit(db, int(cursor.lastrowid or 0), revision)
    db.execute("UPDATE marks SET kept = NULL WHERE key = :key", {"key": key})


def _marked(row: MarkRow) -> PageMark:
    return PageMark(
        key=row["key"],
        url=row["url"],
        verdict=Mark(row["verdict"]),
        marked_at=row["marked_at"],
        note=row["note"],
        removed=bool(row["removed"]),
        outcome=row["outcome"],
    )
