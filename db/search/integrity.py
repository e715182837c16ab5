"""Whether the search index is sound, and how to build it anew beside the old one.

FTS5 reads damaged blocks as if nothing were wrong, or fails in the middle of a search. Its own check
(https://sqlite.org/fts5.html, "The 'integrity-check' Command") reads the whole index and keeps writers out meanwhile.
So only small indexes get it; of a large one, a limited number of terms is read, and some articles are looked up.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable

from sqlite_utils import Database

from db.text.tokens import quote_phrase, space_out_cjk

MAX_CHECKED_BLOCKS = 16_000  # of about 4 kB: up to this size the whole index is checked, in less than two seconds
MAX_READ_SECONDS = 10.0  # for reading the terms of a larger index
SAMPLED_ARTICLES = 60  # that must be found by the first words of their headlines
PIECE_ARTICLES = 2_000  # that are indexed in one transaction
_SAMPLED_WORDS = 6
_TERMS_AT_ONCE = 5_000


def find_search_damage(db: Database, *, seed: int = 0) -> str | None:
    """Return what is wrong with the search index, as SQLite says it, or None.

    Needs a connection that may write, though nothing is written.
    """
    try:
        blocks = db.execute("SELECT count(*) FROM articles_fts_data").fetchone()[0]
        if blocks <= MAX_CHECKED_BLOCKS:
            with db.atomic():
                db.execute("INSERT INTO articles_fts(articles_fts) VALUES ('integrity-check')")
        else:
            _read_terms(db, seed)
        missing = _count_missing(db, seed)
    except sqlite3.DatabaseError as error:
        if "locked" in str(error) or "interrupted" in str(error):
            return None  # nothing is known; the next check will say
        return str(error)
    return f"{missing} of {SAMPLED_ARTICLES} articles are not found by their headlines" if missing else None


def _read_terms(db: Database, seed: int) -> None:
    """Read terms with their articles for a limited time, from a place that `seed` chooses. Raises DatabaseError."""
    db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_terms USING fts5vocab(main, articles_fts, row)")
    ends = time.monotonic() + MAX_READ_SECONDS
    term = random.Random(seed).choice("0123456789abcdefghijklmnopqrstuvwxyz一中大秘")  # noqa: S311 -- a sample
    while time.monotonic() < ends:
        rows = db.execute(
            "SELECT term FROM temp.search_terms WHERE term > :term ORDER BY term LIMIT :many",
            {"term": term, "many": _TERMS_AT_ONCE},
        ).fetchall()
        if not rows:
            return
        term = rows[-1][0]


def _count_missing(db: Database, seed: int) -> int:
    last = db.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()[0]
    chance = random.Random(seed)  # noqa: S311 -- a sample
    ids = sorted(chance.randint(1, last) for _ in range(SAMPLED_ARTICLES)) if last else []
    missing = 0
    for wanted in ids:
        row = db.execute(
            "SELECT id, title FROM articles WHERE id >= :wanted ORDER BY id LIMIT 1", {"wanted": wanted}
        ).fetchone()
        if row is None:  # deleted meanwhile
            continue
        phrase = quote_phrase(" ".join(row[1].split()[:_SAMPLED_WORDS]))
        if phrase == '""':
            continue
        found = db.execute(
            "SELECT 1 FROM articles_fts WHERE articles_fts MATCH :phrase AND rowid = :id",
            {"phrase": f"title : {phrase}", "id": row[0]},
        ).fetchone()
        missing += found is None
    return missing


def rebuild_search(db: Database, progress: Callable[[int, int], None]) -> int:
    """Build the search index anew from the articles, and return their number. Nobody else may write meanwhile.

    It is built in pieces beside the old one, which it replaces at the end: until then an interruption changes nothing.
    Calls `progress(done, total)` after each piece.
    """
    total = db.execute("SELECT count(*) FROM articles").fetchone()[0]
    with db.atomic():
        db.execute("DROP TABLE IF EXISTS search_draft")
        # As the migrations make articles_fts; a test compares them.
        db.execute("""
            CREATE VIRTUAL TABLE search_draft
            USING fts5(title, text, content='', prefix='2 3', tokenize='unicode61 remove_diacritics 2')
        """)
        db.execute("INSERT INTO search_draft(search_draft, rank) VALUES ('hashsize', 67108864)")
    done = last = 0
    while True:
        rows = db.execute(
            "SELECT id, title, text FROM articles WHERE id > :last ORDER BY id LIMIT :many",
            {"last": last, "many": PIECE_ARTICLES},
        ).fetchall()
        if not rows:
            break
        with db.atomic():
            db.conn.executemany(
                "INSERT INTO search_draft(rowid, title, text) VALUES (:id, :title, :text)",
                [{"id": id_, "title": space_out_cjk(title), "text": space_out_cjk(text)} for id_, title, text in rows],
            )
        last, done = rows[-1][0], done + len(rows)
        progress(done, total)
    with db.atomic():
        db.execute("INSERT INTO search_draft(search_draft, rank) VALUES ('hashsize', 1048576)")
        # FTS5 does not even open, and so not drop, a table whose own records are damaged: it gets those of the new one.
        db.execute("DELETE FROM articles_fts_data")
        db.execute("INSERT INTO articles_fts_data SELECT id, block FROM search_draft_data WHERE id IN (1, 10)")
        db.execute("INSERT OR REPLACE INTO articles_fts_config SELECT k, v FROM search_draft_config")
        db.execute("DROP TABLE articles_fts")
        db.execute("ALTER TABLE search_draft RENAME TO articles_fts")
    return done
