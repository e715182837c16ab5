"""Scrapy's item pipelines: analyse a page, archive it, store its record."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from sqlite_utils import Database

from db.desk import repeated_lines
from db.desk.candidates import StoredCandidate, remove_candidates
from db.desk.visits import Visit
from db.model.article import Article, Place
from db.model.rejection import Rejection
from db.model.repeated_lines import SeenLines
from db.model.times import read_stamp, stamp
from db.news.articles import SavedArticle, mark_seen, save_article, save_rejection
from db.news.marks import find_marked_verdict, reopen_marks
from db.news.revisions import PreparedRevision, prepare_revision
from db.news.stored_article import find_version_before
from db.news.stories.wordings import StoryMatcher
from pipelines.activity_counters import ACTIVITY
from pipelines.analysis.text.repeated_lines import is_topic_background
from pipelines.analysis.workers.workers import Workers
from pipelines.archive.warc_files import Archive
from pipelines.page import Page
from pipelines.relevance.topic import Topic
from pipelines.revisits import plan_next_visit

NEWS_MAX_AGE = dt.timedelta(days=2)  # a younger article is news, even if a backfill found it first


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The databases, archive and workers that the item pipelines use."""

    news: Database = field(repr=False)
    desk: Database = field(repr=False)
    archive: Archive = field(repr=False)
    workers: Workers = field(repr=False)
    topic: Topic = field(repr=False)
    now: Callable[[], dt.datetime] = field(repr=False)
    revisit: tuple[dt.timedelta, ...] = ()
    matcher: StoryMatcher | None = field(default=None, repr=False)  # None: no encoder, every article is compared later
    full: bool = False  # skip the prefilter, to judge an outlet by any of its pages


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """The result of fetching a page.

    Each item pipeline returns a new one to which it has added its own result.
    """

    keys: tuple[str, ...]  # of every address that led here, the page's own first
    page: Page | None = None  # None if there is only a rejection to store (404, robots.txt)
    candidate: StoredCandidate | None = None  # the candidate that it settles
    visit: Visit | None = None  # or the visit that it answers
    etag: str | None = None
    last_modified: str | None = None
    outcome: Article | Rejection | None = field(default=None, repr=False)
    place: Place | None = None
    unchanged: bool = False  # the outlet answered 304


class BasePipeline:
    """Base class of the item pipelines: access to the spider with its session and stores."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BasePipeline:
        """Scrapy's constructor."""
        return cls(crawler)

    def abort_on_store_error(self) -> contextlib.AbstractContextManager[None]:
        """Return a context that ends every crawl and drops the item if a store or the workers fail.

        The page stays a candidate.
        """
        watch: contextlib.AbstractContextManager[None] = self.spider.session.abort_on_store_error(
            DropItem("a store failed")
        )
        return watch

    @property
    def spider(self) -> Any:
        """The spider, which has `stores`, `session` and `count_settled`."""
        return self.crawler.spider


class AnalysisPipeline(BasePipeline):
    """Turns a page into an article or a rejection, in a worker process."""

    async def process_item(self, item: FetchResult) -> FetchResult:
        """Analyse a page that has no outcome yet."""
        if item.outcome is not None or item.page is None:
            return item
        stores = self.spider.stores
        with self.abort_on_store_error():
            lines = repeated_lines.read_repeated_lines(stores.desk, item.page.outlet.id)
            page = dataclasses.replace(item.page, mark=find_marked_verdict(stores.news, item.keys))
            with ACTIVITY.time_stage("analyse"):
                outcome = await stores.workers.analyse(page, full=stores.full, repeated=lines)
        return dataclasses.replace(item, page=page, outcome=outcome)


class ArchivePipeline(BasePipeline):
    """Writes the page to the WARC file of the day, before a record refers to it."""

    async def process_item(self, item: FetchResult) -> FetchResult:
        """Write the page and add its place in the archive."""
        if item.page is None:
            return item
        rejected = isinstance(item.outcome, Rejection)
        if rejected and item.visit is not None:
            return item  # the stored article stays as it is
        with self.abort_on_store_error(), ACTIVITY.time_stage("archive"):
            place = await asyncio.to_thread(self.spider.stores.archive.write, item.page, rejected=rejected)
        return dataclasses.replace(item, place=place)


class StorePipeline(BasePipeline):
    """Stores the record in news.db, then deletes its candidate from desk.db."""

    async def process_item(self, item: FetchResult) -> FetchResult:
        """Store an article or a rejection, and plan the next visit."""
        stores = self.spider.stores
        with self.abort_on_store_error(), ACTIVITY.time_stage("store"):
            prepared = await compare_with_stored(stores, item)
            saved = store_result(stores, item, prepared=prepared)
        count_result(item, saved)
        self.spider.count_settled(item, saved)
        return item


def count_result(item: FetchResult, saved: SavedArticle | None) -> None:
    """Count what became of a page in this process."""
    if isinstance(item.outcome, Rejection) and item.visit is None:
        ACTIVITY.count("pages", "rejected")
        ACTIVITY.count("rejections", item.outcome.reason)
    else:
        ACTIVITY.count("pages", saved.outcome if saved else "unchanged")


async def compare_with_stored(stores: Stores, item: FetchResult) -> PreparedRevision | None:
    """Compare an article with the version that is stored, in a thread; the work there is bounded."""
    if not isinstance(item.outcome, Article):
        return None
    before = find_version_before(stores.news, item.outcome, keys=item.keys)
    if before is None:
        return None
    return await asyncio.to_thread(
        prepare_revision,
        before,
        (item.outcome.title, item.outcome.text),
        language=item.outcome.language or "",
        country=item.page.outlet.country if item.page else None,
    )


def store_result(stores: Stores, item: FetchResult, *, prepared: PreparedRevision | None = None) -> SavedArticle | None:
    """Store the outcome of one fetched page. `prepared`: as of `save_article`.

    If the process ends between the writes to news.db and desk.db, the next session deletes the candidate.
    """
    now = stores.now()
    saved: SavedArticle | None = None
    if isinstance(item.outcome, Article):
        saved = save_article(
            stores.news,
            item.outcome,
            seen_at=now,
            place=item.place,
            keys=item.keys,
            backfilled=is_old_backfill(item, item.outcome, now),
            repeated=repeated_lines.read_repeated_lines(stores.desk, item.outcome.outlet) if item.visit else (),
            prepared=prepared,
            source_published=stamp(said) if item.candidate and (said := item.candidate.published) else None,
            matcher=stores.matcher,
        )
    elif isinstance(item.outcome, Rejection) and item.visit is None:
        save_rejection(stores.news, item.outcome, seen_at=now, place=item.place, keys=item.keys)
    elif item.unchanged and item.visit:
        mark_seen(stores.news, item.visit.key, at=now)
    if item.page and find_marked_verdict(stores.news, item.keys) is not item.page.mark:
        reopen_marks(stores.news, item.keys)  # an analyst marked the page while it was analysed
    if item.page and item.outcome:
        count_page_lines(stores, item.page, item.outcome, seen_at=now)
    if saved is not None or item.visit is not None:
        plan_next_visit(
            stores.desk,
            key=item.keys[0],
            page=item.page,
            visit=item.visit,
            etag=item.etag,
            last_modified=item.last_modified,
            revisit=stores.revisit,
            now=now,
        )
    if item.candidate is not None:
        remove_candidates(stores.desk, [item.candidate.key])
    return saved


def count_page_lines(stores: Stores, page: Page, outcome: Article | Rejection, *, seen_at: dt.datetime) -> None:
    """Count the lines of an analysed page, to learn which of them its outlet repeats."""
    if outcome.seen_lines:
        count_seen_lines(stores, outcome.seen_lines, key=page.key, outlet=page.outlet.id, seen_at=seen_at)


def count_seen_lines(stores: Stores, lines: SeenLines, *, key: str, outlet: str, seen_at: dt.datetime) -> None:
    """Count the lines of the page with this key. What is background of the topic is not learned."""
    repeated_lines.count_lines(
        stores.desk,
        lines,
        key=key,
        outlet=outlet,
        seen_at=seen_at,
        is_spared=lambda text: is_topic_background(text, stores.topic),
    )


def is_old_backfill(item: FetchResult, article: Article, now: dt.datetime) -> bool:
    """True if a backfill found the article and it is too old to be news."""
    if item.candidate is None or not item.candidate.backfilled:
        return False
    return article.published is None or read_stamp(article.published) < now - NEWS_MAX_AGE
