"""Convert an article to the columns of its row, and write its figures beside it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import TypedDict

from sqlite_utils import Database

from db.model.article import Article, Place
from db.search.statement import Parameters


class ArticleRow(TypedDict):
    """A row of `articles` as it is read. Lists are JSON, yes or no is 0 or 1, times are UTC as in db.model.times."""

    id: int
    url: str
    key: str
    outlet: str
    title: str
    authors: str
    published: str | None
    published_precision: str | None
    published_local: str | None
    published_from: str | None
    claimed: str | None
    claimed_precision: str | None
    source_published: str | None
    modified: str | None
    language: str | None
    text: str
    words: int
    relevance: float
    verdict: str
    reasons: str
    score_parts: str | None
    original: int | None
    similarity: float | None
    copy_kind: str | None
    credited_to: str | None
    paywalled: int
    sponsored: int
    section: str | None
    tags: str
    image: str | None
    format: str | None
    first_seen: str
    last_seen: str
    text_sha256: str
    archive_file: str | None
    archive_offset: int | None
    backfilled: int


def without_surrogates(article: Article) -> Article:
    r"""Replace single surrogates ("\ud83d") in an article's texts: JSON-LD can hold them, SQLite cannot."""
    try:
        f"{article.title}{article.text}{article.authors}{article.section}{article.tags}{article.reasons}".encode()
    except UnicodeEncodeError:
        return replace(
            article,
            title=_whole(article.title),
            text=_whole(article.text),
            authors=tuple(map(_whole, article.authors)),
            section=article.section and _whole(article.section),
            tags=tuple(map(_whole, article.tags)),
            reasons=tuple(replace(reason, sentence=_whole(reason.sentence)) for reason in article.reasons),
        )
    return article


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def to_columns(article: Article, place: Place | None) -> Parameters:
    """Return the columns of `articles` that come from the article itself, lists as JSON, for a statement."""
    return {
        "url": article.url,
        "key": article.key,
        "outlet": article.outlet,
        "title": article.title,
        "authors": json.dumps(article.authors, ensure_ascii=False),
        "published": article.published,
        "published_precision": article.published_precision,
        "published_local": article.published_local,
        "published_from": article.published_from,
        "modified": article.modified,
        "language": article.language,
        "text": article.text,
        "words": article.words,
        "relevance": article.relevance,
        "verdict": str(article.verdict),
        "reasons": json.dumps([asdict(reason) for reason in article.reasons], ensure_ascii=False),
        "score_parts": article.score_parts and json.dumps(asdict(article.score_parts), ensure_ascii=False),
        "credited_to": article.credited_to,
        "paywalled": article.paywalled,
        "sponsored": article.sponsored,
        "section": article.section,
        "tags": json.dumps(article.tags, ensure_ascii=False),
        "image": article.image,
        "format": article.format,
        "text_sha256": article.text_sha256 or hashlib.sha256(article.text.encode()).hexdigest(),
        "archive_file": place and place.file,
        "archive_offset": place and place.offset,
    }


def replace_figures(db: Database, id_: int, article: Article, *, known: str | None) -> None:
    """Store the figures of an article in the place of those stored before.

    known: the text whose figures are stored. If it is the article's, or the article's row keeps it because only
        typography differs, they stay.
    """
    (text,) = db.execute("SELECT text FROM articles WHERE id = :id", {"id": id_}).fetchone()
    if article.text == known or article.text != text:
        return
    delete_figures(db, id_)
    db.conn.executemany(
        """
        INSERT INTO figures (article, start, "end", surface, kind, value, low, high, unit, qualifier, measure, concept,
            scope, is_attributed, in_lead)
        VALUES (:article, :start, :end, :surface, :kind, :value, :low, :high, :unit, :qualifier, :measure, :concept,
            :scope, :is_attributed, :in_lead)
        """,
        [
            {
                "article": id_,
                "start": figure.start,
                "end": figure.end,
                "surface": text[figure.start : figure.end],
                "kind": figure.kind,
                "value": figure.value,
                "low": figure.low,
                "high": figure.high,
                "unit": figure.unit,
                "qualifier": figure.qualifier,
                "measure": figure.measure or None,
                "concept": figure.concept or None,
                "scope": figure.scope,
                "is_attributed": figure.is_attributed,
                "in_lead": figure.in_lead,
            }
            for figure in article.figures
        ],
    )
    _mark_stale(db, id_)


def delete_figures(db: Database, id_: int) -> None:
    """Delete the figures of an article; what they differ from is compared again (db.news.stories.story_divergences)."""
    _mark_stale(db, id_)
    db.execute(
        "DELETE FROM divergence_figures WHERE figure IN (SELECT id FROM figures WHERE article = :id)", {"id": id_}
    )
    db.execute("DELETE FROM figures WHERE article = :id", {"id": id_})


def _mark_stale(db: Database, id_: int) -> None:
    db.execute(
        "INSERT INTO stale_divergences (story) SELECT story FROM story_articles WHERE article = :id", {"id": id_}
    )
    db.execute(
        """
        INSERT INTO stale_divergences (concept, measure)
        SELECT DISTINCT concept, measure FROM figures WHERE article = :id AND concept IS NOT NULL
        """,
        {"id": id_},
    )
