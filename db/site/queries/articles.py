"""SQL of the pages: the articles on a page, one article, outlets that failed. db.search finds the articles.

`moment` is when an article was published, or first seen if its page gave no date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TypedDict

from db.i18n.concept_names import SQL_NAMES
from db.news.article_row import ArticleRow
from db.news.outlets import OutletRow
from db.search.counts import FacetCount
from db.search.statement import RowsOf

MOST_FIGURES = 2_000  # of an article that are marked


class ShownFigure(TypedDict):
    """A figure of an article's text; `value`: the larger one of a range."""

    start: int
    end: int
    kind: str
    value: float | str | None


class ArticleMention(TypedDict):
    """A concept that an article names."""

    article: int
    concept: str
    count: int
    in_title: int  # 0 or 1


class NamedNewest(TypedDict):
    """How many of the newest articles name a concept, and how many there are."""

    concept: str
    n: int
    articles: int


class CopyRow(TypedDict):
    """A copy of the article `original`."""

    original: int
    id: int
    title: str
    outlet: str
    language: str | None
    copy_kind: str | None
    moment: str
    published_precision: str | None


class RevisionCount(TypedDict):
    """How many revisions an article has, and when the last was seen."""

    article: int
    n: int
    latest: str


class OriginalRow(TypedDict):
    """The original of a copy."""

    id: int
    outlet: str
    title: str


class ConceptRow(TypedDict):
    """A concept; `names` is a value of SQL_NAMES."""

    id: str
    kind: str | None
    side: str | None
    names: str


class ArticleOfPage(ArticleRow):
    """A row of `articles`, with its `moment`."""

    moment: str


class FamilyMember(TypedDict):
    """An original or one of its copies."""

    id: int
    title: str
    outlet: str
    language: str | None
    original: int | None
    copy_kind: str | None
    moment: str
    published_precision: str | None
    claimed: str | None
    claimed_precision: str | None


class EarlierVersion(TypedDict):
    """A revision: what an article said until `seen_at`. `comparison` is for db.news.version_comparison."""

    id: int
    seen_at: str
    title: str
    text: str
    text_sha256: str
    comparison: str | None


class FailingOutlet(TypedDict):
    """An outlet whose newest crawl failed."""

    id: str


class NewestIds(TypedDict):
    """The highest ids of articles and of crawls."""

    id: int | None
    crawl: int | None


class LatestCrawl(TypedDict):
    """When the latest crawl ended."""

    finished: str | None


# These read details of the articles on one page (:ids is a JSON list), a few look-ups for each article.
CONCEPTS_OF = RowsOf[ArticleMention]("""
    SELECT m.article, m.concept, m.count, m.in_title FROM json_each(:ids) AS page
    CROSS JOIN mentions AS m ON m.article = page.value
    ORDER BY m.in_title DESC, m.count DESC, m.concept
""")
COPIES_OF = RowsOf[CopyRow]("""
    SELECT a.original, a.id, a.title, a.outlet, a.language, a.copy_kind, coalesce(a.published, a.first_seen) AS moment,
        a.published_precision
    FROM json_each(:ids) AS page CROSS JOIN articles AS a ON a.original = page.value
    ORDER BY moment, a.id
""")
REVISIONS_OF = RowsOf[RevisionCount]("""
    SELECT r.article, count(*) AS n, max(r.seen_at) AS latest FROM json_each(:ids) AS page
    CROSS JOIN revisions AS r ON r.article = page.value GROUP BY r.article
""")
ORIGINALS_OF = RowsOf[OriginalRow]("""
    SELECT a.id, a.outlet, a.title FROM json_each(:ids) AS page CROSS JOIN articles AS a ON a.id = page.value
""")

# How many of the :most newest articles name each concept.
NAMED_NEWEST = RowsOf[NamedNewest]("""
    SELECT m.concept, count(*) AS n, (SELECT count(*) FROM articles WHERE id > newest.after) AS articles
    FROM (SELECT max(id) - :most AS after FROM articles) AS newest CROSS JOIN mentions AS m ON m.article > newest.after
    GROUP BY m.concept
""")

OUTLETS = RowsOf[OutletRow](
    "SELECT id, name, home, country, languages, kind, ownership, ownership_source FROM outlets ORDER BY name, id"
)
CONCEPTS = RowsOf[ConceptRow](f"SELECT id, kind, side, {SQL_NAMES} AS names FROM concepts")  # noqa: S608 -- columns

ARTICLE = RowsOf[ArticleOfPage]("""
    SELECT a.*, coalesce(a.published, a.first_seen) AS moment FROM articles AS a WHERE a.id = :id
""")
ARTICLES_BY_ID = RowsOf[ArticleOfPage]("""
    SELECT a.*, coalesce(a.published, a.first_seen) AS moment
    FROM json_each(:ids) AS one CROSS JOIN articles AS a ON a.id = one.value
""")
# An original and all its copies.
FAMILY = RowsOf[FamilyMember]("""
    SELECT a.id, a.title, a.outlet, a.language, a.original, a.copy_kind,
        coalesce(a.published, a.first_seen) AS moment, a.published_precision, a.claimed, a.claimed_precision
    FROM articles AS a WHERE a.id = :root OR a.original = :root
    ORDER BY moment, a.id LIMIT 500
""")
REVISIONS = RowsOf[EarlierVersion]("""
    SELECT id, seen_at, title, text, text_sha256, comparison FROM revisions WHERE article = :id ORDER BY id LIMIT 100
""")

FAILING = RowsOf[FailingOutlet]("""
    SELECT o.id FROM outlets AS o
    CROSS JOIN crawls AS c ON c.id = (SELECT id FROM crawls WHERE outlet = o.id ORDER BY started DESC LIMIT 1)
    WHERE c.outcome LIKE 'failed%'
""")
NEWEST_ID = RowsOf[NewestIds]("SELECT max(id) AS id, (SELECT max(id) FROM crawls) AS crawl FROM articles")
LATEST_CRAWL = RowsOf[LatestCrawl](
    "SELECT max(finished) AS finished FROM (SELECT finished FROM crawls ORDER BY id DESC LIMIT 200)"
)


def read_total(counted: Iterable[FacetCount]) -> tuple[int | None, bool]:
    """Return how many articles were counted, and True if there may be more; (None, False) without rows."""
    found = {row["facet"]: row["n"] for row in counted if row["facet"] in ("all", "more")}
    return found.get("all"), bool(found.get("more"))


def read_story_total(counted: Iterable[FacetCount]) -> int | None:
    """Return of how many stories the counted articles are; None without rows."""
    return next((row["n"] for row in counted if row["facet"] == "story"), None)


def format_moment_before(now: dt.datetime, **ago: float) -> str:
    """Format the moment `ago` (keywords of timedelta) before an aware `now`, as the database stores moments."""
    return (now - dt.timedelta(**ago)).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# In a public copy the text is shorter than the one whose figures are stored.
FIGURES = RowsOf[ShownFigure](f"""
    SELECT f.start, f."end", f.kind, coalesce(f.value, f.high) AS value
    FROM figures AS f JOIN articles AS a ON a.id = f.article
    WHERE f.article = :id AND f."end" <= length(a.text) ORDER BY f.start LIMIT {MOST_FIGURES}
""")  # noqa: S608 -- a constant
