"""Keys of addresses that nobody can guess, who left a subscription, and what a feed tells (desk.db)."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from db.model.times import read_stamp, stamp

KEY_BYTES = 32

# feeds: their addresses, and may be renewed. leave: unsubscribe links, which must go on working in old mail, and the
# hashes of who left. entries: the identity of a feed's entries, so that renewed addresses show no story twice.
Purpose = Literal["feeds", "leave", "entries"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldArticle:
    """An article that a subscription was alerted to, and when the digest with it was made."""

    key: str
    at: dt.datetime
    updated: str | None = None  # what a revision changed, when that was told last


def get_key(db: Database, purpose: Purpose) -> bytes:
    """The desk's random key for that purpose, made when it is first asked for."""
    if found := find_key(db, purpose):
        return found
    with db.atomic():
        db.execute(
            "INSERT OR IGNORE INTO keys (purpose, secret, created) VALUES (:purpose, :secret, :now)",
            {"purpose": purpose, "secret": secrets.token_bytes(KEY_BYTES), "now": stamp(dt.datetime.now(dt.UTC))},
        )
    made = find_key(db, purpose)
    if made is None:
        raise AssertionError("the key was just written, by us or by another process")
    return made


def find_key(db: Database, purpose: Purpose) -> bytes | None:
    """The desk's key for that purpose; None if none was needed yet."""
    row = db.execute("SELECT secret FROM keys WHERE purpose = :purpose", {"purpose": purpose}).fetchone()
    return None if row is None else bytes(row[0])


def renew_key(db: Database, purpose: Purpose) -> None:
    """Forget the key: the next one that is asked for is another."""
    with db.atomic():
        db.execute("DELETE FROM keys WHERE purpose = :purpose", {"purpose": purpose})










def read_last_told(db: Database, subscription: str, *, limit: int) -> list[ToldArticle]:
    """The articles that a subscription's digests told last, each once, the newest first."""
    rows = db.execute(
        """
        -- Beside max() the other columns are those of its row (sqlite.org/lang_select.html, bare columns).
        SELECT alerts.key, digests.created, updated, max(alerts.id) AS newest
        FROM alerts JOIN digests ON digests.id = alerts.digest
        WHERE alerts.subscription = :id AND over IS NULL AND alerts.key IS NOT NULL
        GROUP BY alerts.key ORDER BY newest DESC LIMIT :limit
        """,
        {"id": subscription, "limit": limit},
    )
    return [ToldArticle(key=key, at=read_stamp(at), updated=updated) for key, at, updated, _ in rows.fetchall()]


def find_subscription_start(db: Database, subscription: str) -> dt.datetime | None:
    """When the desk first knew a subscription; None if it does not."""
    row = db.execute("SELECT created FROM subscriptions WHERE id = :id", {"id": subscription}).fetchone()
    return None if row is None else read_stamp(row[0])
