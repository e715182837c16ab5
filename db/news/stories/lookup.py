"""Look up a story with its articles."""

from __future__ import annotations

from typing import TypedDict, cast

from sqlite_utils import Database

from db.coverage.groups import StoryReport, compare_groups, group_of
from db.model.outlet_kind import UNKNOWN_OWNERSHIP
from db.model.times import read_stamp
from db.model.voices import find_independent_voices
from db.news.stories.divergence_lookup import ToldRow, list_divergences, read_told_in_story
from db.news.stories.rows import SQL_MOMENT, SQL_SAME_MOMENT, find_standing_story


class StoryArticleRow(TypedDict):
    """An article of a story. `moment`: when it was published, as far as that decides who was first."""

    id: int
    url: str
    title: str
    outlet: str
    outlet_name: str
    country: str | None
    kind: str | None
    ownership: str | None
    language: str | None
    published: str | None
    published_precision: str | None
    moment: str
    original: int | None
    because: str
    similarity: float | None
    moved_from: int | None  # the story that it was in before, if it moved here by its likeness
    moved_at: str | None


class StoryRow(TypedDict):
    """A story with its articles in the order of their publication, the first one first."""

    id: int
    began: str
    latest: str
    articles: list[StoryArticleRow]
    told: list[ToldRow]  # figures in which the outlets differ


def read_story(db: Database, number: int) -> StoryRow | None:
    """Return a story, or the one that it was merged into; None if there is no such story."""
    story = find_standing_story(db, number)
    if story is None:
        return None
    (row,) = db.query("SELECT id, began, latest, first_article FROM stories WHERE id = :id", {"id": story})
    articles = db.query(
        f"""
        SELECT a.id, a.url, a.title, a.outlet, coalesce(o.name, a.outlet) AS outlet_name, o.country, o.kind,
            o.ownership, a.language, a.published, a.published_precision, {SQL_MOMENT} AS moment, a.original,
            s.because, s.similarity, m.story_before AS moved_from, m.moved_at
        FROM story_articles AS s CROSS JOIN articles AS a ON a.id = s.article LEFT JOIN outlets AS o ON o.id = a.outlet
        LEFT JOIN story_moves AS m ON m.story = s.story AND m.id = (
            SELECT max(id) FROM story_moves WHERE article = s.article
        )
        WHERE s.story = :story
        ORDER BY a.id <> :first, moment, {SQL_SAME_MOMENT}
        """,  # noqa: S608 -- the constants
        {"story": story, "first": row["first_article"]},
    )
    listed = cast("list[StoryArticleRow]", list(articles))
    return StoryRow(
        id=row["id"],
        began=row["began"],
        latest=row["latest"],
        articles=listed,
        told=read_told_in_story(db, story),
    )


def to_interface(story: StoryRow) -> dict[str, object]:
    """Return a story as `vigia story --json` prints it."""
    articles = story["articles"]
    first_by_ownership: dict[str, str] = {}
    for article in (article for article in articles if article["original"] is None):
        first_by_ownership.setdefault(article["ownership"] or UNKNOWN_OWNERSHIP, article["url"])
    return {
        "id": story["id"],
        "began": story["began"],
        "latest": story["latest"],
        "title": articles[0]["title"],
        "articles": [
            {
                "url": article["url"],
                "outlet": article["outlet"],
                "ownership": article["ownership"],
                "language": article["language"],
                "published": article["published"],
                "because": article["because"],
            }
            for article in articles
        ],
        "first": articles[0]["url"],
        "first_by_ownership": first_by_ownership,
        "independent_voices": sorted(find_independent_voices(articles)),
        "coverage": _list_coverage(articles),
        "divergences": list_divergences(story["told"]),
    }


def _list_coverage(articles: list[StoryArticleRow]) -> list[dict[str, object]]:
    """Return the groups that have the story, the first group first; days are those of UTC."""
    urls = {article["id"]: article["url"] for article in articles}
    reports = [
        StoryReport(
            article=article["id"],
            outlet=article["outlet"],
            group=group_of(article["kind"], article["ownership"], article["country"]),
            moment=moment,
            day=moment.date(),
            is_exact=article["published"] is not None and article["published_precision"] == "time",
            is_copy=article["original"] is not None,
        )
        for article in articles
        for moment in [read_stamp(article["moment"])]
    ]
    return [
        {
            "ownership": found.group.ownership,
            "country": found.group.country,
            "outlets": found.outlets,
            "originals": found.originals,
            "copies": found.copies,
            "first": found.first and urls[found.first.article],
            "is_first": found.is_first,
            "lag_seconds": None if found.lag is None else round(found.lag.total_seconds()),
            "same_day": found.is_same_day,
        }
        for found in compare_groups(reports)
    ]
