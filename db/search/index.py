"""Write the search index.

SQLite's `unicode61` takes a run of Chinese for one word. So every CJK character is indexed as a word, and several are
searched as a phrase. Accents, case, full-width forms and traditional characters are folded on both sides: `Peru`
finds Perú, `钱凯港` finds 錢凱港.
"""

from __future__ import annotations

from sqlite_utils import Database

from db.text.tokens import space_out_cjk

_MEGABYTE = 1_048_576


def index_article(db: Database, id: int, title: str, text: str) -> None:  # noqa: A002 -- the column's name
    """Add an article to the index. Call it once for each id, inside the transaction that writes the row."""
    db.execute(
        "INSERT INTO articles_fts(rowid, title, text) VALUES (:id, :title, :text)",
        {"id": id, "title": space_out_cjk(title), "text": space_out_cjk(text)},
    )


def unindex_article(db: Database, id: int, title: str, text: str) -> None:  # noqa: A002 -- the column's name
    """Take an article out of the index. Title and text must be those that were indexed.

    A contentless table does not keep them (https://sqlite.org/fts5.html#the_delete_command).
    """
    db.execute(
        "INSERT INTO articles_fts(articles_fts, rowid, title, text) VALUES ('delete', :id, :title, :text)",
        {"id": id, "title": space_out_cjk(title), "text": space_out_cjk(text)},
    )


def reindex(db: Database) -> int:
    """Rebuild the index from `articles` in one transaction, and return the number of articles.

    A migration calls this when `db.text.tokens.space_out_cjk` changes.
    """
    cache = db.execute("PRAGMA cache_size").fetchone()[0]
    # With the small default caches of SQLite and FTS5 (2 MB and 1 MB), FTS5 would write and merge many small pieces.
    db.execute(f"PRAGMA cache_size = {-256 * 1024}")
    try:
        with db.atomic():
            db.execute("INSERT INTO articles_fts(articles_fts) VALUES ('delete-all')")
            _set_hash_size(db, 64 * _MEGABYTE)
            count = 0
            for id_, title, text in db.conn.execute("SELECT id, title, text FROM articles ORDER BY id"):
                index_article(db, id_, title, text)
                count += 1
            _set_hash_size(db, _MEGABYTE)
    finally:
        db.execute(f"PRAGMA cache_size = {int(cache)}")
    return count


def _set_hash_size(db: Database, size: int) -> None:
    """Set the bytes that FTS5 collects before it writes (https://sqlite.org/fts5.html, "hashsize")."""
    db.execute("INSERT INTO articles_fts(articles_fts, rank) VALUES ('hashsize', :size)", {"size": size})
