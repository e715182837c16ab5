"""Random keys of the desk (desk.db): feed addresses, unsubscribe links, identities of feed entries."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Literal

from sqlite_utils import Database

from db.model.times import stamp

KEY_BYTES = 32

# feeds: signs feed addresses, and may be renewed. leave: signs unsubscribe links, which must go on working in old mail,
# and hashes the addresses of recipients who unsubscribed. entries: makes the ids of feed entries, so that a renewed
# address shows no story twice.
Purpose = Literal["feeds", "leave", "entries"]


def get_key(db: Database, purpose: Purpose) -> bytes:
    """Return the desk's random key for a purpose, and create it if there is none."""
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
    """Return the desk's key for a purpose, or None if none was created yet."""
    row = db.execute("SELECT secret FROM keys WHERE purpose = :purpose", {"purpose": purpose}).fetchone()
    return None if row is None else bytes(row[0])


def renew_key(db: Database, purpose: Purpose) -> None:
    """Delete the key, so that `get_key` creates another."""
    with db.atomic():
        db.execute("DELETE FROM keys WHERE purpose = :purpose", {"purpose": purpose})
