"""Sitemaps, news sitemaps, sitemap indexes (sitemaps.org, Google News) and plain lists of addresses."""

from __future__ import annotations

import datetime as dt
import io
import re
from functools import lru_cache
from urllib.parse import urlsplit

from lxml import etree

from crawler import urls
from crawler.discovery.answers import Answer, as_xml
from crawler.discovery.candidates import Entry, Found, Ground, gather, utc
from crawler.discovery.moments import moment
from crawler.outlet import Source

MOST_ENTRIES = 100_000  # of one file; sitemaps.org allows 50,000
MOST_FURTHER = 500  # child sitemaps of one index, newest first
# Child sitemaps that hold no articles, by the names that WordPress, Yoast and Rank Math give them.
_NOT_ARTICLES = re.compile(
    r"(?i)(?:category|categories|post_tag|tags?|authors?|users|taxonom(?:y|ies)|format)[\w-]*\.xml"
)
_PERIOD = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_/]?(0[1-9]|1[0-2]))?(?!\d)")

# lxml rather than ultimate-sitemap-parser: that stops for good at the first error in the XML, takes relative addresses
# as they are and drops the lastmod of an index's children.


def read_sitemap(answer: Answer, ground: Ground) -> Found:
    """Pages and child sitemaps. Broken XML gives what can be read, and a warning.

    The outlet's article_pattern applies, but not in a news sitemap: that lists articles alone.
    """
    warnings = list(answer.warnings)
    if answer.form == "text":
        lines = (line.strip() for line in answer.text.splitlines())
        entries = [Entry(link=line) for line in lines if line.lower().startswith(("http://", "https://"))]
        if not entries:
            warnings.append("neither XML nor a list of addresses")
        return gather(entries, ground, pattern=ground.outlet.article_pattern, warnings=warnings)
    entries, children, news, complaint = _parse(as_xml(answer, torn=("loc",)))
    if complaint:
        warnings.append(complaint)
    if not entries and not children:
        warnings.append("a sitemap without addresses")
    further = _further(children, ground, warnings)
    pattern = None if news else ground.outlet.article_pattern
    return gather(entries, ground, pattern=pattern, further=further, warnings=warnings)


def _parse(text: str) -> tuple[list[Entry], list[Entry], bool, str | None]:
    """Entries of pages, entries of child sitemaps, whether it's a news sitemap, and a warning."""
    pages: list[Entry] = []
    children: list[Entry] = []
    news = False
    reader = etree.iterparse(
        io.BytesIO(text.encode("utf-8", "replace")),
        events=("end",),
        recover=True,
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    complaint = None
    try:
        for _, element in reader:
            name = _name(element.tag)
            if name not in {"url", "sitemap"}:
                continue
            entry, is_news = _entry(element)
            (pages if name == "url" else children).append(entry)
            news = news or is_news
            if len(pages) + len(children) > MOST_ENTRIES:
                return pages, children, news, f"more than {MOST_ENTRIES} entries, the rest left out"
            element.clear()
            while element.getprevious() is not None:  # or 50,000 empty elements would stay in memory
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        complaint = str(error)
    if complaint is None and reader.error_log:
        complaint = reader.error_log[0].message
    if complaint is not None:
        complaint = f"broken XML: {' '.join(complaint.split())[:160]}"
    return pages, children, news, complaint


def _entry(element: etree._Element) -> tuple[Entry, bool]:
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
    entry = Entry(
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


def _further(children: list[Entry], ground: Ground, warnings: list[str]) -> tuple[Source, ...]:
    """Child sitemaps to read next: on the site, not too old, not of tags and authors; newest first."""
    sites = {urls.site(name.lower()) for name in ground.hosts}
    ranked: dict[str, tuple[float, list[int]]] = {}
    off_site = 0
    for child in children:
        url = urls.canonical(child.link, base=ground.url) if child.link.strip() else None
        if url is None or url == urls.canonical(ground.url):
            continue
        if urls.site(urlsplit(url).netloc) not in sites:
            off_site += 1
            continue
        modified = utc(child.modified)
        if ground.too_old(modified or _end_of_period(url)) or _NOT_ARTICLES.search(urlsplit(url).path):
            continue
        numbers = [int(number[:9]) for number in re.findall(r"\d+", urlsplit(url).path)]
        ranked.setdefault(url, (modified.timestamp() if modified else 0.0, numbers))
    if off_site:
        warnings.append(f"{off_site} child sitemaps off the outlet's site left out")
    # Without dates, the highest number is the newest in the schemes that are in use: post-sitemap37.xml, 2024-11.xml.
    newest = sorted(ranked, key=lambda url: ranked[url], reverse=True)
    if len(newest) > MOST_FURTHER:
        warnings.append(f"{len(newest) - MOST_FURTHER} child sitemaps beyond {MOST_FURTHER} left out")
    return tuple(Source(url=url, kind="sitemap") for url in newest[:MOST_FURTHER])


def _end_of_period(url: str) -> dt.datetime | None:
    """The end of the year or month that a sitemap's address names, UTC: "…/sitemap-2019-03.xml"."""
    parts = urlsplit(url)
    if not (found := _PERIOD.findall(f"{parts.path}?{parts.query}")):
        return None
    year, month = int(found[-1][0]), int(found[-1][1] or 12)
    return dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=dt.UTC)
