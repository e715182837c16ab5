"""Read a page's structured data: JSON-LD, OpenGraph and other meta tags. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lxml.html import HtmlElement

from db.text.entities import unescape_entities
from pipelines.analysis.decoding import strip_controls
from pipelines.analysis.lenient_json import read_json_values
from pipelines.analysis.text.page_identity import PageIdentity, identify_page

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
# Keys whose value is another part of the same document; what stands below those of lists are other pages.
_LISTS = ("itemListElement", "item", "hasPart")
_PARTS = ("@graph", "mainEntity", "mainEntityOfPage", *_LISTS, "author", "subjectOf")


@dataclass(frozen=True, slots=True)
class StructuredData:
    """JSON-LD nodes and meta tags of one page. Nodes that describe other pages are left out."""

    nodes: tuple[JsonLdNode, ...] = ()
    meta: dict[str, list[str]] = field(default_factory=dict)  # name, property or itemprop in lower case → contents
    ids: dict[str, JsonLdNode] = field(default_factory=dict)
    article_node: JsonLdNode = field(default_factory=dict)  # the node of the article; {} if there is none
    page_node: JsonLdNode = field(default_factory=dict)  # the node of the page; {} if there is none
    identity: PageIdentity = field(default_factory=PageIdentity)

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


def read_structured_data(tree: HtmlElement, *, addresses: Iterable[str] = (), title: str = "") -> StructuredData:
    """Read all JSON-LD and meta tags of a page.

    `addresses` are those that were requested and that answered, `title` is the one that the page's source gave.
    """
    found: list[tuple[JsonLdNode, bool]] = []
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            for value in read_json_values(script.text[:_MAX_SCRIPT_CHARACTERS]):
                found += _nodes(value)
        if len(found) > _MAX_NODES:
            break
    identity = identify_page(tree, addresses, title=title)
    ranked = [(node, _rank(node, is_listed, identity)) for node, is_listed in found[:_MAX_NODES]]
    articles = [(node, rank) for node, rank in ranked if types_of(node) & _ARTICLE_SET]
    if len({first_string(node.get("headline")) for node, rank in articles if rank == 1}) > 1:
        # Several stories, none of them known as this page's: a list that is not marked as one.
        ranked = [(node, 0 if rank == 1 and types_of(node) & _ARTICLE_SET else rank) for node, rank in ranked]
    own = [(node, rank) for node, rank in ranked if rank]
    return StructuredData(
        nodes=tuple(node for node, _ in own),
        meta=_read_meta(tree),
        ids={node["@id"]: node for node, _ in found if isinstance(node.get("@id"), str) and len(node) > 2},
        article_node=_best(own, _ARTICLE_SET, lambda row: (row[1], *_weight(row[0]))),
        page_node=_best(own, _PAGE_SET, lambda row: row[1]),
        identity=identity,
    )


def _best(
    ranked: list[tuple[JsonLdNode, int]], types: frozenset[str], key: Callable[[tuple[JsonLdNode, int]], Any]
) -> JsonLdNode:
    return max((row for row in ranked if types_of(row[0]) & types), key=key, default=({}, 0))[0]


def _read_meta(tree: HtmlElement) -> dict[str, list[str]]:
    meta: dict[str, list[str]] = {}
    foreign: set[HtmlElement] | None = None
    for element in tree.iter("meta"):
        content = " ".join((element.get("content") or "").split())
        if not content:
            continue
        for attribute in ("property", "name", "itemprop"):
            if name := element.get(attribute):
                if attribute == "itemprop":
                    foreign = _foreign_items(tree) if foreign is None else foreign
                    if foreign and not foreign.isdisjoint(element.iterancestors()):
                        continue
                # Some systems escape twice: "Trump &amp;#8216;congratulates&amp;#8217; China".
                meta.setdefault(name.strip().lower(), []).append(unescape(content))
    return meta


def _foreign_items(tree: HtmlElement) -> set[HtmlElement]:
    """Return the elements that describe, in microdata, comments or other articles than the one with the headline."""
    items: list[tuple[str, HtmlElement]] = [
        (item.get("itemtype").rsplit("/", 1)[-1], item) for item in tree.xpath("descendant::*[@itemtype]")
    ]
    comments = {item for kind, item in items if kind in {"Comment", "UserComments", "Review"}}
    articles = {item for kind, item in items if kind in _ARTICLE_SET}
    headings = [heading for heading in tree.iter("h1") if "".join(heading.itertext()).strip()][:10]
    around = {item for heading in headings for item in articles.intersection(heading.iterancestors())}
    return comments | (articles - around if around or len(articles) > 1 else set())


def _rank(node: JsonLdNode, is_listed: bool, identity: PageIdentity) -> int:
    """Return 2 if a node is about this page, 1 if nothing speaks against it, 0 if it is about another one.

    Its addresses tell it, then its headline. A node in a list is another page's unless one of them says that it isn't.
    """
    types = types_of(node)
    if not types & (_ARTICLE_SET | _PAGE_SET):
        return 0 if is_listed else 1
    has_address = next(
        (
            answer
            for key in ("url", "mainEntityOfPage", "@id")
            for address in _addresses(node.get(key))
            if (answer := identity.has_address(address)) is not None
        ),
        None,
    )
    has_title = identity.has_title(first_string(node.get("headline") or node.get("name")))
    if has_address or has_title:
        return 2
    is_contradicted = has_address is False or (has_title is False and "WebPage" not in types)
    return 0 if is_listed or is_contradicted else 1


def _addresses(value: Any) -> list[str]:
    """Return the addresses that a property holds: a string, or the @id and url of nodes."""
    values = value[:5] if isinstance(value, list) else [value]
    found = [
        part
        for entry in values
        for part in ((entry.get("@id"), entry.get("url")) if isinstance(entry, dict) else (entry,))
    ]
    return [address for address in found if isinstance(address, str)]


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


def _nodes(value: Any) -> Iterator[tuple[JsonLdNode, bool]]:
    """Yield all typed nodes of a document, outer ones first, and whether they stand in a list; without recursion."""
    waiting = deque([(value, False)])
    seen = 0
    while waiting and seen < _MAX_NODES:
        current, is_listed = waiting.popleft()
        seen += 1
        if isinstance(current, list):
            waiting.extendleft((part, is_listed) for part in reversed(current[:200]))
        elif isinstance(current, dict):
            if "@type" in current or "type" in current:
                yield current, is_listed
            waiting.extend(
                (part, is_listed or key in _LISTS)
                for key in _PARTS
                if isinstance(part := current.get(key), (dict, list))
            )


def _weight(node: JsonLdNode) -> tuple[int, int]:
    """Sort key of article nodes: the full node has a headline and a date, a teaser's has few keys."""
    return sum(key in node for key in ("headline", "datePublished", "author", "articleBody")), len(node)
