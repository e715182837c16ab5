"""Read a page's title, authors, dates, section, tags, image, paywall and sponsorship. Pure.

Structured data (JSON-LD, OpenGraph) is preferred to the visible parts of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from db.text.folding import clean
from pipelines.analysis.metadata import authors, publication_date, structured_data
from pipelines.analysis.metadata import title as titles
from pipelines.analysis.metadata.date_parser import Moment
from pipelines.analysis.metadata.structured_data import StructuredData
from pipelines.analysis.text.blocks import class_and_id
from pipelines.analysis.text.inline_text import beginning_of
from pipelines.page import Page

_SPONSORED = re.compile(
    r"nota contratada|publirreportaje|contenido (?:patrocinado|promocionado|de marca)|patrocinado por|publinota"
    r"|branded content|brand ?studio|sponsored (?:content|post|by|article|feature)|^sponsored\b|advertorial"
    r"|paid (?:content|post|partnership|program)|advertisement feature|partner content|presented by our partner"
    r"|conteúdo patrocinado|publieditorial|informe publicitario|espacio contratado|remitido$"
    r"|广告文章|推广文章|赞助内容|商业推广",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"^[\W_]*(?:nota contratada|publirreportaje|publinota|contenido (?:patrocinado|de marca)"
    r"|sponsored(?: content| post)?"
    r"|advertorial|paid (?:content|post)|advertisement feature|partner content|conteúdo patrocinado|publieditorial"
    r"|informe publicitario|espacio contratado|广告|推广)(?:[\W_]|$)",
    re.IGNORECASE,
)
_PATHS = re.compile(
    r"/(?:sponsored(?:-content)?|branded-content|publirreportajes?|contenido-patrocinado|brandstudio|partner-content|advertorials?)/",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?<![a-z])(?:sponsor(?:ed)?|patrocinad[oa]|publirreportaje|branded-?content|advertorial|paid-?content)(?![a-z])",
    re.IGNORECASE,
)
_SOURCES = ("来源", "信息来源", "稿源", "來源")  # not "Source:", which also stands below charts
_FALSE = frozenset({"false", "no", "0", "https://schema.org/false", "http://schema.org/false", "locked", "metered"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The part of a page's metadata by which its text is chosen and judged."""

    title: str
    authors: tuple[str, ...] = ()
    paywalled: bool = False
    declared_language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata(Heading):
    """What a page says about its article."""

    published: Moment | None = None
    published_from: str | None = None  # "page", "source" or "address"
    modified: Moment | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    sponsored: bool = False
    source: str = ""  # the line near the headline that names the source of the text


def read_heading(page: Page, tree: HtmlElement, *, structured: StructuredData, lines: Sequence[str] = ()) -> Heading:
    """Read title, authors, paywall and language of a page. `lines` are those of its text, with bylines."""
    title = clean(titles.find_title(page, tree, structured=structured)).strip()
    return Heading(
        title=title,
        authors=tuple(
            clean(author)
            for author in authors.find_authors(
                tree,
                structured=structured,
                title=title,
                outlet=titles.outlet_names(page, structured) | titles.last_title_part(tree),
                lines=lines,
            )
        ),
        paywalled=is_paywalled(structured),
        declared_language=_declared_language(page, tree, structured, structured.article_node),
    )


def read_metadata(
    page: Page,
    tree: HtmlElement,
    *,
    structured: StructuredData,
    lines: Sequence[str] = (),
    heading: Heading | None = None,
) -> Metadata:
    """Read all metadata of a page. `heading` is what `read_heading` returned for it, if it was called before."""
    heading = heading or read_heading(page, tree, structured=structured, lines=lines)
    node = structured.article_node
    published, source = publication_date.find_published(page, tree, structured=structured, title=heading.title)
    return Metadata(
        title=heading.title,
        authors=heading.authors,
        paywalled=heading.paywalled,
        declared_language=heading.declared_language,
        published=published,
        published_from=source,
        modified=publication_date.find_modified(page, structured=structured, published=published),
        section=_section(structured, node),
        tags=_tags(structured, node),
        image=_image(page, structured, node),
        sponsored=_sponsored(page, tree, heading.title, structured, lines),
        source=_source(tree),
    )


def _source(tree: HtmlElement) -> str:
    for element in tree.iter("span", "div", "p", "td", "em", "li", "a", "i", "b"):
        if (text := element.text) and not text.isascii() and text.lstrip().startswith(_SOURCES):
            return " ".join(beginning_of(element, 80).split())
    return ""


def _section(structured: StructuredData, node: dict[str, Any]) -> str | None:
    section = structured_data.first_string(node.get("articleSection")) or structured.first_meta(
        "article:section", "og:article:section", "section", "cxenseparse:recs:category"
    )
    return clean(section[:120]) if section else None


def _tags(structured: StructuredData, node: dict[str, Any]) -> tuple[str, ...]:
    found = (
        structured_data.list_strings(node.get("keywords"))
        or structured.all_meta("article:tag")
        or structured.all_meta("news_keywords", "keywords")
    )
    return tuple(_distinct(clean(tag) for value in found for tag in _split(value)))[:30]


def _split(value: str) -> Iterator[str]:
    for tag in re.split(r"[,;|，、；]", value[:2000]):
        if 0 < len(tag := tag.strip(" #\t\n")) <= 80 and not tag.startswith(("http:", "https:")):
            yield tag.partition(":")[2] or tag if tag.startswith(("Tag:", "tag:")) else tag


def _image(page: Page, structured: StructuredData, node: dict[str, Any]) -> str | None:
    """Return the address of the main picture, if it is http or https."""
    value = structured.resolve(node.get("image"))
    first = value[0] if isinstance(value, list) and value else value
    first = structured.resolve(first)
    of_node = (
        structured_data.first_string(first.get("url") or first.get("contentUrl") or first.get("@id"))
        if isinstance(first, dict)
        else structured_data.first_string(first)
    )
    for candidate in (
        structured.first_meta("og:image:secure_url", "og:image", "og:image:url"),
        of_node,
        structured.first_meta("twitter:image", "twitter:image:src"),
    ):
        if not candidate:
            continue
        try:
            address = urljoin(page.answered_url or page.url, candidate)
            parts = urlsplit(address)
        except ValueError:
            continue
        if parts.scheme in {"http", "https"} and parts.netloc and len(address) <= 2000:
            return address
    return None


def is_paywalled(structured: StructuredData) -> bool:
    """Return True if the page's structured data or its content tier mark a paywall.

    https://developers.google.com/search/docs/appearance/structured-data/paywalled-content defines the data.
    """
    for node in structured.nodes:
        if structured_data.types_of(node) & {
            "NewsArticle",
            "Article",
            "ReportageNewsArticle",
            "OpinionNewsArticle",
            "BlogPosting",
            "WebPage",
            "AnalysisNewsArticle",
        }:
            free = node.get("isAccessibleForFree")
            if free is False or (isinstance(free, str) and free.strip().lower() in _FALSE):
                return True
    tier = structured.first_meta("article:content_tier", "content_tier")
    return bool(tier and tier.lower() in {"locked", "metered", "premium"})


def _sponsored(page: Page, tree: HtmlElement, title: str, structured: StructuredData, lines: Sequence[str]) -> bool:
    """Return True if type, address, section, tags, or a label at the beginning or end, mark paid content."""
    if any("AdvertiserContentArticle" in structured_data.types_of(node) for node in structured.nodes) or _PATHS.search(
        page.url
    ):
        return True
    sections = [
        *structured.all_meta("article:section", "article:tag"),
        *structured_data.list_strings(structured.article_node.get("articleSection")),
    ]
    if any(_SPONSORED.search(section) for section in sections):
        return True
    # Within a sentence these words may be news ("a rally sponsored by …"), so only those that begin a line count.
    if any(_MARK.match(text) for text in (title, structured.first_meta("og:title") or "", *lines[:3], *lines[-1:])):
        return True
    return any(_SPONSORED.search(label) or _LABEL.search(names) for label, names in _beside_heading(tree))


def _beside_heading(tree: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield (text, class and id) of short elements directly before and after the headline."""
    heading = next(tree.iter("h1"), None)
    parent = heading.getparent() if heading is not None else None
    parent = None if parent is None or parent.tag == "body" else parent
    for element in (heading, parent):
        for near in (element.getprevious(), element.getnext()) if element is not None else ():
            if near is not None and isinstance(near.tag, str):
                label = " ".join(beginning_of(near, 1000).split())
                if 0 < len(label) <= 60:
                    yield label, class_and_id(near)


def _declared_language(page: Page, tree: HtmlElement, structured: StructuredData, node: dict[str, Any]) -> str | None:
    root = tree.getroottree().getroot()
    return (
        root.get("lang")
        or structured_data.first_string(node.get("inLanguage"))
        or structured.first_meta("og:locale", "language", "content-language")
        or page.hint.language
    )


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
