"""Create the first tables: articles, outlets, mentions, the state of fetching, subscriptions, alerts."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk, news


@news()
def articles_and_their_outlets(db: Database) -> None:
    """Create outlets, articles, revisions, rejections, concepts, mentions, crawls and the full-text index."""
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

        -- Contentless: it holds tokens alone. Written by db.search.index in the article's transaction.
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

        -- Anchors of kept articles: rows that share one are candidates for being copies (db.copies.fingerprint).
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
    """Create the tables of what the crawler must remember between crawls."""
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
    """Create subscriptions, their alerts, and the outcome of each message. They are private: never in news.db."""
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
    """Store the sitemaps that a sitemap index names, so that a crash before they are read loses nothing."""
    db.executescript("""
        ALTER TABLE sources ADD COLUMN kind TEXT;
        ALTER TABLE sources ADD COLUMN parent TEXT;
        ALTER TABLE sources ADD COLUMN detail TEXT;
        CREATE INDEX sources_outlet ON sources(outlet);
        CREATE INDEX sources_parent ON sources(parent);
    """)


@news()
def keys_kinds_of_copies_and_what_changed(db: Database) -> None:
    """Add the key of each address, the kind of each copy, and the changes of each revision."""
    db.executescript("""
        -- crawler.urls.key: one row for a page, whichever of its addresses (http, https, www, mobile) was read.
        ALTER TABLE articles ADD COLUMN key TEXT;
        CREATE UNIQUE INDEX articles_key ON articles(key);
        ALTER TABLE rejections ADD COLUMN key TEXT;
        CREATE UNIQUE INDEX rejections_key ON rejections(key);
        -- exact, near, excerpt or extended: see db.copies.similarity.CopyKind.
        ALTER TABLE articles ADD COLUMN copy_kind TEXT;
        -- JSON: words in and out, figures, names and headline; see db.news.revisions.
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
