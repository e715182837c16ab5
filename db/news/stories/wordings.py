"""What articles are compared by: stored for some weeks, read around a moment. Each function runs in a transaction."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlite_utils import Database

from db.model.story_wording import StoryWording
from db.model.times import read_stamp, stamp

WORDING_RETENTION = dt.timedelta(days=30)
_MAX_HEADS = 4_000  # of a window that are read for one article, the nearest in time first
_MAX_MEMBERS = 12  # of a story that an article is compared with, the nearest in time first


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWording:
    """An article's wording with the time of its publication."""

    article: int
    at: dt.datetime
    wording: StoryWording = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The beginning of an article's wording."""

    article: int
    story: int
    language: str
    heads: bytes = field(repr=False)


def save_wording(db: Database, article_id: int, wording: StoryWording, *, moment: str, now: dt.datetime) -> None:
    """Store an article's wording in place of an earlier one."""
    db.execute(
        """
        INSERT OR REPLACE INTO story_heads (article, moment, encoder, language, made_at, heads)
        VALUES (:article, :moment, :encoder, :language, :made_at, :heads)
        """,
        {
            "article": article_id,
            "moment": moment,
            "encoder": wording.encoder,
            "language": wording.language,
            "made_at": stamp(now),
            "heads": wording.heads,
        },
    )
    db.execute(
        "INSERT OR REPLACE INTO story_bodies (article, body, details) VALUES (:article, :body, :details)",
        {"article": article_id, "body": wording.body, "details": wording.details},
    )


def remove_wording(db: Database, article_id: int) -> None:
    """Delete an article's wording: it became a copy, which is compared by its original."""
    db.execute("DELETE FROM story_heads WHERE article = :id", {"id": article_id})
    db.execute("DELETE FROM story_bodies WHERE article = :id", {"id": article_id})


def prune_wordings(db: Database, *, before: dt.datetime) -> int:
    """Delete wordings made before a time, and return how many there were."""
    gone = {"before": stamp(before)}
    with db.atomic():
        db.execute(
            "DELETE FROM story_bodies WHERE article IN (SELECT article FROM story_heads WHERE made_at < :before)", gone
        )
        return db.execute("DELETE FROM story_heads WHERE made_at < :before", gone).rowcount


def read_heads(
    db: Database, *, at: dt.datetime, window: dt.timedelta, encoder: str, excluding: int | None
) -> list[Head]:
    """Return the heads of articles around a time, without those of one story."""
    found: list[Head] = []
    for rows in (
        db.execute(
            """
            SELECT h.article, s.story, h.language, h.heads
            FROM story_heads AS h CROSS JOIN story_articles AS s ON s.article = h.article
            WHERE h.moment <= :at AND h.moment >= :begin AND h.encoder = :encoder
            ORDER BY h.moment DESC LIMIT :most
            """,
            {"at": stamp(at), "begin": stamp(at - window), "encoder": encoder, "most": _MAX_HEADS},
        ),
        db.execute(
            """
            SELECT h.article, s.story, h.language, h.heads
            FROM story_heads AS h CROSS JOIN story_articles AS s ON s.article = h.article
            WHERE h.moment > :at AND h.moment <= :end AND h.encoder = :encoder
            ORDER BY h.moment LIMIT :most
            """,
            {"at": stamp(at), "end": stamp(at + window), "encoder": encoder, "most": _MAX_HEADS},
        ),
    ):
        found += [
            Head(article=article, story=story, language=language, heads=heads)
            for article, story, language, heads in rows
            if story != excluding
        ]
    return found


def read_story_members(
    db: Database, stories: Iterable[int], *, at: dt.datetime, window: dt.timedelta, encoder: str
) -> dict[int, list[StoredWording]]:
    """Return the wordings of each story's articles around a time, the nearest _MAX_MEMBERS of each."""
    rows = db.execute(
        """
        SELECT s.story, s.article, h.moment, h.language, h.heads, b.body, b.details
        FROM json_each(:stories) AS wanted
        CROSS JOIN story_articles AS s ON s.story = wanted.value
        CROSS JOIN story_heads AS h ON h.article = s.article
        CROSS JOIN story_bodies AS b ON b.article = s.article
        WHERE h.moment BETWEEN :begin AND :end AND h.encoder = :encoder
        ORDER BY abs(julianday(h.moment) - julianday(:at)), s.article
        """,
        {
            "stories": json.dumps(sorted(set(stories))),
            "at": stamp(at),
            "begin": stamp(at - window),
            "end": stamp(at + window),
            "encoder": encoder,
        },
    )
    members: dict[int, list[StoredWording]] = defaultdict(list)
    for story, article, moment, language, heads, body, details in rows:
        if len(members[story]) < _MAX_MEMBERS:
            wording = StoryWording(encoder=encoder, language=language, heads=heads, body=body, details=details)
            members[story].append(StoredWording(article=article, at=read_stamp(moment), wording=wording))
    return members
