"""What version 0.2 adds to the schema, continued. New migrations go here."""

from db.migrations.v30_to_v39 import (
    v30_reader_subscriptions,
    v31_device_keys,
    v32_archived_captures,
    v33_article_formats,
    v34_story_moves,
)

__all__ = [
    "v30_reader_subscriptions",
    "v31_device_keys",
    "v32_archived_captures",
    "v33_article_formats",
    "v34_story_moves",
]
