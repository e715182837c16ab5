"""Candidates, and the checks by which entries of sources become candidates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from crawler import urls
from crawler.config.outlet import Outlet, Source
from crawler.discovery.markup import plain_text
from db.model.page_digests import digest_key
from pipelines.analysis.metadata.date_parser import parse_instant
from pipelines.analysis.metadata.time_zones import outlet_zone

MAX_CANDIDATES = 50_000  # of one source: the limit that sitemaps.org sets for one sitemap
MAX_TITLE_CHARS = 500
MAX_SUMMARY_CHARS = 1_000
# Sources often give a local time without its zone, or a day without a time. Both are less than a day wrong.
DATE_TOLERANCE = dt.timedelta(days=1)
EARLIEST_DATE = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)  # earlier dates are zeros or defaults: no web page is older

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """One entry of a source, as written there.

    Its link may be relative, its dates may be naive or wrong.
    """

    link: str
    title: str | None = None
    published: dt.datetime | None = None
    modified: dt.datetime | None = None
    language: str | None = None
    summary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address that may be an article, with what its source says about it.

    Times are aware, UTC.
    """

    url: str
    key: str
    title: str | None = None
    published: dt.datetime | None = None
    language: str | None = None  # as the source writes it: "es", "es-PE"
    summary: str | None = field(default=None, repr=False)
    modified: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How much a source lists in all, with what was passed over before: pages, those with a date, and their times."""

    items: int = 0
    dated: int = 0
    newest: dt.datetime | None = None
    span: dt.timedelta = dt.timedelta()  # from the first date to the last


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryResult:
    """What one source gave: candidates, child sitemaps and warnings.

    Candidates and child sitemaps are newest first; `further_dates` has what the source says of when each of these
    changed. A warning is one sentence.
    """

    candidates: tuple[Candidate, ...] = field(default=(), repr=False)
    further: tuple[Source, ...] = ()
    further_dates: tuple[dt.datetime | None, ...] = field(default=(), repr=False)
    listing: Listing = Listing()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContext:
    """What entries are checked against.

    `url` is the address that answered, `since` the oldest date to keep; both times are aware. `passed_over` has the
    digests of pages that are left out, see db.model.page_digests.
    """

    url: str
    outlet: Outlet
    since: dt.datetime | None
    now: dt.datetime
    passed_over: frozenset[bytes] = frozenset()

    @property
    def sites(self) -> frozenset[str]:
        """The registrable domains of the outlet's home, sources and `hosts` key."""
        named = (self.outlet.home, *(source.url for source in self.outlet.sources))
        return frozenset(
            urls.get_site(name.lower()) for name in (*map(urls.get_host, named), *self.outlet.hosts) if name
        )

    def read_date(self, text: str | None) -> dt.datetime | None:
        """Read a date as the outlet's pages write it; aware, None if it is none.

        A time without a zone is in the civil time of the outlet's country, or UTC if that has none.
        """
        zone = outlet_zone(self.outlet.country, urlsplit(self.url).hostname or "")
        return parse_instant(text, zone=zone, month_first=self.outlet.country == "US")

    @property
    def horizon(self) -> dt.datetime:
        """The latest moment that a date may name."""
        return self.now + DATE_TOLERANCE

    def check_date(self, moment: dt.datetime | None) -> dt.datetime | None:
        """Return a moment in UTC, or None if no page can be of it: 1970 and the year 1 are zeros, 9999 a default."""
        utc = to_utc(moment)
        return utc if utc is not None and EARLIEST_DATE <= utc <= self.horizon else None

    def is_too_old(self, moment: dt.datetime | None) -> bool:
        """Return True if a moment lies before `since` by more than DATE_TOLERANCE."""
        return moment is not None and self.since is not None and moment < self.since - DATE_TOLERANCE


def collect_candidates(
    entries: Iterable[SourceEntry],
    context: SourceContext,
    *,
    pattern: str | None = None,
    base: str | None = None,
    warnings: Iterable[str] = (),
) -> DiscoveryResult:
    """Turn entries into candidates: on the outlet's site, each page once.

    Candidates have absolute addresses, are new enough, and come newest first. If a `pattern` is given, only addresses
    that match it are kept. Relative links are resolved against `base`, or against the address that answered. If two
    entries name one page, the later one only fills the gaps of the earlier. Pages that were passed over count in the
    listing alone.
    """
    base = base or context.url
    sites = context.sites
    article_pattern = re.compile(pattern) if pattern else None
    found: dict[str, Candidate] = {}
    passed: dict[str, dt.datetime | None] = {}
    off_site: list[str] = []
    without_address = future_dates = over_limit = 0
    for entry in entries:
        stated = [to_utc(moment) for moment in (entry.published, entry.modified)]
        published, modified = map(context.check_date, stated)
        if context.is_too_old(max((m for m in (published, modified) if m), default=None)):
            continue
        clean = urls.canonicalize(entry.link, base=base) if entry.link.strip() else None
        if clean is None:
            without_address += 1
            continue
        if urls.get_site(urlsplit(clean).netloc) not in sites:
            off_site.append(clean)
            continue
        if article_pattern and not any(
            article_pattern.search(form) for form in list_address_variants(clean, entry.link.strip())
        ):
            continue
        future_dates += any(moment is not None and moment > context.horizon for moment in stated)
        key = urls.key(clean)
        if context.passed_over and digest_key(key) in context.passed_over:
            passed[key] = passed.get(key) or published or modified
            continue
        candidate = Candidate(
            url=clean,
            key=key,
            title=plain_text(entry.title, MAX_TITLE_CHARS),
            published=published,
            modified=modified,
            language=_valid_language(entry.language),
            summary=plain_text(entry.summary, MAX_SUMMARY_CHARS),
        )
        if (known := found.get(candidate.key)) is not None:
            found[candidate.key] = _merge(known, candidate)
        elif len(found) < MAX_CANDIDATES:
            found[candidate.key] = candidate
        else:
            over_limit += 1
    problems = [
        without_address
        and f"{format_count(without_address, 'entry', 'entries')} without an address that can be requested",
        off_site
        and f"{format_count(len(off_site), 'candidate', 'candidates')} off the outlet's site left out "
        f"({_first_hosts(off_site)})",
        future_dates and f"{format_count(future_dates, 'date', 'dates')} in the future dropped",
        over_limit and f"{format_count(over_limit, 'candidate', 'candidates')} beyond {MAX_CANDIDATES} left out",
    ]
    return DiscoveryResult(
        candidates=tuple(sorted(found.values(), key=_newest_first)),
        listing=_measure([*passed.values(), *(c.published or c.modified for c in found.values())]),
        warnings=(*warnings, *(problem for problem in problems if problem)),
    )


def list_address_variants(clean: str, raw: str) -> Iterator[str]:
    """Yield the address with and without "www.", with both schemes.

    An article_pattern may be written for any of them.
    """
    yield clean
    yield raw
    scheme, _, rest = clean.partition("://")
    name, slash, path = rest.partition("/")
    other = name.removeprefix("www.") if name.startswith("www.") else f"www.{name}"
    for twin in (name, other):
        for prefix in ("https", "http"):
            if (prefix, twin) != (scheme, name):
                yield f"{prefix}://{twin}{slash}{path}"


def to_utc(moment: dt.datetime | None) -> dt.datetime | None:
    """Convert a moment to UTC, to the second.

    A naive time is taken as UTC; None if UTC would leave years 1 to 9999.
    """
    if moment is None:
        return None
    try:
        aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        return aware.astimezone(dt.UTC).replace(microsecond=0)
    except (OverflowError, ValueError):
        return None


def _valid_language(text: str | None) -> str | None:
    return text.strip() if text and _LANGUAGE.fullmatch(text.strip()) else None


def _merge(one: Candidate, other: Candidate) -> Candidate:
    """Fill the gaps of the first candidate from the second.

    The longer title wins: links also say "Read more".
    """
    return Candidate(
        url=one.url,
        key=one.key,
        title=max(one.title or "", other.title or "", key=len) or None,
        published=one.published or other.published,
        modified=one.modified or other.modified,
        language=one.language or other.language,
        summary=one.summary or other.summary,
    )


def _newest_first(candidate: Candidate) -> tuple[bool, float]:
    """Sort key: newest first, then candidates without a date in given order."""
    moment = candidate.published or candidate.modified
    return (moment is None, -moment.timestamp() if moment else 0.0)


def describe_parser_error(error: object) -> str:
    """Write a parser's error as one line of at most 160 characters.

    Its line and column are left out: they refer to the text as prepared for the parser, not to the outlet's file. So is
    libxml2's advice to programmers.
    """
    words = re.sub(r", use XML_PARSE_HUGE option|, line \d+, column \d+$", "", str(error))
    words = " ".join(urls.CONTROL.sub(" ", words).split())
    return words[:160] or type(error).__name__


def format_count(number: int, one: str, many: str) -> str:
    """Write a number with its noun: "1 entry", "3 entries"."""
    return f"{number} {one if number == 1 else many}"


def _first_hosts(addresses: list[str]) -> str:
    """Write the first three hosts of a list of addresses, separated by commas."""
    names = list(dict.fromkeys(urlsplit(address).netloc for address in addresses))
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def sort_newest_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Sort by publication, else by the last change; candidates without a date come last, in their order."""
    oldest = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(candidates, key=lambda c: c.published or c.modified or oldest, reverse=True)


def _measure(dates: list[dt.datetime | None]) -> Listing:
    """Return the listing of pages with these dates; its rhythm shows a source that has stopped."""
    known = [date for date in dates if date is not None]
    first, last = min(known, default=None), max(known, default=None)
    span = last - first if first and last else dt.timedelta()
    return Listing(items=len(dates), dated=len(known), newest=last, span=span)
