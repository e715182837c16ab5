"""Alerts and digests (desk.db): which articles and revisions each subscription was alerted to."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from db.model.times import read_stamp, stamp

# Further alerts go into further digests, so that a message stays readable and below the 102 kB that Gmail shows.
MAX_DIGEST_ALERTS = 50


class Alert(NamedTuple):
    """An alert in a digest: to an article, or to a revision of it if `updated` says what changed.

    `article` is the id, negative if a restored news.db no longer has that article.
    """

    article: int
    key: str
    created: str
    updated: str | None = None
    story: int | None = None
    also: bool = False  # a later article of a story that was told before: one line of the message
    figures: int | None = None  # a story whose differing figures are told beside it


class NewAlert(NamedTuple):
    """An article that a subscription is alerted to; `story`, `also` and `figures` as in Alert."""

    article: int
    key: str
    story: int | None = None
    also: bool = False
    figures: int | None = None


class RevisionAlert(NamedTuple):
    """A revision that a subscription is alerted to; `change` and `reading` as in db.news.alert_articles.Revision."""

    article: int
    key: str
    change: str
    reading: str
    updated: str  # the change as the message shows it: "3.5 → 4.2 billion"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertedArticle:
    """An article that a subscription was alerted to, and when the digest with it was created."""

    key: str
    at: dt.datetime
    updated: str | None = None  # what the revision changed, if the last alert was to one


def save_alerts(db: Database, subscription: str, alerts: Iterable[NewAlert], *, now: dt.datetime) -> int:
    """Add alerts of a subscription, each article at most once; return how many are new."""
    before, created = db.conn.total_changes, stamp(now)
    db.conn.executemany(
        """
        INSERT INTO alerts (subscription, article, key, created, story, also, figures)
        VALUES (:subscription, :article, :key, :now, :story, :also, :figures) ON CONFLICT DO NOTHING
        """,
        [{"subscription": subscription, "now": created, **alert._asdict()} for alert in alerts],
    )
    return db.conn.total_changes - before


def save_revision_alerts(db: Database, subscription: str, updates: Iterable[RevisionAlert], *, now: dt.datetime) -> int:
    """Add revisions as alerts of a subscription, each change of an article at most once; return how many are new."""
    before, created = db.conn.total_changes, stamp(now)
    db.conn.executemany(
        """
        INSERT INTO alerts (subscription, article, key, created, revision, reading, updated)
        VALUES (:subscription, :article, :key, :now, :change, :reading, :updated) ON CONFLICT DO NOTHING
        """,
        [{"subscription": subscription, "now": created, **update._asdict()} for update in updates],
    )
    return db.conn.total_changes - before


def has_alert(db: Database, subscription: str, keys: Iterable[str]) -> bool:
    """Whether the subscription was alerted to one of the articles with these keys, also over its daily limit."""
    row = db.execute(
        """
        SELECT 1 FROM alerts
        WHERE subscription = :subscription AND key IN (SELECT value FROM json_each(:keys)) LIMIT 1
        """,
        {"subscription": subscription, "keys": json.dumps(list(keys))},
    ).fetchone()
    return row is not None


def has_told_story(db: Database, subscription: str, keys: Iterable[str], stories: Iterable[int]) -> bool:
    """Whether the subscription was told one of the articles with these keys, or one of these stories.

    An alert over the daily limit does not count, for its message only counts it; and neither does an article that was
    told as a line of another story and moved since.
    """
    row = db.execute(
        """
        SELECT 1 WHERE EXISTS (
            SELECT 1 FROM alerts
            WHERE subscription = :subscription AND over IS NULL AND NOT also
              AND key IN (SELECT value FROM json_each(:keys))
        ) OR EXISTS (
            SELECT 1 FROM alerts
            WHERE subscription = :subscription AND over IS NULL AND story IN (SELECT value FROM json_each(:stories))
        )
        """,
        {"subscription": subscription, "keys": json.dumps(list(keys)), "stories": json.dumps(list(stories))},
    ).fetchone()
    return row is not None


def has_told_figures(db: Database, subscription: str, stories: Iterable[int]) -> bool:
    """Whether the subscription was told in which figures the outlets of one of these stories differ.

    An alert over the daily limit does not count, as in has_told_story.
    """
    row = db.execute(
        """
        SELECT 1 FROM alerts
        WHERE subscription = :subscription AND over IS NULL
          AND figures IN (SELECT value FROM json_each(:stories)) LIMIT 1
        """,
        {"subscription": subscription, "stories": json.dumps(list(stories))},
    ).fetchone()
    return row is not None


def read_last_readings(db: Database, subscription: str, keys: Iterable[str]) -> dict[str, str | None]:
    """Return the `reading` of the last alert to each of these articles, for those the subscription was alerted to.

    It is None if that alert was to the article itself: how it read then is not stored.
    """
    rows = db.execute(
        """
        SELECT key, reading FROM alerts
        WHERE subscription = :subscription AND key IN (SELECT value FROM json_each(:keys)) ORDER BY id
        """,
        {"subscription": subscription, "keys": json.dumps(list(keys))},
    )
    return dict(rows.fetchall())


def release_ids(db: Database, *, above: int) -> int:
    """Free the article ids above `above`, which a restored news.db gives again; return how many alerts had one.

    The alerts stay and still match their articles by key. A story bears the id of its first article, so that the
    numbers of later stories are given again too.
    """
    db.execute("UPDATE alerts SET story = NULL WHERE story > :above", {"above": above})
    db.execute("UPDATE alerts SET figures = NULL WHERE figures > :above", {"above": above})
    return db.execute("UPDATE alerts SET article = -id WHERE article > :above", {"above": above}).rowcount


def make_digest(
    db: Database, subscription: str, *, targets: Sequence[str], token: str, now: dt.datetime, limit: int, also: int = 0
) -> int:
    """Create a digest of the `limit` oldest undigested alerts, with one delivery for each target; return its id.

    `also`: how many later articles of told stories it takes, the oldest first.
    """
    digest = db.execute(
        "INSERT INTO digests (subscription, created, token) VALUES (:subscription, :now, :token)",
        {"subscription": subscription, "now": stamp(now), "token": token},
    ).lastrowid
    if digest is None:
        raise AssertionError("an INSERT has a row id")
    db.execute(
        """
        UPDATE alerts SET digest = :digest WHERE id IN (
            SELECT id FROM alerts
            WHERE subscription = :subscription AND digest IS NULL AND over IS NULL AND also = 0
            ORDER BY id LIMIT :limit
        ) OR id IN (
            SELECT id FROM alerts WHERE subscription = :subscription AND digest IS NULL AND also = 1
            ORDER BY id LIMIT :also
        )
        """,
        {"digest": digest, "subscription": subscription, "limit": limit, "also": also},
    )
    db.conn.executemany(
        "INSERT INTO deliveries (digest, target, state, next_try) VALUES (:digest, :target, 'waiting', :now)",
        [{"digest": digest, "target": target, "now": stamp(now)} for target in dict.fromkeys(targets)],
    )
    return digest


def read_digest_alerts(db: Database, digest: int) -> list[Alert]:
    """Read the alerts of a digest, in the order in which they were added."""
    rows = db.query(
        """
        SELECT article, key, created, updated, story, also, figures FROM alerts
        WHERE digest = :digest AND over IS NULL ORDER BY id
        """,
        {"digest": digest},
    )
    return [Alert(**row | {"also": bool(row["also"])}) for row in rows]


def read_last_alerted(db: Database, subscription: str, *, limit: int) -> list[AlertedArticle]:
    """Read the articles that a subscription was last alerted to, each once, the newest first.

    Later articles of told stories are left out.
    """
    rows = db.execute(
        """
        -- Beside max() the other columns are those of its row (sqlite.org/lang_select.html, bare columns).
        SELECT alerts.key, digests.created, updated, max(alerts.id) AS newest
        FROM alerts JOIN digests ON digests.id = alerts.digest
        WHERE alerts.subscription = :id AND over IS NULL AND alerts.key IS NOT NULL AND also = 0
        GROUP BY alerts.key ORDER BY newest DESC LIMIT :limit
        """,
        {"id": subscription, "limit": limit},
    )
    return [AlertedArticle(key=key, at=read_stamp(at), updated=updated) for key, at, updated, _ in rows.fetchall()]


def list_alerted_ids(db: Database, subscription: str, *, first: int, limit: int) -> frozenset[int]:
    """Return the ids, from `first` on, of articles that a subscription was alerted to, without those over its limit."""
    rows = db.execute(
        """
        SELECT DISTINCT article FROM alerts
        WHERE subscription = :id AND article >= :first AND over IS NULL ORDER BY article DESC LIMIT :limit
        """,
        {"id": subscription, "first": first, "limit": limit},
    )
    return frozenset(article for (article,) in rows.fetchall())
