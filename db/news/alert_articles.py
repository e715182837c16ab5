"""Read news.db for alerts: matching articles, their stories, revisions, and the rows that messages show."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict, cast

from sqlite_utils import Database

from db.i18n.concept_names import SQL_NAMES
from db.news.revisions import TextChanges, read_changes
from db.search.query import Query


@dataclass(frozen=True, slots=True)
class Match:
    """An article that a query finds. `head`: the id of the original of its story; its own id if it is not a copy."""

    id: int
    key: str
    head: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A revision of an article.

    `change` (hash of the stored changes) and `reading` (hash of the text and title after them) are the same in any
    news.db, also in a restored one.
    """

    id: int
    article: int
    key: str
    head: int  # as in Match
    backfilled: bool
    language: str | None
    country: str | None  # of the outlet
    change: str
    reading: str
    changes: TextChanges = field(repr=False)


def find_last_article(db: Database) -> tuple[int, str | None]:
    """Return the highest article id and its key, or (0, None) if there is no article."""
    row = db.execute("SELECT id, coalesce(key, url) FROM articles ORDER BY id DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, None)


def find_article_key(db: Database, article: int) -> str | None:
    """Return the key of an article, or None if there is no such article."""
    row = db.execute("SELECT coalesce(key, url) FROM articles WHERE id = :id", {"id": article}).fetchone()
    return None if row is None else str(row[0])


def find_matches(db: Database, query: Query, *, after: int, upto: int, borderline: bool) -> list[Match]:
    """Find the articles with after < id <= upto that match a query, in the order of their ids.

    Articles that a backfill found are left out: they are not new.
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
    """Return every article with after < id <= upto that may be alerted to, and whether it is borderline, by id."""
    rows = db.execute(
        """
        SELECT id, coalesce(key, url), coalesce(original, id), verdict = 'borderline' FROM articles
        WHERE id > :after AND id <= :upto AND NOT backfilled
        """,
        {"after": after, "upto": upto},
    )
    return {id_: (Match(id_, key, head), bool(borderline)) for id_, key, head, borderline in rows}


def find_stories(db: Database, heads: Iterable[int]) -> dict[int, list[tuple[int, str]]]:
    """Return (id, key) of all articles of each story with more than one article, by the id of its original."""
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
    """Return the id before the first article stored at or after `moment` (in the form of db.model.times.stamp)."""
    # Without INDEXED BY, SQLite scans the whole table for min(id).
    row = db.execute(
        "SELECT min(id) - 1 FROM articles INDEXED BY articles_first_seen WHERE first_seen >= :moment",
        {"moment": moment},
    ).fetchone()
    return find_last_article(db)[0] if row[0] is None else int(row[0])


class MessageArticle(TypedDict):
    """An article with its outlet, as messages and feeds show it. Yes or no is 0 or 1.

    The last two are not read: an alert to revisions adds them.
    """

    id: int
    url: str
    title: str
    text: str
    outlet: str
    published: str | None
    published_precision: str | None
    claimed: str | None  # a date that is not credited; `published` is then None
    claimed_precision: str | None
    first_seen: str
    language: str | None
    verdict: str
    reasons: str  # JSON, as in `articles`
    original: int | None
    credited_to: str | None
    paywalled: int
    sponsored: int
    outlet_name: str
    country: str | None
    kind: str | None
    ownership: str | None
    revisions: int
    concepts: str  # JSON: {concept id: its names as in SQL_NAMES}
    also: str  # JSON: other outlets with the story, [{name, published, precision}], the earliest first
    updated: NotRequired[str | None]  # what the revisions changed
    is_update: NotRequired[bool]  # the reader was told the article or its story before


def read_message_articles(db: Database, articles: Iterable[int]) -> dict[int, MessageArticle]:
    """Read the articles that a message shows, by id."""
    rows = db.query(
        f"""
        SELECT articles.id, url, title, text, articles.outlet, published, published_precision, claimed,
               claimed_precision, first_seen, language,
               verdict, reasons, original, credited_to, paywalled, sponsored,
               coalesce(outlets.name, articles.outlet) AS outlet_name, country, kind, ownership,
               (SELECT count(*) FROM revisions WHERE article = articles.id) AS revisions,
               (SELECT json_group_object(concept, {SQL_NAMES})
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
        """,  # noqa: S608 -- columns
        {"articles": json.dumps(list(articles))},
    )
    return {row["id"]: cast("MessageArticle", row) for row in rows}


def find_article_ids(db: Database, keys: Iterable[str]) -> dict[str, int]:
    """Return the article ids by key, for the keys that have an article."""
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
    """Return the highest revision id and its mark, or (0, None) if there is no revision."""
    row = db.execute("SELECT id, article || ' ' || seen_at FROM revisions ORDER BY id DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, None)


def find_revision_mark(db: Database, revision: int) -> str | None:
    """Return the mark of a revision (its article and time, which identify it), or None if there is none."""
    row = db.execute("SELECT article || ' ' || seen_at FROM revisions WHERE id = :id", {"id": revision}).fetchone()
    return None if row is None else str(row[0])


def find_revision_before(db: Database, moment: str) -> int:
    """Return the id before the first revision seen at or after `moment` (in the form of db.model.times.stamp)."""
    row = db.execute("SELECT min(id) - 1 FROM revisions WHERE seen_at >= :moment", {"moment": moment}).fetchone()
    return find_last_revision(db)[0] if row[0] is None else int(row[0])


def read_revisions(db: Database, *, after: int, upto: int) -> list[Revision]:
    """Read the revisions with after < id <= upto, in the order of their ids.

    Revisions from before changes were stored are left out: what they changed is not known.
    """
    rows = db.query(
        """
        SELECT revisions.id, article, coalesce(articles.key, articles.url) AS key,
               coalesce(articles.original, articles.id) AS head, backfilled, changes,
               articles.language, outlets.country,
               coalesce(
                   (SELECT later.text_sha256 || ' ' || later.title FROM revisions AS later
                    WHERE later.article = revisions.article AND later.id > revisions.id ORDER BY later.id LIMIT 1),
                   articles.text_sha256 || ' ' || articles.title
               ) AS reading
        FROM revisions JOIN articles ON articles.id = revisions.article
        LEFT JOIN outlets ON outlets.id = articles.outlet
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
