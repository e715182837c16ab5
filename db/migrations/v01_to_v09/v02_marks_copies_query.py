"""Add marks, repeated lines, the index of query fields, and the indexes by which the reading room sorts."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk, news
from db.search.index import reindex


@desk()
def alerts_outlive_a_restored_backup(db: Database) -> None:
    """Store the article's key with each alert, and give each digest an id that is never used again."""
    db.executescript("""
        -- `since`: the cursor at the beginning; `rhythm`: what next_digest was computed from.
        ALTER TABLE subscriptions ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE subscriptions ADD COLUMN rhythm TEXT;
        -- `key`: the article's identity in any news.db, see crawler.urls.key.
        -- `article` turns negative when a restored news.db took that id away.
        ALTER TABLE alerts ADD COLUMN key TEXT;
        CREATE UNIQUE INDEX alerts_key ON alerts(subscription, key);
        CREATE INDEX alerts_waiting ON alerts(subscription) WHERE digest IS NULL;
        -- Random: Message-ID and idempotency key, never given twice even when this file is restored.
        ALTER TABLE digests ADD COLUMN token TEXT;
        CREATE INDEX digests_subscription ON digests(subscription);
        -- `accepted`: JSON, hashes of the recipients that have it; `log_size`: bytes of alerts.log before the delivery.
        ALTER TABLE deliveries ADD COLUMN accepted TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE deliveries ADD COLUMN first_try TEXT;
        ALTER TABLE deliveries ADD COLUMN log_size INTEGER;
        -- What news.db said at each matching: an id whose key changed or went betrays a restored backup.
        CREATE TABLE watermarks (
            article INTEGER PRIMARY KEY,
            key TEXT NOT NULL,
            seen_at TEXT NOT NULL
        );
    """)


@news()
def orders_of_the_reading_room(db: Database) -> None:
    """Add indexes by which the front page, an outlet's page and the rejections are read, newest first."""
    db.executescript("""
        -- A page without a date stands where it was first seen: db.site.queries.articles orders by the same expression.
        CREATE INDEX articles_moment ON articles(coalesce(published, first_seen), id) WHERE original IS NULL;
        CREATE INDEX articles_outlet_moment ON articles(outlet, coalesce(published, first_seen));
        CREATE INDEX rejections_relevance ON rejections(relevance) WHERE relevance IS NOT NULL;
    """)


@news()
def the_newest_first_from_an_index_alone(db: Database) -> None:
    """Add the columns of filters and counts to the index that sorts the list.

    The large rows of `articles` are then read only for the articles that a page shows.
    """
    db.executescript("""
        DROP INDEX articles_moment;
        CREATE INDEX articles_newest ON articles(
            coalesce(published, first_seen), id, outlet, language, verdict, published, first_seen
        ) WHERE original IS NULL;
    """)


@news()
def one_script_in_the_index(db: Database) -> None:
    """Write the search index again, with traditional characters folded to simplified ones."""
    reindex(db)


@news()
def words_of_analysts_and_readings_of_the_past(db: Database) -> None:
    """Add the outcome of each mark, and which articles a backfill found: no alert is sent for these."""
    db.executescript("""
        ALTER TABLE articles ADD COLUMN backfilled INTEGER NOT NULL DEFAULT 0;
        -- `removed`: taken back, the row goes when that is applied. `outcome`: what came of it, NULL: not applied yet.
        -- `kept`: JSON, what a deleted article's row can't get from the archive again: first_seen, revisions.
        ALTER TABLE marks ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE marks ADD COLUMN outcome TEXT;
        ALTER TABLE marks ADD COLUMN kept TEXT;
    """)


@desk()
def lines_of_outlets_and_candidates_of_the_past(db: Database) -> None:
    """Add the repeated lines of outlets (db.desk.repeated_lines), and which candidates a backfill found."""
    db.executescript("""
        ALTER TABLE candidates ADD COLUMN backfilled INTEGER NOT NULL DEFAULT 0;
        -- Pages whose lines were counted. `title`: the beginning of the headline, hashed; `anchors`: JSON, of the text.
        CREATE TABLE furniture_pages (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,
            outlet TEXT NOT NULL,
            seen_at TEXT NOT NULL,
            title INTEGER NOT NULL,
            anchors TEXT NOT NULL
        );
        CREATE INDEX furniture_pages_outlet ON furniture_pages(outlet, seen_at, key);
        -- `line`: a hash of outlet and line; `standing`: how much it looks like prose there, see Standing.
        CREATE TABLE furniture_lines (
            line INTEGER NOT NULL,
            page INTEGER NOT NULL REFERENCES furniture_pages(id) ON DELETE CASCADE,
            standing INTEGER NOT NULL,
            PRIMARY KEY (line, page)
        ) WITHOUT ROWID;
        CREATE INDEX furniture_lines_page ON furniture_lines(page);
        CREATE TABLE furniture (
            outlet TEXT NOT NULL,
            line INTEGER NOT NULL,
            text TEXT NOT NULL,
            articles INTEGER NOT NULL,
            first_seen TEXT NOT NULL,
            last_seen TEXT NOT NULL,
            PRIMARY KEY (outlet, line)
        ) WITHOUT ROWID;
    """)


@news()
def what_a_query_asks_of_an_article(db: Database) -> None:
    """Add one narrow index with all fields of queries (db.search.query.sql), so that they read no texts."""
    db.executescript("""
        CREATE INDEX articles_facets ON articles(id, outlet, language, verdict, paywalled, sponsored, original);
        CREATE INDEX mentions_concept_article ON mentions(concept, article);
    """)


@desk()
def ceilings_of_a_day(db: Database) -> None:
    """Add the alerts over the daily limit, which a message counts and does not list (db.desk.daily_limits)."""
    db.executescript("""
        -- The day (on the subscription's clock) whose ceiling the alert went over; NULL: it is told.
        ALTER TABLE alerts ADD COLUMN over TEXT;
    """)


@desk()
def what_was_read_whole(db: Database) -> None:
    """Add when a source was last read completely, and the warning on its last response (db.desk.sources)."""
    db.executescript("""
        ALTER TABLE sources ADD COLUMN sound_at TEXT;
        ALTER TABLE sources ADD COLUMN warning TEXT;
        UPDATE sources SET warning = detail WHERE failures = 0;
        UPDATE sources SET sound_at = fetched_at WHERE failures = 0 AND detail IS NULL AND outcome != 'empty';
    """)


@desk()
def visits_by_their_time(db: Database) -> None:
    """Add an index of visits by time: every tick of the scheduler asks which outlets have visits due."""
    db.executescript("CREATE INDEX visits_due ON visits(next_visit, outlet) WHERE next_visit IS NOT NULL")
