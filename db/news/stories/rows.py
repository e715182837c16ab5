"""Rows of stories and of their articles: begin, add, merge. Each function runs in the caller's transaction."""

from __future__ import annotations

from sqlite_utils import Database

# When an article was published, as far as that decides who was first: a day alone counts as its end, and no article is
# published after it was seen.
SQL_MOMENT = """CASE
    WHEN published IS NULL THEN first_seen
    WHEN published_precision = 'day' THEN min(first_seen, substr(published, 1, 10) || 'T23:59:59Z')
    ELSE min(first_seen, published) END"""

# Which of two articles of one moment was first: never by their rows, which tell when they were stored. An import may
# read older captures last.
SQL_SAME_MOMENT = "a.original IS NOT NULL, a.first_seen, a.url"

_SQL_NOT_SPLIT = "NOT EXISTS (SELECT 1 FROM story_corrections AS c WHERE c.key = a.key AND c.kind = 'split')"


def find_story(db: Database, article_id: int) -> int | None:
    """Return the story of an article."""
    row = db.execute("SELECT story FROM story_articles WHERE article = :id", {"id": article_id}).fetchone()
    return None if row is None else int(row[0])


def find_standing_story(db: Database, story: int) -> int | None:
    """Return the story itself, or the one that it was merged into; None if there is no such story."""
    row = db.execute("SELECT coalesce(merged_into, id) FROM stories WHERE id = :id", {"id": story}).fetchone()
    return None if row is None else int(row[0])


def find_copies(db: Database, original: int) -> list[int]:
    """Return the copies of an article."""
    rows = db.execute("SELECT id FROM articles WHERE original = :original ORDER BY id", {"original": original})
    return [int(id_) for (id_,) in rows]


def find_story_of_group(db: Database, root: int) -> int | None:
    """Return the story of an article, or else of the earliest of its copies that no analyst split off."""
    row = db.execute(
        f"""
        SELECT story FROM story_articles WHERE article = :root
        UNION ALL
        SELECT * FROM (
            SELECT s.story FROM articles AS a CROSS JOIN story_articles AS s ON s.article = a.id
            WHERE a.original = :root AND {_SQL_NOT_SPLIT} ORDER BY a.id LIMIT 1
        )
        LIMIT 1
        """,  # noqa: S608 -- the constant above
        {"root": root},
    ).fetchone()
    return None if row is None else int(row[0])


def find_group_elsewhere(db: Database, root: int, story: int) -> list[tuple[int, float | None]]:
    """Return an article and its copies with their similarity, as far as they are not in a story and not split off."""
    return [
        (int(id_), similarity)
        for id_, similarity in db.execute(
            f"""
            SELECT a.id, a.similarity FROM (
                SELECT :root AS id UNION ALL SELECT id FROM articles WHERE original = :root
            ) AS grouped
            LEFT JOIN story_articles AS s ON s.article = grouped.id
            CROSS JOIN articles AS a ON a.id = grouped.id
            WHERE s.story IS NOT :story AND (a.id = :root OR {_SQL_NOT_SPLIT})
            ORDER BY a.id <> :root, a.id
            """,  # noqa: S608 -- the constant above
            {"root": root, "story": story},
        ).fetchall()
    ]


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
    if because == "copy":  # beside a copy, dates of the whole group may become doubtful
        refresh_story(db, story)
    else:
        moment = find_publication_moment(db, article_id)
        _widen_story(db, story, first_article=article_id, began=moment, latest=moment)
    if before is not None and before != story:
        _leave_behind(db, before, story)


def part_from_story(db: Database, article_id: int, *, because: str = "first") -> int:
    """Take an article out of a story that has others, and return the one that it begins. Its copies stay."""
    story = find_story(db, article_id)
    db.execute("DELETE FROM story_articles WHERE article = :id", {"id": article_id})
    apart = begin_story(db, article_id, because=because)
    if story is not None:
        refresh_story(db, story)
    return apart


def merge_stories(db: Database, one: int, other: int, *, because: str = "merged") -> int:
    """Merge two stories and return the one that stands: the older number. Copies keep their reason."""
    stands, goes = min(one, other), max(one, other)
    row = db.execute("SELECT first_article, began, latest FROM stories WHERE id = :id", {"id": goes}).fetchone()
    db.execute(
        """
        UPDATE story_articles SET story = :stands, because = CASE because WHEN 'copy' THEN because ELSE :because END
        WHERE story = :goes
        """,
        {"stands": stands, "goes": goes, "because": because},
    )
    _leave_behind(db, goes, stands)
    _widen_story(db, stands, first_article=row[0], began=row[1], latest=row[2])
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
    db.execute("DELETE FROM story_moves WHERE article = :id", {"id": article_id})
    if story is not None:
        refresh_story(db, story)


def refresh_story(db: Database, story: int) -> None:
    """Bring a story's times and first article up to date; delete one that has no article, and those merged into it.

    Its figures are compared again before the transaction ends (db.news.stories.story_divergences).
    """
    db.execute("INSERT INTO stale_divergences (story) VALUES (:story)", {"story": story})
    members = f"""
        SELECT s.article, {SQL_MOMENT} AS moment FROM story_articles AS s CROSS JOIN articles AS a ON a.id = s.article
        WHERE s.story = :story
    """  # noqa: S608 -- the constant above
    first = db.execute(
        f"{members} ORDER BY moment, {SQL_SAME_MOMENT} LIMIT 1",
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


def _widen_story(db: Database, story: int, *, first_article: int, began: str, latest: str) -> None:
    """Bring a story up to date with articles that came to it, of which these are the first and the times."""
    db.execute("INSERT INTO stale_divergences (story) VALUES (:story)", {"story": story})
    first = f"""
        SELECT a.id FROM articles AS a
        WHERE a.id IN (:article, (SELECT first_article FROM stories WHERE id = :story))
        ORDER BY {SQL_MOMENT}, {SQL_SAME_MOMENT} LIMIT 1
    """  # noqa: S608 -- the constant above
    db.execute(
        f"""
        UPDATE stories SET first_article = ({first}), began = min(began, :began), latest = max(latest, :latest)
        WHERE id = :story
        """,  # noqa: S608 -- the statement above
        {"story": story, "article": first_article, "began": began, "latest": latest},
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
    db.execute("INSERT INTO stale_divergences (story) VALUES (:story)", {"story": before})
