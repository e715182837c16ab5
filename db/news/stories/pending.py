"""Articles that were not compared with others yet, and how all stories are begun anew."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlite_utils import Database

from db.news.stories.rows import SQL_MOMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingArticle:
    """An article whose wording is not known."""

    id: int
    title: str
    text: str = field(repr=False)
    language: str | None
    first_seen: str
    moment: str  # when it was published, in the form of db.model.times.stamp


def read_pending_ids(db: Database) -> list[int]:
    """Return all articles that were not compared, the latest first."""
    rows = db.execute(
        f"""
        SELECT a.id, {SQL_MOMENT} AS moment FROM story_pending AS p CROSS JOIN articles AS a ON a.id = p.article
        ORDER BY moment DESC, a.first_seen DESC, a.url DESC
        """  # noqa: S608 -- the constant
    )
    return [int(id_) for id_, _ in rows]


def read_pending_article(db: Database, article_id: int) -> PendingArticle | None:
    """Return an article that was not compared, None if it was compared or deleted meanwhile."""
    row = db.execute(
        f"""
        SELECT a.id, a.title, a.text, a.language, a.first_seen, {SQL_MOMENT}
        FROM story_pending AS p JOIN articles AS a ON a.id = p.article WHERE p.article = :id
        """,  # noqa: S608 -- the constant
        {"id": article_id},
    ).fetchone()
    if row is None:
        return None
    return PendingArticle(id=row[0], title=row[1], text=row[2], language=row[3], first_seen=row[4], moment=row[5])


def drop_pending(db: Database, article_id: int) -> None:
    """Compare an article no more: its wording can't be read."""
    with db.atomic():
        db.execute("DELETE FROM story_pending WHERE article = :id", {"id": article_id})


def begin_stories_anew(db: Database) -> None:
    """Make a story of each article with its copies, to be compared again. What analysts decided stays."""
    with db.atomic():
        db.execute(
            """
            DELETE FROM divergence_figures
            WHERE divergence IN (SELECT id FROM divergences WHERE story IS NOT NULL)
            """
        )
        db.execute("DELETE FROM divergences WHERE story IS NOT NULL")
        for table in ("stories", "story_articles", "story_heads", "story_bodies", "story_pending", "story_moves"):
            db.execute(f"DELETE FROM {table}")  # noqa: S608 -- the names above
        db.execute(
            """
            INSERT INTO story_articles (article, story, similarity, because)
            SELECT id, coalesce(original, id), CASE WHEN original IS NOT NULL THEN similarity END,
                CASE WHEN original IS NULL THEN 'first' ELSE 'copy' END
            FROM articles ORDER BY id
            """
        )
        db.execute(
            f"""
            INSERT INTO stories (id, began, latest, first_article)
            SELECT coalesce(original, id) AS story, min({SQL_MOMENT}), max({SQL_MOMENT}), coalesce(original, id)
            FROM articles GROUP BY story
            """  # noqa: S608 -- the constant
        )
        db.execute("INSERT INTO story_pending (article) SELECT id FROM articles WHERE original IS NULL ORDER BY id")
