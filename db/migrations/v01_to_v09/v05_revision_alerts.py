"""Alerts on revisions of articles."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def revisions_are_alerted_too(db: Database) -> None:
    """Let an alert refer to an article or to one of its revisions, each at most once.

    The table is made anew, because SQLite cannot change its keys.
    """
    db.executescript("""
        CREATE TABLE alerts_of_both (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            subscription TEXT NOT NULL REFERENCES subscriptions(id),
            -- Negative when a restored news.db took that id away.
            article INTEGER NOT NULL,
            created TEXT NOT NULL,
            digest INTEGER REFERENCES digests(id),
            -- The article's identity in any news.db, see crawler.urls.key.
            key TEXT,
            -- The day (on the subscription's clock) whose ceiling the alert went over; NULL: it is told.
            over TEXT,
            -- '' for the article itself, else what identifies the change in any news.db: a hash of it.
            revision TEXT NOT NULL DEFAULT '',
            -- Of a revision: a hash of what the article read afterwards, and what is told: "3.5 → 4.2 billion".
            reading TEXT,
            updated TEXT,
            UNIQUE (subscription, article, revision)
        );
        INSERT INTO alerts_of_both (id, subscription, article, created, digest, key, over)
            SELECT id, subscription, article, created, digest, key, over FROM alerts;
        -- The ids of alerts that are gone are not given again either.
        UPDATE sqlite_sequence SET seq = (SELECT max(seq) FROM sqlite_sequence WHERE name LIKE 'alerts%')
            WHERE name = 'alerts_of_both';
        DROP TABLE alerts;
        ALTER TABLE alerts_of_both RENAME TO alerts;
        CREATE UNIQUE INDEX alerts_key ON alerts(subscription, key, revision);
        CREATE INDEX alerts_digest ON alerts(digest);
        CREATE INDEX alerts_waiting ON alerts(subscription) WHERE digest IS NULL;
        -- The last revision that was matched; NULL: revisions are not asked for.
        ALTER TABLE subscriptions ADD COLUMN revised INTEGER;
        -- As `watermarks`, of revisions: what betrays a restored backup that lacks revisions alone.
        CREATE TABLE revision_marks (
            revision INTEGER PRIMARY KEY,
            mark TEXT NOT NULL,
            seen_at TEXT NOT NULL
        );
    """)
