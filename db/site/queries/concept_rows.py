"""SQL of who writes of a concept: its latest articles, their texts, pages of some outlets that were rejected."""

from __future__ import annotations

from typing import TypedDict

from db.search.statement import RowsOf

MAX_CONCEPT_ARTICLES = 2_000  # the newest that are read, copies included
MAX_COMPARED_CHARACTERS = 4_000  # of a text whose words are compared
MAX_READ_REJECTIONS = 20_000


class ConceptArticleRow(TypedDict):
    """An article that names a concept, the newest row first. `story` is its own number if it is in none."""

    id: int
    outlet: str
    language: str | None
    original: int | None
    first_seen: str
    moment: str
    story: int


class ConceptFrequency(TypedDict):
    """How many articles name a concept."""

    id: str
    articles: int


class ArticleText(TypedDict):
    """The headline of an article and the beginning of its text."""

    id: int
    title: str
    text: str


class RejectedPage(TypedDict):
    """A rejected page."""

    outlet: str
    reason: str
    title: str | None


CONCEPT_ARTICLES = RowsOf[ConceptArticleRow](f"""
    SELECT a.id, a.outlet, a.language, a.original, a.first_seen,
        min(coalesce(a.published, a.first_seen), a.first_seen) AS moment,
        coalesce((SELECT story FROM story_articles WHERE article = a.id), -a.id) AS story
    FROM (
        SELECT article FROM mentions INDEXED BY mentions_concept_article WHERE concept = :concept
        ORDER BY article DESC LIMIT {MAX_CONCEPT_ARTICLES}
    ) AS named CROSS JOIN articles AS a INDEXED BY articles_facets ON a.id = named.article
""")  # noqa: S608 -- a number of ours

# How many articles name each of some concepts (:ids, a JSON list), MAX_CONCEPT_ARTICLES at most.
CONCEPT_FREQUENCIES = RowsOf[ConceptFrequency](f"""
    SELECT chosen.value AS id, (
        SELECT count(*) FROM (
            SELECT 1 FROM mentions INDEXED BY mentions_concept_article WHERE concept = chosen.value
            LIMIT {MAX_CONCEPT_ARTICLES}
        )
    ) AS articles
    FROM json_each(:ids) AS chosen
""")  # noqa: S608 -- a number of ours

ARTICLE_TEXTS = RowsOf[ArticleText](f"""
    SELECT a.id, a.title, substr(a.text, 1, {MAX_COMPARED_CHARACTERS}) AS text
    FROM json_each(:ids) AS chosen CROSS JOIN articles AS a ON a.id = chosen.value
""")  # noqa: S608 -- a number of ours

# The pages of some outlets (:outlets, a JSON list) that were rejected between two moments.
REJECTED_PAGES = RowsOf[RejectedPage](f"""
    SELECT r.outlet, r.reason, r.title
    FROM json_each(:outlets) AS asked CROSS JOIN rejections AS r INDEXED BY rejections_outlet_seen
        ON r.outlet = asked.value AND r.seen_at >= :since AND r.seen_at <= :until
    LIMIT {MAX_READ_REJECTIONS}
""")  # noqa: S608 -- a number of ours
