"""From whom copies were taken (news.db), with what they kept, cut and added, and whom they credit.

A group is an original with its copies. Rows are written when an article of the group is stored, in the caller's
transaction; the sentences of its versions are kept as numbers, so that no other text is read.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from db.copies.sources import CopySource, TextVersion, choose_source, hash_sentences
from db.news.stories.rows import SQL_MOMENT, SQL_SAME_MOMENT
from db.text.web_address import web_address

MAX_TRACED = 200  # versions of a group that are compared with one another: the earliest and those around an article
_LEAST_NAME = 4  # letters of an outlet's name that is looked for in a text; of a Chinese one two


def trace_copies(db: Database, article_id: int) -> None:
    """Find anew from whom an article was taken, and who took from it; runs in the caller's transaction.

    Later versions keep their source unless the article is nearer to them, or was their source, or dates have changed.
    """
    stale = {row[0] for row in db.execute("SELECT article FROM copy_sources WHERE source = :id", {"id": article_id})}
    _delete_traces(db, article_id)
    roots = dict.fromkeys(_find_root(db, id_) for id_ in (article_id, *sorted(stale)))
    for root in roots:
        if root is not None:
            trace_group(db, root, around=article_id)


def forget_traces(db: Database, article_id: int, root: int | None) -> None:
    """Delete what is known of an article that has left its group; `root` is the original of those that remain."""
    _delete_traces(db, article_id)
    if root is not None:
        trace_group(db, root, around=root)


def _delete_traces(db: Database, article_id: int) -> None:
    db.execute("DELETE FROM copy_sources WHERE article = :id OR source = :id", {"id": article_id})
    db.execute("DELETE FROM copy_sentences WHERE article = :id", {"id": article_id})


def trace_group(db: Database, root: int, *, around: int) -> None:
    """Find the sources of a group's copies that have none, and of those to which the article `around` is nearer."""
    db.execute("DELETE FROM copy_sources WHERE article = :root", {"root": root})
    ids = _choose_members(db, root, around)
    if len(ids) < 2:
        db.execute("DELETE FROM copy_sentences WHERE article = :root", {"root": root})
        return
    versions = {version.article: version for version in _read_versions(db, ids)}
    places = {id_: place for place, id_ in enumerate(versions)}
    known = _read_known(db, ids)
    for copy in versions.values():
        if copy.article == root:
            continue
        before = known.get(copy.article)
        candidates: Iterable[TextVersion] = versions.values()
        if before is not None and before.source in versions:
            if versions[before.source].is_surely_before(copy) == before.is_sure:
                if around not in versions or around == copy.article:
                    continue
                candidates = [versions[id_] for id_ in sorted((before.source, around), key=places.__getitem__)]
        elif before is not None and _find_root(db, before.source) == root:
            continue  # its source is not among the versions that are compared
        found = choose_source(copy, candidates, root=root)
        if found != before:
            db.execute("DELETE FROM copy_sources WHERE article = :id", {"id": copy.article})
            if found is not None:
                _write(db, copy, found)


def read_untraced_groups(db: Database) -> list[int]:
    """Return the originals of groups from before, whose copies have no sources yet."""
    return [int(root) for (root,) in db.execute("SELECT root FROM copy_pending ORDER BY root DESC")]


def trace_pending_group(db: Database, root: int) -> None:
    """Find the sources of the copies of an older group, a transaction for each stretch of a large one."""
    copies = db.execute("SELECT id FROM articles WHERE original = :root ORDER BY id", {"root": root}).fetchall()
    for (around,) in copies[:: MAX_TRACED // 4]:
        with db.atomic():
            if _find_root(db, around) == root:
                trace_group(db, root, around=around)
    with db.atomic():
        db.execute("DELETE FROM copy_pending WHERE root = :root", {"root": root})


def _find_root(db: Database, article_id: int) -> int | None:
    row = db.execute("SELECT coalesce(original, id) FROM articles WHERE id = :id", {"id": article_id}).fetchone()
    return None if row is None else int(row[0])


def _read_known(db: Database, ids: Sequence[int]) -> dict[int, CopySource]:
    rows = db.execute(
        """
        SELECT c.article, c.source, c.kept, c.cut, c.added, c.is_sure FROM json_each(:ids) AS one
        CROSS JOIN copy_sources AS c ON c.article = one.value
        """,
        {"ids": json.dumps(list(ids))},
    )
    return {
        article: CopySource(source=source, kept=kept, cut=cut, added=added, is_sure=bool(is_sure))
        for article, source, kept, cut, added, is_sure in rows
    }


def _choose_members(db: Database, root: int, around: int) -> list[int]:
    """Return a group's articles; of a large one the original, the earliest rows, and those around an article."""
    rows = db.execute("SELECT id FROM articles WHERE original = :root ORDER BY id", {"root": root})
    ids = [int(id_) for (id_,) in rows]
    if len(ids) >= MAX_TRACED:
        half, quarter = MAX_TRACED // 2, MAX_TRACED // 4
        place = ids.index(around) if around in ids else half
        ids = list(dict.fromkeys((*ids[: half - 1], *ids[max(0, place - quarter) : place + quarter])))
    return [root, *ids]


def _read_versions(db: Database, ids: Sequence[int]) -> list[TextVersion]:
    rows = db.execute(
        f"""
        SELECT a.id, {SQL_MOMENT}, a.published IS NOT NULL AND a.published_precision = 'time', s.hashes
        FROM json_each(:ids) AS one CROSS JOIN articles AS a ON a.id = one.value
        LEFT JOIN copy_sentences AS s ON s.article = a.id
        ORDER BY {SQL_SAME_MOMENT}
        """,  # noqa: S608 -- the constants
        {"ids": json.dumps(list(ids))},
    ).fetchall()
    return [
        TextVersion(
            article=id_,
            minute=moment[:16],
            is_exact=bool(is_exact),
            sentences=frozenset(_unpack(stored) if stored is not None else _store_sentences(db, id_)),
        )
        for id_, moment, is_exact, stored in rows
    ]


def _store_sentences(db: Database, article_id: int) -> tuple[int, ...]:
    (text,) = db.execute("SELECT text FROM articles WHERE id = :id", {"id": article_id}).fetchone()
    hashes = hash_sentences(text)
    db.execute(
        "INSERT INTO copy_sentences (article, hashes) VALUES (:id, :hashes)",
        {"id": article_id, "hashes": array("q", hashes).tobytes()},
    )
    return hashes


def _unpack(stored: bytes) -> Iterable[int]:
    return array("q", stored)


def _write(db: Database, copy: TextVersion, found: CopySource) -> None:
    db.execute(
        """
        INSERT INTO copy_sources
            (article, source, outlet, source_outlet, moment, kept, cut, added, is_sure, is_credited)
        SELECT a.id, b.id, a.outlet, b.outlet, :moment, :kept, :cut, :added, :is_sure, :is_credited
        FROM articles AS a JOIN articles AS b ON b.id = :source WHERE a.id = :article
        """,
        {
            "article": copy.article,
            "source": found.source,
            "moment": copy.minute,
            "kept": found.kept,
            "cut": found.cut,
            "added": found.added,
            "is_sure": found.is_sure,
            "is_credited": _is_credited(db, copy.article, found.source),
        },
    )


def _is_credited(db: Database, article_id: int, source: int) -> bool:
    """True if a copy credits anybody, or names the outlet of its source or that outlet's site."""
    text, credited, outlet, name, home = db.execute(
        """
        SELECT c.title || char(10) || c.text || char(10) || c.authors, c.credited_to, s.outlet, o.name, o.home
        FROM articles AS c JOIN articles AS s ON s.id = :source LEFT JOIN outlets AS o ON o.id = s.outlet
        WHERE c.id = :id
        """,
        {"id": article_id, "source": source},
    ).fetchone()
    if credited:
        return True
    host = (web_address(home) or "").split("/")[2:3]
    names = [name or outlet, *(part.removeprefix("www.") for part in host)]
    return any(it in text for it in names if len(it) >= (_LEAST_NAME if it.isascii() else 2))
