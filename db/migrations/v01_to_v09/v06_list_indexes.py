"""Change the indexes of the reading room for a million articles."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def lists_of_a_million(db: Database) -> None:
    """Put all columns that a list filters by into its indexes by time, outlet and id (db.search.results).

    Two indexes are dropped, because other indexes begin with the same columns.
    """
    db.executescript("""
        DROP INDEX articles_newest;
        CREATE INDEX articles_newest ON articles(
            coalesce(published, first_seen), id, outlet, language, verdict, original, published, first_seen
        );
        DROP INDEX articles_outlet_moment;
        CREATE INDEX articles_outlet_moment ON articles(
            outlet, coalesce(published, first_seen), id, language, verdict, original, published, first_seen
        );
        DROP INDEX articles_facets;
        CREATE INDEX articles_facets ON articles(
            id, outlet, language, verdict, paywalled, sponsored, original, published, first_seen
        );
        DROP INDEX articles_outlet;
        DROP INDEX mentions_concept;
    """)
