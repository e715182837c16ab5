"""A table for what revisions changed, filled from the revisions that are there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from sqlite_utils import Database

from db.edits.find_edit import find_edit
from db.migrations.sets import news


@news()
def what_revisions_changed(db: Database) -> None:
    """Of revisions from before, a modification time is known for the newest alone; `notice` is NULL for the others."""
    db.executescript("""
        CREATE TABLE edits (
            revision INTEGER PRIMARY KEY REFERENCES revisions(id),
            article INTEGER NOT NULL,
            outlet TEXT NOT NULL,
            seen_at TEXT NOT NULL,
            moment TEXT NOT NULL,       -- when the article was published, or first seen if its page gave no date
            kinds TEXT NOT NULL,        -- JSON list: figures, headline, names, removed, text; [] is a trifle
            details TEXT,               -- JSON list of {kind, before, after}, cut short
            notice TEXT                 -- text, modified, none; NULL: not known
        );
        CREATE INDEX edits_article ON edits (article);
        CREATE INDEX edits_told ON edits (revision, kinds) WHERE kinds <> '[]';
        CREATE INDEX edits_outlet ON edits (outlet, revision, kinds) WHERE kinds <> '[]';
        CREATE INDEX edits_moment ON edits (moment, outlet, article, notice) WHERE kinds <> '[]';
        CREATE INDEX edits_trifles ON edits (revision, outlet) WHERE kinds = '[]';
    """)
    for row in _list_edits(db):
        db.execute(
            """
            INSERT INTO edits (revision, article, outlet, seen_at, moment, kinds, details, notice)
            VALUES (:revision, :article, :outlet, :seen_at, :moment, :kinds, :details, :notice)
            """,
            row,
        )


def _list_edits(db: Database) -> Iterator[dict[str, object]]:
    articles = db.execute("SELECT DISTINCT article FROM revisions ORDER BY article").fetchall()
    for (id_,) in articles:
        article = db.execute(
            """
            SELECT a.title, a.text, a.outlet, a.language, a.modified, a.first_seen, a.published, o.country
            FROM articles AS a LEFT JOIN outlets AS o ON o.id = a.outlet WHERE a.id = :id
            """,
            {"id": id_},
        ).fetchone()
        if article is None:
            continue
        title, text, outlet, language, modified, first_seen, published, country = article
        since = first_seen
        revisions = db.execute(
            "SELECT id, seen_at, title, text FROM revisions WHERE article = :id ORDER BY id", {"id": id_}
        ).fetchall()
        versions = [(old_title, old_text) for _, _, old_title, old_text in revisions] + [(title, text)]
        for number, (revision, seen_at, *_) in enumerate(revisions):
            edit = find_edit(versions[number], versions[number + 1], language=language or "", country=country)
            is_newest = number + 1 == len(revisions)
            if edit.has_notice:
                notice: str | None = "text"
            elif modified is None or (is_newest and modified <= since):
                notice = "none"
            else:
                notice = "modified" if is_newest else None
            yield {
                "revision": revision,
                "article": id_,
                "outlet": outlet,
                "seen_at": seen_at,
                "moment": published or first_seen,
                "kinds": json.dumps(edit.kinds),
                "details": json.dumps([asdict(detail) for detail in edit.details], ensure_ascii=False),
                "notice": notice,
            }
            since = seen_at
