"""SQL of dossiers: what news.db has of their entries, and of what a reader ticked."""

from __future__ import annotations

from typing import TypedDict

from db.search.statement import RowsOf

MAX_STORY_ARTICLES = 20_000  # of all stories of a dossier


class StandingArticle(TypedDict):
    """The article of an entry of a dossier, and the story that it is in now."""

    entry: int
    id: int
    url: str
    title: str
    outlet: str
    language: str | None
    original: int | None
    published: str | None
    published_precision: str | None
    moment: str
    story: int | None


class TickedArticle(TypedDict):
    """An article that a reader ticked, or the first one of the story `story`. `outlet`: its name."""

    ticked: int
    story: int | None
    article: int
    key: str
    url: str
    title: str
    outlet: str


class ArticleAddress(TypedDict):
    """Where an article was published."""

    url: str


class StoryArticle(TypedDict):
    """An article of a story."""

    story: int
    id: int


# Of the entries :entries (a JSON list of entry, story, article, key, url). An id counts with its key alone: a desk that
# was built anew gives its ids to other articles. A story whose article is gone is found by its number.
STANDING_ARTICLES = RowsOf[StandingArticle]("""
    SELECT given.entry, a.id, a.url, a.title, a.outlet, a.language, a.original, a.published, a.published_precision,
        coalesce(a.published, a.first_seen) AS moment, s.story
    FROM (
        SELECT json_extract(value, '$.entry') AS entry, coalesce(
            (SELECT id FROM articles
                WHERE id = json_extract(value, '$.article') AND coalesce(key, url) = json_extract(value, '$.key')),
            (SELECT id FROM articles WHERE key = json_extract(value, '$.key')),
            (SELECT id FROM articles WHERE url = json_extract(value, '$.url')),
            (SELECT article FROM addresses WHERE key = json_extract(value, '$.key')),
            (SELECT stands.first_article FROM stories AS named
                JOIN stories AS stands ON stands.id = coalesce(named.merged_into, named.id)
                WHERE named.id = json_extract(value, '$.story'))
        ) AS article
        FROM json_each(:entries)
    ) AS given
    CROSS JOIN articles AS a ON a.id = given.article LEFT JOIN story_articles AS s ON s.article = a.id
""")
# Of the articles :ids (a JSON list).
TICKED_ARTICLES = RowsOf[TickedArticle]("""
    SELECT given.value AS ticked, NULL AS story, a.id AS article, coalesce(a.key, a.url) AS key, a.url, a.title,
        coalesce(o.name, a.outlet) AS outlet
    FROM json_each(:ids) AS given CROSS JOIN articles AS a ON a.id = given.value
    LEFT JOIN outlets AS o ON o.id = a.outlet
""")
# Of the stories :ids (a JSON list), as they stand.
TICKED_STORIES = RowsOf[TickedArticle]("""
    SELECT given.value AS ticked, stands.id AS story, a.id AS article, coalesce(a.key, a.url) AS key, a.url, a.title,
        coalesce(o.name, a.outlet) AS outlet
    FROM json_each(:ids) AS given CROSS JOIN stories AS named ON named.id = given.value
    CROSS JOIN stories AS stands ON stands.id = coalesce(named.merged_into, named.id)
    CROSS JOIN articles AS a ON a.id = stands.first_article LEFT JOIN outlets AS o ON o.id = a.outlet
""")
# Of the stories :ids (a JSON list), in the order of their articles' ids.
ARTICLES_OF_STORIES = RowsOf[StoryArticle](f"""
    SELECT s.story, s.article AS id FROM json_each(:ids) AS given
    CROSS JOIN story_articles AS s ON s.story = given.value
    ORDER BY given.key, s.article LIMIT {MAX_STORY_ARTICLES}
""")  # noqa: S608 -- a constant
# Of the articles :ids (a JSON list), in its order.
ADDRESSES_OF = RowsOf[ArticleAddress]("""
    SELECT a.url FROM json_each(:ids) AS given CROSS JOIN articles AS a ON a.id = given.value ORDER BY given.key
""")
