"""Alerts to revisions of articles (desk.db): which changes a subscription was told, and what an article read then."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlite_utils import Database

from db.model.times import stamp


class RevisionAlert(NamedTuple):
    """A revision of an article that a subscription is to be alerted to; see db.news.alert_revisions for `change` and `reading`."""

    article: int
    key: str
    change: str
    reading: str
    updated: str  # what is told of it: "3.5 → 4.2 billion"


def save_revision_alerts(db: Database, subscription: str, updates: Iterable[RevisionAlert], *, now: dt.datetime) -> int:
    """Record revisions as alerts of a subscription, each change of an article once for ever; gives how many are new."""
    before, created = db.conn.total_changes, stamp(now)
    db.conn.executemany(
        """
        INSERT INTO alerts (subscription, article, key, created, revision, reading, updated)
        VALUES (:subscription, :article, :key, :now, :change, :reading, :updated) ON CONFLICT DO NOTHING
        """,
        [{"subscription": subscription, "now": created, **update._asdict()} for update in updates],
    )
    return db.conn.total_changes - before


def read_last_readings(db: Database, subscription: str, keys: Iterable[str]) -> dict[str, str | None]:
    """Of these articles those that the subscription was alerted to, with the reading that was told last.

    None where the article alone was told: what it read then is not kept.
    """
    rows = db.execute(
        """
        SELECT key, reading FROM alerts
        WHERE subscription = :subscription AND key IN (SELECT value FROM json_each(:keys)) ORDER BY id
        """,
        {"subscription": subscription, "keys": json.dumps(list(keys))},
    )
    return dict(rows.fetchall())
