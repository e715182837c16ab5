"""Find the text of an article that stands only in a page's data or in markup that is not shown. Pure.

To be used for pages that are empty without their programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lxml import html
from lxml.html import HtmlElement

from db.text.entities import unescape_entities
from db.text.scripts import CJK, count_han, width_of
from pipelines.analysis.lenient_json import JsonValue
from pipelines.analysis.text.blocks import class_and_id, read_blocks
from pipelines.analysis.text.extraction import Line
from pipelines.analysis.text.page_data import read_page_data
from pipelines.analysis.text.page_identity import PageIdentity
from pipelines.analysis.text.page_tree import parse_html

_LEAST_WIDTH = 250  # of an article's text, in letters
_MAX_CHARACTERS = 400_000  # of one text
_MAX_VALUES = 200_000  # of a page's data that are looked at
_MAX_PART_DEPTH = 24
_MARKUP = re.compile(
    r"<(?:p|br|div|h[1-6]|ul|ol|li|section|article|span|strong|em|a|blockquote)\b[^<>]*>", re.IGNORECASE
)
_ESCAPED_MARKUP = re.compile(r"&lt;/?(?:p|br|div|h[1-6]|ul|section|article|span)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…]['\"”»)]{0,2}(?:\s|<|$)|[。！？]")
_WORD = re.compile(rf"[{CJK}]|[^\W\d_{CJK}]+")
# Keys of data, whatever the program: what they hold is told by a part of their name.
_TITLE_KEY = re.compile(r"title|headline|titul|heading|标题|^h1$", re.IGNORECASE)
_SHORT_TITLE_KEY = re.compile(r"^(?:name|basic|rendered|subject|seo)$", re.IGNORECASE)
_ADDRESS_KEY = re.compile(r"url|link|href|slug|canonical|path|permalink", re.IGNORECASE)
_SUMMARY_KEY = re.compile(
    r"descri|summar|excerpt|resumen|teaser|abstract|legal|cookie|privacy|disclaimer|bio", re.IGNORECASE
)
_PAID_KEY = re.compile(r"premium|paywall|subscriber|locked|restrict|content_?(?:code|tier)|for_?pay", re.IGNORECASE)
_FREE_KEY = re.compile(r"accessible_?for_?free|^is_?free$", re.IGNORECASE)
_PAID = frozenset({"true", "1", "premium", "locked", "paid", "metered", "subscriber", "subscribers", "subscription"})
_NO_TEXT_TYPE = re.compile(
    r"image|photo|video|audio|gallery|embed|advert|^ads?$|interstitial|related|promo|newsletter|reference",
    re.IGNORECASE,
)
_PARAGRAPH_TYPE = re.compile(r"paragraph|heading|^h[1-6]$|^p$|^block$|quote|list_?-?item", re.IGNORECASE)
_TYPE_KEYS = ("type", "_type", "nodeType", "kind", "__typename")
_PART_KEYS = (
    "content", "text", "html", "value", "body", "paragraph", "data", "texto", "contenido", "cuerpo", "children",
    "content_elements", "items", "nodes", "blocks", "paragraphs", "rendered", "内容", "正文",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Body:
    """A text in a page's data, and how far above it the page's own headline or address stands."""

    text: tuple[str, ...]
    width: int
    distance: int | None  # None if the data names no headline

    @property
    def score(self) -> float:
        return self.width / (1 + (self.distance or 0))


def is_scant(lines: Iterable[str]) -> bool:
    """Return True if the lines are too short for an article."""
    width = 0
    for line in lines:
        width += width_of([line])
        if width >= _LEAST_WIDTH:
            return False
    return True


def find_embedded_lines(tree: HtmlElement, *, article_body: str, identity: PageIdentity) -> list[Line]:
    """Return the lines of the article from a page's data; [] if there is none or it is behind a paywall.

    `article_body` is that of the page's JSON-LD. Data of other stories is left alone: a text counts if the headline or
    address beside it is the page's, or if no headline is.
    """
    if any("paywall" in class_and_id(element).lower() for element in tree.iter("div", "section", "p", "aside")):
        return []
    bodies = _read_bodies(tree, identity)
    if bodies is None:
        return []
    own = [body for body in bodies if body.distance is not None]
    if article_body and width_of([article_body]) >= _LEAST_WIDTH:
        own.append(_Body((article_body,), width_of([article_body]), 0))
    nameless = sorted((body for body in bodies if body.distance is None), key=lambda body: -body.width)
    if not own:
        own = [_Body((text,), width_of([text]), 0) for text in _read_inert_markup(tree)]
    if not own and nameless and (len(nameless) == 1 or nameless[0].width > 2 * nameless[1].width):
        own = nameless[:1]
    best = max(own, key=lambda body: body.score, default=None)
    lines = [line for text in best.text for line in _read_lines(text)] if best else []
    return [] if is_scant(line.text for line in lines) else lines


def _read_inert_markup(tree: HtmlElement) -> Iterator[str]:
    """Yield the markup of elements that browsers do not show and programs put into the page."""
    for element in tree.iter("textarea", "template", "noscript", "script", "xmp"):
        kind = (element.get("type") or "").lower()
        if element.tag == "script" and not ("html" in kind or "template" in kind):
            continue
        inner = "".join(html.tostring(child, encoding="unicode") for child in element[:2000])
        text = f"{element.text or ''}{inner}"[:_MAX_CHARACTERS]
        if _is_prose(text):
            yield text


def _read_bodies(tree: HtmlElement, identity: PageIdentity) -> list[_Body] | None:
    """Return the texts in the data of a page's scripts; None if it says that the article is paid for."""
    bodies: list[_Body] = []
    left = _MAX_VALUES
    for document in read_page_data(tree):
        waiting: list[tuple[JsonValue, int | None, str]] = [(document, None, "")]
        while waiting and (left := left - 1) > 0:
            value, distance, key = waiting.pop()
            if isinstance(value, dict):
                answer = _is_own(value, identity)
                if answer is False:
                    continue
                below = 0 if answer else distance
                if below == 0 and _is_paid(value):
                    return None
                waiting += [(part, below, name) for name, part in reversed(value.items())]
            elif isinstance(value, list):
                further = None if distance is None else distance + 1
                if (texts := _read_parts(value, identity)) and (width := width_of(texts)) >= _LEAST_WIDTH:
                    bodies.append(_Body(texts, width, distance))
                else:
                    waiting += [(part, further, key) for part in reversed(value[:1000])]
            elif isinstance(value, str) and _is_prose(value) and not _SUMMARY_KEY.search(key):
                bodies.append(_Body((value,), width_of([value]), distance))
    return bodies


def _is_own(value: dict[str, Any], identity: PageIdentity) -> bool | None:
    """Return True if an object has the page's headline or address, False if it is another page's, else None."""
    titles = [
        text
        for key, part in value.items()
        for text in (part.values() if isinstance(part, dict) and len(part) <= 10 else (part,))
        if isinstance(text, str) and len(text) <= 500 and (_TITLE_KEY.search(key) or _SHORT_TITLE_KEY.match(key))
    ]
    addresses = [part for key, part in value.items() if isinstance(part, str) and _ADDRESS_KEY.search(key)]
    answers = [identity.has_title(title) for title in titles[:5] if width_of([title]) > 12]
    places = [identity.has_address(address) for address in addresses[:10]]
    if True in answers or True in places:
        return True
    # A subheading is a title too, but it has no address.
    return False if answers and (False in places or any(address for address in addresses)) else None


def _is_paid(value: dict[str, Any]) -> bool:
    parts = [(key, part) for key, part in value.items() if not isinstance(part, (list, dict))]
    parts += [pair for part in value.values() if isinstance(part, dict) and len(part) <= 10 for pair in part.items()]
    return any(
        (_PAID_KEY.search(key) and str(part).lower() in _PAID)
        or (_FREE_KEY.search(key) and str(part).lower() in {"false", "0"})
        for key, part in parts
    )


def _read_parts(parts: list[JsonValue], identity: PageIdentity) -> tuple[str, ...]:
    """Return the paragraphs of a list of an article's elements, such as {"type": "text", "content": "…"}."""
    found: list[str] = []
    waiting: list[tuple[JsonValue, int]] = [(part, 0) for part in reversed(parts[:3000])]
    while waiting and len(found) < 5000:
        part, depth = waiting.pop()
        if isinstance(part, str):
            if " " in part.strip() or count_han(part) > 1:
                found.append(part)
        elif isinstance(part, list) and depth < _MAX_PART_DEPTH:
            waiting += [(inner, depth + 1) for inner in reversed(part[:3000])]
        elif isinstance(part, dict) and depth < _MAX_PART_DEPTH:
            kind = next((str(part[key]) for key in _TYPE_KEYS if isinstance(part.get(key), str)), "")
            if _NO_TEXT_TYPE.search(kind) or _is_own(part, identity) is not None:
                continue
            if _PARAGRAPH_TYPE.search(kind) and (text := _join_inline(part)):
                found.append(text)
                continue
            waiting += [
                (inner, depth + 1)
                for key in reversed(_PART_KEYS)
                if key in part
                for inner in reversed(part[key][:3000] if isinstance(part[key], list) else [part[key]])
            ]
    return tuple(found)


def _join_inline(part: dict[str, Any]) -> str:
    """Return the text of a paragraph whose words stand in several objects."""
    pieces: list[str] = []
    waiting: list[JsonValue] = [part]
    while waiting and len(pieces) < 2000:
        value = waiting.pop()
        if isinstance(value, str):
            pieces.append(value)
        elif isinstance(value, list):
            waiting += reversed(value[:2000])
        elif isinstance(value, dict):
            waiting += [value[key] for key in reversed(_PART_KEYS) if key in value]
    return "".join(pieces)


def _is_prose(text: str) -> bool:
    """Return True for sentences, with or without markup; False for programs, styles, lists of names."""
    if len(text) < 80 or len(text) > _MAX_CHARACTERS or text.startswith(("http", "data:", "{", "[")):
        return False
    plain = _MARKUP.sub(" ", unescape_entities(text) if _ESCAPED_MARKUP.search(text) else text)
    if width_of([plain]) < _LEAST_WIDTH or len(_SENTENCE_END.findall(plain)) < 2:
        return False
    words = _WORD.findall(plain)
    return len(words) > 30 and sum(map(len, words)) > 0.6 * len(plain.replace(" ", ""))


def _read_lines(text: str) -> list[Line]:
    if not _MARKUP.search(text) and _ESCAPED_MARKUP.search(text):
        text = unescape_entities(text)
    text = text.replace("\\n", "\n") if "\n" not in text else text
    if _MARKUP.search(text):
        tree = parse_html(f"<html><body><div>{text}</div></body></html>")
        blocks = read_blocks(tree) if tree is not None else []
        shown = [block for block in blocks if not block.suspects] or blocks
        return [Line(block.text, block.tag, block.link_share) for block in shown]
    return [Line(line) for part in unescape_entities(text).splitlines() if (line := " ".join(part.split()))]
