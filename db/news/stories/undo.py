"""Undo what an analyst decided on stories.

What a correction changed is stored with it as JSON (`CorrectionChanges`). It names pages, for a rebuild may give the
numbers of stories to others; what has left its story meanwhile stays where it is.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import NotRequired, TypedDict

from sqlite_utils import Database

from db.news.stories.rows import add_to_story, begin_story, find_standing_story, find_story, refresh_story
from db.news.stories.story_divergences import refresh_divergences

# The corrections that name one of the articles :ids (a JSON list).
SQL_CORRECTIONS_OF = """
    SELECT k.id FROM json_each(:ids) AS page CROSS JOIN articles AS m ON m.id = page.value
    CROSS JOIN story_corrections AS k ON k.key = m.key
    UNION SELECT k.id FROM json_each(:ids) AS page CROSS JOIN articles AS m ON m.id = page.value
    CROSS JOIN story_corrections AS k ON k.other_key = m.key"""
# The order of corrections `c`. An undone correction puts those back that it had replaced, with new numbers.
SQL_NEWEST_FIRST = "c.made_at DESC, c.id DESC"

_MAX_BESIDE = 8  # articles that are remembered of a story from which some are taken


class CorrectionChanges(TypedDict):
    """What a correction changed.

    story: the one that a join ended, or from which a split took the articles. beside: keys of articles that stayed in
    it, by which an undone split finds it; what was stored by earlier versions has the number alone.
    moved: (key, because, similarity) of the articles. leads: numbers that led to it, its own one first, each with the
    key of the first article of the story that has or had that number; what was stored by earlier versions has none.
    removed: earlier corrections that it replaced, as (kind, key, other_key, made_at, undo); what those had replaced is
    kept without `undo`.
    """

    story: int
    beside: NotRequired[list[str]]
    moved: list[tuple[str, str, float | None]]
    leads: NotRequired[list[tuple[int, str]]]
    removed: list[tuple[str | None, ...]]


def record_changes(db: Database, story: int, articles: list[int], *, removed: list[tuple[str | None, ...]]) -> str:
    """Return the changes of a correction that is about to move these articles, as JSON."""
    moved = db.execute(
        """
        SELECT a.key, s.because, s.similarity FROM json_each(:articles) AS wanted
        CROSS JOIN articles AS a ON a.id = wanted.value CROSS JOIN story_articles AS s ON s.article = a.id
        """,
        {"articles": json.dumps(articles)},
    ).fetchall()
    leads = db.execute(
        """
        SELECT e.id, a.key FROM stories AS e CROSS JOIN articles AS a ON a.id = e.first_article
        WHERE e.id = :story OR e.merged_into = :story ORDER BY e.id <> :story, e.id
        """,
        {"story": story},
    ).fetchall()
    beside = db.execute(
        """
        SELECT a.key FROM story_articles AS s CROSS JOIN articles AS a ON a.id = s.article
        WHERE s.story = :story AND s.article NOT IN (SELECT value FROM json_each(:articles))
        ORDER BY s.article LIMIT :most
        """,
        {"story": story, "articles": json.dumps(articles), "most": _MAX_BESIDE},
    ).fetchall()
    changes = {
        "story": story,
        "beside": [key for (key,) in beside],
        "moved": moved,
        "leads": leads,
        "removed": removed,
    }
    return json.dumps(changes)


def take_corrections(db: Database, *, kind: str, keys: list[str]) -> list[tuple[str | None, ...]]:
    """Delete the corrections of a kind ("" for all) on pages with these keys; return their rows for `removed`."""
    found = db.execute(
        """
        SELECT id, kind, key, other_key, made_at, undo FROM story_corrections
        WHERE key IN (SELECT value FROM json_each(:keys)) AND :kind IN ('', kind)
        UNION
        SELECT id, kind, key, other_key, made_at, undo FROM story_corrections
        WHERE other_key IN (SELECT value FROM json_each(:keys)) AND :kind IN ('', kind)
        ORDER BY id
        """,
        {"keys": json.dumps(keys), "kind": kind},
    ).fetchall()
    for id_, *_ in found:
        db.execute("DELETE FROM story_corrections WHERE id = :id", {"id": id_})
    return [(*row[1:-1], row[-1] and _shorten_undo(row[-1])) for row in found]


def _shorten_undo(undo: str) -> str:
    """Return the changes of a correction that is replaced, without those of the corrections that it had replaced.

    Otherwise each correction would contain all earlier ones of its article.
    """
    changes = json.loads(undo)
    changes["removed"] = [[*row[:-1], None] for row in changes["removed"]]
    return json.dumps(changes)


def find_last_correction(db: Database, articles: Iterable[int]) -> tuple[int, str] | None:
    """Return (id, kind) of the last correction of one of these articles that can be undone, None if there is none."""
    row = db.execute(
        f"""
        SELECT c.id, c.kind FROM ({SQL_CORRECTIONS_OF}) AS found CROSS JOIN story_corrections AS c ON c.id = found.id
        WHERE c.undo IS NOT NULL ORDER BY {SQL_NEWEST_FIRST} LIMIT 1
        """,  # noqa: S608 -- the constants above
        {"ids": json.dumps(list(articles))},
    ).fetchone()
    return None if row is None else (int(row[0]), str(row[1]))


def undo_correction(db: Database, correction: int, *, now: dt.datetime) -> int | None:
    """Undo a correction, and return a story to look at; None if there is none of that number that can be undone."""
    with db.atomic():
        row = db.execute(
            "SELECT kind, key, undo FROM story_corrections WHERE id = :id AND undo IS NOT NULL", {"id": correction}
        ).fetchone()
        if row is None:
            return None
        kind, key, changes = str(row[0]), str(row[1]), json.loads(row[2])
        db.execute("DELETE FROM story_corrections WHERE id = :id", {"id": correction})
        for values in changes["removed"]:
            db.execute(
                """
                INSERT INTO story_corrections (kind, key, other_key, made_at, undo)
                VALUES (:kind, :key, :other_key, :made_at, :undo)
                """,
                dict(zip(("kind", "key", "other_key", "made_at", "undo"), values, strict=True)),
            )
        article = _find_article(db, key)
        current = None if article is None else find_story(db, article)
        if current is not None:
            (_part if kind == "join" else _bring_back)(db, changes, current)
        refresh_divergences(db, now=now)
        return None if article is None else find_story(db, article)


def _part(db: Database, changes: CorrectionChanges, joined: int) -> None:
    """Give back to the story that a join ended what it had, as far as that is in the joined story still."""
    moved = _find_moved(db, changes, joined)
    (members,) = db.execute("SELECT count(*) FROM story_articles WHERE story = :story", {"story": joined}).fetchone()
    if not moved or len(moved) == members:
        return
    number = _revive(db, changes, joined)
    if number is None:
        first = moved[0][0]
        db.execute("DELETE FROM story_articles WHERE article = :id", {"id": first})
        number = begin_story(db, first)
    for article, because, similarity in moved:
        add_to_story(db, article, number, because=because, similarity=similarity)
    refresh_story(db, joined)
    refresh_story(db, number)  # it may have lost its first article or its latest meanwhile


def _revive(db: Database, changes: CorrectionChanges, joined: int) -> int | None:
    """Let the story that a join ended stand again, with the numbers that led to it; None if none is still its own."""
    found = db.execute(
        """
        SELECT e.id FROM json_each(:leads) AS wanted
        CROSS JOIN stories AS e ON e.id = json_extract(wanted.value, '$[0]')
        CROSS JOIN articles AS a ON a.id = e.first_article
        WHERE e.merged_into = :joined AND a.key = json_extract(wanted.value, '$[1]') ORDER BY wanted.key
        """,
        {"leads": json.dumps(changes.get("leads", [])), "joined": joined},
    ).fetchall()
    if not found:
        return None
    numbers = [int(number) for (number,) in found]
    db.execute(
        """
        UPDATE stories SET merged_into = CASE WHEN id <> :number THEN :number END
        WHERE id IN (SELECT value FROM json_each(:numbers))
        """,
        {"number": numbers[0], "numbers": json.dumps(numbers)},
    )
    return numbers[0]


def _bring_back(db: Database, changes: CorrectionChanges, apart: int) -> None:
    """Put what a split took out of a story into it again, if the story stands."""
    story = _find_place(db, changes)
    if story is None or story == apart:
        return
    for article, because, similarity in _find_moved(db, changes, apart):
        add_to_story(db, article, story, because=because, similarity=similarity)


def _find_place(db: Database, changes: CorrectionChanges) -> int | None:
    """Return the story that has most of the articles that a split left in the one from which it took others."""
    if "beside" not in changes:
        return find_standing_story(db, changes["story"])
    row = db.execute(
        """
        SELECT s.story FROM json_each(:beside) AS wanted
        CROSS JOIN articles AS a ON a.key = wanted.value CROSS JOIN story_articles AS s ON s.article = a.id
        GROUP BY s.story ORDER BY count(*) DESC, s.story = :number DESC, s.story LIMIT 1
        """,
        {"beside": json.dumps(changes["beside"]), "number": changes["story"]},
    ).fetchone()
    return None if row is None else int(row[0])


def _find_moved(db: Database, changes: CorrectionChanges, story: int) -> list[tuple[int, str, float | None]]:
    """Return (article, because, similarity) of what was moved and is in the story now."""
    found = ((_find_article(db, key), because, similarity) for key, because, similarity in changes["moved"])
    return [
        (article, because, similarity)
        for article, because, similarity in found
        if article is not None and find_story(db, article) == story
    ]


def _find_article(db: Database, key: str) -> int | None:
    row = db.execute("SELECT id FROM articles WHERE key = :key", {"key": key}).fetchone()
    return None if row is None else int(row[0])
