"""The schema of both databases, append-only: a migration that has shipped is never edited (sqlite_utils.Migrations).

`news.db` may be published, `desk.db` is private; DESIGN's column names are an interface, columns may be added freely.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from db.search import reindex

news = Migrations("news")
desk = Migrations("desk")


@news()
def articles_and_their_outlets(db: Database) -> None:
    """Outlets, articles, revisions, rejections, concepts, mentions, crawls and the full-text index."""
    db.executescript("""
        CREATE TABLE outlets (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            home TEXT,
            country TEXT,
            languages TEXT,
            kind TEXT,
            ownership TEXT,
            ownership_source TEXT
        );
        CREATE TABLE articles (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            url TEXT NOT NULL UNIQUE,
            outlet TEXT NOT NULL REFERENCES outlets(id),
            title TEXT NOT NULL,
            authors TEXT NOT NULL DEFAULT '[]',
            published TEXT,
            published_precision TEXT,
            published_local TEXT,
            published_from TEXT,
            modified TEXT,
            language TEXT,
            text TEXT NOT NULL,
            words INTEGER NOT NULL,
            relevance REAL NOT NULL,
            verdict TEXT NOT NULL,
            reasons TEXT NOT NULL DEFAULT '[]',
            original INTEGER REFERENCES articles(id),
            similarity REAL,
            credited_to TEXT,
            paywalled INTEGER NOT NULL DEFAULT 0,
            sponsored INTEGER NOT NULL DEFAULT 0,
            section TEXT,
            tags TEXT NOT NULL DEFAULT '[]',
            image TEXT,
            first_seen TEXT NOT NULL,
            last_seen TEXT NOT NULL,
            text_sha256 TEXT NOT NULL,
            archive_file TEXT,
            archive_offset INTEGER
        );
        CREATE INDEX articles_published ON articles(published);
        CREATE INDEX articles_first_seen ON articles(first_seen);
        CREATE INDEX articles_outlet ON articles(outlet, published);
        CREATE INDEX articles_original ON articles(original);
        CREATE INDEX articles_text_sha256 ON articles(text_sha256);

        -- Contentless: it holds tokens alone. Written by db.search in the article's transaction.
        CREATE VIRTUAL TABLE articles_fts USING fts5(title, text, content='', tokenize='unicode61 remove_diacritics 2');

        CREATE TABLE revisions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            article INTEGER NOT NULL REFERENCES articles(id),
            seen_at TEXT NOT NULL,
            title TEXT NOT NULL,
            text TEXT NOT NULL,
            text_sha256 TEXT NOT NULL
        );
        CREATE INDEX revisions_article ON revisions(article);

        CREATE TABLE rejections (
            url TEXT PRIMARY KEY,
            outlet TEXT NOT NULL REFERENCES outlets(id),
            reason TEXT NOT NULL,
            relevance REAL,
            title TEXT,
            detail TEXT,
            seen_at TEXT NOT NULL,
            archive_file TEXT,
            archive_offset INTEGER
        );
        CREATE INDEX rejections_reason ON rejections(reason);
        CREATE INDEX rejections_outlet ON rejections(outlet);

        -- Every address that was settled, redirects and twins included, so that none is requested again.
        CREATE TABLE addresses (
            key TEXT PRIMARY KEY,
            article INTEGER REFERENCES articles(id),
            seen_at TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX addresses_article ON addresses(article);

        CREATE TABLE concepts (
            id TEXT PRIMARY KEY,
            kind TEXT,
            side TEXT,
            name_en TEXT,
            name_es TEXT,
            name_zh TEXT
        );
        CREATE TABLE mentions (
            article INTEGER NOT NULL REFERENCES articles(id),
            concept TEXT NOT NULL REFERENCES concepts(id),
            count INTEGER NOT NULL,
            in_title INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (article, concept)
        );
        CREATE INDEX mentions_concept ON mentions(concept);

        -- Anchors of kept articles: rows that share one are candidates for being copies (pipelines.fingerprints).
        CREATE TABLE fingerprints (
            band INTEGER NOT NULL,
            hash INTEGER NOT NULL,
            article INTEGER NOT NULL REFERENCES articles(id),
            PRIMARY KEY (band, hash, article)
        ) WITHOUT ROWID;
        CREATE INDEX fingerprints_article ON fingerprints(article);

        CREATE TABLE crawls (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            outlet TEXT NOT NULL REFERENCES outlets(id),
            started TEXT NOT NULL,
            finished TEXT,
            requests INTEGER NOT NULL DEFAULT 0,
            new INTEGER NOT NULL DEFAULT 0,
            revised INTEGER NOT NULL DEFAULT 0,
            copies INTEGER NOT NULL DEFAULT 0,
            rejected INTEGER NOT NULL DEFAULT 0,
            errors INTEGER NOT NULL DEFAULT 0,
            outcome TEXT
        );
        CREATE INDEX crawls_outlet ON crawls(outlet, started);
    """)


@desk()
def fetch_state(db: Database) -> None:
    """What the crawler must remember between crawls."""
    db.executescript("""
        CREATE TABLE sources (
            url TEXT PRIMARY KEY,
            outlet TEXT NOT NULL,
            etag TEXT,
            last_modified TEXT,
            fetched_at TEXT,
            status INTEGER,
            outcome TEXT,
            items INTEGER,
            newest TEXT,
            failures INTEGER NOT NULL DEFAULT 0,
            failing_since TEXT
        );
        -- Found in a source and not settled yet. A row leaves when the page is an article or a rejection in news.db.
        CREATE TABLE candidates (
            key TEXT PRIMARY KEY,
            url TEXT NOT NULL,
            outlet TEXT NOT NULL,
            source TEXT,
            title TEXT,
            published TEXT,
            language TEXT,
            summary TEXT,
            found_at TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            retry_at TEXT,
            last_error TEXT
        );
        CREATE INDEX candidates_outlet ON candidates(outlet, retry_at);
        -- When to look at an article again, and the validators for asking.
        CREATE TABLE visits (
            key TEXT PRIMARY KEY,
            url TEXT NOT NULL,
            outlet TEXT NOT NULL,
            etag TEXT,
            last_modified TEXT,
            visited INTEGER NOT NULL DEFAULT 0,
            first_seen TEXT NOT NULL,
            next_visit TEXT
        );
        CREATE INDEX visits_next ON visits(outlet, next_visit);
        CREATE TABLE hosts (
            host TEXT PRIMARY KEY,
            robots BLOB,
            robots_fetched TEXT,
            wait_until TEXT,
            wait_reason TEXT,
            failures INTEGER NOT NULL DEFAULT 0
        );
        CREATE TABLE schedule (
            task TEXT PRIMARY KEY,
            next_due TEXT NOT NULL,
            last_started TEXT,
            last_finished TEXT,
            last_outcome TEXT
        );
    """)


@desk()
def subscriptions_and_alerts(db: Database) -> None:
    """What was matched for whom, and what became of each message. Never in news.db."""
    db.executescript("""
        CREATE TABLE subscriptions (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            query TEXT NOT NULL,
            cursor INTEGER NOT NULL,
            created TEXT NOT NULL,
            next_digest TEXT
        );
        CREATE TABLE digests (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            subscription TEXT NOT NULL REFERENCES subscriptions(id),
            created TEXT NOT NULL
        );
        CREATE TABLE alerts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            subscription TEXT NOT NULL REFERENCES subscriptions(id),
            article INTEGER NOT NULL,
            created TEXT NOT NULL,
            digest INTEGER REFERENCES digests(id),
            UNIQUE (subscription, article)
        );
        CREATE INDEX alerts_digest ON alerts(digest);
        -- One row for each digest and target; `target` is the reference ("env:TEAM_MAIL"), never its secret.
        CREATE TABLE deliveries (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            digest INTEGER NOT NULL REFERENCES digests(id),
            target TEXT NOT NULL,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            next_try TEXT,
            sent_at TEXT,
            last_error TEXT,
            UNIQUE (digest, target)
        );
        CREATE INDEX deliveries_state ON deliveries(state, next_try);
    """)


@desk()
def child_sitemaps(db: Database) -> None:
    """Sitemaps that a sitemap index names: remembered, so that a crash between index and child loses nothing."""
    db.executescript("""
        ALTER TABLE sources ADD COLUMN kind TEXT;
        ALTER TABLE sources ADD COLUMN parent TEXT;
        ALTER TABLE sources ADD COLUMN detail TEXT;
        CREATE INDEX sources_outlet ON sources(outlet);
        CREATE INDEX sources_parent ON sources(parent);
    """)


@news()
def keys_kinds_of_copies_and_what_changed(db: Database) -> None:
    """The identity of an address beside it, how a copy resembles its original, and what a revision changed."""
    db.executescript("""
        -- crawler.urls.key: one row for a page, whichever of its addresses (http, https, www, mobile) was read.
        ALTER TABLE articles ADD COLUMN key TEXT;
        CREATE UNIQUE INDEX articles_key ON articles(key);
        ALTER TABLE rejections ADD COLUMN key TEXT;
        CREATE UNIQUE INDEX rejections_key ON rejections(key);
        -- exact, near, excerpt or extended: see db.resemblance.Kind.
        ALTER TABLE articles ADD COLUMN copy_kind TEXT;
        -- JSON: words in and out, figures, names and headline; see db.revisions.
        ALTER TABLE revisions ADD COLUMN changes TEXT NOT NULL DEFAULT '{}';
        -- What an analyst said of a page: it wins over every rule and outlives the page's row.
        CREATE TABLE marks (
            key TEXT PRIMARY KEY,
            url TEXT NOT NULL,
            verdict TEXT NOT NULL CHECK (verdict IN ('relevant', 'irrelevant')),
            marked_at TEXT NOT NULL,
            note TEXT
        );
    """)


@desk()
def alerts_outlive_a_restored_backup(db: Database) -> None:
    """Alerts know their article by its key too, and digests have an identity that no other message ever gets."""
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
    """The front page, an outlet's page and the audit of rejections read an index from its end, never the table."""
    db.executescript("""
        -- A page without a date stands where it was first seen: db.reading orders by the same expression.
        CREATE INDEX articles_moment ON articles(coalesce(published, first_seen), id) WHERE original IS NULL;
        CREATE INDEX articles_outlet_moment ON articles(outlet, coalesce(published, first_seen));
        CREATE INDEX rejections_relevance ON rejections(relevance) WHERE relevance IS NOT NULL;
    """)


@news()
def the_newest_first_from_an_index_alone(db: Database) -> None:
    """What filters and counts the list stands in the index that orders it: large rows are read for a page alone."""
    db.executescript("""
        DROP INDEX articles_moment;
        CREATE INDEX articles_newest ON articles(
            coalesce(published, first_seen), id, outlet, language, verdict, published, first_seen
        ) WHERE original IS NULL;
    """)


@news()
def one_script_in_the_index(db: Database) -> None:
    """Search folds traditional characters to simplified ones: what was indexed before is indexed again."""
    reindex(db)


@news()
def words_of_analysts_and_readings_of_the_past(db: Database) -> None:
    """What became of a mark, and which articles a backfill found: those are no news and alert nobody."""
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
    """What is learned of an outlet's furniture, see db.furniture; and which candidates a backfill found."""
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
        -- `line`: a hash of outlet and line; `standing`: how much the line looks like prose there, db.records.Standing.
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
    """Fields of queries (db.query.sql) stand in one narrow index: no article's text is read for them."""
    db.executescript("""
        CREATE INDEX articles_facets ON articles(id, outlet, language, verdict, paywalled, sponsored, original);
        CREATE INDEX mentions_concept_article ON mentions(concept, article);
    """)


@desk()
def ceilings_of_a_day(db: Database) -> None:
    """Alerts that are counted in a message and not told, see db.ceilings."""
    db.executescript("""
        -- The day (on the subscription's clock) whose ceiling the alert went over; NULL: it is told.
        ALTER TABLE alerts ADD COLUMN over TEXT;
    """)


@desk()
def what_was_read_whole(db: Database) -> None:
    """When a source was last read whole, and what is odd in the answer that stands, see db.sources."""
    db.executescript("""
        ALTER TABLE sources ADD COLUMN sound_at TEXT;
        ALTER TABLE sources ADD COLUMN warning TEXT;
        UPDATE sources SET warning = detail WHERE failures = 0;
        UPDATE sources SET sound_at = fetched_at WHERE failures = 0 AND detail IS NULL AND outcome != 'empty';
    """)


@desk()
def visits_by_their_time(db: Database) -> None:
    """Which outlets have visits due is asked at every tick."""
    db.executescript("CREATE INDEX visits_due ON visits(next_visit, outlet) WHERE next_visit IS NOT NULL")
