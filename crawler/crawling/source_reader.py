"""What one crawl reads in an outlet's sources, and what of it is kept."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from crawler.config.outlet import Outlet, Source
from crawler.crawling.fetch_errors import Failure
from crawler.crawling.http import as_waiting, conditional, names_topic, newest_first, newest_moment, rhythm_of
from crawler.crawling.session import Station
from crawler.crawling.stats import Tally
from crawler.discovery import Candidate, DiscoveryResult
from db.desk.sources import find_child_sources, read_source_state, record_answer, record_source_failure
from db.news.articles import find_known_keys

log = logging.getLogger(__name__)

EVERYTHING = 1_000_000  # pages or child sitemaps: more than any outlet has
CHILDREN = 20  # child sitemaps that one crawl reads of an index, newest first
CHILDREN_AT_FIRST = 3  # of an index that was never read: the past is for `vigia backfill`


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a source leads to: child sitemaps, and whether it listed anything that this crawl had not seen yet."""

    children: list[str]
    fresh: bool


class Readings:
    """Keeps what the sources of one crawl say: candidates with validators, failures, child sitemaps.

    `most` bounds what is taken of a source that was never read before; `back_to` is set in a backfill.
    """

    def __init__(
        self, *, station: Station, outlet: Outlet, tally: Tally, most: int, back_to: dt.datetime | None
    ) -> None:
        self.station = station
        self.outlet = outlet
        self.tally = tally
        self.most = most
        self.back_to = back_to
        self.listed: set[str] = set()
        self.read_before: set[str] = set()

    def conditions(
        self, source: Source, *, floor: dt.datetime | None = None
    ) -> tuple[dict[str, str], dt.datetime | None]:
        """Headers of a conditional request, and since when things are new there. A backfill asks for everything.

        `floor`: for a child that was never read, since when things are new in the sitemap index that named it.

        Only a sitemap's own dates say what is new: a feed is short, and an article may enter it days after its date.
        What was last read in part, or empty, is not taken for known.
        """
        if self.back_to:
            return {}, self.back_to
        state = read_source_state(self.station.stores.desk, source.url)
        if state is None:
            return {}, floor
        if state.fetched_at:
            self.read_before.add(source.url)
        since = {"sitemap": state.sound_at, "listing": state.fetched_at}.get(source.kind)
        return conditional(state.etag, state.last_modified), since or (None if state.fetched_at else floor)

    def keep(
        self, source: Source, found: DiscoveryResult, *, status: int, headers: dict[str, str], since: dt.datetime | None
    ) -> Kept:
        """Keep what a source lists and its validators, in one transaction."""
        listed = newest_first(candidate for candidate in found.candidates if self.wanted(candidate))
        if since is None and len(listed) > self.most:
            log.info("%s: %s: the newest %d of %d", self.outlet.id, source.url, self.most, len(listed))
            listed = listed[: self.most]
        further = found.further[: self._children_of(source)]
        known = find_known_keys(self.station.stores.news, [candidate.key for candidate in listed])
        warning = "; ".join(found.warnings)[:500] or None
        if warning:
            log.info("%s: %s: %s", self.outlet.id, source.url, warning)
        self.tally.sources += 1
        dated, span = rhythm_of(found.candidates)
        record_answer(
            self.station.stores.desk,
            url=source.url,
            outlet=self.outlet.id,
            at=self.station.now(),
            status=status,
            outcome="ok" if found.candidates or found.further or not warning else "empty",
            warning=warning,
            etag=headers.get("etag"),
            last_modified=headers.get("last-modified"),
            items=len(found.candidates),
            newest=newest_moment(found.candidates),
            # What is left out for its age would make a sitemap look livelier than it is.
            dated=dated if since is None else None,
            span=span if since is None else None,
            candidates=[
                as_waiting(candidate, self.outlet.id, backfilled=self.back_to is not None)
                for candidate in listed
                if candidate.key not in known
            ],
            # Of a backfill's many, later crawls need the newest alone.
            children=[child.url for child in further[:CHILDREN]],
        )
        before = len(self.listed)
        self.listed |= {candidate.key for candidate in found.candidates}
        return Kept(children=[child.url for child in further], fresh=len(self.listed) > before)

    def _children_of(self, source: Source) -> int:
        if self.back_to:
            return EVERYTHING
        return CHILDREN if source.url in self.read_before else CHILDREN_AT_FIRST

    def keep_unchanged(self, source: Source, headers: dict[str, str]) -> list[str]:
        """A source answered 304; returns child sitemaps that may have changed all the same."""
        self.tally.sources += 1
        record_answer(
            self.station.stores.desk,
            url=source.url,
            outlet=self.outlet.id,
            at=self.station.now(),
            status=304,
            outcome="unchanged",
            etag=headers.get("etag"),
            last_modified=headers.get("last-modified"),
        )
        return find_child_sources(self.station.stores.desk, source.url, limit=CHILDREN)

    def fail(self, source: Source, failure: Failure, *, status: int | None) -> None:
        """A source gave no answer that can be read."""
        self.tally.sources += 1
        self.tally.sources_failed += 1
        self.tally.note(f"{source.url}: {failure.sentence}")
        log.info("%s: %s: %s", self.outlet.id, source.url, failure.sentence)
        record_source_failure(
            self.station.stores.desk,
            url=source.url,
            outlet=self.outlet.id,
            at=self.station.now(),
            status=status,
            outcome=failure.word,
            detail=failure.sentence,
            asked=not failure.is_unasked,
        )

    def wanted(self, candidate: Candidate) -> bool:
        """Whether a candidate is recent enough and, where the outlet asks for it, names the topic."""
        oldest = self.station.desk.crawl.max_age
        limit = self.back_to or (self.station.now() - oldest if oldest else None)
        if limit and candidate.published and candidate.published < limit:
            return False
        if self.outlet.candidates == "mentions":
            return names_topic(f"{candidate.title or ''}\n{candidate.summary or ''}", self.station.topic)
        return True
