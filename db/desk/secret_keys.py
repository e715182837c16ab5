"""Random keys of the desk (desk.db): feed addresses, unsubscribe links, identities of feed entries."""

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
