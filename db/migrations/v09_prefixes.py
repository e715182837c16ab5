"""Beginnings of words in the search index."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news
from db.search.index import reindex


@news()
def short_beginnings_of_words(db: Database) -> None:
    """`co*` begins thousands of words, whose lists FTS5 joined at each search: of two and three letters it has one now.

    Writes the index anew: some seconds for ten thousand articles, ten minutes for a million.
    """
    db.execute("DROP TABLE articles_fts")
    db.execute("""
        CREATE VIRTUAL TABLE articles_fts
        USING fts5(title, text, content='', prefix='2 3', tokenize='unicode61 remove_diacritics 2')
    """)
    reindex(db)
