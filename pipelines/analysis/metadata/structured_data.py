"""Read a page's structured data: JSON-LD, OpenGraph and other meta tags. Pure."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lxml.html import HtmlElement

from pipelines.analysis.decoding import strip_controls

JsonLdNode: TypeAlias = dict[str, Any]

# Subtypes of https://schema.org/Article that news sites use, and their near relations, most telling first.
_ARTICLES = (
    "NewsArticle",
    "ReportageNewsArticle",
    "AnalysisNewsArticle",
    "OpinionNewsArticle",
    "BackgroundNewsArticle",
    "ReviewNewsArticle",
    "AskPublicNewsArticle",
    "LiveBlogPosting",
    "Article",
    "BlogPosting",
    "Report",
    "ScholarlyArticle",
    "TechArticle",
    "AdvertiserContentArticle",
    "SatiricalArticle",
    "SocialMediaPosting",
)
_PAGES = ("WebPage", "ItemPage", "MedicalWebPage", "VideoObject", "PodcastEpisode")
_LIMIT = 600_000  # characters of JSON-LD that are read from one script
_NODES = 2000  # nodes that are looked at
_COMMENTS = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|(?:-->|//\s*\]\]>|\]\]>|/\*\s*\]\]>\s*\*/)\s*;?\s*$"
)
_TRAILING = re.compile(r",(\s{0,40}[}\]])")


@dataclass(frozen=True, slots=True)
class StructuredData:
    """JSON-LD nodes and meta tags of one page."""

    nodes: tuple[JsonLdNode, ...] = ()
    meta: dict[str, list[str]] = field(default_factory=dict)  # name, property or itemprop in lower case → contents
    ids: dict[str, JsonLdNode] = field(default_factory=dict)

    @property
    def article_node(self) -> JsonLdNode:
        """The node that describes the article, the one with most keys if several do; {} if there is none."""
        found = [node for node in self.nodes if types_of(node) & _ARTICLE_SET]
        return max(found, key=_weight, default={})

    @property
    def page_node(self) -> JsonLdNode:
        """The node that describes the page, {} if there is none."""
        return next((node for node in self.nodes if types_of(node) & _PAGE_SET), {})

    @property
    def description(self) -> str:
        """The page's summary of itself, "" if it has none; often the article's first paragraph."""
        return (
            first_string(self.article_node.get("description")) or self.first_meta("og:description", "description") or ""
        )

    def first_meta(self, *names: str) -> str | None:
        """The first non-empty content among meta tags of these names, in the order of the names."""
        return next((value for name in names for value in self.meta.get(name, ()) if value), None)

    def all_meta(self, *names: str) -> list[str]:
        """All contents of meta tags of these names."""
        return [value for name in names for value in self.meta.get(name, ()) if value]

    def resolve(self, value: Any) -> Any:
        """A node for a reference {"@id": …} where the page has one, else the value itself."""
        if isinstance(value, dict) and set(value) <= {"@id", "@type"} and isinstance(value.get("@id"), str):
            return self.ids.get(value["@id"], value)
        return value


_ARTICLE_SET = frozenset(_ARTICLES)
_PAGE_SET = frozenset(_PAGES)


def types_of(node: JsonLdNode) -> frozenset[str]:
    """The schema.org types of a node, without prefix."""
    raw = node.get("@type", node.get("type"))
    names = raw if isinstance(raw, list) else [raw]
    return frozenset(name.rsplit("/", 1)[-1].removeprefix("schema:") for name in names if isinstance(name, str))


def read_structured_data(tree: HtmlElement) -> StructuredData:
    """Read all JSON-LD and meta tags of a page."""
    nodes: list[JsonLdNode] = []
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            nodes += _nodes(_loaded(script.text))
        if len(nodes) > _NODES:
            break
    meta: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = " ".join((element.get("content") or "").split())
        if content:
            for attribute in ("property", "name", "itemprop"):
                if name := element.get(attribute):
                    # Some systems escape twice: "Trump &amp;#8216;congratulates&amp;#8217; China".
                    meta.setdefault(name.strip().lower(), []).append(unescape(content))
    ids = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 2}
    return StructuredData(tuple(nodes[:_NODES]), meta, ids)


def unescape(value: str) -> str:
    """The value with HTML entities resolved that were escaped once too often, and fit to be stored."""
    return strip_controls(html.unescape(value) if "&" in value else value).strip()


def list_strings(value: Any) -> list[str]:
    """The strings of a JSON-LD value: itself, its parts, or their names."""
    if isinstance(value, str):
        return [plain] if (plain := " ".join(unescape(value).split())) else []
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [str(value)]
    if isinstance(value, dict):
        return list_strings(value.get("name") or value.get("@value") or value.get("url") or value.get("@id"))
    if isinstance(value, list):
        return [found for part in value[:100] if not isinstance(part, list) for found in list_strings(part)]
    return []


def first_string(value: Any) -> str | None:
    """The first string of a JSON-LD value."""
    return next(iter(list_strings(value)), None)


def _loaded(source: str) -> Any:
    """Return the JSON of a script, with usual mistakes tolerated; None if it cannot be read."""
    source = _COMMENTS.sub("", _COMMENTS.sub("", source[:_LIMIT])).strip().rstrip(";")
    for attempt in (source, _TRAILING.sub(r"\1", source), html.unescape(source)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(value: Any) -> Iterator[JsonLdNode]:
    """All typed nodes of a document, outer ones first, without recursion."""
    waiting = [value]
    seen = 0
    while waiting and seen < _NODES:
        current = waiting.pop(0)
        seen += 1
        if isinstance(current, list):
            waiting[:0] = current[:200]
        elif isinstance(current, dict):
            if "@type" in current or "type" in current:
                yield current
            waiting += [
                part
                for key in (
                    "@graph",
                    "mainEntity",
                    "mainEntityOfPage",
                    "itemListElement",
                    "item",
                    "author",
                    "hasPart",
                    "subjectOf",
                )
                if isinstance(part := current.get(key), (dict, list))
            ]


def _weight(node: JsonLdNode) -> tuple[int, int]:
    """An article's node has a headline and a date; a teaser's has little."""
    return sum(key in node for key in ("headline", "datePublished", "author", "articleBody")), len(node)
