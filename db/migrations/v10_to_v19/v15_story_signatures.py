"""Signatures of articles, by which the candidates of a story are found."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import news


@news()
def story_signatures(db: Database) -> None:
    """Wordings from before have none: their articles are compared again, which changes nothing for those in company."""
    db.executescript("""
        INSERT INTO story_pending (article) SELECT article FROM story_heads WHERE true ON CONFLICT DO NOTHING;
        DELETE FROM story_heads;
        DELETE FROM story_bodies;
        ALTER TABLE story_heads ADD COLUMN signature BLOB NOT NULL DEFAULT x'';  -- StoryWording.signature
        DROP INDEX story_heads_moment;
        -- With all that is read of the articles around a time, so that their rows are not.
        CREATE INDEX story_heads_signature ON story_heads(encoder, moment, language, signature);
    """)
