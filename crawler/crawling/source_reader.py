"""Read the sources of one crawl and store what they list."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, replace

from scrapy.http import Response

from crawler import urls
from crawler.config.outlet import Outlet, Source
from crawler.crawling.backoff_delays import get_source_retry
from crawler.crawling.exceptions import BACK_OFF_MARK
from crawler.crawling.fetch_errors import FetchFailure, Retry
from crawler.crawling.http import (
    is_redirect_to_home,
    make_conditional_headers,
    pick_validators,
    to_stored,
)
from crawler.crawling.session import CrawlSession
from crawler.crawling.source_jobs import UNREADABLE, read_source, to_fetch_failure
from crawler.crawling.stats import CrawlStats
from crawler.discovery import Candidate, DiscoveryResult
from crawler.discovery.candidates import sort_newest_first
from crawler.discovery.new_listings import MAX_CHILDREN_FIRST_READ, choose_children, select_new
from db.desk.candidates import find_waiting_keys, read_passed_over
from db.desk.sources import read_child_states, read_source_state, record_answer, record_source_failure
from db.model.page_digests import digest_key, split_digests
from db.news.stored_article import find_known_keys
from pipelines.analysis.workers.jobs import JobFailed

log = logging.getLogger(__name__)

MAX_SOURCE_BYTES = 50_000_000  # a sitemap's size limit in the sitemaps.org protocol, uncompressed
UNLIMITED = 1_000_000  # pages or child sitemaps: more than any outlet has
MAX_BELIEVED_UNCHANGED = dt.timedelta(days=1)  # a source that says "unchanged" for so long is asked for its whole list


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """Child sitemaps to read, and whether a source listed a page new to this crawl."""

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

    def plan_request(self, source: Source) -> tuple[dict[str, str], dt.datetime | None]:
        """Return conditional headers, and when the source was last read without a warning; None if never.

        Of a child sitemap that was never read, that is when its index was. A backfill asks for everything since
        `back_to`. A source may say "unchanged" for a day, then it is asked for all that it lists: a server's validators
        may stand still.
        """
        if self.back_to:
            return {}, self.back_to
        state = read_source_state(self.session.stores.desk, source.url)
        if state is None or state.fetched_at is None:
            return {}, state.past_until if state else None
        is_believed = state.read_at and self.session.now() - state.read_at < MAX_BELIEVED_UNCHANGED
        return make_conditional_headers(state.etag, state.last_modified) if is_believed else {}, state.sound_at

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
                since=self.back_to,
                passed_over=b"" if self.back_to else read_passed_over(self.session.stores.desk, source.url) or b"",
                now=self.session.now(),
            )
        except JobFailed as failed:
            self.save_failure(source, to_fetch_failure(failed), status=response.status)
            return ReadResult(children=[], has_new=False)
        if is_redirect_to_home(source, response.url) and not found.listing.items:
            found = replace(found, warnings=("its address leads to the home page", *found.warnings))
        return self.save(source, found, status=response.status, headers=headers, since=since)

    def save(
        self, source: Source, found: DiscoveryResult, *, status: int, headers: dict[str, str], since: dt.datetime | None
    ) -> ReadResult:
        """Store what a source lists and its validators, in one transaction."""
        stores = self.session.stores
        wanted = sort_newest_first(candidate for candidate in found.candidates if self.is_wanted(candidate))
        keys = [candidate.key for candidate in wanted]
        known = find_known_keys(stores.news, keys) | find_waiting_keys(stores.desk, keys)
        unknown = [candidate for candidate in wanted if candidate.key not in known]
        warning = "; ".join(found.warnings)[:500] or None
        if warning:
            log.info("%s: %s: %s", self.outlet.id, source.url, warning)
        self.stats.sources += 1
        lists_something = bool(found.listing.items or found.further) or not warning
        news = unknown if self.back_to else self._select_news(source, unknown, since=since)
        children, new_children = self._choose_children(source, found, since=since)
        past = {candidate.key for candidate in unknown} - {candidate.key for candidate in news}
        past |= {urls.key(child.url) for child in found.further}
        etag, last_modified = pick_validators(headers, now=self.session.now())
        record_answer(
            stores.desk,
            url=source.url,
            outlet=self.outlet.id,
            at=self.session.now(),
            status=status,
            outcome="ok" if lists_something else "empty",
            warning=warning,
            etag=etag,
            last_modified=last_modified,
            items=found.listing.items,
            newest=found.listing.newest,
            # Only of a complete reading: without its older entries a sitemap seems to publish faster than it does.
            dated=None if self.back_to else found.listing.dated,
            span=None if self.back_to else found.listing.span,
            candidates=[to_stored(page, self.outlet.id, backfilled=self.back_to is not None) for page in news],
            children=self._list_children(found, since=since),
            new_children=new_children,
            passed_over=None if self.back_to or not lists_something else b"".join(map(digest_key, past)),
        )
        before = len(self.listed)
        self.listed |= {candidate.key for candidate in found.candidates}
        return ReadResult(children=children, has_new=len(self.listed) > before)

    def _select_news(self, source: Source, unknown: list[Candidate], *, since: dt.datetime | None) -> list[Candidate]:
        """Select what is new of the pages that a source lists; the others are its past."""
        desk = self.session.stores.desk
        state = read_source_state(desk, source.url)
        news = select_new(
            unknown,
            since=since,
            limit=self.max_candidates,
            is_first=read_passed_over(desk, source.url) is None,
            was_read=state is not None and state.fetched_at is not None,
        )
        if len(news) < len(unknown):
            log.info("%s: %s: the newest %d of %d", self.outlet.id, source.url, len(news), len(unknown))
        return news

    def _choose_children(
        self, source: Source, found: DiscoveryResult, *, since: dt.datetime | None
    ) -> tuple[list[str], list[str]]:
        """Return the child sitemaps to read, and those that the index did not name before."""
        named = dict(zip((child.url for child in found.further), found.further_dates, strict=True))
        if self.back_to:
            return list(named), []
        desk = self.session.stores.desk
        before = read_passed_over(desk, source.url)
        digests = None if before is None else split_digests(before)
        new = [url for url in named if digests is not None and digest_key(urls.key(url)) not in digests]
        states = read_child_states(desk, source.url)
        return choose_children(named, states, new=new, since=since, now=self.session.now()), new

    def _list_children(self, found: DiscoveryResult, *, since: dt.datetime | None) -> dict[str, dt.datetime | None]:
        """Return the child sitemaps of an index with the time before which their pages are the past.

        Of the first ones of an index that was never read the newest pages are taken, so these have no such time.
        """
        is_first = since is None and not self.back_to
        return {
            child.url: None if is_first and number < MAX_CHILDREN_FIRST_READ else since or self.session.now()
            for number, child in enumerate(found.further)
        }

    def save_unchanged(self, source: Source, headers: dict[str, str], *, since: dt.datetime | None) -> list[str]:
        """Store that a source answered 304, and return its child sitemaps to read.

        Those may have changed although their index did not.
        """
        now = self.session.now()
        etag, last_modified = pick_validators(headers, now=now)
        self.stats.sources += 1
        record_answer(
            self.session.stores.desk,
            url=source.url,
            outlet=self.outlet.id,
            at=self.session.now(),
            status=304,
            outcome="unchanged",
            etag=etag,
            last_modified=last_modified,
        )
        states = read_child_states(self.session.stores.desk, source.url)
        named = dict.fromkeys(state.url for state in states)
        return choose_children(named, states, new=(), since=since, now=now)

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
