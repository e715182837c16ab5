"""Read news.db for the apps of readers: the latest articles, and the rows that items are built from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final, NamedTuple, TypedDict, cast

from sqlite_utils import Database

from db.news.outlets import OutletRow
from db.site.queries.articles import OUTLETS
from db.text.excerpt import LEAD_SOURCE_CHARACTERS

MAX_LISTED_ITEMS: Final = 20_000  # articles that apps are shown, the last stored; and starred ones


class ListedItem(NamedTuple):
    """An article as lists of ids know it."""

    id: int
    outlet: str
    first_seen: str


class ItemRow(TypedDict):
    """An article as an item shows it. `beginning`: of its text; `characters`: of its whole text."""

    id: int
    url: str
    outlet: str
    title: str
    authors: str
    published: str | None
    first_seen: str
    language: str | None
    beginning: str
    characters: int


def list_last_items(db: Database, *, limit: int = MAX_LISTED_ITEMS) -> list[ListedItem]:
    """Return the articles with the last ids, the newest first."""
    rows = db.execute(
        """
        SELECT id, outlet, first_seen FROM articles INDEXED BY articles_facets ORDER BY id DESC LIMIT :limit
        """,
        {"limit": limit},
    )
    return [ListedItem(*row) for row in rows.fetchall()]


def list_items_by_key(db: Database, keys: Iterable[str]) -> list[ListedItem]:
    """Return the articles that have one of these keys."""
    rows = db.execute(
        """
        SELECT id, outlet, first_seen FROM articles
        WHERE key IN (SELECT value FROM json_each(:keys))
           OR (key IS NULL AND url IN (SELECT value FROM json_each(:keys)))
        """,
        {"keys": json.dumps(list(keys))},
    )
    return [ListedItem(*row) for row in rows.fetchall()]


def read_item_rows(db: Database, ids: Iterable[int]) -> dict[int, ItemRow]:
    """Return what items show, by id, for the ids that have an article."""
    rows = db.query(
        """
        SELECT id, url, outlet, title, authors, published, first_seen, language,
            substr(text, 1, :most) AS beginning, length(text) AS characters
        FROM articles WHERE id IN (SELECT value FROM json_each(:ids))
        """,
        {"ids": json.dumps(list(ids)), "most": LEAD_SOURCE_CHARACTERS},
    )
    return {row["id"]: cast("ItemRow", row) for row in rows}


def read_item_keys(db: Database, ids: Iterable[int]) -> list[str]:
    """Return the keys of the articles with these ids."""
    rows = db.execute(
        "SELECT coalesce(key, url) FROM articles WHERE id IN (SELECT value FROM json_each(:ids))",
        {"ids": json.dumps(list(ids))},
    )
    return [key for (key,) in rows.fetchall()]


def list_outlet_rows(db: Database) -> list[OutletRow]:
    """Return all outlets by name."""
    return [cast("OutletRow", row) for row in db.query(OUTLETS)]
