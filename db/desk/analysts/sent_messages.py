"""The messages of one subscription that were made lately (desk.db), as its person sees them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from db.model.times import read_stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message: when it was made, how many articles it tells, how many of its targets have it, and what failed.

    state: "sent" if each target has it, "waiting" if one is still tried, else "failed" or "withdrawn".
    """

    made_at: dt.datetime
    articles: int
    state: str
    error: str | None


def list_sent_messages(db: Database, subscription: str, *, limit: int) -> list[SentMessage]:
    """Return the newest messages of a subscription, the newest first."""
    rows = db.query(
        """
        WITH made AS MATERIALIZED (
            SELECT id, created FROM digests WHERE subscription = :id ORDER BY id DESC LIMIT :limit
        )
        SELECT made.created,
            (SELECT count(*) FROM alerts WHERE digest = made.id AND over IS NULL) AS articles,
            count(*) FILTER (WHERE state IN ('waiting', 'sending')) AS waiting,
            count(*) FILTER (WHERE state = 'failed') AS failed,
            count(*) FILTER (WHERE state = 'sent') AS sent,
            max(last_error) FILTER (WHERE state <> 'sent') AS error
        FROM made LEFT JOIN deliveries ON deliveries.digest = made.id
        GROUP BY made.id ORDER BY made.id DESC
        """,
        {"id": subscription, "limit": limit},
    )
    return [
        SentMessage(
            made_at=read_stamp(row["created"]),
            articles=row["articles"],
            state="waiting"
            if row["waiting"]
            else "failed"
            if row["failed"]
            else "sent"
            if row["sent"]
            else "withdrawn",
            error=row["error"],
        )
        for row in rows
    ]


def find_last_sent(db: Database, subscriptions: Iterable[str]) -> dict[str, dt.datetime]:
    """Return when each of these subscriptions sent its last message, for those that sent one."""
    rows = db.execute(
        """
        SELECT subscription, max(sent_at) FROM digests JOIN deliveries ON deliveries.digest = digests.id
        WHERE subscription IN (SELECT value FROM json_each(:ids)) AND sent_at IS NOT NULL GROUP BY subscription
        """,
        {"ids": json.dumps(list(subscriptions))},
    )
    return {subscription: read_stamp(sent_at) for subscription, sent_at in rows.fetchall()}
