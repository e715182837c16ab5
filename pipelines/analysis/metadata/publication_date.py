"""Find when a page was published and changed, from the page and its source's entry. Pure."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipelines.analysis.metadata import date_parser, structured_data, time_zones
from pipelines.analysis.metadata.date_parser import Moment
from pipelines.analysis.metadata.structured_data import StructuredData
from pipelines.analysis.text.blocks import class_and_id
from pipelines.page import Page

_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "og:published_time",
    "og:publish_date",
    "datepublished",
    "date.published",
    "publishdate",
    "publish-date",
    "publish_date",
    "pubdate",
    "published_time",
    "publication_date",
    "publicationdate",
    "parsely-pub-date",
    "sailthru.date",
    "article.published",
    "cxenseparse:recs:publishtime",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.issued",
    "dc.date",
    "dcterms.date",
    "article_date_original",
    "date",
    "datecreated",
    "firstpublishedtime",
    "pub_date",
    "bt:pubdate",
    "article:create_at",
    "originalpublicationdate",
    "release_date",
)
_MODIFIED = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "lastmod",
    "last-modified",
    "dcterms.modified",
    "dc.date.modified",
    "article:modified",
    "updated_time",
)
_MARKED = re.compile(
    r"(?:^|[\s_-])(?:date|fecha|time|timestamp|published|publish(?:ed)?-?date|pub-?date|pubtime|pub_time|posted-on|entry-date|byline|info|article-info|"
    r"meta|post-meta|entry-meta|source|datetime|cat-date|article-?time|rq|sj|time-source|header-time|news-date|date-display-single)(?:$|[\s_-])",
    re.IGNORECASE,
)
_UPDATED = re.compile(r"updated|modified|actualizad|modificad|última actualización|更新", re.IGNORECASE)


def find_published(page: Page, tree: HtmlElement, *, structured: StructuredData) -> tuple[Moment | None, str | None]:
    """Return the publication moment and its origin, "page" or "source"; (None, None) if there is none."""
    zone = time_zones.outlet_zone(page.outlet.country, (urlsplit(page.url).hostname or ""))
    first_day: Moment | None = None
    for moment in _candidates(page, tree, structured, zone):
        if not date_parser.is_plausible(moment, now=page.fetched_at):
            continue
        if first_day is None:
            if moment.precision == "time":
                return _better_zoned(moment, _declared(page, structured, zone)), "page"
            first_day = moment
        elif moment.precision == "time" and _day_of(moment) == first_day.utc.date():
            return moment, "page"  # another part of the page gives the same day with its time
    hint = _hint(page)
    if first_day is not None:
        if (
            hint
            and hint.precision == "time"
            and abs(hint.utc - first_day.utc) < dt.timedelta(hours=38)
            and _day_of(hint, zone) == first_day.utc.date()
        ):
            return hint, "source"
        return first_day, "page"
    if hint:
        return hint, "source"
    if (day := date_parser.find_date_in_url(urlsplit(page.url).path)) and date_parser.is_plausible(
        moment := date_parser.from_date(day), now=page.fetched_at
    ):
        return moment, "page"
    return None, None


def find_modified(page: Page, *, structured: StructuredData, published: Moment | None) -> Moment | None:
    """Return the moment of the last change; None if the page gives no plausible one."""
    zone = time_zones.outlet_zone(page.outlet.country, (urlsplit(page.url).hostname or ""))
    for value in (
        structured_data.first_string(structured.article_node.get("dateModified")),
        structured.first_meta(*_MODIFIED),
        structured_data.first_string(structured.page_node.get("dateModified")),
    ):
        moment = date_parser.parse_date(value, zone=zone) if value else None
        if (
            moment
            and date_parser.is_plausible(moment, now=page.fetched_at)
            and (published is None or moment.utc >= published.utc)
        ):
            return moment
    return None


def _better_zoned(moment: Moment, others: Iterable[Moment]) -> Moment:
    """Return the same moment from another part of the page if that gives the outlet's own offset.

    Otherwise return the moment unchanged.
    """
    for other in others:
        if other.local is None or moment.local is None or not other.zoned:
            continue
        is_same = other.utc == moment.utc and not moment.local.utcoffset() and other.local.utcoffset()
        shows_same = not moment.zoned and other.local.replace(tzinfo=None) == moment.local.replace(tzinfo=None)
        if is_same or shows_same:
            return other
    return moment


def _candidates(page: Page, tree: HtmlElement, structured: StructuredData, zone: dt.tzinfo | None) -> Iterator[Moment]:
    """Yield all dates of the page, the most reliable first."""
    yield from _declared(page, structured, zone)
    month_first = page.outlet.country.upper() == "US"
    for value in _visible(tree):
        if moment := date_parser.parse_date(value, zone=zone, month_first=month_first):
            yield moment


def _declared(page: Page, structured: StructuredData, zone: dt.tzinfo | None) -> Iterator[Moment]:
    """Yield the moments in JSON-LD and meta tags."""
    month_first = page.outlet.country.upper() == "US"
    values = [
        structured_data.first_string(structured.article_node.get("datePublished")),
        *structured.all_meta(*_PUBLISHED[:8]),
    ]
    values += [
        structured_data.first_string(structured.article_node.get("dateCreated")),
        structured_data.first_string(structured.article_node.get("uploadDate")),
    ]
    values += structured.all_meta(*_PUBLISHED[8:])
    values.append(structured_data.first_string(structured.page_node.get("datePublished")))
    for value in values:
        if value and (moment := date_parser.parse_date(value, zone=zone, month_first=month_first)):
            yield moment


def _visible(tree: HtmlElement) -> Iterator[str]:
    """Yield the texts of the page that may be its dateline, <time> elements first."""
    timed = [element for element in tree.iter("time") if not _is_outside_article(element)][:5]
    for element in timed:
        if element.get("datetime"):
            yield element.get("datetime") or ""
        yield "".join(element.itertext())
    for element in tree.iter("span", "div", "p", "li", "td", "em", "b", "i", "h5", "h6"):
        if element.get("itemprop") in {"datePublished", "dateCreated"}:
            yield element.get("content") or "".join(element.itertext())
            continue
        if (stamp := element.get("data-time") or element.get("data-timestamp") or element.get("data-date")) and len(
            stamp
        ) < 40:
            yield stamp
        if _names_dateline(class_and_id(element)):
            text = "".join(element.itertext())
            if 6 <= len(text.strip()) <= 250 and not _UPDATED.search(text[:40]) and not _is_outside_article(element):
                yield text
    yield from _near_heading(tree)


@functools.lru_cache(maxsize=20_000)
def _names_dateline(names: str) -> bool:
    return _MARKED.search(names) is not None


def _near_heading(tree: HtmlElement) -> Iterator[str]:
    """Yield the short texts that follow the headline."""
    for heading in tree.iter("h1"):
        seen = 0
        for text in _following(heading):
            if 6 <= len(text) <= 160 and not _UPDATED.search(text[:40]):
                yield text
            seen += len(text)
            if seen > 600:
                break
        return


def _following(heading: HtmlElement) -> Iterator[str]:
    """Yield the texts after an element, its parent and its grandparent."""
    current: HtmlElement | None = heading
    for _ in range(3):
        if current is None:
            return
        if current.tail and current.tail.strip():
            yield current.tail.strip()
        for sibling in current.itersiblings():
            if isinstance(sibling.tag, str):
                yield from (text.strip() for text in sibling.itertext() if text.strip())
            if sibling.tail and sibling.tail.strip():
                yield sibling.tail.strip()
        current = current.getparent()


def _is_outside_article(element: HtmlElement) -> bool:
    return any(parent.tag in {"aside", "footer", "nav"} for parent in element.iterancestors())


def _hint(page: Page) -> Moment | None:
    moment = date_parser.from_datetime(page.hint.published) if page.hint.published else None
    return moment if moment and date_parser.is_plausible(moment, now=page.fetched_at) else None


def _day_of(moment: Moment, zone: dt.tzinfo | None = None) -> dt.date:
    local = moment.local if zone is None or moment.local is None else moment.local.astimezone(zone)
    return (local or moment.utc).date()
