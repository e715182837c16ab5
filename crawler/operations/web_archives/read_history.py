"""Read an outlet's past from a web archive: first the index, then the captures that may be articles.

Each page is read once, in its earliest capture of the period. What has become of it is stored at once, so a run that
was stopped goes on where it was. The articles are history, as those of `vigia import` are.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
from collections.abc import Callable, Sequence

from crawler import urls
from crawler.config.outlet import Outlet
from crawler.crawling.session import CrawlSession
from crawler.operations.find_outlet import OutletFinder
from crawler.operations.imports.foreign_records import ForeignRecord, ReadingLimits, read_foreign_records
from crawler.operations.imports.history_store import HistoryStore
from crawler.operations.imports.skip_reason import SkipReason
from crawler.operations.web_archives.history_report import HistoryReport
from crawler.operations.web_archives.index_answers import Period
from crawler.operations.web_archives.requests import (
    ArchiveRequests,
    ArchiveUnavailable,
    Clock,
    RunEnded,
    Send,
    run_requests,
)
from crawler.operations.web_archives.web_archive import (
    FetchedCapture,
    IndexQuery,
    IndexReader,
    WebArchive,
    explain_silence,
    list_archived_hosts,
)
from db.desk import repeated_lines
from db.desk.imports.archived_captures import (
    ArchivedCapture,
    CaptureScope,
    QueryProgress,
    count_waiting,
    forget_outcomes,
    forget_queries,
    list_waiting,
    read_query_progress,
    save_index_answer,
    settle_capture,
)
from db.model.day_span import DayBounds
from db.news.stored_article import find_keys_read
from pipelines.archive.warc_records import Origin
from pipelines.page import OutletProfile

_BATCH = 200  # captures that are read from the database at once
_MAX_FAILURES = 3  # captures in a row that could not be had: then the archive is taken to be away
_MAX_STEPS = 5_000  # answers to one query of an index


class HistoryReading:
    """Reads the past of one outlet from one archive into the desk of a session."""

    def __init__(
        self,
        session: CrawlSession,
        outlet: Outlet,
        archive: WebArchive,
        period: Period,
        *,
        days: DayBounds,
        clock: Clock,
        watch: Callable[[HistoryReport, str], None] = lambda *_: None,
    ) -> None:
        """Stores articles of `days`, of captures in the period.

        Calls `watch(report so far, what is being done)` after each request, and before a rest.
        """
        self._session = session
        self._outlet = outlet
        self._archive = archive
        self._period = period
        self._clock = clock
        self._watch = watch
        self._scope = CaptureScope(outlet=outlet.id, archive=archive.name, since=period.since, until=period.until)
        self._finder = OutletFinder(session.desk.outlets)
        self._history = HistoryStore(session, days=days)
        self._limits = ReadingLimits(max_page_bytes=session.desk.crawl.max_page_bytes, now=session.now())
        self._failed: list[ArchivedCapture] = []  # since the last capture that the archive gave
        self.report = HistoryReport(outlet=outlet.id, archive=archive.name)

    async def read(self, *, again: bool = False) -> HistoryReport:
        """Read what is not read yet; `again`: also what was. Raises StoreFailed if a store or the workers fail."""
        desk = self._session.stores.desk
        with self._session.abort_on_store_error():
            if again:
                forget_queries(desk, outlet=self._outlet.id, archive=self._archive.name)
                forget_outcomes(desk, self._scope)
        try:
            await run_requests(self._session, self._outlet, self._archive.hosts, self._work)
        except ArchiveUnavailable as error:
            self.report.problem = str(error)
        except RunEnded:
            self.report.is_stopped = True
        with self._session.abort_on_store_error():
            self.report.waiting = count_waiting(desk, self._scope)
            repeated_lines.prune_lines(desk)
        return self.report

    async def _work(self, send: Send) -> None:
        def tell_rest(host: str, until: dt.datetime) -> None:
            self._watch(self.report, f"{host} asks for a rest until {until:%H:%M} UTC")

        requests = ArchiveRequests(self._session, send, self._clock, on_rest=tell_rest)
        queries = await self._archive.list_queries(
            requests, hosts=list_archived_hosts(self._outlet), period=self._period
        )
        for query in queries:
            await self._read_index(requests, query)
        await self._read_captures(requests)
        with self._session.abort_on_store_error():  # the next run asks for what was captured meanwhile
            forget_queries(self._session.stores.desk, outlet=self._outlet.id, archive=self._archive.name)

    async def _read_index(self, requests: ArchiveRequests, query: IndexQuery) -> None:
        stores, report = self._session.stores, self.report
        place = {"outlet": self._outlet.id, "archive": self._archive.name, "query": query.name}
        with self._session.abort_on_store_error():
            progress = read_query_progress(stores.desk, **place)
        reader = IndexReader(workers=stores.workers, outlet=self._outlet, period=self._period, now=self._session.now())
        for _ in range(_MAX_STEPS):
            if progress.is_finished:
                return
            step = await self._archive.ask_index(requests, query, progress.position, reader)
            captures = [one for one in step.answer.captures if self._is_own(one)]
            report.rows += step.answer.rows
            report.bad += step.answer.bad
            report.captures += len(captures)
            progress = QueryProgress(position=step.position, is_finished=step.position is None)
            with self._session.abort_on_store_error():
                known = find_keys_read(stores.news, [one.key for one in captures])
                if known:
                    report.counts[SkipReason.READ_BEFORE] += len(known)
                unread = [one for one in captures if one.key not in known]
                save_index_answer(stores.desk, unread, progress, **place)
            self._watch(report, f"index: {report.rows:,} rows, {report.captures:,} captures")
        raise ArchiveUnavailable(f"{self._archive.title}: its index of {query.host} has no end; ask for a shorter time")

    def _is_own(self, capture: ArchivedCapture) -> bool:
        url = urls.canonicalize(capture.url)
        return url is not None and isinstance(self._find_outlet(url), OutletProfile)

    def _find_outlet(self, url: str) -> OutletProfile | SkipReason:
        found = self._finder.find(url)
        if found is None:
            return SkipReason.SEVERAL_OUTLETS
        return self._outlet.profile if found.id == self._outlet.id else SkipReason.UNKNOWN_OUTLET

    async def _read_captures(self, requests: ArchiveRequests) -> None:
        stores, report = self._session.stores, self.report
        last: ArchivedCapture | None = None
        with self._session.abort_on_store_error():
            report.waiting = count_waiting(stores.desk, self._scope)
        self._watch(report, "")
        while batch := self._list_next(last):
            with self._session.abort_on_store_error():
                known = find_keys_read(stores.news, [one.key for one in batch])
            for capture in batch:
                if self._clock.is_ending():
                    raise RunEnded
                outcome = (
                    SkipReason.READ_BEFORE if capture.key in known else await self._read_capture(requests, capture)
                )
                if outcome is None:
                    self._failed.append(capture)
                else:
                    self._settle_failed()
                    self._settle(capture, outcome)
                self._watch(report, "")
            last = batch[-1]
        self._settle_failed()

    def _settle(self, capture: ArchivedCapture, outcome: str | None) -> None:
        """Store what became of a capture, and count it; None: it could not be had, and waits."""
        with self._session.abort_on_store_error():
            settle_capture(self._session.stores.desk, self._scope, capture.key, outcome=outcome)
        if outcome is not None:
            self.report.counts[outcome] += 1
            self.report.waiting -= 1

    def _settle_failed(self) -> None:
        """Count an attempt for captures that could not be had although the archive was there: it gave later ones."""
        for capture in self._failed:
            is_last = capture.attempts + 1 >= self._session.desk.crawl.attempts
            self._settle(capture, SkipReason.NOT_ARCHIVED if is_last else None)
        self._failed.clear()

    def _list_next(self, last: ArchivedCapture | None) -> Sequence[ArchivedCapture]:
        with self._session.abort_on_store_error():
            return list_waiting(self._session.stores.desk, self._scope, after=last, limit=_BATCH)

    async def _read_capture(self, requests: ArchiveRequests, capture: ArchivedCapture) -> str | None:
        """Fetch, analyse and store a capture, and return its outcome; None if it waits on."""
        fetched = await self._archive.fetch(requests, capture, max_bytes=self._limits.max_page_bytes)
        if fetched.problem is not None:
            self.report.failed[fetched.problem] += 1
            if len(self._failed) + 1 >= _MAX_FAILURES:
                raise ArchiveUnavailable(explain_silence(self._archive.hosts[-1], fetched.problem))
            return None
        if fetched.outcome is not None:
            return fetched.outcome
        record = await asyncio.to_thread(self._read_record, fetched)
        if record is None:
            return SkipReason.DAMAGED
        if record.page is None:
            return record.skipped or SkipReason.DAMAGED
        if record.page.key != capture.key:
            return SkipReason.NOT_ARCHIVED
        with self._session.abort_on_store_error():
            analysed = await self._history.analyse(record.page)
            origin = Origin(file=fetched.file, offset=fetched.offset, record_id=record.record_id)
            return await self._history.store(record.page, analysed, origin=origin)

    def _read_record(self, fetched: FetchedCapture) -> ForeignRecord | None:
        records = read_foreign_records(io.BytesIO(fetched.record), find_outlet=self._find_outlet, limits=self._limits)
        return next(iter(records), None)
