"""The objects that all crawls of a process share: desk, databases, archive, workers, clock."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from types import TracebackType
from typing import IO
from urllib.parse import urlsplit

from sqlite_utils import Database

from crawler.config.desk import Desk, DeskError
from crawler.config.outlet import Outlet
from crawler.crawling.backoff_delays import get_host_wait
from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.future_waits import bring_waits_forward
from crawler.crawling.lock import DeskMoved, check_place, lock_desk
from crawler.crawling.memory_errors import OUT_OF_MEMORY, watch_memory_errors
from crawler.crawling.networks import Networks, parse_networks
from crawler.crawling.source_jobs import SOURCE_MODULES
from db.connection import StoreError, explain_errors, open_desk, open_news, to_store_error
from db.desk import hosts
from db.desk.candidates import read_candidate_keys, remove_candidates
from db.model.times import utc_now
from db.news.outlet_activity import clear_activity
from db.news.outlets import make_concept_row, make_outlet_row, save_concepts, save_measures, save_outlets
from db.news.stored_article import find_known_keys
from pipelines.alerts.errors import SecretError
from pipelines.alerts.subscriptions.secret_references import read_secret
from pipelines.analysis.workers.jobs import WorkersError, WorkersStopped
from pipelines.analysis.workers.memory_check import check_memory
from pipelines.analysis.workers.workers import ANALYSIS_MODULES, Workers
from pipelines.archive.warc_files import Archive, ArchiveError
from pipelines.item_pipelines import Stores
from pipelines.relevance.topic import Topic, TopicPlace, load_topic
from pipelines.relevance.topic_warnings import warn_of_ordinary_names
from pipelines.silence import update_activity
from pipelines.stories.matcher import load_matcher

_log = logging.getLogger(__name__)


class CrawlSession:
    """Holds what crawls need, from the desk's lock to its worker processes.

    It is an async context manager. One process at a time can have a session on a desk. Making one raises WorkersError
    if there is too little memory; entering raises DeskError, StoreError, ArchiveError or WorkersError. With
    `workers_at_first_job`, its worker processes start when they are first asked for something.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        now: Callable[[], dt.datetime] = utc_now,
        full: bool = False,
        workers_at_first_job: bool = False,
    ) -> None:
        check_memory()  # before what needs much, such as the topic's list of words
        self._workers_at_first_job = workers_at_first_job
        self.desk = desk
        self.now = now
        self.full = full
        self.proxy = resolve_proxy(desk)
        self.allowed_networks: Networks = parse_networks(desk.crawl.allow_networks)
        self.topic: Topic = load_topic(locate_topic(desk))
        if warning := warn_of_ordinary_names(self.topic):
            _log.warning(warning)
        self.fatal_error: Exception | None = None  # the first error that ends every crawl, such as a full disk
        self._sites: dict[str, asyncio.Lock] = {}
        self._opened: AsyncExitStack
        self._lock: IO[str]
        self.stores: Stores

    async def __aenter__(self) -> CrawlSession:
        async with AsyncExitStack() as stack:  # if one can't be opened, those before it are closed
            stack.enter_context(watch_memory_errors(lambda: self.abort(DeskError(OUT_OF_MEMORY))))
            self._lock = stack.enter_context(lock_desk(self.desk.folder))
            news = stack.enter_context(contextlib.closing(open_news(self.desk.news_db)))
            desk_db = stack.enter_context(contextlib.closing(open_desk(self.desk.desk_db)))
            sides = {"a": self.topic.a.name, "b": self.topic.b.name}
            with explain_errors(self.desk.news_db):  # another program may hold its lock
                save_outlets(news, map(make_outlet_row, self.desk.outlets))
                save_concepts(news, [make_concept_row(concept, sides=sides) for concept in self.topic.concepts])
                save_measures(news, self.topic.measures.make_rows(), self.topic.measures.make_scope_rows())
            # A process that was killed after its write to news.db left the candidate of that page in desk.db.
            remove_candidates(desk_db, find_known_keys(news, read_candidate_keys(desk_db)))
            with explain_errors(self.desk.desk_db):
                bring_waits_forward(desk_db, self.desk, now=self.now(), tasks={})
            with explain_errors(self.desk.news_db):
                self._update_all_activity(news, desk_db)
            archive = stack.enter_context(contextlib.closing(Archive(self.desk.archive)))
            archive.open_folder()
            workers = Workers(
                locate_topic(self.desk),
                processes=self.desk.crawl.workers,
                modules=(*ANALYSIS_MODULES, *SOURCE_MODULES),
                at_first_job=self._workers_at_first_job,
            )
            await stack.enter_async_context(workers)
            self.stores = Stores(
                news=news,
                desk=desk_db,
                archive=archive,
                workers=workers,
                topic=self.topic,
                now=self.now,
                revisit=self.desk.crawl.revisit,
                matcher=load_matcher(),
                full=self.full,
            )
            self._opened = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._opened.__aexit__(kind, error, trace)

    def reload(self, desk: Desk) -> None:
        """Use a changed configuration from each outlet's next crawl on."""
        with self.abort_on_store_error():
            save_outlets(self.stores.news, map(make_outlet_row, desk.outlets))
            self.desk = desk
            self._update_all_activity(self.stores.news, self.stores.desk)

    def update_activity(self, outlets: Iterable[Outlet]) -> None:
        """Store how much these outlets usually publish, and whether they are silent now."""
        watched = {outlet.id for outlet in self.desk.enabled_outlets}
        ids = [outlet.id for outlet in outlets if outlet.id in watched]
        update_activity(self.stores.news, self.stores.desk, outlets=ids, now=self.now())

    def _update_all_activity(self, news: Database, desk_db: Database) -> None:
        """Bring the stored activity of all outlets up to date.

        Outlets may have left the desk, a crash may have prevented the last update, and the rule may have changed.
        """
        ids = [outlet.id for outlet in self.desk.enabled_outlets]
        clear_activity(news, excluding=ids)
        update_activity(news, desk_db, outlets=ids, now=self.now())

    def abort(self, error: Exception) -> None:
        """Keep the first fatal error. Crawls watch `fatal_error` and end."""
        self.fatal_error = self.fatal_error or error

    def is_in_place(self) -> bool:
        """Whether the desk's folder is still the one that was locked; if not, every crawl ends.

        Open files are still those of the old folder, but what is opened by its name would be another desk's.
        """
        try:
            check_place(self.desk.folder, self._lock)
        except DeskMoved as error:
            self.abort(error)
            return False
        return True

    @contextlib.contextmanager
    def abort_on_store_error(self, raises: Exception | None = None) -> Iterator[None]:
        """End every crawl if a store or the workers fail in this block, and raise `raises` or StoreFailed instead.

        A store fails when its disk is full or its file is locked. Pages that are not stored yet stay candidates. The
        caller that opened the session reports `fatal_error` once, at the end. Workers that were stopped are no error:
        the desk ends, but what was asked of them has no result either.
        """
        raises = raises or StoreFailed("a store failed")
        if not self.is_in_place():
            raise raises
        try:
            yield
        except WorkersStopped as stopped:
            raise raises from stopped
        except (sqlite3.Error, StoreError, ArchiveError, WorkersError, OSError) as error:
            self.abort(to_store_error(self.desk.folder, error) if isinstance(error, sqlite3.Error) else error)
            raise raises from error

    def site_locks(self, sites: Iterable[str]) -> list[asyncio.Lock]:
        """Return the locks of these sites, always in the same order.

        With them, two crawls never send to one site at once.
        """
        return [self._sites.setdefault(site, asyncio.Lock()) for site in sorted(set(sites))]

    def back_off_of(self, host: str) -> tuple[dt.datetime, str] | None:
        """Return (end of back-off, reason), or None if the host may be asked."""
        with self.abort_on_store_error():
            return hosts.read_back_offs(self.stores.desk, now=self.now()).get(host)

    def back_off(self, host: str, *, retry_after: dt.timedelta | None, reason: str) -> dt.datetime:
        """Put a host into back-off and return when that ends."""
        with self.abort_on_store_error():
            wait = get_host_wait(retry_after, failures=hosts.count_failures(self.stores.desk, host))
            until = self.now() + wait
            waiting = self.back_off_of(host)
            if waiting and waiting[0] >= until:
                return waiting[0]
            hosts.back_off(self.stores.desk, host, until=until, reason=reason)
            return until

    def clear_back_off(self, host: str) -> None:
        """Clear the host's failure count after a response below 400."""
        with self.abort_on_store_error():
            hosts.clear_back_off(self.stores.desk, host)

    def robots_txt_of(self, host: str, *, max_age: dt.timedelta) -> bytes | None:
        """Return the host's stored robots.txt if it was read within `max_age`, else None."""
        with self.abort_on_store_error():
            return hosts.read_robots_txt(self.stores.desk, host, since=self.now() - max_age)

    def save_robots_txt(self, host: str, body: bytes) -> None:
        """Store a robots.txt that was just read."""
        with self.abort_on_store_error():
            hosts.save_robots_txt(self.stores.desk, host, body, at=self.now())


def locate_topic(desk: Desk) -> TopicPlace:
    """Return the name of a shipped topic or the path of one in the desk folder, and where the desk's learning is."""
    topic = desk.desk.topic
    file = str(desk.folder / topic) if topic.endswith(".toml") else topic
    return TopicPlace(file, str(desk.learned))


def resolve_proxy(desk: Desk) -> str | None:
    """Return the address of the desk's proxy, if it has one.

    vigia.toml may refer to the environment or to a file for it. Raises DeskError without showing the address, which
    may hold a password.
    """
    proxy, place = desk.crawl.proxy, f"{desk.folder / 'vigia.toml'}: [crawl] proxy"
    if proxy and proxy.startswith(("env:", "file:")):
        try:
            proxy = read_secret(proxy, folder=desk.folder)
        except SecretError as error:
            raise DeskError(f"{place}: {error}") from error
    if proxy and not _is_proxy(proxy):
        raise DeskError(f"{place}: not an address of a proxy; write something like http://proxy.example:3128")
    return proxy


def _is_proxy(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # wrong brackets or a wrong port
        return False
