"""Briefings (desk.db): the recipe and the finished contents of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlite_utils import Database

from db.i18n.languages import Language, find_language
from db.model.times import read_stamp, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefingRecipe:
    """What a briefing is made of: the period, the search, the language, and when and by which version it was made.

    `since` and `until` are the first and the last day, in the desk's zone. `query`: "" for everything.
    """

    since: dt.date
    until: dt.date
    query: str
    language: Language
    made_at: dt.datetime
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBriefing:
    """A briefing by its number, and its recipe."""

    number: int
    recipe: BriefingRecipe


def save_briefing(db: Database, recipe: BriefingRecipe, make_contents: Callable[[int], str]) -> tuple[int, str]:
    """Store a briefing under the next number; return it and the contents, which `make_contents` makes of it."""
    with db.atomic():
        (number,) = db.execute("SELECT coalesce(max(id), 0) + 1 FROM briefings").fetchone()
        contents = make_contents(number)
        db.execute(
            """
            INSERT INTO briefings (id, made_at, since, until, query, language, version, contents)
            VALUES (:id, :made_at, :since, :until, :query, :language, :version, :contents)
            """,
            {
                "id": number,
                "made_at": stamp(recipe.made_at),
                "since": recipe.since.isoformat(),
                "until": recipe.until.isoformat(),
                "query": recipe.query,
                "language": recipe.language,
                "version": recipe.version,
                "contents": contents,
            },
        )
    return number, contents


def read_briefing_contents(db: Database, number: int) -> str | None:
    """Return the contents of a briefing; None if there is none of that number."""
    row = db.execute("SELECT contents FROM briefings WHERE id = :id", {"id": number}).fetchone()
    return None if row is None else str(row[0])


def list_stored_briefings(db: Database) -> list[StoredBriefing]:
    """Return all briefings, the newest first."""
    rows = db.query("SELECT id, made_at, since, until, query, language, version FROM briefings ORDER BY id DESC")
    return [
        StoredBriefing(
            number=row["id"],
            recipe=BriefingRecipe(
                since=dt.date.fromisoformat(row["since"]),
                until=dt.date.fromisoformat(row["until"]),
                query=row["query"],
                language=find_language(row["language"]) or "en",
                made_at=read_stamp(row["made_at"]),
                version=row["version"],
            ),
        )
        for row in rows
    ]
