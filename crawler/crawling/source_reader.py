"""Read the sources of one crawl and store what they list."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, replace

from scrapy.http import Response

from crawler.config.outlet import Outlet, Source
from crawler.crawling.backoff_delays import get_source_retry
from crawler.crawling.exceptions import BACK_OFF_MARK
from crawler.crawling.fetch_errors import FetchFailure, Retry
from crawler.crawling.http import (
    is_redirect_to_home,
    make_conditional_headers,
    to_stored,
)
from crawler.crawling.session import CrawlSession
from crawler.crawling.source_jobs import UNREADABLE, read_source, to_fetch_failure
from crawler.crawling.stats import CrawlStats
from crawler.discovery import Candidate, DiscoveryResult
from crawler.discovery.candidates import find_newest_date, measure_rhythm, sort_newest_first
from db.desk.sources import find_child_sources, read_source_state, record_answer, record_source_failure
from db.news.articles import find_known_keys
from pipelines.analysis.workers.jobs import JobFailed

log = logging.getLogger(__name__)

MAX_SOURCE_BYTES = 50_000_000  # a sitemap's size limit in the sitemaps.org protocol, uncompressed
UNLIMITED = 1_000_000  # pages or child sitemaps: more than any outlet has
MAX_CHILDREN = 20  # child sitemaps that one crawl reads of an index, newest first
MAX_CHILDREN_FIRST_READ = 3  # of an index that was never read: the past is for `vigia backfill`


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """Child sitemaps of a source, and whether it listed a page new to this crawl."""

    children: list[str]
    has_new: bool


class SourceReader:
    """Stores what the sources of one crawl list, and how they failed.

    `max_candidates` limits what is taken from a source that was never read before; `back_to` is set in a backfill.
    """

    def __init__(
        self,
        *,
        session: CrawlSession,
        outlet: Outlet,
        stats: CrawlStats,
        max_candidates: int,
        back_to: dt.datetime | None,
    ) -> None:
        self.session = session
        self.outlet = outlet
        self.stats = stats
        self.max_candidates = max_candidates
        self.back_to = back_to
        self.listed: set[str] = set()
        self.read_before: set[str] = set()

    def plan_request(
        self, source: Source, *, floor: dt.datetime | None = None
    ) -> tuple[dict[str, str], dt.datetime | None]:
        """Return conditional headers, and the date after which entries are new.

        Without a date (None) all entries are new. `floor` is that date for a child sitemap that was never read: the one
        of the index that named it.

        Only sitemaps and listings get a date: a feed is short, and an article may enter it days after its own date.
        A sitemap that was last read in part, or empty, keeps the date of its last complete reading. A backfill asks
        for everything since `back_to`.
        """
        if self.back_to:
            return {}, self.back_to
        state = read_source_state(self.session.stores.desk, source.url)
        if state is None:
            return {}, floor
        if state.fetched_at:
            self.read_before.add(source.url)
        since = {"sitemap": state.sound_at, "listing": state.fetched_at}.get(source.kind)
        return make_conditional_headers(state.etag, state.last_modified), since or (None if state.fetched_at else floor)

    def find_rest(self, source: Source) -> FetchFailure | None:
        """Return why a source is not asked now: its last reading was ended, and not long ago."""
        state = read_source_state(self.session.stores.desk, source.url)
        now = self.session.now()
        if state is None or state.outcome != UNREADABLE or not state.failing_since or state.failing_since > now:
            return None
        until = get_source_retry(state.failing_since, failures=state.failures)
        if until <= now:
            return None
        sentence = f"it{BACK_OFF_MARK}{until:%Y-%m-%d %H:%M} UTC: its last reading was ended"
        return FetchFailure(code="waits", sentence=sentence, retry=Retry.NOT_ASKED)

    async def read(
        self, source: Source, response: Response, *, headers: dict[str, str], since: dt.datetime | None
    ) -> ReadResult:
        """Read a source in a worker process, and store what it lists or why it could not be read.

        Raises WorkersError if the workers fail or were stopped: nothing is stored then.
        """
        try:
            found = await read_source(
                self.session.stores.workers,
                source,
                response.body,
                url=response.url,
                content_type=headers.get("content-type", ""),
                outlet=self.outlet,
                since=since,
                now=self.session.now(),
            )
        except JobFailed as failed:
            self.save_failure(source, to_fetch_failure(failed), status=response.status)
            return ReadResult(children=[], has_new=False)
        if is_redirect_to_home(source, response.url) and not found.candidates:
            found = replace(found, warnings=("its address leads to the home page", *found.warnings))
        return self.save(source, found, status=response.status, headers=headers, since=since)

    def save(
        self, source: Source, found: DiscoveryResult, *, status: int, headers: dict[str, str], since: dt.datetime | None
    ) -> ReadResult:
        """Store what a source lists and its validators, in one transaction."""
        listed = sort_newest_first(candidate for candidate in found.candidates if self.is_wanted(candidate))
        if since is None and len(listed) > self.max_candidates:
            log.info("%s: %s: the newest %d of %d", self.outlet.id, source.url, self.max_candidates, len(listed))
            listed = listed[: self.max_candidates]
        further = found.further[: self._children_of(source)]
        known = find_known_keys(self.session.stores.news, [candidate.key for candidate in listed])
        warning = "; ".join(found.warnings)[:500] or None
        if warning:
            log.info("%s: %s: %s", self.outlet.id, source.url, warning)
        self.stats.sources += 1
        dated, span = measure_rhythm(found.candidates)
        record_answer(
            self.session.stores.desk,
            url=source.url,
            outlet=self.outlet.id,
            at=self.session.now(),
            status=status,
            outcome="ok" if found.candidates or found.further or not warning else "empty",
            warning=warning,
            etag=headers.get("etag"),
            last_modified=headers.get("last-modified"),
            items=len(found.candidates),
            newest=find_newest_date(found.candidates),
            # Only of a complete reading: without its older entries a sitemap seems to publish faster than it does.
            dated=dated if since is None else None,
            span=span if since is None else None,
            candidates=[
                to_stored(candidate, self.outlet.id, backfilled=self.back_to is not None)
                for candidate in listed
                if candidate.key not in known
            ],
            # A backfill reads many; later crawls need the newest only.
            children=[child.url for child in further[:MAX_CHILDREN]],
        )
        before = len(self.listed)
        self.listed |= {candidate.key for candidate in found.candidates}
        return ReadResult(children=[child.url for child in further], has_new=len(self.listed) > before)

    def _children_of(self, source: Source) -> int:
        if self.back_to:
            return UNLIMITED
        return MAX_CHILDREN if source.url in self.read_before else MAX_CHILDREN_FIRST_READ

    def save_unchanged(self, source: Source, headers: dict[str, str]) -> list[str]:
        """Store that a source answered 304, and return its child sitemaps.

        Those may have changed although their index did not.
        """
        self.stats.sources += 1
        record_answer(
            self.session.stores.desk,
            url=source.url,
            outlet=self.outlet.id,
            at=self.session.now(),
            status=304,
            outcome="unchanged",
            etag=headers.get("etag"),
            last_modified=headers.get("last-modified"),
        )
        return find_child_sources(self.session.stores.desk, source.url, limit=MAX_CHILDREN)

    def save_failure(self, source: Source, failure: FetchFailure, *, status: int | None) -> None:
        """Store that a source could not be read."""
        self.stats.sources += 1
        self.stats.sources_failed += 1
        self.stats.count_error(f"{source.url}: {failure.sentence}")
        log.info("%s: %s: %s", self.outlet.id, source.url, failure.sentence)
        record_source_failure(
            self.session.stores.desk,
            url=source.url,
            outlet=self.outlet.id,
            at=self.session.now(),
            status=status,
            outcome=failure.code,
            detail=failure.sentence,
            asked=not failure.was_not_asked,
        )

    def is_wanted(self, candidate: Candidate) -> bool:
        """True if a candidate is recent and names the topic where the outlet asks that.

        An outlet asks it with `candidates = "mentions"`.
        """
        oldest = self.session.desk.crawl.max_age
        limit = self.back_to or (self.session.now() - oldest if oldest else None)
        if limit and candidate.published and candidate.published < limit:
            return False
        if self.outlet.candidates == "mentions":
            return self.session.topic.is_mentioned_in(f"{candidate.title or ''}\n{candidate.summary or ''}")
        return True
