"""Read sitemaps, news sitemaps, sitemap indexes and plain lists of addresses.

Formats are those of sitemaps.org and Google News.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from crawler import urls
from crawler.config.outlet import Source
from crawler.discovery.candidates import (
    DiscoveryResult,
    SourceContext,
    SourceEntry,
    collect_candidates,
    describe_parser_error,
    format_count,
)
from crawler.discovery.source_response import SourceResponse, xml_text

MAX_SITEMAP_ENTRIES = 100_000  # of one file; sitemaps.org allows 50,000
MAX_BROKEN_CHARS = 10_000_000  # of a broken file, which the parser has to hold as a whole
MAX_CHILD_SITEMAPS = 500  # child sitemaps of one index, newest first
# Words in the names of child sitemaps without articles, as WordPress, Yoast, Rank Math and their like name them.
_LIST_WORD = re.compile(r"categor(?:y|ies|ias?)|tags?|etiquetas?|auth?or(?:e?s)?|users?|usuarios|taxonom(?:y|ies)")
_PERIOD = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_/]?(0[1-9]|1[0-2]))?(?!\d)")

_ENTRIES = ("{*}url", "{*}sitemap")
_UNESCAPED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9A-Fa-f]+);)|<(?![A-Za-z_/!?])")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML 1.0, section 2.2

# Why lxml and not ultimate-sitemap-parser: the latter stops at the first XML error, does not resolve relative
# addresses and drops the lastmod of child sitemaps.


@dataclass(slots=True)
class _SitemapContent:
    """The entries of one sitemap, and whether it is a news sitemap."""

    pages: list[SourceEntry] = field(default_factory=list)
    children: list[SourceEntry] = field(default_factory=list)
    is_news: bool = False


def read_sitemap(response: SourceResponse, context: SourceContext) -> DiscoveryResult:
    """Read pages and child sitemaps.

    Broken XML gives what can be read, and a warning. The outlet's article_pattern applies, except in a news sitemap,
    which lists only articles.
    """
    warnings = list(response.warnings)
    if response.form == "text":
        lines = (line.strip() for line in response.text.splitlines())
        addresses = [SourceEntry(link=line) for line in lines if line.lower().startswith(("http://", "https://"))]
        if not addresses:
            warnings.append("neither XML nor a list of addresses")
        return collect_candidates(addresses, context, pattern=context.outlet.article_pattern, warnings=warnings)
    content, warning = _parse(xml_text(response, torn=("loc",)), context)
    if warning:
        warnings.append(warning)
    entries = len(content.pages) + len(content.children)
    if entries == 0:
        warnings.append("a sitemap without addresses")
    if entries >= MAX_SITEMAP_ENTRIES:
        warnings.append(f"{MAX_SITEMAP_ENTRIES} entries or more, the rest left out")
    further = _child_sitemaps(content.children, context, warnings)
    pattern = None if content.is_news else context.outlet.article_pattern
    found = collect_candidates(content.pages, context, pattern=pattern, warnings=warnings)
    sources = tuple(Source(url=url, kind="sitemap") for url in further)
    return replace(found, further=sources, further_dates=tuple(further.values()))


def _parse(text: str, context: SourceContext) -> tuple[_SitemapContent, str | None]:
    """Parse a sitemap; return its entries, and a warning if its XML is broken."""
    options: dict[str, Any] = {"encoding": "utf-8", "resolve_entities": False, "no_network": True}
    document = text.encode("utf-8", "replace")
    try:
        elements = etree.iterparse(io.BytesIO(document), tag=_ENTRIES, **options)
        return _collect((element for _, element in elements), context), None
    except etree.XMLSyntaxError as error:
        warning = f"broken XML: {describe_parser_error(error.msg)}"
    # libxml2's recovery drops unknown entities, which would cut an address at an unescaped ampersand: escape those
    # first. It continues after an error in a tag only if it has the whole document.
    mended = _UNESCAPED.sub(
        lambda sign: "&amp;" if sign[0] == "&" else "&lt;", _NOT_XML.sub("", text[:MAX_BROKEN_CHARS])
    )
    parser = etree.XMLParser(recover=True, remove_comments=True, remove_pis=True, **options)
    try:
        root = etree.fromstring(mended.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        root = None  # the document has no element
    return _collect(root.iter(*_ENTRIES) if root is not None else (), context), warning


def _collect(elements: Iterable[etree._Element], context: SourceContext) -> _SitemapContent:
    content = _SitemapContent()
    for element in elements:
        entry, is_news = _entry(element, context)
        (content.pages if _name(element.tag) == "url" else content.children).append(entry)
        content.is_news = content.is_news or is_news
        if len(content.pages) + len(content.children) >= MAX_SITEMAP_ENTRIES:
            break
        element.clear()  # saves memory: the tree of a 50 MB file would take ten times that
    return content


def _entry(element: etree._Element, context: SourceContext) -> tuple[SourceEntry, bool]:
    """Read one <url> or <sitemap>: (entry, is_news).

    Only direct children count, because images also have a loc.
    """
    fields: dict[str, str] = {}
    is_news = False
    for child in element:
        name = _name(child.tag)
        if name == "news":
            is_news = True
            for part in child.iter():
                inner = _name(part.tag)
                if inner in {"title", "publication_date", "language"} and inner not in fields:
                    fields[inner] = _text(part)
        elif name in {"loc", "lastmod"} and name not in fields:
            fields[name] = _text(child)
    entry = SourceEntry(
        link=fields.get("loc", ""),
        title=fields.get("title"),
        published=context.read_date(fields.get("publication_date")),
        modified=context.read_date(fields.get("lastmod")),
        language=fields.get("language"),
    )
    return entry, is_news


@lru_cache(maxsize=256)
def _name(tag: object) -> str:
    """Return an element's local name, also if its prefix is not declared.

    Returns "" for comments and the like.
    """
    return re.sub(r"^(?:\{[^}]*\}|[^:]*:)", "", tag).lower() if isinstance(tag, str) else ""


def _text(element: etree._Element) -> str:
    return ("".join(map(str, element.itertext())) if len(element) else element.text or "").strip()


def _child_sitemaps(
    children: list[SourceEntry], context: SourceContext, warnings: list[str]
) -> dict[str, dt.datetime | None]:
    """Return the child sitemaps to read next, newest first, with the date that each states.

    They are on the outlet's site, new enough, and not about tags or authors.
    """
    sites = context.sites
    periods = _periods([child.link.strip() for child in children], context.now)
    dates: dict[str, dt.datetime | None] = {}
    ranked: dict[str, tuple[float, list[int]]] = {}
    off_site = 0
    for child in children:
        url = urls.canonicalize(child.link, base=context.url) if child.link.strip() else None
        if url is None or url == urls.canonicalize(context.url):
            continue
        if urls.get_site(urlsplit(url).netloc) not in sites:
            off_site += 1
            continue
        modified = context.check_date(child.modified)
        dates[url] = modified or periods.get(child.link.strip())
        if context.is_too_old(dates[url]) or _is_list_of_lists(url):
            continue
        numbers = [int(number[:9]) for number in re.findall(r"\d+", urlsplit(url).path)]
        ranked.setdefault(url, (modified.timestamp() if modified else 0.0, numbers))
    if off_site:
        warnings.append(f"{format_count(off_site, 'child sitemap', 'child sitemaps')} off the outlet's site left out")
    # If they have no date, the highest number in the name is the newest: post-sitemap37.xml, 2024-11.xml.
    newest = sorted(ranked, key=lambda url: ranked[url], reverse=True)
    if len(newest) > MAX_CHILD_SITEMAPS:
        warnings.append(f"{len(newest) - MAX_CHILD_SITEMAPS} child sitemaps beyond {MAX_CHILD_SITEMAPS} left out")
    return {url: dates[url] for url in newest[:MAX_CHILD_SITEMAPS]}


def _is_list_of_lists(url: str) -> bool:
    """True if a child sitemap's file name has a word for tags, authors and the like; "protagonistas" has none."""
    name = urlsplit(url).path.rpartition("/")[2].lower()
    words = re.findall(r"[a-z]+", name)
    return ".xml" in name and (any(map(_LIST_WORD.fullmatch, words)) or words[:2] == ["post", "format"])


def _periods(links: Iterable[str], now: dt.datetime) -> dict[str, dt.datetime]:
    """Return the end of the year or month (UTC) that a sitemap's address names, such as "…/sitemap-2019-03.xml".

    Among sitemaps whose addresses differ in numbers alone, either all are of a period or none is: post-sitemap2002.xml
    beside post-sitemap1.xml is the 2002nd file. Of years alone, one is this or the last.
    """
    families: dict[str, dict[str, re.Match[str] | None]] = defaultdict(dict)
    for link in links:
        place = re.sub(r"(?i)^[a-z]+://[^/]*", "", link[: urls.MAX_URL_LENGTH])
        family = re.sub(r"\d+", "0", place)
        families[family][link] = next(reversed(list(_PERIOD.finditer(place))), None)
    ends: dict[str, dt.datetime] = {}
    for family, found in families.items():
        periods = {link: (int(match[1]), int(match[2] or 12)) for link, match in found.items() if match}
        newest = max(periods.values(), default=(0, 12))[0]
        has_more = family.count("0") > 1  # a month or a part beside the year
        if len(periods) == len(found) and newest <= now.year + 1 and (has_more or newest >= now.year - 1):
            for link, (year, month) in periods.items():
                ends[link] = dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=dt.UTC)
    return ends
