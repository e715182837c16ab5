"""What articles are compared by: stored for some weeks, read around a moment. Each function runs in a transaction."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlite_utils import Database

from db.model.story_wording import StoryWording
from db.model.times import read_stamp, stamp

WORDING_RETENTION = dt.timedelta(days=30)
_MAX_SIGNATURES = 8_000  # before and after a time, the nearest in time first
_MAX_MEMBERS = 12  # of a story that an article is compared with, the nearest in time first
_MAX_NEIGHBOURS = 24  # of a story, stored before and after one of its articles: among them are the members


# What is compared of all articles around a time, thousands: article, language, StoryWording.signature.
Signature = tuple[int, str, bytes]


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


class StoryMatcher(Protocol):
    """Decides how surely two articles tell one event."""

    @property
    def encoder(self) -> str:
        """What made the vectors that it reads."""

    @property
    def window(self) -> dt.timedelta:
        """How near in time one of a story's articles must be, for another to be compared with the story."""

    def choose(self, wording: StoryWording, others: Sequence[Signature]) -> list[int]:
        """Return some hundred articles that are most like one, the likeliest first."""

    def rank(self, wording: StoryWording, others: Sequence[Head]) -> list[int]:
        """Return the places in `others` of those that are most like the article, the likeliest first."""

    def score(self, one: StoredWording, others: Sequence[StoredWording]) -> list[float]:
        """Return the logit of each pair."""

    def find_threshold(self, neighbours: int) -> float:
        """Return the likeness from which an article joins a story, of an article with so many others around it."""

    def to_similarity(self, logit: float, *, threshold: float) -> float:
        """Return a logit as 0..1: 0.5 is just alike enough to join."""


def save_wording(db: Database, article_id: int, wording: StoryWording, *, moment: str, now: dt.datetime) -> None:
    """Store an article's wording in place of an earlier one."""
    db.execute(
        """
        INSERT OR REPLACE INTO story_heads (article, moment, encoder, language, made_at, heads, signature)
        VALUES (:article, :moment, :encoder, :language, :made_at, :heads, :signature)
        """,
        {
            "article": article_id,
            "moment": moment,
            "encoder": wording.encoder,
            "language": wording.language,
            "made_at": stamp(now),
            "heads": wording.heads,
            "signature": wording.signature,
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


def remove_wordings_of_copies(db: Database, original: int) -> None:
    """Delete the wordings of an article's copies."""
    for table in ("story_heads", "story_bodies"):
        db.execute(
            f"DELETE FROM {table} WHERE article IN (SELECT id FROM articles WHERE original = :original)",  # noqa: S608 -- the names above
            {"original": original},
        )


def prune_wordings(db: Database, *, before: dt.datetime, later_than: dt.datetime | None = None) -> int:
    """Delete wordings made before a time, and return how many there were.

    With `later_than`, only those of articles published after that: earlier ones are still to be compared with others.
    """
    gone = {"before": stamp(before), "later": "" if later_than is None else stamp(later_than)}
    with db.atomic():
        db.execute(
            """
            DELETE FROM story_bodies
            WHERE article IN (SELECT article FROM story_heads WHERE made_at < :before AND moment > :later)
            """,
            gone,
        )
        return db.execute("DELETE FROM story_heads WHERE made_at < :before AND moment > :later", gone).rowcount


def read_signatures(db: Database, *, at: dt.datetime, window: dt.timedelta, encoder: str) -> list[Signature]:
    """Return the signatures of the articles around a time, at most 2 * _MAX_SIGNATURES. They are read from an index."""
    before: list[Signature] = db.execute(
        """
        SELECT article, language, signature FROM story_heads INDEXED BY story_heads_signature
        WHERE encoder = :encoder AND moment BETWEEN :begin AND :at ORDER BY moment DESC LIMIT :most
        """,
        {"at": stamp(at), "begin": _stamp_beginning(at, window), "encoder": encoder, "most": _MAX_SIGNATURES},
    ).fetchall()
    after: list[Signature] = db.execute(
        """
        SELECT article, language, signature FROM story_heads INDEXED BY story_heads_signature
        WHERE encoder = :encoder AND moment > :at AND moment <= :end ORDER BY moment LIMIT :most
        """,
        {"at": stamp(at), "end": stamp(at + window), "encoder": encoder, "most": _MAX_SIGNATURES},
    ).fetchall()
    return before + after


def _stamp_beginning(at: dt.datetime, window: dt.timedelta) -> str:
    """Return the beginning of a window; a page may claim the first days of the calendar."""
    first = dt.datetime.min.replace(tzinfo=dt.UTC)
    return stamp(at - min(window, at - first))


def read_heads(db: Database, articles: Iterable[int], *, excluding: int | None) -> list[Head]:
    """Return the heads of articles in the order given, without those of one story."""
    rows = db.execute(
        """
        SELECT h.article, s.story, h.language, h.heads FROM json_each(:articles) AS wanted
        CROSS JOIN story_heads AS h ON h.article = wanted.value
        CROSS JOIN story_articles AS s ON s.article = h.article
        WHERE s.story IS NOT :excluding ORDER BY wanted.key
        """,
        {"articles": json.dumps(list(articles)), "excluding": excluding},
    )
    return [
        Head(article=article, story=story, language=language, heads=heads) for article, story, language, heads in rows
    ]


def read_story_members(db: Database, story: int, *, beside: int, at: dt.datetime, encoder: str) -> list[StoredWording]:
    """Return wordings of a story's articles: of those stored next to `beside`, the _MAX_MEMBERS nearest in time.

    So much is read of a story and no more, however many articles it has. Those outside the matcher's window are among
    them: if a single article of the story lay within it, likeness to that alone would let another join.
    """
    rows = db.execute(
        """
        WITH neighbours AS (
            SELECT article FROM (
                SELECT article FROM story_articles WHERE story = :story AND article <= :beside
                ORDER BY article DESC LIMIT :neighbours
            )
            UNION ALL
            SELECT article FROM (
                SELECT article FROM story_articles WHERE story = :story AND article > :beside
                ORDER BY article LIMIT :neighbours
            )
        ), nearest AS (
            SELECT h.article, h.moment FROM neighbours AS n CROSS JOIN story_heads AS h ON h.article = n.article
            WHERE h.encoder = :encoder
            ORDER BY abs(julianday(h.moment) - julianday(:at)), h.article LIMIT :members
        )
        SELECT n.article, n.moment, h.language, h.signature, h.heads, b.body, b.details
        FROM nearest AS n CROSS JOIN story_heads AS h ON h.article = n.article
        CROSS JOIN story_bodies AS b ON b.article = n.article
        """,
        {
            "story": story,
            "beside": beside,
            "at": stamp(at),
            "encoder": encoder,
            "neighbours": _MAX_NEIGHBOURS,
            "members": _MAX_MEMBERS,
        },
    )
    return [
        StoredWording(
            article=article,
            at=read_stamp(moment),
            wording=StoryWording(
                encoder=encoder, language=language, signature=signature, heads=heads, body=body, details=details
            ),
        )
        for article, moment, language, signature, heads, body, details in rows
    ]
