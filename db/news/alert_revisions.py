"""What alerts read of revisions (news.db): which came since, and what each made of its article."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sqlite_utils import Database

from db.news.revisions import TextChanges, read_changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A revision of an article. `change` and `reading` identify what changed and what came of it in any news.db."""

    id: int
    article: int
    key: str
    head: int  # the id of the original of its story, its own if it is no copy
    backfilled: bool
    change: str
    reading: str
    changes: TextChanges = field(repr=False)


def find_last_revision(db: Database) -> tuple[int, str | None]:
    """The highest revision id and its mark; (0, None) when there is none."""
    row = db.execute("SELECT id, article || ' ' || seen_at FROM revisions ORDER BY id DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, None)


def find_revision_mark(db: Database, revision: int) -> str | None:
    """What tells the revision of that id from another one; None if there is none."""
    row = db.execute("SELECT article || ' ' || seen_at FROM revisions WHERE id = :id", {"id": revision}).fetchone()
    return None if row is None else str(row[0])


def find_revision_before(db: Database, moment: str) -> int:
    """The id before the first revision that was seen at or after this moment (as db.model.times.stamp writes it)."""
    row = db.execute("SELECT min(id) - 1 FROM revisions WHERE seen_at >= :moment", {"moment": moment}).fetchone()
    return find_last_revision(db)[0] if row[0] is None else int(row[0])


def read_revisions(db: Database, *, after: int, upto: int) -> list[Revision]:
    """The revisions after one id and up to another, in the order in which they came.

    Those from before changes were kept are left out: nobody can say any more what they changed.
    """
    rows = db.query(
        """
        SELECT revisions.id, article, coalesce(articles.key, articles.url) AS key,
               coalesce(articles.original, articles.id) AS head, backfilled, changes,
               coalesce(
                   (SELECT later.text_sha256 || ' ' || later.title FROM revisions AS later
                    WHERE later.article = revisions.article AND later.id > revisions.id ORDER BY later.id LIMIT 1),
                   articles.text_sha256 || ' ' || articles.title
               ) AS reading
        FROM revisions JOIN articles ON articles.id = revisions.article
        WHERE revisions.id > :after AND revisions.id <= :upto ORDER BY revisions.id
        """,
        {"after": after, "upto": upto},
    )
    found = []
    for row in rows:
        stored = row.pop("changes")
        if (changes := read_changes(stored)) is not None:
            named = row | {"backfilled": bool(row["backfilled"]), "reading": _identity(row["reading"])}
            found.append(Revision(**named, change=_identity(stored), changes=changes))
    return found


def _identity(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
