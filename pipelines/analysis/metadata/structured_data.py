"""Read a page's structured data: JSON-LD, OpenGraph and other meta tags. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lxml.html import HtmlElement

from db.text.entities import unescape_entities
from pipelines.analysis.decoding import strip_controls

JsonLdNode: TypeAlias = dict[str, Any]

# Subtypes of https://schema.org/Article that news sites use, and similar types, the most specific first.
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
_MAX_SCRIPT_CHARACTERS = 600_000  # of JSON-LD that are read from one script
_MAX_NODES = 2000  # of a page
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
        """The node of the article, the most complete if there are several; {} if there is none."""
        found = [node for node in self.nodes if types_of(node) & _ARTICLE_SET]
        return max(found, key=_weight, default={})

    @property
    def page_node(self) -> JsonLdNode:
        """The node of the page; {} if there is none."""
        return next((node for node in self.nodes if types_of(node) & _PAGE_SET), {})

    @property
    def description(self) -> str:
        """The page's own summary, often the article's first paragraph; "" if there is none."""
        return (
            first_string(self.article_node.get("description")) or self.first_meta("og:description", "description") or ""
        )

    def first_meta(self, *names: str) -> str | None:
        """Return the first non-empty content of a meta tag with one of these names, in their order."""
        return next((value for name in names for value in self.meta.get(name, ()) if value), None)

    def all_meta(self, *names: str) -> list[str]:
        """Return all contents of meta tags with these names."""
        return [value for name in names for value in self.meta.get(name, ()) if value]

    def resolve(self, value: Any) -> Any:
        """Return the node that a reference {"@id": …} names, or the value itself if there is none."""
        if isinstance(value, dict) and set(value) <= {"@id", "@type"} and isinstance(value.get("@id"), str):
            return self.ids.get(value["@id"], value)
        return value


_ARTICLE_SET = frozenset(_ARTICLES)
_PAGE_SET = frozenset(_PAGES)


def types_of(node: JsonLdNode) -> frozenset[str]:
    """Return the schema.org types of a node, without prefix."""
    raw = node.get("@type", node.get("type"))
    names = raw if isinstance(raw, list) else [raw]
    return frozenset(name.rsplit("/", 1)[-1].removeprefix("schema:") for name in names if isinstance(name, str))


def read_structured_data(tree: HtmlElement) -> StructuredData:
    """Read all JSON-LD and meta tags of a page."""
    nodes: list[JsonLdNode] = []
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            nodes += _nodes(_loaded(script.text))
        if len(nodes) > _MAX_NODES:
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
    return StructuredData(tuple(nodes[:_MAX_NODES]), meta, ids)


def unescape(value: str) -> str:
    """Resolve HTML entities that were escaped twice, and remove control characters."""
    return strip_controls(unescape_entities(value) if "&" in value else value).strip()


def list_strings(value: Any) -> list[str]:
    """Return the strings of a JSON-LD value: itself, its parts, or their names."""
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
    """Return the first string of a JSON-LD value; None if it has none."""
    return next(iter(list_strings(value)), None)


def _loaded(source: str) -> Any:
    """Parse the JSON of a script and tolerate common mistakes; None if it can't be read."""
    source = _COMMENTS.sub("", _COMMENTS.sub("", source[:_MAX_SCRIPT_CHARACTERS])).strip().rstrip(";")
    for attempt in (source, _TRAILING.sub(r"\1", source), unescape_entities(source)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(value: Any) -> Iterator[JsonLdNode]:
    """Yield all typed nodes of a document, outer ones first, without recursion."""
    waiting = [value]
    seen = 0
    while waiting and seen < _MAX_NODES:
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
    """Sort key of article nodes: the full node has a headline and a date, a teaser's has few keys."""
    return sum(key in node for key in ("headline", "datePublished", "author", "articleBody")), len(node)
