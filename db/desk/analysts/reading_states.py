"""What a reader read and starred in their apps (desk.db).

Up to `read_upto` all articles are read, after it none is, and `read_articles` has the exceptions. As reading goes on
`read_upto` follows, and exceptions that it makes superfluous are deleted.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlite_utils import Database

from db.model.times import stamp

MAX_STARS: Final = 1_000  # of one person


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingStates:
    """Article ids that are read beyond `read_upto`, unread up to it, and the keys of starred ones."""

    read_upto: int = 0
    read: frozenset[int] = frozenset()
    unread: frozenset[int] = frozenset()
    starred_keys: tuple[str, ...] = field(default=(), repr=False)

    def is_read(self, article: int) -> bool:
        """Tell whether an article is read."""
        return article not in self.unread if article <= self.read_upto else article in self.read


def load_reading_states(db: Database, person: str) -> ReadingStates:
    """Read what a person read and starred."""
    row = db.execute("SELECT read_upto FROM reading_progress WHERE person = :person", {"person": person}).fetchone()
    exceptions = db.execute(
        "SELECT article, is_read FROM read_articles WHERE person = :person", {"person": person}
    ).fetchall()
    starred = db.execute("SELECT key FROM starred_articles WHERE person = :person", {"person": person}).fetchall()
    upto = int(row[0]) if row else 0
    return ReadingStates(
        read_upto=upto,
        read=frozenset(article for article, is_read in exceptions if is_read and article > upto),
        unread=frozenset(article for article, is_read in exceptions if not is_read and article <= upto),
        starred_keys=tuple(key for (key,) in starred),
    )


def save_read(db: Database, person: str, articles: Iterable[int], *, is_read: bool, listed: Collection[int]) -> None:
    """Mark articles as read or unread.

    `listed`: the ids of all articles that apps are shown, the last article's among them. What is not listed is read.
    """
    with db.atomic():
        db.conn.executemany(
            """
            INSERT INTO read_articles (person, article, is_read) VALUES (:person, :article, :is_read)
            ON CONFLICT (person, article) DO UPDATE SET is_read = excluded.is_read
            """,
            [{"person": person, "article": article, "is_read": int(is_read)} for article in articles],
        )
        states = load_reading_states(db, person)
        ahead = [article for article in listed if article > states.read_upto]
        unread = [article for article in ahead if article not in states.read]
        upto = min(unread) - 1 if unread else max(ahead, default=states.read_upto)
        db.execute(
            """
            INSERT INTO reading_progress (person, read_upto) VALUES (:person, :upto)
            ON CONFLICT (person) DO UPDATE SET read_upto = excluded.read_upto
            """,
            {"person": person, "upto": upto},
        )
        db.execute(
            """
            DELETE FROM read_articles WHERE person = :person AND (
                (is_read AND article <= :upto) OR (NOT is_read AND article > :upto)
                OR article < :first
            )
            """,
            {"person": person, "upto": upto, "first": min(listed, default=0)},
        )


def save_stars(db: Database, person: str, keys: Iterable[str], *, is_starred: bool, now: dt.datetime) -> bool:
    """Star articles by their keys, or take stars away. False if there would be over MAX_STARS; then nothing changes."""
    wanted = json.dumps(list(dict.fromkeys(keys)))
    values = {"person": person, "keys": wanted}
    with db.atomic():
        if not is_starred:
            db.execute(
                """
                DELETE FROM starred_articles
                WHERE person = :person AND key IN (SELECT value FROM json_each(:keys))
                """,
                values,
            )
            return True
        (count,) = db.execute(
            """
            SELECT count(*) FROM (
                SELECT key FROM starred_articles WHERE person = :person UNION SELECT value FROM json_each(:keys)
            )
            """,
            values,
        ).fetchone()
        if count > MAX_STARS:
            return False
        db.execute(
            """
            INSERT INTO starred_articles (person, key, starred_at)
            SELECT :person, value, :now FROM json_each(:keys) WHERE true ON CONFLICT DO NOTHING
            """,
            values | {"now": stamp(now)},
        )
    return True


def release_read_articles(db: Database, *, above: int) -> None:
    """Forget what was read of articles above `above`, whose ids a restored news.db gives again."""
    db.execute("DELETE FROM read_articles WHERE article > :above", {"above": above})
    db.execute("UPDATE reading_progress SET read_upto = :above WHERE read_upto > :above", {"above": above})
