"""Write pages that were read: articles with their revisions, and rejections. One transaction for each page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from db.copies.fingerprint import compute_fingerprint
from db.copies.similarity import drop_lines, normalise
from db.model.article import Article, Place
from db.model.rejection import Rejection, RejectionReason
from db.model.times import stamp
from db.model.verdict import Mark, Verdict
from db.news import copies, revisions
from db.news.article_row import ArticleRow, delete_figures, replace_figures, to_columns, without_surrogates
from db.news.marks import find_marked_verdict, keep_history, restore_history
from db.news.stored_article import find_article_at, find_stored_article
from db.news.stories.joining import join_article
from db.news.stories.rows import remove_from_story
from db.news.stories.story_divergences import refresh_divergences
from db.news.stories.wordings import StoryMatcher
from db.search.index import index_article, unindex_article
from db.search.statement import Parameters

SaveOutcome = Literal["new", "copy", "revised", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedArticle:
    """The result of storing an article. `original`: the id of the article that it copies, None if it is no copy."""

    article_id: int
    outcome: SaveOutcome
    original: int | None


def save_article(
    db: Database,
    article: Article,
    *,
    seen_at: dt.datetime,
    place: Place | None,
    keys: Iterable[str] = (),
    rebuilt: bool = False,
    backfilled: bool = False,
    repeated: Collection[str] = (),
    prepared: revisions.PreparedRevision | None = None,
    source_published: str | None = None,
    matcher: StoryMatcher | None = None,
) -> SavedArticle:
    """Write an article with mentions, search row, addresses, copy link, story and revision, in one transaction.

    A page that is stored already (same key, same URL, or one of `keys` with a similar text) keeps its row, which shows
    the latest version. The outcome is "revised" if title or text changed in more than `repeated`; the version before
    is kept as a revision. Otherwise it is "unchanged", and only `last_seen` and metadata move on.

    seen_at: aware. keys: of further addresses that led to the page. backfilled: from the past, without alerts.
    rebuilt: the page was read again from the archive by newer rules. "revised" then means that the record changed; no
        revision is written, and `first_seen` and `last_seen` stay.
    repeated: lines that the outlet's pages share. Adding or removing them is no revision.
    prepared: the comparison with the stored version (`find_version_before`), made before the transaction.
    source_published: the date that the source of a new page gave, in the form of db.model.times.stamp.
    matcher: finds the story that the article tells. Without one it begins a story and is compared later.
    """
    seen = stamp(seen_at)
    article = without_surrogates(article)
    row = to_columns(article, place)
    addresses = dict.fromkeys((article.key, *keys))
    with db.atomic():
        _ensure_outlet(db, article.outlet)
        before = find_stored_article(db, article, addresses)
        if before is None:
            first = {"first_seen": seen, "last_seen": seen, "backfilled": backfilled}
            id_ = _insert(db, row | first | {"source_published": source_published})
            outcome: SaveOutcome = "new"
            restore_history(db, id_, article.key)
            index_article(db, id_, article.title, article.text)
        else:
            id_ = before["id"]
            outcome = _revise(
                db, before, article, row, seen=seen, rebuilt=rebuilt, repeated=repeated, prepared=prepared
            )
        _mention(db, id_, article)
        replace_figures(db, id_, article, known=None if before is None or rebuilt else before["text"])
        _settle_addresses(db, id_, article, addresses, seen)
        if outcome != "unchanged" or rebuilt or (before and before["published"] != row["published"]):
            original = copies.link_copies(db, id_, article.fingerprint)
            if outcome == "new" and original is not None:
                outcome = "copy"
            join_article(db, id_, wording=article.wording, matcher=matcher, now=seen_at)
        else:
            original = None if before is None else before["original"]
            refresh_divergences(db, now=seen_at)  # the text may be new in repeated lines, and its figures with it
    return SavedArticle(article_id=id_, outcome=outcome, original=original)


def save_rejection(
    db: Database,
    rejection: Rejection,
    *,
    seen_at: dt.datetime,
    place: Place | None,
    keys: Iterable[str] = (),
    replace: bool = False,
) -> bool:
    """Write a rejected page, once for each page; return False if the page is an article, which then stays.

    With `replace` (newer rules have read the archive again) the article is deleted, unless an analyst marked it as
    relevant, and always if an analyst's mark is the reason. The earliest of its copies becomes the original.
    """
    seen = stamp(seen_at)
    with db.atomic():
        _ensure_outlet(db, rejection.outlet)
        article = find_article_at(db, rejection.key, rejection.url)
        if article is not None:
            is_marked = rejection.reason is RejectionReason.MARKED
            if not is_marked and (not replace or find_marked_verdict(db, [article["key"]]) is Mark.RELEVANT):
                return False
            if is_marked:
                keep_history(db, article)
            _delete(db, article)
            refresh_divergences(db, now=seen_at)
        db.execute(
            "DELETE FROM rejections WHERE url = :url OR key = :key", {"url": rejection.url, "key": rejection.key}
        )
        db.execute(
            """
            INSERT INTO rejections
                (url, key, outlet, reason, relevance, title, detail, seen_at, archive_file, archive_offset)
            VALUES
                (:url, :key, :outlet, :reason, :relevance, :title, :detail, :seen_at, :archive_file, :archive_offset)
            """,
            {
                "url": rejection.url,
                "key": rejection.key,
                "outlet": rejection.outlet,
                "reason": str(rejection.reason),
                "relevance": rejection.relevance,
                "title": rejection.title,
                "detail": rejection.detail,
                "seen_at": seen,
                "archive_file": place and place.file,
                "archive_offset": place and place.offset,
            },
        )
        for key in dict.fromkeys((rejection.key, *keys)):
            db.execute(
                "INSERT INTO addresses (key, seen_at) VALUES (:key, :seen) ON CONFLICT (key) DO NOTHING",
                {"key": key, "seen": seen},
            )
    return True


def set_verdict(db: Database, article_id: int, verdict: Verdict) -> None:
    """Set the verdict of a stored article, as an analyst's mark says."""
    with db.atomic():
        db.execute("UPDATE articles SET verdict = :verdict WHERE id = :id", {"verdict": str(verdict), "id": article_id})


def delete_rejection(db: Database, key: str) -> None:
    """Delete a page's rejection, so that the page may be requested again."""
    with db.atomic():
        db.execute("DELETE FROM rejections WHERE key = :key", {"key": key})
        db.execute("DELETE FROM addresses WHERE key = :key AND article IS NULL", {"key": key})


def mark_seen(db: Database, key: str, *, at: dt.datetime) -> None:
    """Move an article's `last_seen` on: its page was requested again and has not changed."""
    with db.atomic():
        db.execute(
            """
            UPDATE articles SET last_seen = max(last_seen, :seen)
            WHERE id IN (SELECT article FROM addresses WHERE key = :key)
            """,
            {"key": key, "seen": stamp(at)},
        )


def widen_sight(
    db: Database, stored: ArticleRow, *, at: dt.datetime, same: Article | None, matcher: StoryMatcher | None
) -> None:
    """Take another capture of an article of the past into `first_seen`, `last_seen`, copies and story. Its text stays.

    at: when it was captured, aware. same: what was captured, if its text is the stored one; else `last_seen` stays too.
    """
    if not stored["backfilled"]:
        return
    if same is not None:
        mark_seen(db, stored["key"], at=at)
    if (seen := stamp(at)) < stored["first_seen"]:
        with db.atomic():
            db.execute("UPDATE articles SET first_seen = :seen WHERE id = :id", {"seen": seen, "id": stored["id"]})
            copies.link_copies(db, stored["id"], compute_fingerprint(stored["text"]))
            join_article(db, stored["id"], wording=same.wording if same else None, matcher=matcher, now=at)


def _ensure_outlet(db: Database, outlet: str) -> None:
    """Add the outlet if it is missing: outlets that were taken off the desk still have pages in the archive."""
    db.execute("INSERT INTO outlets (id, name) VALUES (:id, :id) ON CONFLICT (id) DO NOTHING", {"id": outlet})


def _insert(db: Database, row: Parameters) -> int:
    cursor = db.execute(
        """
        INSERT INTO articles (
            url, key, outlet, title, authors, published, published_precision, published_local, published_from,
            modified, language, text, words, relevance, verdict, reasons, score_parts, credited_to, paywalled,
            sponsored, section, tags, image, first_seen, last_seen, text_sha256, archive_file, archive_offset,
            backfilled, source_published, format
        ) VALUES (
            :url, :key, :outlet, :title, :authors, :published, :published_precision, :published_local, :published_from,
            :modified, :language, :text, :words, :relevance, :verdict, :reasons, :score_parts, :credited_to,
            :paywalled, :sponsored, :section, :tags, :image, :first_seen, :last_seen, :text_sha256, :archive_file,
            :archive_offset, :backfilled, :source_published, :format
        )
        """,
        row,
    )
    return int(cursor.lastrowid or 0)


def _revise(
    db: Database,
    before: ArticleRow,
    article: Article,
    row: Parameters,
    *,
    seen: str,
    rebuilt: bool,
    repeated: Collection[str],
    prepared: revisions.PreparedRevision | None,
) -> SaveOutcome:
    """Update a row, and keep the earlier version as a revision if its text was different."""
    old, new = (before["title"], before["text"]), (article.title, article.text)
    changed = old != new if rebuilt else [normalise(part) for part in old] != [normalise(part) for part in new]
    revised = changed and (
        rebuilt or [drop_lines(part, repeated) for part in old] != [drop_lines(part, repeated) for part in new]
    )
    if revised and not rebuilt:
        revisions.save_revision(
            db, before, title=article.title, text=article.text, seen=seen, modified=article.modified, prepared=prepared
        )
    if not changed:
        # Only counters or typography changed: the stored text stays, and the next comparison is with the text as shown.
        row |= {name: value for name, value in before.items() if name in ("title", "text", "text_sha256", "words")}
    if row["published"] is None or (before["published_precision"] == "time" and row["published_precision"] == "day"):
        row |= {name: value for name, value in before.items() if name.startswith("published")}
    if before["claimed"] is not None and row["published"] in (None, before["claimed"]):
        row |= {"published": None, "claimed": before["claimed"]}
        row |= {"published_precision": None, "claimed_precision": before["claimed_precision"]}
    else:
        row |= {"claimed": None, "claimed_precision": None}
    if row["archive_file"] is None:
        row |= {"archive_file": before["archive_file"], "archive_offset": before["archive_offset"]}
    # The row keeps the address at which the page was first read.
    row |= {"url": before["url"], "key": before["key"] or article.key, "id": before["id"]}
    row |= {"last_seen": before["last_seen"] if rebuilt else max(seen, before["last_seen"])}
    db.execute(
        """
        UPDATE articles SET
            url = :url, key = :key, outlet = :outlet, title = :title, authors = :authors, published = :published,
            published_precision = :published_precision, published_local = :published_local,
            claimed = :claimed, claimed_precision = :claimed_precision,
            published_from = :published_from, modified = :modified, language = :language, text = :text, words = :words,
            relevance = :relevance, verdict = :verdict, reasons = :reasons, score_parts = :score_parts,
            credited_to = :credited_to, format = :format,
            paywalled = :paywalled, sponsored = :sponsored, section = :section, tags = :tags, image = :image,
            last_seen = :last_seen, text_sha256 = :text_sha256, archive_file = :archive_file,
            archive_offset = :archive_offset
        WHERE id = :id
        """,
        row,
    )
    if changed:
        unindex_article(db, before["id"], before["title"], before["text"])
        index_article(db, before["id"], article.title, article.text)
    return "revised" if revised else "unchanged"


def _mention(db: Database, id_: int, article: Article) -> None:
    db.execute("DELETE FROM mentions WHERE article = :id", {"id": id_})
    for mention in article.mentions:
        db.execute("INSERT INTO concepts (id) VALUES (:id) ON CONFLICT (id) DO NOTHING", {"id": mention.concept})
        db.execute(
            """
            INSERT INTO mentions (article, concept, count, in_title) VALUES (:article, :concept, :count, :in_title)
            ON CONFLICT (article, concept) DO UPDATE SET
                count = count + excluded.count, in_title = max(in_title, excluded.in_title)
            """,
            {"article": id_, "concept": mention.concept, "count": mention.count, "in_title": mention.in_title},
        )


def _settle_addresses(db: Database, id_: int, article: Article, addresses: Iterable[str], seen: str) -> None:
    """Make all addresses lead to the article, except those that lead to another article."""
    db.execute("DELETE FROM rejections WHERE url = :url OR key = :key", {"url": article.url, "key": article.key})
    for key in addresses:
        db.execute("DELETE FROM rejections WHERE key = :key", {"key": key})
        db.execute(
            """
            INSERT INTO addresses (key, article, seen_at) VALUES (:key, :article, :seen)
            ON CONFLICT (key) DO UPDATE SET article = excluded.article WHERE addresses.article IS NULL
            """,
            {"key": key, "article": id_, "seen": seen},
        )


def _delete(db: Database, article: ArticleRow) -> None:
    remove_from_story(db, article["id"])
    copies.remove_from_group(db, article["id"])
    unindex_article(db, article["id"], article["title"], article["text"])
    db.execute("UPDATE addresses SET article = NULL WHERE article = :id", {"id": article["id"]})
    db.execute("DELETE FROM mentions WHERE article = :id", {"id": article["id"]})
    delete_figures(db, article["id"])
    revisions.delete_revisions(db, article["id"])
    db.execute("DELETE FROM articles WHERE id = :id", {"id": article["id"]})
