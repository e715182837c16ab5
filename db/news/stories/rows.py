"""Rows of stories and of their articles: begin, add, merge. Each function runs in the caller's transaction."""

from __future__ import annotations

from sqlite_utils import Database

# When an article was published, as far as that decides who was first: a day alone counts as its end, and no article is
# published after it was seen.
SQL_MOMENT = """CASE
    WHEN published IS NULL THEN first_seen
    WHEN published_precision = 'day' THEN min(first_seen, substr(published, 1, 10) || 'T23:59:59Z')
    ELSE min(first_seen, published) END"""


def find_story(db: Database, article_id: int) -> int | None:
    """Return the story of an article."""
    row = db.execute("SELECT story FROM story_articles WHERE article = :id", {"id": article_id}).fetchone()
    return None if row is None else int(row[0])


def find_standing_story(db: Database, story: int) -> int | None:
    """Return the story itself, or the one that it was merged into; None if there is no such story."""
    row = db.execute("SELECT coalesce(merged_into, id) FROM stories WHERE id = :id", {"id": story}).fetchone()
    return None if row is None else int(row[0])


def find_members(db: Database, story: int) -> list[int]:
    """Return the articles of a story, the earliest row first."""
    rows = db.execute("SELECT article FROM story_articles WHERE story = :story ORDER BY article", {"story": story})
    return [int(article) for (article,) in rows]


def find_copies(db: Database, original: int) -> list[int]:
    """Return the copies of an article."""
    rows = db.execute("SELECT id FROM articles WHERE original = :original ORDER BY id", {"original": original})
    return [int(id_) for (id_,) in rows]


def begin_story(db: Database, article_id: int, *, because: str = "first") -> int:
    """Make a story of an article that is in none, and return it: the article's own number where that is free."""
    number = None if find_standing_story(db, article_id) is not None else article_id
    moment = find_publication_moment(db, article_id)
    cursor = db.execute(
        "INSERT INTO stories (id, began, latest, first_article) VALUES (:id, :moment, :moment, :article)",
        {"id": number, "moment": moment, "article": article_id},
    )
    story = int(cursor.lastrowid or 0)
    _write_member(db, article_id, story, similarity=None, because=because)
    return story


def add_to_story(db: Database, article_id: int, story: int, *, because: str, similarity: float | None = None) -> None:
    """Put an article into a story, out of the one that it is in; one that is left empty leads to the new one."""
    before = find_story(db, article_id)
    _write_member(db, article_id, story, similarity=similarity, because=because)
    refresh_story(db, story)
    if before is not None and before != story:
        _leave_behind(db, before, story)


def merge_stories(db: Database, one: int, other: int, *, because: str = "merged") -> int:
    """Merge two stories and return the one that stands: the older number. Copies keep their reason."""
    stands, goes = min(one, other), max(one, other)
    db.execute(
        """
        UPDATE story_articles SET story = :stands, because = CASE because WHEN 'copy' THEN because ELSE :because END
        WHERE story = :goes
        """,
        {"stands": stands, "goes": goes, "because": because},
    )
    _leave_behind(db, goes, stands)
    refresh_story(db, stands)
    return stands


def remove_from_story(db: Database, article_id: int) -> None:
    """Take an article that is about to be deleted out of its story, with what it was compared by."""
    story = find_story(db, article_id)
    for copy in find_copies(db, article_id):  # one of them becomes the original
        db.execute("INSERT INTO story_pending (article) VALUES (:id) ON CONFLICT DO NOTHING", {"id": copy})
    db.execute("DELETE FROM story_articles WHERE article = :id", {"id": article_id})
    db.execute("DELETE FROM story_heads WHERE article = :id", {"id": article_id})
    db.execute("DELETE FROM story_bodies WHERE article = :id", {"id": article_id})
    db.execute("DELETE FROM story_pending WHERE article = :id", {"id": article_id})
    if story is not None:
        refresh_story(db, story)


def refresh_story(db: Database, story: int) -> None:
    """Bring a story's times and first article up to date; delete one that has no article, and those merged into it."""
    members = f"""
        SELECT s.article, {SQL_MOMENT} AS moment FROM story_articles AS s CROSS JOIN articles AS a ON a.id = s.article
        WHERE s.story = :story
    """  # noqa: S608 -- the constant above
    first = db.execute(
        f"{members} ORDER BY moment, a.original IS NOT NULL, s.article LIMIT 1",
        {"story": story},
    ).fetchone()
    if first is None:
        db.execute("DELETE FROM stories WHERE id = :story OR merged_into = :story", {"story": story})
        return
    (latest,) = db.execute(f"SELECT max(moment) FROM ({members})", {"story": story}).fetchone()  # noqa: S608
    row = (*first, latest)
    db.execute(
        "UPDATE stories SET first_article = :first, began = :began, latest = :latest WHERE id = :story",
        {"first": row[0], "began": row[1], "latest": row[2], "story": story},
    )


def find_publication_moment(db: Database, article_id: int) -> str:
    """Return when an article was published, in the form of db.model.times.stamp."""
    (moment,) = db.execute(
        f"SELECT {SQL_MOMENT} FROM articles WHERE id = :id",  # noqa: S608 -- the constant above
        {"id": article_id},
    ).fetchone()
    return str(moment)


def _write_member(db: Database, article_id: int, story: int, *, similarity: float | None, because: str) -> None:
    db.execute(
        """
        INSERT INTO story_articles (article, story, similarity, because)
        VALUES (:article, :story, :similarity, :because)
        ON CONFLICT (article) DO UPDATE SET
            story = excluded.story, similarity = excluded.similarity, because = excluded.because
        """,
        {"article": article_id, "story": story, "similarity": similarity, "because": because},
    )


def _leave_behind(db: Database, before: int, story: int) -> None:
    """Let a story that has lost all its articles lead to the one that has them."""
    if db.execute("SELECT 1 FROM story_articles WHERE story = :story LIMIT 1", {"story": before}).fetchone():
        refresh_story(db, before)
        return
    db.execute(
        "UPDATE stories SET merged_into = :story WHERE id = :before OR merged_into = :before",
        {"story": story, "before": before},
    )
