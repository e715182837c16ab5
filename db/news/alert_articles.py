"""What alerts read of news.db: which articles match a query, their stories, and what a message says of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils import Database

from db.news.revisions import TextChanges, read_changes
from db.search.query import Query


@dataclass(frozen=True, slots=True)
class Match:
    """An article that a query finds; `head` is the id of the original of its story, its own if it is no copy."""

    id: int
    key: str
    head: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A revision of an article. `change` and `reading` identify what changed and what came of it in any news.db."""

    id: int
    article: int
    key: str
    head: int  # the id of the original of its story, its own if it is no copy
    backfilled: bool
    change: str
    reading: str
    changes: TextChanges = field(repr=False)


def find_last_article(db: Database) -> tuple[int, str | None]:
    """The highest article id and its key; (0, None) when there is no article."""
    row = db.execute("SELECT id, coalesce(key, url) FROM articles ORDER BY id DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, None)


def find_article_key(db: Database, article: int) -> str | None:
    """The key of the article of that id, None if there is none."""
    row = db.execute("SELECT coalesce(key, url) FROM articles WHERE id = :id", {"id": article}).fetchone()
    return None if row is None else str(row[0])


def find_matches(db: Database, query: Query, *, after: int, upto: int, borderline: bool) -> list[Match]:
    """The articles after one id and up to another that a query finds, in the order in which they came.

    What a backfill found in the past is no news and stays out.
    """
    rows = db.execute(
        f"""
        SELECT articles.id, coalesce(articles.key, articles.url), coalesce(articles.original, articles.id)
        FROM ({query.compiled.sql}) AS found CROSS JOIN articles ON articles.id = found.id
        WHERE NOT articles.backfilled AND (:borderline OR articles.verdict <> 'borderline')
        ORDER BY found.id
        """,  # noqa: S608 -- written by db.search.query.sql, values are parameters
        query.compiled.parameters | {"after": after, "upto": upto, "borderline": borderline},
    )
    return [Match(*row) for row in rows]


def find_alertable(db: Database, *, after: int, upto: int) -> dict[int, tuple[Match, bool]]:
    """Every article after one id and up to another that may be alerted to, and whether it is borderline."""
    rows = db.execute(
        """
        SELECT id, coalesce(key, url), coalesce(original, id), verdict = 'borderline' FROM articles
        WHERE id > :after AND id <= :upto AND NOT backfilled
        """,
        {"after": after, "upto": upto},
    )
    return {id_: (Match(id_, key, head), bool(borderline)) for id_, key, head, borderline in rows}


def find_stories(db: Database, heads: Iterable[int]) -> dict[int, list[tuple[int, str]]]:
    """(id, key) of all articles of each story that has more than one, by the id of its original."""
    rows = db.execute(
        """
        WITH head(id) AS (SELECT value FROM json_each(:heads))
        SELECT original, id, coalesce(key, url) FROM articles WHERE original IN (SELECT id FROM head)
        UNION ALL
        SELECT id, id, coalesce(key, url) FROM articles
        WHERE id IN (SELECT id FROM head) AND id IN (SELECT original FROM articles WHERE original IS NOT NULL)
        """,
        {"heads": json.dumps(list(heads))},
    )
    members: dict[int, list[tuple[int, str]]] = {}
    for head, id_, key in rows:
        members.setdefault(head, []).append((id_, key))
    return members


def find_article_before(db: Database, moment: str) -> int:
    """The id before the first article that was stored at or after this moment (as db.model.times.stamp writes it)."""
    # Without the index named, SQLite reads the whole table from its beginning for min(id).
    row = db.execute(
        "SELECT min(id) - 1 FROM articles INDEXED BY articles_first_seen WHERE first_seen >= :moment",
        {"moment": moment},
    ).fetchone()
    return find_last_article(db)[0] if row[0] is None else int(row[0])


def read_message_articles(db: Database, articles: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What a message says of these articles, by id: the row and its outlet's.

    `also` (JSON): who else has the story, [{name, published, precision}], the earliest first; `concepts` (JSON): names
    in English, Spanish and Chinese by id.
    """
    rows = db.query(
        """
        SELECT articles.id, url, title, text, articles.outlet, published, published_precision, first_seen, language,
               verdict, reasons, original, credited_to, paywalled, sponsored,
               coalesce(outlets.name, articles.outlet) AS outlet_name, country, kind, ownership,
               (SELECT count(*) FROM revisions WHERE article = articles.id) AS revisions,
               (SELECT json_group_object(concept, json_array(name_en, name_es, name_zh))
                FROM mentions JOIN concepts ON concepts.id = concept WHERE article = articles.id) AS concepts,
               (SELECT json_group_array(json_object('name', name, 'published', published, 'precision', precision))
                FROM (
                    SELECT coalesce(others.name, other.outlet) AS name, other.published,
                           other.published_precision AS precision,
                           min(coalesce(other.published, other.first_seen)) AS moment
                    FROM articles AS other LEFT JOIN outlets AS others ON others.id = other.outlet
                    WHERE (other.original = coalesce(articles.original, articles.id) OR other.id = articles.original)
                      AND other.outlet <> articles.outlet
                    GROUP BY other.outlet ORDER BY moment, other.id)) AS also
        FROM articles LEFT JOIN outlets ON outlets.id = articles.outlet
        WHERE articles.id IN (SELECT value FROM json_each(:articles))
        """,
        {"articles": json.dumps(list(articles))},
    )
    return {row["id"]: row for row in rows}


def find_article_ids(db: Database, keys: Iterable[str]) -> dict[str, int]:
    """The article ids of these keys, where there are any."""
    rows = db.execute(
        """
        SELECT coalesce(key, url), id FROM articles
        WHERE key IN (SELECT value FROM json_each(:keys))
           OR (key IS NULL AND url IN (SELECT value FROM json_each(:keys)))
        """,
        {"keys": json.dumps(list(keys))},
    )
    return dict(rows.fetchall())


def find_last_revision(db: Database) -> tuple[int, str | None]:
    """The highest revision id and its mark; (0, None) when there is none."""
    row = db.execute("SELECT id, article || ' ' || seen_at FROM revisions ORDER BY id DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, None)


def find_revision_mark(db: Database, revision: int) -> str | None:
    """What tells the revision of that id from another one; None if there is none."""
    row = db.execute("SELECT article || ' ' || seen_at FROM revisions WHERE id = :id", {"id": revision}).fetchone()
    return None if row is None else str(row[0])


def find_revision_before(db: Database, moment: str) -> int:
    """The id before the first revision that was seen at or after this moment (as db.model.times.stamp writes it)."""
    row = db.execute("SELECT min(id) - 1 FROM revisions WHERE seen_at >= :moment", {"moment": moment}).fetchone()
    return find_last_revision(db)[0] if row[0] is None else int(row[0])


def read_revisions(db: Database, *, after: int, upto: int) -> list[Revision]:
    """The revisions after one id and up to another, in the order in which they came.

    Those from before changes were kept are left out: nobody can say any more what they changed.
    """
    rows = db.query(
        """
        SELECT revisions.id, article, coalesce(articles.key, articles.url) AS key,
               coalesce(articles.original, articles.id) AS head, backfilled, changes,
               coalesce(
                   (SELECT later.text_sha256 || ' ' || later.title FROM revisions AS later
                    WHERE later.article = revisions.article AND later.id > revisions.id ORDER BY later.id LIMIT 1),
                   articles.text_sha256 || ' ' || articles.title
               ) AS reading
        FROM revisions JOIN articles ON articles.id = revisions.article
        WHERE revisions.id > :after AND revisions.id <= :upto ORDER BY revisions.id
        """,
        {"after": after, "upto": upto},
    )
    found = []
    for row in rows:
        stored = row.pop("changes")
        if (changes := read_changes(stored)) is not None:
            named = row | {"backfilled": bool(row["backfilled"]), "reading": _identity(row["reading"])}
            found.append(Revision(**named, change=_identity(stored), changes=changes))
    return found


def _identity(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
