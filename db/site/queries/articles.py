"""SQL of the pages: the articles on a page, one article, outlets that failed. db.search finds the articles.

`moment` is when an article was published, or first seen if its page gave no date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from db.i18n.concept_names import SQL_NAMES

# These read details of the articles on one page (:ids is a JSON list), a few look-ups for each article.
CONCEPTS_OF = """
    SELECT m.article, m.concept, m.count, m.in_title FROM json_each(:ids) AS page
    CROSS JOIN mentions AS m ON m.article = page.value
    ORDER BY m.in_title DESC, m.count DESC, m.concept
"""
COPIES_OF = """
    SELECT a.original, a.id, a.title, a.outlet, a.language, a.copy_kind, coalesce(a.published, a.first_seen) AS moment,
        a.published_precision
    FROM json_each(:ids) AS page CROSS JOIN articles AS a ON a.original = page.value
    ORDER BY moment, a.id
"""
REVISIONS_OF = """
    SELECT r.article, count(*) AS n, max(r.seen_at) AS latest FROM json_each(:ids) AS page
    CROSS JOIN revisions AS r ON r.article = page.value GROUP BY r.article
"""
ORIGINALS_OF = """
    SELECT a.id, a.outlet, a.title FROM json_each(:ids) AS page CROSS JOIN articles AS a ON a.id = page.value
"""

OUTLETS = "SELECT id, name, home, country, languages, kind, ownership, ownership_source FROM outlets ORDER BY name"
CONCEPTS = f"SELECT id, kind, side, {SQL_NAMES} AS names FROM concepts"  # noqa: S608 -- columns

ARTICLE = """
    SELECT a.*, coalesce(a.published, a.first_seen) AS moment FROM articles AS a WHERE a.id = :id
"""
# An original and all its copies.
FAMILY = """
    SELECT a.id, a.title, a.outlet, a.language, a.original, a.copy_kind,
        coalesce(a.published, a.first_seen) AS moment, a.published_precision, a.claimed, a.claimed_precision
    FROM articles AS a WHERE a.id = :root OR a.original = :root
    ORDER BY moment, a.id LIMIT 500
"""
REVISIONS = """
    SELECT id, seen_at, title, text, text_sha256, comparison FROM revisions WHERE article = :id ORDER BY id LIMIT 100
"""

FAILING = """
    SELECT o.id FROM outlets AS o
    CROSS JOIN crawls AS c ON c.id = (SELECT id FROM crawls WHERE outlet = o.id ORDER BY started DESC LIMIT 1)
    WHERE c.outcome LIKE 'failed%'
"""
NEWEST_ID = "SELECT max(id) AS id, (SELECT max(id) FROM crawls) AS crawl FROM articles"
LATEST_CRAWL = "SELECT max(finished) AS finished FROM (SELECT finished FROM crawls ORDER BY id DESC LIMIT 200)"


def read_total(counted: Iterable[Mapping[str, Any]]) -> tuple[int | None, bool]:
    """Return how many articles were counted, and True if there may be more; (None, False) without rows."""
    found = {row["facet"]: row["n"] for row in counted if row["facet"] in ("all", "more")}
    return found.get("all"), bool(found.get("more"))


def format_moment_before(now: dt.datetime, **ago: float) -> str:
    """Format the moment `ago` (keywords of timedelta) before an aware `now`, as the database stores moments."""
    return (now - dt.timedelta(**ago)).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
