"""Find when a page was published and changed, from the page and its source's entry. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from db.copies.precedence import MAX_SOURCE_DIFFERENCE
from pipelines.analysis.metadata import date_parser, dateline, structured_data, time_zones
from pipelines.analysis.metadata.date_parser import AddressPeriod, Moment, find_address_period
from pipelines.analysis.metadata.structured_data import StructuredData
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
# Names of other meta tags that say publication and a date, in whatever spelling: published_on, citation_online_date.
_SAYS_PUBLISHED = re.compile(
    r"publish(?!er)|publi[ck]a|pub[-_.]?(?:date|time)|issued|posted|release|firstcreate|first[-_.]?publi"
)
_SAYS_DATE = re.compile(r"(?:^|[-_.:a-z])(?:date|datetime|fecha)$")
_SAYS_OTHER = re.compile(
    r"modif|updat|expir|revis|valid|unavail|until|event|start|end|birth|copyright|build|cover|access"
)
_KNOWN = frozenset((*_PUBLISHED, *_MODIFIED))
_SAME = dt.timedelta(minutes=1)  # between two records of one moment
_MAX_VALUE_CHARACTERS = 80  # of a meta tag that is a date alone
_MAX_META = 400  # whose names are looked at


class _Witness(NamedTuple):
    """A moment that somebody gives for the publication, and how much it weighs."""

    moment: Moment
    origin: str  # "page", "source" or "address"
    weight: int
    kind: str = ""  # witnesses of one kind are one


def find_published(
    page: Page, tree: HtmlElement, *, structured: StructuredData, title: str = ""
) -> tuple[Moment | None, str | None]:
    """Return the publication moment and its origin: "page", "source" or "address"; (None, None) if there is none.

    What the page declares, what it shows, its source and its address are weighed against each other where they differ
    by more than MAX_SOURCE_DIFFERENCE. Otherwise the first of them that gives a time is taken.
    """
    zone = time_zones.outlet_zone(page.outlet.country, (urlsplit(page.url).hostname or ""))
    all_declared = list(_declared(page, structured, zone))
    declared = _first_with_time(_plausible(all_declared, page))
    source = _hint(page, zone)
    address = find_address_period(page.url)
    shown: dateline.Dateline | None = None
    if (
        declared is None
        or declared.precision == "day"
        or _is_changed(declared, page, structured)
        or not _agree(declared, source)
        or not _is_within(declared, address)
    ):
        shown = dateline.find_dateline(
            tree, title=title, zone=zone, month_first=page.outlet.country.upper() == "US", fetched_at=page.fetched_at
        )
    if declared is not None and shown is not None and _was_moved(declared, shown, page, structured):
        declared = None  # it is the moment of the last change
    if declared is not None and declared.precision == "day" and (shown is None or shown.moment.precision == "day"):
        declared = dateline.find_hour(tree, declared.utc.date(), zone=zone) or declared
    witnesses = []
    if declared is not None:
        witnesses.append(_Witness(declared, "page", 3, "declared"))
    if shown is not None:
        witnesses.append(_Witness(shown.moment, "page", 2 if shown.is_beside_headline else 1, "shown"))
    if source is not None:
        witnesses.append(_Witness(source, "source", 2, "source"))
    if address is not None and address.day is not None:
        moment = date_parser.from_date(address.day)
        if date_parser.is_plausible(moment, now=page.fetched_at):
            witnesses.append(_Witness(moment, "address", 3 if address.is_path else 2, "address"))
    if not witnesses:
        return None, None
    best = _weigh(witnesses, address)
    if best.kind == "declared":
        return _better_zoned(best.moment, all_declared), best.origin
    return best.moment, best.origin


def _weigh(witnesses: list[_Witness], address: AddressPeriod | None) -> _Witness:
    """Return the witness whose moment the most weight agrees with; of those that agree, the first with a time."""

    def weight(one: _Witness) -> int:
        agreed = sum(other.weight for other in witnesses if _agree(one.moment, other.moment))
        # A month in the address is no date, but decides between two.
        return agreed + (2 if address is not None and address.day is None and _is_within(one.moment, address) else 0)

    # An address that is made of a date is older than what moves with each change of the page.
    order = {"address": 1} if address is not None and address.is_path else {}
    best = max(witnesses, key=lambda one: (weight(one), order.get(one.kind, 0), -witnesses.index(one)))
    agreeing = [one for one in witnesses if _agree(one.moment, best.moment)]
    first = agreeing[0]
    if first.moment.precision == "time":
        return first
    for one in agreeing[1:]:
        if one.moment.precision == "time" and _day_of(one.moment) == first.moment.utc.date():
            return one  # it gives the same day with its time
    return first


def _agree(one: Moment, other: Moment | None) -> bool:
    return other is None or abs(one.utc - other.utc) <= MAX_SOURCE_DIFFERENCE


def _is_within(moment: Moment, address: AddressPeriod | None) -> bool:
    if address is None:
        return True
    day = moment.utc.date()
    return address.first - MAX_SOURCE_DIFFERENCE <= day <= address.last + MAX_SOURCE_DIFFERENCE


def _is_changed(declared: Moment, page: Page, structured: StructuredData) -> bool:
    """Return True if what is declared as the publication is the moment of the last change too."""
    modified = find_modified(page, structured=structured, published=None)
    return modified is not None and abs(modified.utc - declared.utc) <= _SAME


def _was_moved(declared: Moment, shown: dateline.Dateline, page: Page, structured: StructuredData) -> bool:
    """Return True if the declared publication moves with each change, and the dateline kept the first one.

    So it is with live blogs: the page shows "6 Dec 2024, updated 7 Dec 2024" and declares the second.
    """
    if shown.moment.utc >= declared.utc or not shown.is_beside_headline:
        return False
    if shown.moment.precision == "day" and shown.moment.utc.date() >= _day_of(declared):
        return False
    if shown.updated is not None and abs(shown.updated.utc - declared.utc) <= dt.timedelta(days=1):
        return True
    return _is_changed(declared, page, structured)


def _first_with_time(moments: Iterable[Moment]) -> Moment | None:
    """Return the first moment, or if that is a day alone, a later one that gives the same day with its time."""
    first: Moment | None = None
    for moment in moments:
        if first is None:
            first = moment
            if moment.precision == "time":
                break
        elif moment.precision == "time" and _day_of(moment) == first.utc.date():
            return moment
    return first


def _plausible(moments: Iterable[Moment], page: Page) -> Iterator[Moment]:
    return (moment for moment in moments if date_parser.is_plausible(moment, now=page.fetched_at))


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
    yield from _named_like_publication(structured, zone, month_first=month_first)


def _named_like_publication(
    structured: StructuredData, zone: dt.tzinfo | None, *, month_first: bool
) -> Iterator[Moment]:
    """Yield the moments of other meta tags whose names say publication, then those whose names say date."""
    names = [name for name in islice(structured.meta, _MAX_META) if name not in _KNOWN and not _SAYS_OTHER.search(name)]
    for pattern in (_SAYS_PUBLISHED, _SAYS_DATE):
        for name in names:
            if pattern.search(name):
                for value in structured.meta[name][:3]:
                    if len(value) <= _MAX_VALUE_CHARACTERS and (
                        moment := date_parser.parse_date(value, zone=zone, month_first=month_first)
                    ):
                        yield moment


def _hint(page: Page, zone: dt.tzinfo | None) -> Moment | None:
    """Return the date that the source gave, on the outlet's clock; a midnight there is a day alone."""
    if page.hint.published is None:
        return None
    moment = date_parser.from_datetime(page.hint.published)
    if moment is not None and moment.local is not None and zone is not None:
        moment = date_parser.from_datetime(moment.local.astimezone(zone))
    return moment if moment and date_parser.is_plausible(moment, now=page.fetched_at) else None


def _day_of(moment: Moment) -> dt.date:
    return (moment.local or moment.utc).date()
