"""Find an outlet's feeds and sitemaps from its home page and robots.txt.

Used by `vigia outlets add`. Pure.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import lxml.html
from lxml import etree

from crawler import urls
from crawler.config.outlet import JsonIndex, Source, SourceKind
from crawler.discovery.article_pattern import guess_pattern
from crawler.discovery.markup import plain_text, strip_crowded_tags
from pipelines.analysis.decoding import decode_body

__all__ = [
    "COMMON_SOURCE_PATHS",
    "common_sources",
    "guess_pattern",
    "language_of_home",
    "name_of_home",
    "sitemaps_of_robots",
    "sources_of_home",
]

# Common addresses of feeds and sitemaps (WordPress, Arc, Drupal, plain files), the most common first.
COMMON_SOURCE_PATHS: tuple[tuple[SourceKind, str], ...] = (
    ("feed", "/feed/"),
    ("feed", "/rss"),
    ("feed", "/rss.xml"),
    ("feed", "/feed.xml"),
    ("feed", "/atom.xml"),
    ("feed", "/arc/outboundfeeds/rss/?outputType=xml"),
    ("sitemap", "/news-sitemap.xml"),
    ("sitemap", "/sitemap-news.xml"),
    ("sitemap", "/sitemap_news.xml"),
    ("sitemap", "/arc/outboundfeeds/news-sitemap/?outputType=xml"),
    ("sitemap", "/sitemap_index.xml"),
    ("sitemap", "/sitemap.xml"),
    ("index", "/wp-json/wp/v2/posts"),
)

MAX_HOME_BYTES = 10_000_000
_FEED_TYPE = re.compile(r"(?i)\s*(?:application|text)/(?:x[.-])?(?:rss|atom|rdf|feed)\b")
_FEED_LINK = re.compile(
    r"(?i)/(?:[\w-]*rss|feeds?|atom)(?:\.(?:xml|aspx|php))?/?$|\.(?:rss|atom|rdf)$|/rss/[^?]*\.xml$"
)
_SEPARATORS = re.compile(r"\s+[|–—:·-]\s+|\s*\|\s*")
_MAX_NAME_CHARACTERS = 100
_MAX_TITLE_CHARACTERS = 200
_COMMENTS = re.compile(r"(?i)comment|comentario|replies")
_SITEMAP_LINE = re.compile(r"(?im)^[ \t\ufeff]*sitemap[ \t]*:[ \t]*(\S+)")


def sources_of_home(html: bytes, url: str, *, content_type: str = "") -> tuple[Source, ...]:
    """Return the sources that a home page declares.

    These are its feeds (or else the feeds that it links to), its sitemap and its WordPress REST index.
    trafilatura.feeds.determine_feed is not used: it takes every JSON alternate for a feed, also WordPress's page
    objects.
    """
    root = _tree(html, content_type)
    if root is None:
        return ()
    sources: dict[str, Source] = {}

    def add(kind: SourceKind, href: str | None) -> None:
        clean = urls.canonicalize(href or "", base=url) if href else None
        if clean and clean not in sources and not (kind == "feed" and _COMMENTS.search(clean)):
            index = JsonIndex(url=clean) if kind == "index" else None
            sources[clean] = Source(url=clean, kind=kind, index=index)

    for link in root.iter("link"):
        relations = (link.get("rel") or "").lower().split()
        if "alternate" in relations and _FEED_TYPE.match(link.get("type") or ""):
            add("feed", link.get("href"))
        elif "sitemap" in relations:
            add("sitemap", link.get("href"))
        elif "https://api.w.org/" in relations:  # developer.wordpress.org/rest-api/using-the-rest-api/discovery
            add("index", f"{(link.get('href') or '').rstrip('/')}/wp/v2/posts")
    if not any(source.kind == "feed" for source in sources.values()):
        for anchor in root.iter("a"):
            if _FEED_LINK.search(_path(anchor.get("href") or "")):
                add("feed", anchor.get("href"))
    return tuple(sources.values())


def sitemaps_of_robots(text: str, url: str) -> tuple[Source, ...]:
    """Return the sitemaps that robots.txt names, news sitemaps first.

    The Sitemap line is defined by sitemaps.org, not by RFC 9309.
    """
    found = dict.fromkeys(urls.canonicalize(line, base=url) for line in _SITEMAP_LINE.findall(text))
    clean = sorted(filter(None, found), key=lambda address: "news" not in address.lower())
    return tuple(Source(url=address, kind="sitemap") for address in clean)


def common_sources(home: str) -> tuple[Source, ...]:
    """Return COMMON_SOURCE_PATHS on an outlet's host, as sources to try."""
    found = ((kind, urls.canonicalize(path, base=home)) for kind, path in COMMON_SOURCE_PATHS)
    return tuple(
        Source(url=url, kind=kind, index=JsonIndex(url=url) if kind == "index" else None) for kind, url in found if url
    )


def name_of_home(html: bytes, *, content_type: str = "") -> str | None:
    """Return the outlet's own name: og:site_name, or the first part of the title."""
    root = _tree(html, content_type)
    if root is None:
        return None
    for meta in root.iter("meta"):
        is_name = (meta.get("property") or "").lower() == "og:site_name"
        if is_name and (name := plain_text(meta.get("content"), _MAX_NAME_CHARACTERS)):
            return name
    titles = (" ".join(map(str, element.itertext())) for element in root.iter("title"))
    title = plain_text(next(titles, ""), _MAX_TITLE_CHARACTERS)
    return _SEPARATORS.split(title)[0][:_MAX_NAME_CHARACTERS] if title else None


def language_of_home(html: bytes, *, content_type: str = "") -> str | None:
    """Return the language (ISO 639-1) that a page declares."""
    root = _tree(html, content_type)
    stated = (root.get("lang") or "").strip().lower() if root is not None else ""
    return stated[:2] if re.fullmatch(r"[a-z]{2}(?:[-_].*)?", stated) else None


def _path(href: str) -> str:
    """Return the path of a link; "" if it can't be parsed."""
    try:
        return urlsplit(href.strip()).path
    except ValueError:
        return ""


def _tree(html: bytes, content_type: str) -> etree._Element | None:
    text = strip_crowded_tags(decode_body(html[:MAX_HOME_BYTES], content_type).text)
    try:
        return lxml.html.document_fromstring(
            text.encode("utf-8", "replace"), parser=lxml.html.HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, etree.XMLSyntaxError):
        return None  # the document has no element
