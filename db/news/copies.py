"""Which article is a copy of which: look-ups by anchors, verification on the texts, links to the earliest of a group.

The rows of `fingerprints` belong to originals, and to copies that hold much which their original doesn't have. So an
agency report that a hundred outlets took over costs no more than one, and a look-up reads a bounded number of rows
however many articles there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from db.copies.fingerprint import BAND, to_band_rows
from db.copies.similarity import (
    CopyKind,
    TokenisedText,
    begins_with,
    compare_tokenised,
    has_other_figures,
    match_texts,
    normalise,
    tokenise,
)
from db.model.times import read_stamp

_CROWDED = 32  # articles of one anchor that are looked at, the newest first: a template's anchors are in hundreds
_VERIFIED = 12  # candidates whose texts are compared, those with most anchors in common first
_SHORT = 12  # tokens: of less, the same text is a copy only under the same headline
_TEMPLATE_APART = 12 * 3600  # seconds between two fillings of a service template


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """An article as the look-up needs it."""

    id: int
    original: int | None
    title: str
    published: str | None
    moment: tuple[str, str, int]  # by which the earliest is found
    reading: TokenisedText


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    original: _Member
    copy: _Member
    kind: CopyKind
    similarity: float  # Jaccard of exact and near copies, containment of excerpts and extended ones


def link_copies(db: Database, article_id: int, fingerprint: tuple[int, ...]) -> int | None:
    """Link an article that was just written, and whatever turns out to copy it; gives its original's id, or None.

    The original of a group is the one published first, then seen first; but never a short beginning of a longer text.
    Runs inside the caller's transaction.
    """
    member = _member(db, article_id)
    anchors = dict.fromkeys(fingerprint)
    followers = _group(db, article_id)
    _unindex(db, article_id)
    link = _best(db, member, list(anchors))
    if link is None:
        _free(db, article_id)
        _index(db, article_id, anchors)
        return None
    if link.copy.id == member.id:
        _write(db, link)
        if _adds(link):
            _index(db, article_id, anchors)
        _adopt(db, link.original, followers)
        return link.original.id
    _free(db, article_id)
    _index(db, article_id, anchors)
    _write(db, link)
    if not _adds(link):
        _unindex(db, link.copy.id)
    _adopt(db, member, [other for other in _group(db, link.copy.id) if other != article_id])
    return None


def remove_from_group(db: Database, article_id: int) -> None:
    """Take an article that is about to be deleted out of its group; the earliest that copied it takes its place."""
    followers = sorted((_member(db, other) for other in _group(db, article_id)), key=lambda member: member.moment)
    anchors = _anchors(db, article_id)
    _unindex(db, article_id)
    if followers:
        heir, *others = followers
        # Its own anchors were not kept; those of the text that it copied are nearly the same.
        _free(db, heir.id)
        _index(db, heir.id, anchors)
        _adopt(db, heir, [other.id for other in others])


def _best(db: Database, member: _Member, anchors: list[int]) -> _Link | None:
    """The link to the original of the group that the article's text belongs to, by the text most like it."""
    found: tuple[float, float, _Link] | None = None
    for candidate in _candidates(db, member, anchors):
        if (direct := _link(member, candidate)) is None:
            continue
        root = candidate if candidate.original is None else _member(db, candidate.original)
        link = direct if root.id == candidate.id else _link(member, root)
        if link is None:  # like another member of the group alone
            link = _Link(original=root, copy=member, kind=direct.kind, similarity=direct.similarity)
        likeness = compare_tokenised(member.reading, candidate.reading)
        if found is None or (likeness.jaccard, likeness.containment) > found[:2]:
            found = (likeness.jaccard, likeness.containment, link)
        if likeness.jaccard == 1.0:
            break
    return found[2] if found else None


def _candidates(db: Database, member: _Member, anchors: list[int]) -> list[_Member]:
    """Articles of other groups with the same text or with anchors in common, the likeliest first."""
    twins = db.query(
        """
        SELECT b.id FROM articles a JOIN articles b ON b.text_sha256 = a.text_sha256
        WHERE a.id = :id AND b.id <> :id AND coalesce(b.original, b.id) <> :id
            AND (:long OR a.title = b.title) ORDER BY b.id LIMIT 1
        """,
        {"id": member.id, "long": len(member.reading.words) >= _SHORT},
    )
    ids = [int(row["id"]) for row in twins]
    shared: Counter[int] = Counter()
    for band, anchor in to_band_rows(tuple(anchors)):
        rows = db.execute(
            """
            SELECT article FROM fingerprints WHERE band = :band AND hash = :hash ORDER BY article DESC LIMIT :crowded
            """,
            {"band": band, "hash": anchor, "crowded": _CROWDED},
        )
        shared.update(article for (article,) in rows)
    ids += [id_ for id_, _ in shared.most_common(_VERIFIED) if id_ not in ids and id_ != member.id]
    members = (_member(db, id_) for id_ in ids)
    return [other for other in members if other.original != member.id]


def _link(one: _Member, other: _Member) -> _Link | None:
    """Which of two articles copies which, and how; None when neither does."""
    first, second = (one, other) if one.moment <= other.moment else (other, one)
    likeness = match_texts(first.reading, second.reading)
    if likeness is None or (len(first.reading.words) < _SHORT and first.title != second.title):
        return None
    if first.reading.words == second.reading.words:
        return _Link(original=first, copy=second, kind=CopyKind.EXACT, similarity=1.0)
    if _apart(first, second) >= _TEMPLATE_APART and has_other_figures(first.reading, second.reading):
        return None
    size = len(second.reading.words) / len(first.reading.words)
    if size > 2 or size < 0.5:
        # A short part of a long text is cut from it only if the long one begins with it; elsewhere it is a quotation,
        # or a piece of its own that a round-up holds too. A flash that grew into a report is the report's excerpt.
        long, short = (second, first) if size > 2 else (first, second)
        if not begins_with(long.reading, short.reading):
            return None
        return _Link(original=long, copy=short, kind=CopyKind.EXCERPT, similarity=likeness.containment)
    if size < 0.8:
        return _Link(original=first, copy=second, kind=CopyKind.EXCERPT, similarity=likeness.containment)
    if size > 1.25:
        return _Link(original=first, copy=second, kind=CopyKind.EXTENDED, similarity=likeness.containment)
    return _Link(original=first, copy=second, kind=CopyKind.NEAR, similarity=likeness.jaccard)


def _apart(first: _Member, second: _Member) -> float:
    """Seconds between two publications; 0 where one is not known."""
    if not first.published or not second.published:
        return 0.0
    return abs((read_stamp(second.published) - read_stamp(first.published)).total_seconds())


def _adds(link: _Link) -> bool:
    """Whether a copy holds so much of its own that others may copy that: it keeps its anchors."""
    return link.kind is CopyKind.EXTENDED


def _adopt(db: Database, root: _Member, followers: list[int]) -> None:
    """Link all that copied one article to the group's new original; what is not like it itself stays in the group."""
    for follower in (_member(db, follower) for follower in followers):
        link = _link(root, follower)
        if link is not None and link.original.id == root.id:
            _write(db, link)
            if not _adds(link):
                _unindex(db, follower.id)
        elif follower.id != root.id:
            db.execute("UPDATE articles SET original = :root WHERE id = :id", {"root": root.id, "id": follower.id})


def _member(db: Database, article_id: int) -> _Member:
    (row,) = db.query(
        "SELECT id, original, title, text, published, first_seen FROM articles WHERE id = :id",
        {"id": article_id},
    )
    return _Member(
        id=row["id"],
        original=row["original"],
        title=normalise(row["title"]),
        published=row["published"],
        # As it stands in the table, a day alone at its beginning: what readers sort by decides.
        moment=(row["published"] or row["first_seen"], row["first_seen"], row["id"]),
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
