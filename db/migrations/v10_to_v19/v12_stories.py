"""Stories: the articles that tell one event. Every article that is kept is in exactly one."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def stories(db: Database) -> None:
    """Each article begins as a story of its own with its copies; `story_pending` has those that were not compared."""
    db.executescript("""
        CREATE TABLE stories (
            id INTEGER PRIMARY KEY,
            began TEXT NOT NULL,
            latest TEXT NOT NULL,
            first_article INTEGER NOT NULL,
            merged_into INTEGER         -- the story that stands; its articles are there
        );
        CREATE TABLE story_articles (
            article INTEGER PRIMARY KEY,
            story INTEGER NOT NULL,     -- one that stands
            similarity REAL,            -- of near: how surely it belongs here, 0..1; of copy: articles.similarity
            because TEXT NOT NULL       -- first, near, copy, analyst, merged
        );
        CREATE INDEX story_articles_story ON story_articles(story);
        CREATE INDEX stories_latest ON stories(latest, id) WHERE merged_into IS NULL;
        CREATE INDEX stories_merged ON stories(merged_into) WHERE merged_into IS NOT NULL;
        -- Private: what articles are compared by (db.model.story_wording), kept for some weeks.
        CREATE TABLE story_heads (
            article INTEGER PRIMARY KEY,
            moment TEXT NOT NULL,
            encoder TEXT NOT NULL,
            language TEXT NOT NULL,
            made_at TEXT NOT NULL,
            heads BLOB NOT NULL
        );
        CREATE INDEX story_heads_moment ON story_heads(moment);
        CREATE TABLE story_bodies (
            article INTEGER PRIMARY KEY,
            body BLOB NOT NULL,
            details TEXT NOT NULL
        );
        CREATE TABLE story_pending (article INTEGER PRIMARY KEY);
        -- Private: what analysts decided. It holds at every rebuild, so it names pages, not rows.
        CREATE TABLE story_corrections (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,         -- join, split
            key TEXT NOT NULL,
            other_key TEXT,             -- of join
            made_at TEXT NOT NULL
        );
        CREATE INDEX story_corrections_key ON story_corrections(key);
        CREATE INDEX story_corrections_other_key ON story_corrections(other_key);

        CREATE TEMP TABLE moments AS
        SELECT id, coalesce(original, id) AS story, similarity, CASE
            WHEN published IS NULL THEN first_seen
            WHEN published_precision = 'day' THEN min(first_seen, substr(published, 1, 10) || 'T23:59:59Z')
            ELSE min(first_seen, published) END AS moment
        FROM articles;
        INSERT INTO story_articles (article, story, similarity, because)
        SELECT id, story, CASE WHEN id <> story THEN similarity END, CASE WHEN id = story THEN 'first' ELSE 'copy' END
        FROM moments ORDER BY id;
        INSERT INTO stories (id, began, latest, first_article)
        SELECT story, min(moment), max(moment), story FROM moments GROUP BY story;
        INSERT INTO story_pending (article) SELECT id FROM moments WHERE id = story ORDER BY id;
        DROP TABLE moments;
    """)
