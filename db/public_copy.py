"""Write the public copy: a database with headlines, outlets, times, first sentences and links.

Each copy is built in a new file. Deleting rows from a copy of news.db would leave the texts in its free pages. Every
published column is listed here, so that a column added to news.db is not published by accident.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from sqlite_utils import Database

from db.connection import StoreError, explain_errors, open_news
from db.draft_files import settle_file
from db.i18n.concept_names import SQL_NAME_COLUMNS
from db.model.times import stamp
from db.news.stories.public_divergences import COPY_DIVERGENCES
from db.news.stories.rows import SQL_MOMENT, SQL_SAME_MOMENT
from db.search.index import index_article
from db.search.statement import RowsOf
from db.text.excerpt import LEAD_SOURCE_CHARACTERS, take_lead
from db.text.web_address import web_address

APPLICATION_ID = (
    0x56494749  # "VIGI", in the header of a published file (https://sqlite.org/fileformat2.html#application_id)
)
_HEADER = b"SQLite format 3\0"
# Tables of a published file; all others are dropped, also those of later migrations. `crawls` is empty: the reading
# room queries it.
PUBLIC_TABLES = (
    "outlets",
    "articles",
    "revisions",
    "edits",
    "copy_sources",
    "concepts",
    "mentions",
    "crawls",
    "stories",
    "story_articles",
    "figures",
    "measures",
    "divergences",
    "divergence_figures",
    "publication",
)


class PublicationRow(TypedDict):
    """How a public copy was made: when, from articles since when and of which verdict, and how many."""

    made_at: str
    since: str | None
    verdict: str | None
    articles: int


class PublishError(Exception):
    """Nothing was published. The text is one line: which file, what is wrong, the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCopy:
    """The file that was written, and how much it holds."""

    path: Path
    articles: int
    outlets: int
    size: int  # bytes


@lru_cache(maxsize=2)  # each lead is needed twice
def make_lead(text: str, language: str | None) -> str:
    """Return the published part of a text: its first sentence, at most 300 characters (Chinese: 120) and half of it."""
    return take_lead(text[:LEAD_SOURCE_CHARACTERS], language, characters=len(text))


def publish_copy(
    news_db: Path, target: Path, *, relevant_only: bool = False, since: str | None = None
) -> PublishedCopy:
    """Write the public copy to `target`, replacing an earlier public copy in one step.

    relevant_only: leave out borderline articles. since: leave out articles before a time (in the form of
    db.model.times.stamp), except originals of published copies.
    Raises PublishError if `target` can't be written or is another file, StoreError if news.db can't be read.
    """
    target = target.resolve()
    _refuse_others(target)
    open_news(news_db, readonly=True).close()
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with _writing(target):
            try:
                open_news(draft).close()
            except StoreError as error:
                raise PublishError(str(error).replace(str(draft), str(target))) from error
            found = _fill(draft, news_db, target=target, relevant_only=relevant_only, since=since)
            _settle(draft, target)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)
    return PublishedCopy(path=target, articles=found[0], outlets=found[1], size=target.stat().st_size)


def is_published(path: Path) -> bool:
    """Return True if `publish_copy` made the file. Raises OSError if it can't be read."""
    with path.open("rb") as file:
        header = file.read(100)
    return header.startswith(_HEADER) and header[68:72] == APPLICATION_ID.to_bytes(4, "big")


def _refuse_others(target: Path) -> None:
    if not target.parent.is_dir():
        raise PublishError(f"{target.parent}: no such folder; make it, or name another file")
    try:
        if target.exists() and not (target.is_file() and is_published(target)):
            raise PublishError(f"{target}: is there and was not published by Vigía; move it away or name another file")
    except OSError as error:
        raise PublishError(f"{target}: can't be read ({error.strerror}); name another file") from error
    for suffix in ("-wal", "-journal"):  # SQLite would apply it to the new file
        if target.with_name(target.name + suffix).exists():
            raise PublishError(f"{target}: another program writes to it ({target.name}{suffix}); close that one first")


@contextlib.contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PublishError(f"{target}: can't be written ({error.strerror}); nothing was published") from error


def _fill(draft: Path, news_db: Path, *, target: Path, relevant_only: bool, since: str | None) -> tuple[int, int]:
    """Fill the draft, and return the numbers of articles and of outlets with articles."""
    with explain_errors(target):
        conn = sqlite3.connect(draft.absolute().as_uri(), uri=True, isolation_level=None)
    db = Database(conn)
    try:
        # No journal and no sync: the draft is deleted if anything fails, and synced before it is moved.
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -65536")  # KiB
        with explain_errors(news_db):
            db.execute("ATTACH :news AS news", {"news": f"{news_db.absolute().as_uri()}?mode=ro"})
            conn.create_function("lead", 2, make_lead, deterministic=True)
            conn.create_function("reasons_within", 3, _reasons_within, deterministic=True)
            conn.create_function("web_address", 1, web_address, deterministic=True)
            with db.atomic():  # all statements read one state of news.db, even if it is written meanwhile
                conditions = {"verdict": "relevant" if relevant_only else None, "since": since}
                for statement in _COPIED:
                    db.execute(statement, conditions if ":since" in statement else {})
                _index(db)
                articles, outlets = conn.execute(_COUNTED).fetchone()
                made_at = stamp(dt.datetime.now(dt.UTC))
                made = {"made_at": made_at, "since": since, "only": conditions["verdict"], "articles": articles}
                db.execute(_PUBLICATION, made)
            db.execute("DETACH news")
        with explain_errors(target):
            _drop_the_rest(db)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute("INSERT INTO articles_fts(articles_fts) VALUES ('optimize')")
            db.execute("PRAGMA journal_mode = DELETE")  # a server may have no right to write beside the file
            db.execute("VACUUM")
    finally:
        conn.close()
    return articles, outlets


def _index(db: Database) -> None:
    """Index headlines and first sentences, and nothing else of the texts."""
    for id_, title, text in db.conn.execute("SELECT id, title, text FROM articles ORDER BY id"):
        index_article(db, id_, title, text)


def _reasons_within(reasons: str, title: str, lead_: str) -> str:
    """Keep only the reasons for relevance whose sentence is in the headline or the lead."""
    found = [
        reason
        for reason in json.loads(reasons or "[]")
        if isinstance(reason, dict) and (sentence := str(reason.get("sentence") or ""))
        if sentence in title or sentence in lead_
    ]
    return json.dumps(found, ensure_ascii=False)


def _drop_the_rest(db: Database) -> None:
    """Drop all tables but PUBLIC_TABLES, also those of later migrations."""
    db.execute("PRAGMA foreign_keys = OFF")
    for (name,) in db.conn.execute(_OTHER_TABLES, {"kept": json.dumps(PUBLIC_TABLES)}).fetchall():
        db.table(name).drop()


def _settle(draft: Path, target: Path) -> None:
    """Move the finished file to its place; programs that have the old one open go on reading that."""
    mask = os.umask(0)
    os.umask(mask)
    draft.chmod(0o666 & ~mask)
    settle_file(draft, target)


_COPIED = (
    "CREATE TEMP TABLE chosen (id INTEGER PRIMARY KEY)",
    """
    WITH asked AS (
        SELECT id, original FROM news.articles
        WHERE (:verdict IS NULL OR verdict = :verdict)
            AND (:since IS NULL OR coalesce(published, first_seen) >= :since)
    ), together AS (
        SELECT id FROM asked UNION SELECT original FROM asked WHERE original IS NOT NULL
    )
    INSERT INTO chosen (id)
    SELECT a.id FROM together CROSS JOIN news.articles AS a ON a.id = together.id WHERE web_address(a.url) IS NOT NULL
    """,
    """
    INSERT INTO outlets (id, name, home, country, languages, kind, ownership, ownership_source)
    SELECT id, name, home, country, languages, kind, ownership, ownership_source FROM news.outlets
    """,
    # text_sha256 may not be NULL; '' gives no hash with which texts could be compared.
    """
    INSERT INTO articles (
        id, url, key, outlet, title, authors, published, published_precision, published_local, published_from, claimed,
        claimed_precision, modified, language, text, words, relevance, verdict, reasons, original, similarity,
        copy_kind, credited_to, paywalled, sponsored, section, tags, first_seen, last_seen, text_sha256, format
    )
    SELECT
        a.id, a.url, a.key, a.outlet, a.title, a.authors, a.published, a.published_precision, a.published_local,
        a.published_from, a.claimed, a.claimed_precision, a.modified, a.language, lead(a.text, a.language), a.words,
        a.relevance, a.verdict,
        reasons_within(a.reasons, a.title, lead(a.text, a.language)),
        (SELECT id FROM chosen WHERE chosen.id = a.original), a.similarity, a.copy_kind, a.credited_to, a.paywalled,
        a.sponsored, a.section, a.tags, a.first_seen, a.last_seen, '', a.format
    FROM chosen CROSS JOIN news.articles AS a ON a.id = chosen.id ORDER BY a.id
    """,
    """
    INSERT INTO revisions (id, article, seen_at, title, text, text_sha256)
    SELECT r.id, r.article, r.seen_at, '', '', '' FROM chosen CROSS JOIN news.revisions AS r ON r.article = chosen.id
    ORDER BY r.id
    """,
    # Kinds alone: details hold words of texts.
    """
    INSERT INTO edits (revision, article, outlet, seen_at, moment, kinds, notice)
    SELECT e.revision, e.article, e.outlet, e.seen_at, e.moment, e.kinds, e.notice
    FROM chosen CROSS JOIN news.edits AS e ON e.article = chosen.id ORDER BY e.revision
    """,
    """
    INSERT INTO copy_sources (article, source, outlet, source_outlet, moment, kept, cut, added, is_sure, is_credited)
    SELECT c.article, c.source, c.outlet, c.source_outlet, c.moment, c.kept, c.cut, c.added, c.is_sure, c.is_credited
    FROM chosen CROSS JOIN news.copy_sources AS c ON c.article = chosen.id
    WHERE c.source IN (SELECT id FROM chosen) ORDER BY c.article
    """,
    # Only concepts of published articles: a topic of the desk's own may name things that are not public yet.
    f"""
    INSERT INTO concepts (id, kind, side, {SQL_NAME_COLUMNS})
    SELECT id, kind, side, {SQL_NAME_COLUMNS} FROM news.concepts
    WHERE id IN (SELECT m.concept FROM chosen CROSS JOIN news.mentions AS m ON m.article = chosen.id)
    """,  # noqa: S608 -- columns
    """
    INSERT INTO mentions (article, concept, count, in_title)
    SELECT m.article, m.concept, m.count, m.in_title FROM chosen CROSS JOIN news.mentions AS m ON m.article = chosen.id
    """,
    # Of each story what is published of its articles; an old address of a merged story goes on leading to it.
    """
    INSERT INTO story_articles (article, story, similarity, because)
    SELECT s.article, s.story, s.similarity, s.because
    FROM chosen CROSS JOIN news.story_articles AS s ON s.article = chosen.id ORDER BY s.article
    """,
    f"""
    INSERT INTO stories (id, began, latest, first_article)
    SELECT story, min(moment), max(moment), first FROM (
        SELECT s.story, {SQL_MOMENT} AS moment,
            first_value(a.id) OVER (PARTITION BY s.story ORDER BY {SQL_MOMENT}, {SQL_SAME_MOMENT}) AS first
        FROM main.story_articles AS s CROSS JOIN main.articles AS a ON a.id = s.article
    ) GROUP BY story
    """,  # noqa: S608 -- the constants
    """
    UPDATE main.stories SET first_article = coalesce((
        SELECT n.first_article FROM news.stories AS n JOIN chosen ON chosen.id = n.first_article
        WHERE n.id = main.stories.id
    ), first_article)
    """,
    """
    INSERT INTO stories (id, began, latest, first_article, merged_into)
    SELECT n.id, n.began, n.latest,
        coalesce((SELECT id FROM chosen WHERE chosen.id = n.first_article), stands.first_article), n.merged_into
    FROM news.stories AS n JOIN main.stories AS stands ON stands.id = n.merged_into WHERE n.merged_into IS NOT NULL
    """,
    *COPY_DIVERGENCES,
    """
    CREATE TABLE publication (
        made_at TEXT NOT NULL,
        since TEXT,
        verdict TEXT,
        articles INTEGER NOT NULL
    )
    """,
)
SELECT_PUBLICATION = RowsOf[PublicationRow]("SELECT made_at, since, verdict, articles FROM publication")
_COUNTED = "SELECT count(*), count(DISTINCT outlet) FROM articles"
_PUBLICATION = "INSERT INTO publication (made_at, since, verdict, articles) VALUES (:made_at, :since, :only, :articles)"
_OTHER_TABLES = """
    SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name <> '_sqlite_migrations'
        AND name NOT GLOB 'articles_fts*' AND name NOT IN (SELECT value FROM json_each(:kept))
"""
