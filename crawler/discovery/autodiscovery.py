"""Where an outlet says what is new, found from its home page and robots.txt, for `vigia outlets add`. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import lxml.html
from lxml import etree

from crawler import urls
from crawler.config.outlet import JsonIndex, Source, SourceKind
from crawler.discovery.article_pattern import guess_pattern
from crawler.discovery.candidates import plain_text
from crawler.discovery.source_response import decode_text

__all__ = [
    "COMMON_SOURCE_PATHS",
    "common_sources",
    "guess_pattern",
    "language_of_home",
    "name_of_home",
    "outlet_block",
    "sitemaps_of_robots",
    "sources_of_home",
]

# Where feeds and sitemaps stand when nothing names them, the commonest first (WordPress, Arc, Drupal, plain files).
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

_FEED_TYPE = re.compile(r"(?i)\s*(?:application|text)/(?:x[.-])?(?:rss|atom|rdf|feed)\b")
_FEED_LINK = re.compile(
    r"(?i)/(?:[\w-]*rss|feeds?|atom)(?:\.(?:xml|aspx|php))?/?$|\.(?:rss|atom|rdf)$|/rss/[^?]*\.xml$"
)
_COMMENTS = re.compile(r"(?i)comment|comentario|replies")
_SITEMAP_LINE = re.compile(r"(?im)^[ \t\ufeff]*sitemap[ \t]*:[ \t]*(\S+)")


def sources_of_home(html: bytes, url: str, *, content_type: str = "") -> tuple[Source, ...]:
    """The feeds that a home page names in its head, or else links to; its sitemap; WordPress's list of posts.

    trafilatura.feeds.determine_feed is not it: it takes every JSON alternate, so WordPress's page objects, for a feed.
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
    """The sitemaps that robots.txt names (RFC 9309 leaves them to sitemaps.org); those of news first."""
    found = dict.fromkeys(urls.canonicalize(line, base=url) for line in _SITEMAP_LINE.findall(text))
    clean = sorted(filter(None, found), key=lambda address: "news" not in address.lower())
    return tuple(Source(url=address, kind="sitemap") for address in clean)


def common_sources(home: str) -> tuple[Source, ...]:
    """USUAL_PLACES at an outlet's home, for asking whether there is something."""
    found = ((kind, urls.canonicalize(path, base=home)) for kind, path in COMMON_SOURCE_PATHS)
    return tuple(
        Source(url=url, kind=kind, index=JsonIndex(url=url) if kind == "index" else None) for kind, url in found if url
    )


def name_of_home(html: bytes, *, content_type: str = "") -> str | None:
    """What an outlet calls itself: og:site_name, or the first part of its title."""
    root = _tree(html, content_type)
    if root is None:
        return None
    for meta in root.iter("meta"):
        if (meta.get("property") or "").lower() == "og:site_name" and (name := plain_text(meta.get("content"), 100)):
            return name
    title = next((plain_text(" ".join(map(str, element.itertext())), 200) for element in root.iter("title")), None)
    return re.split(r"\s+[|–—:·-]\s+|\s*\|\s*", title)[0][:100] if title else None


def language_of_home(html: bytes, *, content_type: str = "") -> str | None:
    """The language (ISO 639-1) that a page declares of itself."""
    root = _tree(html, content_type)
    stated = (root.get("lang") or "").strip().lower() if root is not None else ""
    return stated[:2] if re.fullmatch(r"[a-z]{2}(?:[-_].*)?", stated) else None


def outlet_block(
    *,
    home: str,
    sources: Sequence[Source],
    name: str | None = None,
    languages: Sequence[str] = (),
    pattern: str | None = None,
) -> str:
    """A TOML [[outlet]] block, ready to paste into vigia.toml; what must be judged by a person is marked."""
    site = re.sub(r":\d+$", "", urls.get_host(home)).removeprefix("www.")
    identity = re.sub(r"[^a-z0-9_-]+", "-", site.rpartition(".")[0] or site).strip("-_")[:60] or "outlet"
    lines = [
        "[[outlet]]",
        f"id = {_quoted(identity)}",
        f"name = {_quoted(name or site or home)}",
        f"home = {_quoted(urls.canonicalize(home) or home)}",
        'country = "XX"  # ISO 3166, such as "PE"',
        f"languages = [{', '.join(map(_quoted, languages or ('es',)))}]"
        + ("" if languages else "  # not declared: check"),
        'kind = "press"  # or state-media, agency, regional, think-tank, research, trade-press, government, …',
    ]
    for kind, key in (("feed", "feeds"), ("sitemap", "sitemaps"), ("listing", "listings")):
        if found := [source.url for source in sources if source.kind == kind]:
            lines.append(f"{key} = [{', '.join(map(_quoted, found))}]")
    if found := [source.url for source in sources if source.kind == "index"]:
        lines.append(f"indexes = [{', '.join(f'{{ url = {_quoted(url)} }}' for url in found)}]")
    if pattern:
        lines.append(f"article_pattern = {_literal(pattern)}")
    if not sources:
        lines += ["# No feed, sitemap or listing was found: name one and remove the next line.", "enabled = false"]
    return "\n".join(lines) + "\n"


def _path(href: str) -> str:
    """The path of a link; "" for what is none."""
    try:
        return urlsplit(href.strip()).path
    except ValueError:
        return ""


def _tree(html: bytes, content_type: str) -> etree._Element | None:
    text = decode_text(html, content_type)
    try:
        return lxml.html.document_fromstring(
            text.encode("utf-8", "replace"), parser=lxml.html.HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, etree.XMLSyntaxError):
        return None  # not one element in it


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _literal(text: str) -> str:
    """A TOML literal string where it can be one, so that a pattern's backslashes stand as they are."""
    return _quoted(text) if "'" in text or not text.isprintable() else f"'{text}'"
