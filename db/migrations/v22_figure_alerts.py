"""Alerts that tell in which figures outlets differ."""

from __future__ import annotations

from sqlite_utils import Database

from db.migrations.sets import desk


@desk()
def alerts_with_figures(db: Database) -> None:
    """Used by subscriptions with figures = true alone."""
    db.executescript("""
        -- The story whose figures the message tells beside this alert; each story once for a subscription.
        ALTER TABLE alerts ADD COLUMN figures INTEGER;
        CREATE INDEX alerts_figures ON alerts(subscription, figures) WHERE figures IS NOT NULL;
    """)
