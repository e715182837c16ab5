"""Candidates, and the one gate through which every kind of source passes what it read."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from crawler import urls
from crawler.config.outlet import Outlet, Source

MAX_CANDIDATES = 50_000  # candidates of one source: as many as one sitemap may hold (sitemaps.org)
MAX_TITLE_CHARS = 500  # characters
MAX_SUMMARY_CHARS = 1_000  # characters
# What a source says of time is often a local time without its zone, or a day alone: neither is further off than this.
DATE_TOLERANCE = dt.timedelta(days=1)
EARLIEST_DATE = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)  # no page of the Web is older; zeros and defaults are

_UNSEEN = re.compile(r"(?is)<(script|style)\b.*?</\1\s*>|<!--.*?-->")
_BLOCK = re.compile(r"(?i)</?(?:p|br|div|li|ul|ol|td|tr|h[1-6]|blockquote)\b[^<>]*>")
_TAG = re.compile(r"</?[A-Za-z!][^<>]*(?:>|$)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """What one entry of a source says, as it says it: nothing is checked yet."""

    link: str
    title: str | None = None
    published: dt.datetime | None = None
    modified: dt.datetime | None = None
    language: str | None = None
    summary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A page that an outlet may have published, with what its source says of it. Times are aware, UTC."""

    url: str
    key: str
    title: str | None = None
    published: dt.datetime | None = None
    language: str | None = None  # as the source writes it: "es", "es-PE"
    summary: str | None = field(default=None, repr=False)
    modified: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryResult:
    """What one source gave: candidates and child sitemaps, both newest first, and a sentence for each oddity."""

    candidates: tuple[Candidate, ...] = field(default=(), repr=False)
    further: tuple[Source, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContext:
    """On what ground candidates are judged: the address that answered, the outlet, and the time."""

    url: str
    outlet: Outlet
    since: dt.datetime | None
    now: dt.datetime

    @property
    def sites(self) -> frozenset[str]:
        """The sites whose pages are the outlet's: of its home, of its sources, and of the hosts that it names."""
        named = (self.outlet.home, *(source.url for source in self.outlet.sources))
        return frozenset(
            urls.get_site(name.lower()) for name in (*map(urls.get_host, named), *self.outlet.hosts) if name
        )

    def too_old(self, moment: dt.datetime | None) -> bool:
        """Whether a moment lies before `since` by more than what such moments may be wrong."""
        return moment is not None and self.since is not None and moment < self.since - DATE_TOLERANCE


def collect_candidates(
    entries: Iterable[SourceEntry],
    ground: SourceContext,
    *,
    pattern: str | None = None,
    base: str | None = None,
    further: Iterable[Source] = (),
    warnings: Iterable[str] = (),
) -> DiscoveryResult:
    """Entries become candidates: resolved, cleaned, on the outlet's site, new enough, each page once, newest first.

    With a `pattern`, only addresses that match it. `base` is what relative links are relative to when it isn't the
    address that answered. Earlier entries win; later ones give what those leave open.
    """
    base = base or ground.url
    sites = ground.sites
    wanted = re.compile(pattern) if pattern else None
    found: dict[str, Candidate] = {}
    off_site: list[str] = []
    hopeless = future = more = 0
    for entry in entries:
        published, modified = (to_utc(moment) for moment in (entry.published, entry.modified))
        if ground.too_old(max((m for m in (published, modified) if m), default=None)):
            continue
        clean = urls.canonicalize(entry.link, base=base) if entry.link.strip() else None
        if clean is None:
            hopeless += 1
            continue
        if urls.get_site(urlsplit(clean).netloc) not in sites:
            off_site.append(clean)
            continue
        if wanted and not any(wanted.search(form) for form in _address_variants(clean, entry.link.strip())):
            continue
        horizon = ground.now + DATE_TOLERANCE
        future += any(moment is not None and moment > horizon for moment in (published, modified))
        candidate = Candidate(
            url=clean,
            key=urls.key(clean),
            title=plain_text(entry.title, MAX_TITLE_CHARS),
            published=_plausible_date(published, horizon),
            modified=_plausible_date(modified, horizon),
            language=_valid_language(entry.language),
            summary=plain_text(entry.summary, MAX_SUMMARY_CHARS),
        )
        if (known := found.get(candidate.key)) is not None:
            found[candidate.key] = _merge(known, candidate)
        elif len(found) < MAX_CANDIDATES:
            found[candidate.key] = candidate
        else:
            more += 1
    oddities = [
        hopeless and f"{format_count(hopeless, 'entry', 'entries')} without an address that can be requested",
        off_site
        and f"{format_count(len(off_site), 'candidate', 'candidates')} off the outlet's site left out "
        f"({_first_hosts(off_site)})",
        future and f"{format_count(future, 'date', 'dates')} in the future dropped",
        more and f"{format_count(more, 'candidate', 'candidates')} beyond {MAX_CANDIDATES} left out",
    ]
    return DiscoveryResult(
        candidates=tuple(sorted(found.values(), key=_newest_first)),
        further=tuple(further),
        warnings=(*warnings, *(oddity for oddity in oddities if oddity)),
    )


def plain_text(markup: str | None, most: int) -> str | None:
    """Text of a title or summary: tags and control characters out, entities resolved, whitespace folded, cut."""
    if not markup:
        return None
    text = markup[: 20 * most]
    for _ in range(
        2 if "<" in text or "&" in text else 0
    ):  # titles are escaped twice so often that once is not enough: &amp;#8217;
        text = html.unescape(_TAG.sub("", _BLOCK.sub(" ", _UNSEEN.sub(" ", text))))
    text = " ".join(urls.CONTROL.sub("", " ".join(text.split())).split())
    return (text if len(text) <= most else text[: most - 1].rstrip() + "…") or None


def _address_variants(clean: str, raw: str) -> Iterator[str]:
    """The forms of an address that an article_pattern may have been written for."""
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
    """The moment in UTC, to the second; a time without a zone counts as UTC."""
    if moment is None:
        return None
    try:
        aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        return aware.astimezone(dt.UTC).replace(microsecond=0)
    except (OverflowError, ValueError):  # year 1 or 9999, moved over the edge by its zone
        return None


def _plausible_date(moment: dt.datetime | None, horizon: dt.datetime) -> dt.datetime | None:
    return moment if moment is not None and EARLIEST_DATE <= moment <= horizon else None


def _valid_language(text: str | None) -> str | None:
    return text.strip() if text and _LANGUAGE.fullmatch(text.strip()) else None


def _merge(one: Candidate, other: Candidate) -> Candidate:
    """The first candidate, with what only the second says; the longer title, for links also say "Read more"."""
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
    """Sorts newest first; what has no date stays in its source's order, after what has one."""
    moment = candidate.published or candidate.modified
    return (moment is None, -moment.timestamp() if moment else 0.0)


def describe_parser_error(error: object) -> str:
    """A parser's complaint on one line, for a warning. Where it names a line, that counts what we fed it: left out."""
    words = " ".join(urls.CONTROL.sub(" ", re.sub(r", line \d+, column \d+$", "", str(error))).split())
    return words[:160] or type(error).__name__


def format_count(number: int, one: str, many: str) -> str:
    """A number with its noun, for a person."""
    return f"{number} {one if number == 1 else many}"


def _first_hosts(addresses: list[str]) -> str:
    """The first hosts of a list of addresses, for a person."""
    names = list(dict.fromkeys(urlsplit(address).netloc for address in addresses))
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
