"""From a fetched page to a record: Scrapy item pipelines, thin shells around analysis, archive and store."""

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
from db.desk.visits import Visit, plan_visit
from db.model.article import Article, Place
from db.model.rejection import Rejection
from db.model.times import read_stamp
from db.news.articles import SavedArticle, mark_seen, save_article, save_rejection
from db.news.marks import find_marked_verdict, reopen_marks
from pipelines.analysis.text.repeated_lines import is_topic_background
from pipelines.analysis.workers.workers import Workers
from pipelines.archive.warc_files import Archive
from pipelines.page import Page
from pipelines.relevance.topic import Topic

NEWS_MAX_AGE = dt.timedelta(days=2)  # what is younger is news, also where a backfill was the first to find it


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Where the stages put things. One process writes, so each is there once."""

    news: Database = field(repr=False)
    desk: Database = field(repr=False)
    archive: Archive = field(repr=False)
    workers: Workers = field(repr=False)
    topic: Topic = field(repr=False)
    now: Callable[[], dt.datetime] = field(repr=False)
    revisit: tuple[dt.timedelta, ...] = ()
    full: bool = False  # run the whole chain also on what the prefilter would reject: for judging an outlet


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """An answer on its way to the store. Each stage returns a new one with what it found."""

    keys: tuple[str, ...]  # every address that led here, the page's own first
    page: Page | None = None  # None where there is only a rejection to keep (404, robots)
    candidate: StoredCandidate | None = None  # the candidate that it settles
    visit: Visit | None = None  # or the visit that it answers
    etag: str | None = None
    last_modified: str | None = None
    outcome: Article | Rejection | None = field(default=None, repr=False)
    place: Place | None = None
    unchanged: bool = False  # the outlet says (304) that the page is as it was


class BasePipeline:
    """What every stage shares: the stores of the spider's crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BasePipeline:
        """Scrapy's constructor."""
        return cls(crawler)

    def abort_on_store_error(self) -> contextlib.AbstractContextManager[None]:
        """Around what needs a store: if that fails, every crawl ends, and this page stays on the list."""
        watch: contextlib.AbstractContextManager[None] = self.spider.session.abort_on_store_error(
            DropItem("a store failed")
        )
        return watch

    @property
    def spider(self) -> Any:
        """The spider: it holds `stores` and `session`, and `count_settled` is told what became of a page."""
        return self.crawler.spider


class AnalysisPipeline(BasePipeline):
    """Page → article or rejection, in a worker process."""

    async def process_item(self, item: FetchResult) -> FetchResult:
        """Analyse what is not decided yet."""
        if item.outcome is not None or item.page is None:
            return item
        stores = self.spider.stores
        with self.abort_on_store_error():
            lines = repeated_lines.read_repeated_lines(stores.desk, item.page.outlet.id)
            page = dataclasses.replace(item.page, mark=find_marked_verdict(stores.news, item.keys))
        outcome = await stores.workers.analyse(page, full=stores.full, repeated=lines)
        return dataclasses.replace(item, page=page, outcome=outcome)


class ArchivePipeline(BasePipeline):
    """The page as it was received goes to the WARC file of the day, before anything points there."""

    async def process_item(self, item: FetchResult) -> FetchResult:
        """Write the page and note where it lies."""
        if item.page is None:
            return item
        rejected = isinstance(item.outcome, Rejection)
        if rejected and item.visit is not None:
            return item  # the article that we have stays as it is
        with self.abort_on_store_error():
            place = await asyncio.to_thread(self.spider.stores.archive.write, item.page, rejected=rejected)
        return dataclasses.replace(item, place=place)


class StorePipeline(BasePipeline):
    """The record goes into news.db in one transaction; only then its candidate is struck off in desk.db."""

    async def process_item(self, item: FetchResult) -> FetchResult:
        """Store an article or a rejection, and plan when to look again."""
        with self.abort_on_store_error():
            saved = store_result(self.spider.stores, item)
        self.spider.count_settled(item, saved)
        return item


def store_result(stores: Stores, item: FetchResult) -> SavedArticle | None:
    """Keep the outcome of one fetched page; a crash between the two files is mended at the next start."""
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
        )
    elif isinstance(item.outcome, Rejection) and item.visit is None:
        save_rejection(stores.news, item.outcome, seen_at=now, place=item.place, keys=item.keys)
    elif item.unchanged and item.visit:
        mark_seen(stores.news, item.visit.key, at=now)
    if item.page and find_marked_verdict(stores.news, item.keys) is not item.page.mark:
        reopen_marks(stores.news, item.keys)  # an analyst spoke while this page was being read
    if item.page and item.outcome and item.outcome.seen_lines:
        repeated_lines.count_lines(
            stores.desk,
            item.outcome.seen_lines,
            key=item.page.key,
            outlet=item.page.outlet.id,
            seen_at=now,
            is_spared=lambda text: is_topic_background(text, stores.topic),
        )
    if saved is not None or item.visit is not None:
        plan_next_visit(stores, item, now)
    if item.candidate is not None:
        remove_candidates(stores.desk, [item.candidate.key])
    return saved


def is_old_backfill(item: FetchResult, article: Article, now: dt.datetime) -> bool:
    """Whether a backfill found it and it is no news."""
    if item.candidate is None or not item.candidate.backfilled:
        return False
    return article.published is None or read_stamp(article.published) < now - NEWS_MAX_AGE


def plan_next_visit(stores: Stores, item: FetchResult, now: dt.datetime) -> None:
    """The next of the desk's `revisit` times, counted from when the article was first seen; what is past is past."""
    visit = item.visit
    page = item.page
    first_seen = visit.first_seen if visit else now
    url = visit.url if visit else page.url if page else None
    if url is None:
        return
    age = now - first_seen
    upcoming = [wait for wait in stores.revisit if wait > age]
    plan_visit(
        stores.desk,
        key=visit.key if visit else item.keys[0],
        url=url,
        outlet=page.outlet.id if page else visit.outlet if visit else "",
        etag=item.etag or (visit.etag if visit else None),
        last_modified=item.last_modified or (visit.last_modified if visit else None),
        visited=visit.visited + 1 if visit else 0,
        first_seen=first_seen,
        next_visit=first_seen + upcoming[0] if upcoming else None,
    )
