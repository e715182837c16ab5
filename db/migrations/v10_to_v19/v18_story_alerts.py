"""Alerts by story: which one an alert told or told the figures of, and which are one line of a later message."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def alerts_by_story(db: Database) -> None:
    """Both columns are used by subscriptions with once_per = "story" alone."""
    db.executescript("""
        -- The story's number in news.db when it was told; a merged one leads to the one that stands.
        ALTER TABLE alerts ADD COLUMN story INTEGER;
        -- 1: a later article of a story that was told before.
        ALTER TABLE alerts ADD COLUMN also INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX alerts_story ON alerts(subscription, story) WHERE story IS NOT NULL;
    """)


@desk()
def alerts_with_figures(db: Database) -> None:
    """Used by subscriptions with figures = true alone."""
    db.executescript("""
        -- The story whose figures the message tells beside this alert; each story once for a subscription.
        ALTER TABLE alerts ADD COLUMN figures INTEGER;
        CREATE INDEX alerts_figures ON alerts(subscription, figures) WHERE figures IS NOT NULL;
    """)
