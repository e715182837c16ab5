"""What all crawls of one process share: desk, databases, archive, workers, clock, and what hosts asked of us."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import urlsplit

from sqlite_utils import Database

from crawler.config.desk import Desk, DeskError
from crawler.config.outlet import Outlet
from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.networks import Networks, parse_networks
from crawler.crawling.retry import get_host_wait
from db.connection import StoreError, explain_errors, open_desk, open_news, to_store_error
from db.desk import hosts
from db.desk.candidates import read_candidate_keys, remove_candidates
from db.i18n.languages import LANGUAGES
from db.news.articles import find_known_keys
from db.news.outlet_activity import clear_activity
from db.news.outlets import save_concepts, save_outlets
from pipelines.alerts.errors import SecretError
from pipelines.alerts.subscriptions.secret_references import read_secret
from pipelines.analysis.workers.workers import Workers, WorkersError
from pipelines.archive.warc_files import Archive, ArchiveError
from pipelines.item_pipelines import Stores
from pipelines.relevance.topic import Concept, Topic, load_topic
from pipelines.silence import update_activity


def utc_now() -> dt.datetime:
    """The clock on the wall."""
    return dt.datetime.now(dt.UTC)


class DeskBusy(DeskError):  # noqa: N818 - a state, not a fault
    """Another process is this desk's one writer."""


class CrawlSession:
    """An async context manager that one process at a time has for a desk. Entering raises DeskError or StoreError."""

    def __init__(self, desk: Desk, *, now: Callable[[], dt.datetime] = utc_now, full: bool = False) -> None:
        self.desk = desk
        self.now = now
        self.full = full
        self.proxy = resolve_proxy(desk)
        self.allowed_networks: Networks = parse_networks(desk.crawl.allow_networks)
        self.topic: Topic = load_topic(locate_topic(desk))
        self.fatal_error: Exception | None = (
            None  # the first error that no crawl can go on with: a full disk, a broken store
        )
        self._sites: dict[str, asyncio.Lock] = {}
        self._opened: AsyncExitStack
        self.stores: Stores

    async def __aenter__(self) -> CrawlSession:
        async with AsyncExitStack() as stack:  # what was opened is closed again should the next not open
            stack.enter_context(lock_desk(self.desk.folder))
            news = stack.enter_context(contextlib.closing(open_news(self.desk.news_db)))
            desk_db = stack.enter_context(contextlib.closing(open_desk(self.desk.desk_db)))
            with explain_errors(self.desk.news_db):  # another program may hold its lock
                save_outlets(news, [outlet_row(outlet) for outlet in self.desk.outlets])
                save_concepts(news, [concept_row(concept, self.topic) for concept in self.topic.concepts])
            # A process that was killed between the two files left candidates that are settled already.
            remove_candidates(desk_db, find_known_keys(news, read_candidate_keys(desk_db)))
            with explain_errors(self.desk.news_db):
                self._update_all_activity(news, desk_db)
            archive = stack.enter_context(contextlib.closing(Archive(self.desk.archive)))
            workers = Workers(locate_topic(self.desk), processes=self.desk.crawl.workers)
            await stack.enter_async_context(workers)
            self.stores = Stores(
                news=news,
                desk=desk_db,
                archive=archive,
                workers=workers,
                topic=self.topic,
                now=self.now,
                revisit=self.desk.crawl.revisit,
                full=self.full,
            )
            self._opened = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._opened.__aexit__(kind, error, trace)

    def reload(self, desk: Desk) -> None:
        """Watch the outlets that this desk names, from their next crawl on. What runs ends as it began."""
        with self.abort_on_store_error(StoreFailed("a store failed")):
            save_outlets(self.stores.news, [outlet_row(outlet) for outlet in desk.outlets])
            self.desk = desk
            self._update_all_activity(self.stores.news, self.stores.desk)

    def update_activity(self, outlets: Iterable[Outlet]) -> None:
        """Note what a look at these outlets showed: what they usually bring, and whether they are silent now."""
        watched = {outlet.id for outlet in self.desk.enabled_outlets}
        ids = [outlet.id for outlet in outlets if outlet.id in watched]
        update_activity(self.stores.news, self.stores.desk, outlets=ids, now=self.now())

    def _update_all_activity(self, news: Database, desk_db: Database) -> None:
        """Of every outlet: one may be watched no more, a crash may have cut a note off, the rule may be a newer one."""
        ids = [outlet.id for outlet in self.desk.enabled_outlets]
        clear_activity(news, but=ids)
        update_activity(news, desk_db, outlets=ids, now=self.now())

    def abort(self, error: Exception) -> None:
        """Note what no crawl can go on with; the crawls look here and end."""
        self.fatal_error = self.fatal_error or error

    @contextlib.contextmanager
    def abort_on_store_error(self, raises: Exception) -> Iterator[None]:
        """A store that fails (full disk, lock) ends every crawl of the process; what was fetched stays on the list.

        The error is told once, at the end, by what runs the session; here `raises` ends the work quietly.
        """
        try:
            yield
        except (sqlite3.Error, StoreError, ArchiveError, WorkersError, OSError) as error:
            self.abort(to_store_error(self.desk.folder, error) if isinstance(error, sqlite3.Error) else error)
            raise raises from error

    def site_locks(self, sites: Iterable[str]) -> list[asyncio.Lock]:
        """The locks of an outlet's sites in one fixed order, so that no host is hit from two crawls at once."""
        return [self._sites.setdefault(site, asyncio.Lock()) for site in sorted(set(sites))]

    def back_off_of(self, host: str) -> tuple[dt.datetime, str] | None:
        """Until when and why a host is left in peace."""
        with self.abort_on_store_error(StoreFailed("a store failed")):
            return hosts.read_back_offs(self.stores.desk, now=self.now()).get(host)

    def back_off(self, host: str, *, retry_after: dt.timedelta | None, reason: str) -> dt.datetime:
        """Leave a host in peace for as long as it asked, or for longer at each failure."""
        with self.abort_on_store_error(StoreFailed("a store failed")):
            wait = get_host_wait(retry_after, failures=hosts.count_failures(self.stores.desk, host))
            until = self.now() + wait
            waiting = self.back_off_of(host)
            if waiting and waiting[0] >= until:
                return waiting[0]
            hosts.back_off(self.stores.desk, host, until=until, reason=reason)
            return until

    def clear_back_off(self, host: str) -> None:
        """The host answered well."""
        with self.abort_on_store_error(StoreFailed("a store failed")):
            hosts.clear_back_off(self.stores.desk, host)

    def robots_txt_of(self, host: str, *, max_age: dt.timedelta) -> bytes | None:
        """A robots.txt that was read within `max_age`."""
        with self.abort_on_store_error(StoreFailed("a store failed")):
            return hosts.read_robots_txt(self.stores.desk, host, since=self.now() - max_age)

    def save_robots_txt(self, host: str, body: bytes) -> None:
        """Remember a robots.txt."""
        with self.abort_on_store_error(StoreFailed("a store failed")):
            hosts.save_robots_txt(self.stores.desk, host, body, at=self.now())


def outlet_row(outlet: Outlet) -> dict[str, str | None]:
    """An outlet as it stands in news.db."""
    return {
        "id": outlet.id,
        "name": outlet.name,
        "home": outlet.home,
        "country": outlet.country,
        "languages": ",".join(outlet.languages),
        "kind": outlet.kind,
        "ownership": outlet.ownership,
        "ownership_source": outlet.ownership_source,
    }


def concept_row(concept: Concept, topic: Topic) -> dict[str, object]:
    """A concept as it stands in news.db, with what readers see in each language."""
    sides = {"a": topic.a.name, "b": topic.b.name}
    names = {f"name_{language}": concept.label(language) for language in LANGUAGES}
    every = {"names": [name for language in LANGUAGES for name in concept.names.get(language, ())]}
    return {"id": concept.id, "kind": concept.kind, "side": sides.get(concept.side, concept.side), **names, **every}


def locate_topic(desk: Desk) -> str | Path:
    """The desk's topic: a shipped one's name, or a file in the desk folder."""
    return desk.folder / desk.desk.topic if desk.desk.topic.endswith(".toml") else desk.desk.topic


def resolve_proxy(desk: Desk) -> str | None:
    """The proxy's address; it may stand outside vigia.toml since it may hold a password. No error shows it."""
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
    except ValueError:  # brackets or a port that make no sense
        return False


def lock_desk(folder: Path) -> IO[str]:
    """Make this process the desk's one writer until the file is closed (or the process is gone, however it went)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "vigia.lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise DeskError(f"{folder}: can't be written ({error.strerror}); check the folder's permissions") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        owner = lock.read().strip() or "another process"
        lock.close()
        raise DeskBusy(f"{folder}: already in use by {owner}; stop it first, or use another --desk") from error
    with contextlib.suppress(OSError):  # a full disk: the lock itself holds, only the name of its owner is missing
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
    return lock
