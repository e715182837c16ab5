"""An article as the columns of its row."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import Any

from db.model.article import Article, Place


def without_surrogates(article: Article) -> Article:
    r"""The article without half surrogate pairs, which JSON-LD can hold ("\ud83d") and SQLite can't."""
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


def to_columns(article: Article, place: Place | None) -> dict[str, Any]:
    """The columns of `articles` that an article fills by itself, lists as JSON."""
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
        "credited_to": article.credited_to,
        "paywalled": article.paywalled,
        "sponsored": article.sponsored,
        "section": article.section,
        "tags": json.dumps(article.tags, ensure_ascii=False),
        "image": article.image,
        "text_sha256": article.text_sha256 or hashlib.sha256(article.text.encode()).hexdigest(),
        "archive_file": place and place.file,
        "archive_offset": place and place.offset,
    }
