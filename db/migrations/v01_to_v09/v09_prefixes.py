"""Add prefix lists to the search index."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news
from db.search.index import reindex


@news()
def short_beginnings_of_words(db: Database) -> None:
    """Give the search index lists for prefixes of two and three letters.

    `co*` matches thousands of words, and without such a list FTS5 joins the lists of all of them at each search.

    Writes the index anew: some seconds for ten thousand articles, ten minutes for a million.
    """
    db.execute("DROP TABLE articles_fts")
    db.execute("""
        CREATE VIRTUAL TABLE articles_fts
        USING fts5(title, text, content='', prefix='2 3', tokenize='unicode61 remove_diacritics 2')
    """)
    reindex(db)
