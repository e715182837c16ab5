"""Sitemaps, news sitemaps, sitemap indexes (sitemaps.org, Google News) and plain lists of addresses."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
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
    to_utc,
)
from crawler.discovery.source_dates import moment
from crawler.discovery.source_response import SourceResponse, xml_text

MAX_SITEMAP_ENTRIES = 100_000  # of one file; sitemaps.org allows 50,000
MAX_BROKEN_CHARS = 10_000_000  # characters of a broken file, which has to be read as a whole
MAX_CHILD_SITEMAPS = 500  # child sitemaps of one index, newest first
# Child sitemaps that hold no articles, by the names that WordPress, Yoast and Rank Math give them.
_NOT_ARTICLES = re.compile(
    r"(?i)(?:category|categories|post_tag|tags?|authors?|users|taxonom(?:y|ies)|format)[\w-]*\.xml"
)
_PERIOD = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_/]?(0[1-9]|1[0-2]))?(?!\d)")

_ENTRIES = ("{*}url", "{*}sitemap")
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9A-Fa-f]+);)|<(?![A-Za-z_/!?])")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML 1.0, section 2.2

# lxml rather than ultimate-sitemap-parser: that stops for good at the first error in the XML, takes relative addresses
# as they are and drops the lastmod of an index's children.


@dataclass(slots=True)
class _SitemapContent:
    """What was read of one sitemap so far."""

    pages: list[SourceEntry] = field(default_factory=list)
    children: list[SourceEntry] = field(default_factory=list)
    news: bool = False


def read_sitemap(answer: SourceResponse, ground: SourceContext) -> DiscoveryResult:
    """Pages and child sitemaps. Broken XML gives what can be read, and a warning.

    The outlet's article_pattern applies, but not in a news sitemap: that lists articles alone.
    """
    warnings = list(answer.warnings)
    if answer.form == "text":
        lines = (line.strip() for line in answer.text.splitlines())
        addresses = [SourceEntry(link=line) for line in lines if line.lower().startswith(("http://", "https://"))]
        if not addresses:
            warnings.append("neither XML nor a list of addresses")
        return collect_candidates(addresses, ground, pattern=ground.outlet.article_pattern, warnings=warnings)
    listed, warning = _parse(xml_text(answer, torn=("loc",)))
    if warning:
        warnings.append(warning)
    entries = len(listed.pages) + len(listed.children)
    if entries == 0:
        warnings.append("a sitemap without addresses")
    if entries >= MAX_SITEMAP_ENTRIES:
        warnings.append(f"{MAX_SITEMAP_ENTRIES} entries or more, the rest left out")
    further = _child_sitemaps(listed.children, ground, warnings)
    pattern = None if listed.news else ground.outlet.article_pattern
    return collect_candidates(listed.pages, ground, pattern=pattern, further=further, warnings=warnings)


def _parse(text: str) -> tuple[_SitemapContent, str | None]:
    """What a sitemap lists, and a warning where it's broken."""
    options: dict[str, Any] = {"encoding": "utf-8", "resolve_entities": False, "no_network": True}
    document = text.encode("utf-8", "replace")
    try:
        return _collect(element for _, element in etree.iterparse(io.BytesIO(document), tag=_ENTRIES, **options)), None
    except etree.XMLSyntaxError as error:
        warning = f"broken XML: {describe_parser_error(error.msg)}"
    # Recovery drops an entity that it doesn't know, and with it half of an address with a bare ampersand; and only as
    # a whole does libxml2 read on after an error in a tag.
    mended = _BARE.sub(lambda sign: "&amp;" if sign[0] == "&" else "&lt;", _NOT_XML.sub("", text[:MAX_BROKEN_CHARS]))
    parser = etree.XMLParser(recover=True, remove_comments=True, remove_pis=True, **options)
    try:
        root = etree.fromstring(mended.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        root = None  # not one element in it
    return _collect(root.iter(*_ENTRIES) if root is not None else ()), warning


def _collect(elements: Iterable[etree._Element]) -> _SitemapContent:
    listed = _SitemapContent()
    for element in elements:
        entry, news = _entry(element)
        (listed.pages if _name(element.tag) == "url" else listed.children).append(entry)
        listed.news = listed.news or news
        if len(listed.pages) + len(listed.children) >= MAX_SITEMAP_ENTRIES:
            break
        element.clear()  # or a file of 50 MB would be a tree of ten times that
    return listed


def _entry(element: etree._Element) -> tuple[SourceEntry, bool]:
    """What one <url> or <sitemap> says. Only its own children count: images have a loc as well."""
    said: dict[str, str] = {}
    news = False
    for child in element:
        name = _name(child.tag)
        if name == "news":
            news = True
            for part in child.iter():
                if (inner := _name(part.tag)) in {"title", "publication_date", "language"}:
                    said.setdefault(inner, _text(part))
        elif name in {"loc", "lastmod"}:
            said.setdefault(name, _text(child))
    entry = SourceEntry(
        link=said.get("loc", ""),
        title=said.get("title"),
        published=moment(said.get("publication_date")),
        modified=moment(said.get("lastmod")),
        language=said.get("language"),
    )
    return entry, news


@lru_cache(maxsize=256)
def _name(tag: object) -> str:
    """The local name of an element, also with a prefix that was never declared; "" for what is no element."""
    return re.sub(r"^(?:\{[^}]*\}|[^:]*:)", "", tag).lower() if isinstance(tag, str) else ""


def _text(element: etree._Element) -> str:
    return ("".join(map(str, element.itertext())) if len(element) else element.text or "").strip()


def _child_sitemaps(children: list[SourceEntry], ground: SourceContext, warnings: list[str]) -> tuple[Source, ...]:
    """Child sitemaps to read next: on the site, not too old, not of tags and authors; newest first."""
    sites = ground.sites
    ranked: dict[str, tuple[float, list[int]]] = {}
    off_site = 0
    for child in children:
        url = urls.canonicalize(child.link, base=ground.url) if child.link.strip() else None
        if url is None or url == urls.canonicalize(ground.url):
            continue
        if urls.get_site(urlsplit(url).netloc) not in sites:
            off_site += 1
            continue
        modified = to_utc(child.modified)
        if ground.too_old(modified or _end_of_period(url)) or _NOT_ARTICLES.search(urlsplit(url).path):
            continue
        numbers = [int(number[:9]) for number in re.findall(r"\d+", urlsplit(url).path)]
        ranked.setdefault(url, (modified.timestamp() if modified else 0.0, numbers))
    if off_site:
        warnings.append(f"{format_count(off_site, 'child sitemap', 'child sitemaps')} off the outlet's site left out")
    # Without dates, the highest number is the newest in the schemes that are in use: post-sitemap37.xml, 2024-11.xml.
    newest = sorted(ranked, key=lambda url: ranked[url], reverse=True)
    if len(newest) > MAX_CHILD_SITEMAPS:
        warnings.append(f"{len(newest) - MAX_CHILD_SITEMAPS} child sitemaps beyond {MAX_CHILD_SITEMAPS} left out")
    return tuple(Source(url=url, kind="sitemap") for url in newest[:MAX_CHILD_SITEMAPS])


def _end_of_period(url: str) -> dt.datetime | None:
    """The end of the year or month that a sitemap's address names, UTC: "…/sitemap-2019-03.xml"."""
    parts = urlsplit(url)
    if not (found := _PERIOD.findall(f"{parts.path}?{parts.query}")):
        return None
    year, month = int(found[-1][0]), int(found[-1][1] or 12)
    return dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=dt.UTC)
