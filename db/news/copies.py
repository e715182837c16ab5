"""Link copies to their original (news.db): candidates by shared anchors, decision on the texts.

Rows of `fingerprints` belong to originals, and to copies with much text of their own. So an agency report that a
hundred outlets published costs no more than one, and a look-up reads a bounded number of rows.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from sqlite_utils import Database

from db.copies.fingerprint import BAND, to_band_rows
from db.copies.precedence import Sighting, find_moment, is_doubtful, is_earlier, is_in_the_future
from db.copies.similarity import (
    CopyKind,
    TokenisedText,
    begins_with,
    compare_tokenised,
    has_other_numbers,
    match_texts,
    normalise,
    tokenise,
)
from db.model.times import read_stamp
from db.news.claimed_dates import SightingReader, SightingRow, credit_date, doubt_date
from db.news.ledgers.copy_sources import forget_traces, trace_copies

_MAX_ANCHOR_ARTICLES = 32  # of one anchor, the newest first: the anchors of a template are in hundreds of articles
_MAX_CANDIDATES = 12  # whose texts are compared, those with most anchors in common first
_SHORT_TOKENS = 12  # a shorter text is a copy only under the same headline
_MAX_SETTLED = 200  # articles of a group whose dates are compared with their original's
_TEMPLATE_SECONDS = 12 * 3600  # least time between two notices made from one template


class _MemberRow(SightingRow):
    original: int | None
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """An article as it is compared."""

    id: int
    original: int | None
    title: str
    sighting: Sighting
    reading: TokenisedText


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    original: _Member
    copy: _Member
    kind: CopyKind
    similarity: float  # Jaccard of exact and near copies, containment of excerpts and extended ones


def link_copies(db: Database, article_id: int, fingerprint: tuple[int, ...]) -> int | None:
    """Link an article that was just written to its original, and its copies to it; return its original's id or None.

    The original of a group is the article that was first (db.copies.precedence), but never a short beginning of a
    longer text. A date that the group contradicts becomes a claim. Runs in the caller's transaction.
    """
    reader = SightingReader(db)
    root = _link_copies(reader, article_id, fingerprint)
    _settle_dates(reader, article_id if root is None else root)
    trace_copies(db, article_id)
    return root


def _link_copies(reader: SightingReader, article_id: int, fingerprint: tuple[int, ...]) -> int | None:
    db = reader.db
    member = _member(reader, article_id)
    anchors = dict.fromkeys(fingerprint)
    followers = _group(db, article_id)
    _unindex(db, article_id)
    link = _best(reader, member, list(anchors))
    if link is None:
        _free(db, article_id)
        _index(db, article_id, anchors)
        return None
    if link.copy.id == member.id:
        _write(db, link)
        if _has_own_text(link):
            _index(db, article_id, anchors)
        _adopt(reader, link.original, followers)
        return link.original.id
    _free(db, article_id)
    _index(db, article_id, anchors)
    _write(db, link)
    if not _has_own_text(link):
        _unindex(db, link.copy.id)
    _adopt(reader, member, [other for other in _group(db, link.copy.id) if other != article_id])
    return None


def remove_from_group(db: Database, article_id: int) -> None:
    """Take an article that is about to be deleted out of its group; its earliest copy becomes the original."""
    reader = SightingReader(db)
    followers = [_member(reader, other) for other in _group(db, article_id)]
    root = _member(reader, article_id).original
    anchors = _anchors(db, article_id)
    _unindex(db, article_id)
    _free(db, article_id)
    if followers:
        heir = functools.reduce(_earlier, followers)
        others = [other for other in followers if other.id != heir.id]
        # The copy's own anchors are not stored; those of the text that it copied are nearly the same.
        _free(db, heir.id)
        _index(db, heir.id, anchors)
        _adopt(reader, heir, [other.id for other in others])
        _settle_dates(reader, heir.id)
        root = heir.id
    forget_traces(db, article_id, root)


def _best(reader: SightingReader, member: _Member, anchors: list[int]) -> _Link | None:
    """Find the group with the text most similar to the article's, and return the link to its original, or None."""
    found: tuple[float, float, _Link] | None = None
    for candidate in _candidates(reader, member, anchors):
        if (direct := _link(member, candidate)) is None:
            continue
        root = candidate if candidate.original is None else _member(reader, candidate.original)
        link = direct if root.id == candidate.id else _link(member, root)
        if link is None:  # similar only to another member of the group
            link = _Link(original=root, copy=member, kind=direct.kind, similarity=direct.similarity)
        likeness = compare_tokenised(member.reading, candidate.reading)
        if found is None or (likeness.jaccard, likeness.containment) > found[:2]:
            found = (likeness.jaccard, likeness.containment, link)
        if likeness.jaccard == 1.0:
            break
    return found[2] if found else None


def _candidates(reader: SightingReader, member: _Member, anchors: list[int]) -> list[_Member]:
    """Find articles of other groups with the same text or with anchors in common, the likeliest first."""
    db = reader.db
    twins = db.query(
        """
        SELECT b.id FROM articles a JOIN articles b ON b.text_sha256 = a.text_sha256
        WHERE a.id = :id AND b.id <> :id AND coalesce(b.original, b.id) <> :id
            AND (:long OR a.title = b.title) ORDER BY b.id LIMIT 1
        """,
        {"id": member.id, "long": len(member.reading.words) >= _SHORT_TOKENS},
    )
    ids = [int(row["id"]) for row in twins]
    shared: Counter[int] = Counter()
    for band, anchor in to_band_rows(tuple(anchors)):
        rows = db.execute(
            """
            SELECT article FROM fingerprints WHERE band = :band AND hash = :hash ORDER BY article DESC LIMIT :crowded
            """,
            {"band": band, "hash": anchor, "crowded": _MAX_ANCHOR_ARTICLES},
        )
        shared.update(article for (article,) in rows)
    ids += [id_ for id_, _ in shared.most_common(_MAX_CANDIDATES) if id_ not in ids and id_ != member.id]
    members = (_member(reader, id_) for id_ in ids)
    return [other for other in members if other.original != member.id]


def _link(one: _Member, other: _Member) -> _Link | None:
    """Decide which of two articles copies which, and how; None if neither does."""
    first = _earlier(one, other)
    second = other if first is one else one
    likeness = match_texts(first.reading, second.reading)
    if likeness is None or (len(first.reading.words) < _SHORT_TOKENS and first.title != second.title):
        return None
    if first.reading.words == second.reading.words:
        return _Link(original=first, copy=second, kind=CopyKind.EXACT, similarity=1.0)
    if _seconds_between(first, second) >= _TEMPLATE_SECONDS and has_other_numbers(first.reading, second.reading):
        return None
    size = len(second.reading.words) / len(first.reading.words)
    if size > 2 or size < 0.5:
        # A short text is an excerpt of a long one only if the long one begins with it. Elsewhere it is a quotation,
        # or an article of its own that a round-up holds too. A news flash that grew into a report is an excerpt of it.
        long, short = (second, first) if size > 2 else (first, second)
        if not begins_with(long.reading, short.reading):
            return None
        return _Link(original=long, copy=short, kind=CopyKind.EXCERPT, similarity=likeness.containment)
    if size < 0.8:
        return _Link(original=first, copy=second, kind=CopyKind.EXCERPT, similarity=likeness.containment)
    if size > 1.25:
        return _Link(original=first, copy=second, kind=CopyKind.EXTENDED, similarity=likeness.containment)
    return _Link(original=first, copy=second, kind=CopyKind.NEAR, similarity=likeness.jaccard)


def _earlier(one: _Member, other: _Member) -> _Member:
    return one if is_earlier(one.sighting, other.sighting) else other


def _seconds_between(first: _Member, second: _Member) -> float:
    """Return the seconds between two publications, 0 if a time is not known."""
    if not first.sighting.claim or not second.sighting.claim:
        return 0.0
    moments = (find_moment(first.sighting, second.sighting), find_moment(second.sighting, first.sighting))
    return abs((read_stamp(moments[1]) - read_stamp(moments[0])).total_seconds())


def _has_own_text(link: _Link) -> bool:
    """Whether a copy has so much text of its own that others may copy that; it then keeps its anchors."""
    return link.kind is CopyKind.EXTENDED


def _adopt(reader: SightingReader, root: _Member, followers: list[int]) -> None:
    """Link all copies of one article to the group's new original, also those that are not similar to it."""
    db = reader.db
    for follower in (_member(reader, follower) for follower in followers):
        link = _link(root, follower)
        if link is not None and link.original.id == root.id:
            _write(db, link)
            if not _has_own_text(link):
                _unindex(db, follower.id)
        elif follower.id != root.id:
            db.execute("UPDATE articles SET original = :root WHERE id = :id", {"root": root.id, "id": follower.id})


def _settle_dates(reader: SightingReader, root: int) -> None:
    """Keep as claims the dates that are doubtful beside the rest of a group, and credit the others."""
    rows = reader.db.query(
        """
        SELECT id, url, outlet, published, claimed, source_published, first_seen, backfilled FROM articles
        WHERE id = :root OR original = :root ORDER BY id = :root DESC, id LIMIT :most
        """,
        {"root": root, "most": _MAX_SETTLED},
    )
    first, *others = [reader.read(row) for row in cast("Iterable[SightingRow]", rows)]
    doubtful = {one.id for one in others if is_doubtful(one, first)}
    if is_in_the_future(first) or any(is_doubtful(first, one) for one in others):
        doubtful.add(first.id)
    for one in (first, *others):
        (doubt_date if one.id in doubtful else credit_date)(reader.db, one.id)


def _member(reader: SightingReader, article_id: int) -> _Member:
    (found,) = reader.db.query(
        """
        SELECT id, url, original, outlet, title, text, published, claimed, source_published, first_seen, backfilled
        FROM articles
        WHERE id = :id
        """,
        {"id": article_id},
    )
    row = cast("_MemberRow", found)
    return _Member(
        id=row["id"],
        original=row["original"],
        title=normalise(row["title"]),
        sighting=reader.read(row),
        reading=tokenise(row["text"]),
    )


def _group(db: Database, original: int) -> list[int]:
    rows = db.query("SELECT id FROM articles WHERE original = :original ORDER BY id", {"original": original})
    return [row["id"] for row in rows]


def _write(db: Database, link: _Link) -> None:
    db.execute(
        "UPDATE articles SET original = :original, similarity = :similarity, copy_kind = :kind WHERE id = :id",
        {
            "original": link.original.id,
            "similarity": round(link.similarity, 4),
            "kind": str(link.kind),
            "id": link.copy.id,
        },
    )


def _free(db: Database, article_id: int) -> None:
    db.execute(
        "UPDATE articles SET original = NULL, similarity = NULL, copy_kind = NULL WHERE id = :id AND original NOT NULL",
        {"id": article_id},
    )


def _index(db: Database, article_id: int, anchors: Iterable[int]) -> None:
    db.conn.executemany(
        """
        INSERT INTO fingerprints (band, hash, article) VALUES (:band, :hash, :article)
        ON CONFLICT (band, hash, article) DO NOTHING
        """,
        [{"band": band, "hash": anchor, "article": article_id} for band, anchor in to_band_rows(tuple(anchors))],
    )


def _unindex(db: Database, article_id: int) -> None:
    db.execute("DELETE FROM fingerprints WHERE article = :id", {"id": article_id})


def _anchors(db: Database, article_id: int) -> list[int]:
    rows = db.query(
        "SELECT hash FROM fingerprints WHERE article = :id AND band = :band", {"id": article_id, "band": BAND}
    )
    return [row["hash"] for row in rows]
