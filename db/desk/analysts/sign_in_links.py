"""Links by which people sign in (desk.db): made, used once, forgotten. Only a hash of a link's token is stored."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Final

from sqlite_utils import Database

from db.model.times import stamp

LINK_AGE: Final = dt.timedelta(minutes=15)  # how long a link is valid
LIMIT_WINDOW: Final = dt.timedelta(hours=1)
MAX_LINKS_IN_WINDOW: Final = 5  # of one person


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLink:
    """Whom a link signs in, and the mark of the address to which it was sent."""

    person: str
    mail_mark: str


def save_link(db: Database, token: str, link: SignInLink, *, now: dt.datetime) -> bool:
    """Store a link, and forget those that no longer count. Returns False if the person has had too many."""
    with db.atomic():
        window = {"person": link.person, "after": stamp(now - LIMIT_WINDOW)}
        db.execute("DELETE FROM sign_in_links WHERE made_at <= :after", {"after": window["after"]})
        (made,) = db.execute(
            "SELECT count(*) FROM sign_in_links WHERE person = :person AND made_at > :after", window
        ).fetchone()
        if made >= MAX_LINKS_IN_WINDOW:
            return False
        db.execute(
            """
            INSERT INTO sign_in_links (hash, person, mail_mark, made_at) VALUES (:hash, :person, :mail_mark, :made_at)
            """,
            {"hash": _hash(token), "person": link.person, "mail_mark": link.mail_mark, "made_at": stamp(now)},
        )
    return True


def find_link(db: Database, token: str, *, now: dt.datetime) -> SignInLink | None:
    """Return a link that may be used now."""
    row = db.execute(
        "SELECT person, mail_mark FROM sign_in_links WHERE hash = :hash AND used_at IS NULL AND made_at > :after",
        {"hash": _hash(token), "after": stamp(now - LINK_AGE)},
    ).fetchone()
    return None if row is None else SignInLink(person=row[0], mail_mark=row[1])


def use_link(db: Database, token: str, *, now: dt.datetime) -> SignInLink | None:
    """Return a link and use it up, with all others of the same person; None if it may not be used."""
    with db.atomic():
        link = find_link(db, token, now=now)
        if link is not None:
            db.execute(
                "UPDATE sign_in_links SET used_at = :now WHERE person = :person AND used_at IS NULL",
                {"now": stamp(now), "person": link.person},
            )
    return link


def _hash(token: str) -> str:
    return hashlib.blake2b(token.encode("utf-8", "replace"), digest_size=32, person=b"vigia-link").hexdigest()
