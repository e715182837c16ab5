"""Extract an article's text from a parsed page. Pure.

The text is that of the blocks in the element that holds the article. If that is short, trafilatura is tried: it handles
more layouts and takes ten times as long.
"""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import partial

import trafilatura
from lxml import etree, html
from lxml.html import HtmlElement

from db.text.folding import clean
from pipelines.analysis.text.blocks import Block, class_and_id, names_body, names_certain_boilerplate, read_blocks
from pipelines.analysis.text.collapsed import find_opened
from pipelines.analysis.text.comparison import HAN_WEIGHT, comparable, width_of
from pipelines.analysis.text.headline_region import (
    find_advertised_text,
    find_named_text,
    find_other_stories,
    find_region,
)
from pipelines.analysis.text.teaser_lists import find_teasers, leads_to_story

_ENCODING = "utf-8"
_ELEMENTS = etree.ElementDefaultClassLookup(element=HtmlElement)  # lxml.html would look for each tag's own class
_SENTENCE = re.compile(r"[.!?…。！？;；:：,，、»”\"')）]")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LEAD_BONUS = 600.0  # characters that are added to the weight of a block that begins like the page's description
_MAX_CHARACTERS = 150_000  # of an article; longer pages are no articles and take long to process
_MAX_FALLBACK_ELEMENTS = 15_000  # trafilatura takes seconds for larger trees
# What a quotation mark opens behind "=" ends at the next such mark. "i<n" begins no tag in a script or style.
_ATTRIBUTES = r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+"""
_TAG = re.compile(rf"<[a-zA-Z]{_ATTRIBUTES}")
_RAW_OR_TAG = re.compile(
    rf"(?P<head><(?i:script|style)(?=[\s>]){_ATTRIBUTES})(?P<raw>(?<!/)>(?:[^<]++|<(?!/(?i:script|style)))*+)|{_TAG.pattern}"
)
_CONTROLS = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what a tree cannot hold
_VALUE = re.compile(r"""=\s*+(?:"[^"]*+"|'[^']*+')""")
_MIN_LOOKED_THROUGH_CHARACTERS = 300_000  # of a page; a shorter one has room for no attributes that take long
_MAX_TAG_CHARACTERS = 10_000  # of one tag without its quoted values; the parser's time for a tag grows as their square
_HEAD_TAGS = frozenset(
    {"title", "meta", "link", "script", "style", "base", "noscript", "template", "object", "bgsound"}
)
_MIN_PROSE_WIDTH = 50  # in letters, of a paragraph
_MIN_WIDTH = 250  # in letters; if the text is shorter, trafilatura is tried too


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph, heading or list item of an article."""

    text: str
    tag: str = "p"
    link_share: float = 0.0  # share of the characters that are links
    leads_on: bool = False  # its only link leads to another page of the same site


def parse_html(text: str) -> HtmlElement | None:
    """Parse a page; None if it is empty.

    Without huge_tree, libxml2 cuts nesting at 256 levels, which limits the depth of all later recursion.
    """
    parser = etree.HTMLParser(encoding=_ENCODING, remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(_ELEMENTS)
    held: dict[str, str] = {}
    if len(text) > _MIN_LOOKED_THROUGH_CHARACTERS:
        text = _RAW_OR_TAG.sub(partial(_limit_tag, held=held), text)
    try:
        tree = html.document_fromstring(text.encode(_ENCODING, "ignore"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return None  # empty, or only comments
    for element in tree.iter("script", "style") if held else ():
        element.text = held.get(element.text or "", element.text)
    _begin_body(tree)
    return tree


def _limit_tag(tag: re.Match[str], held: dict[str, str]) -> str:
    """Return a start tag with limited attributes, and the script or style that it begins.

    If that, read as markup, would take long (its `<script>` may stand in a comment), it is `held` under a key instead.
    """
    head, raw = _limit_attributes(tag["head"] or tag[0]), tag["raw"] or ""
    if all(inner.end() < len(raw) and _limit_attributes(inner[0]) == inner[0] for inner in _TAG.finditer(raw)):
        return head + raw
    key = f"raw text {len(held)}"
    held[key] = _CONTROLS.sub("", raw[1:])
    return f"{head}>{key}"


def _limit_attributes(written: str) -> str:
    """Return a start tag, without its attributes if they are thousands."""
    if len(written) <= _MAX_TAG_CHARACTERS or len(_VALUE.sub("=", written)) <= _MAX_TAG_CHARACTERS:
        return written
    return re.split(r"[\s/]", written[:_MAX_TAG_CHARACTERS], maxsplit=1)[0]


def _begin_body(tree: HtmlElement) -> None:
    """Move what is no part of a head into the body, as browsers do.

    A page may leave both tags out; libxml2 does not know that elements of HTML5 (article, main …) begin the body.
    """
    head = tree.find("head")
    first = next((child for child in head if child.tag not in _HEAD_TAGS), None) if head is not None else None
    if head is None or first is None:
        return
    body = tree.find("body")
    if body is None:
        body = etree.SubElement(tree, "body")
    moved = [first, *first.itersiblings()]
    moved[-1].tail = (moved[-1].tail or "") + (body.text or "")
    body.text = None
    body[0:0] = moved


def extract_lines(
    tree: HtmlElement, *, lead: str = "", size: int = 0, is_free: bool = True, host: str = ""
) -> list[Line]:
    """Return the lines of the article, in order; [] if there is none.

    `host` is that of the page's address. `lead` is the page's own description, which is often the first paragraph and
    so shows where the article is. `size` is the number of the tree's elements. What the page hides until a click is
    left alone unless the page `is_free`. The tree is not changed.
    """
    body = tree.find("body")
    root = body if body is not None else tree
    blocks = _weighed(read_blocks(root))
    if is_free:
        opened, controls = find_opened(root, blocks)
        if opened:
            blocks = _weighed(read_blocks(root, opened=opened, hidden=controls))
    lines = []
    length = 0
    title = tree.findtext(".//title") or ""
    own_blocks, has_others = _article(blocks, comparable(lead)[:45], title)
    teasers = find_teasers(own_blocks)
    for place, block in enumerate(own_blocks):
        if place in teasers:
            continue
        leads_on = block.link_share >= 0.5 and leads_to_story(block.address, host)  # a line of few links is no teaser
        lines.append(Line(block.text[:_MAX_CHARACTERS], block.tag, block.link_share, leads_on))
        length += len(block.text)
        if length > _MAX_CHARACTERS:
            break
    own = width_of(line.text for line in lines)
    # Where other stories were told from a short article, trafilatura would bring them back.
    is_whole = bool(lines) and (has_others or bool(teasers))
    if own < _MIN_WIDTH and size < _MAX_FALLBACK_ELEMENTS and not is_whole:
        fallback = _by_trafilatura(tree)
        # Its other lines are labels, and in tables the whole page.
        if width_of(line.text for line in fallback if _is_prose(line.text)) > 1.5 * own:
            return fallback
    return lines


def _is_prose(text: str) -> bool:
    return width_of([text]) >= _MIN_PROSE_WIDTH and _SENTENCE.search(text) is not None


def weigh_text(block: Block) -> float:
    """Return a block's weight as article text, in characters; 0 for links, labels and headings."""
    length = len(block.text)
    if block.link_share > 0.5 or block.tag in {"h1", "h2", "h3", "h4", "h5", "h6", "th", "dt", "summary"}:
        return 0.0
    if length > 15 and block.text[length // 2] > "\u2e80":
        length *= HAN_WEIGHT
    if length < _MIN_PROSE_WIDTH or not _SENTENCE.search(block.text):
        return 0.0
    return length * (1 - block.link_share) * (0.6 if block.tag in {"li", "td", "dd"} else 1.0)


def _weighed(blocks: list[Block]) -> list[Block]:
    for block in blocks:
        block.weight = weigh_text(block)
    return blocks


def _article(blocks: list[Block], lead: str, title: str) -> tuple[list[Block], bool]:
    """Select the blocks of the article from all blocks of the page, which have their weights.

    Return them and whether other stories were found beside it.
    """
    total: dict[HtmlElement, float] = defaultdict(float)
    for block in blocks:
        if value := block.weight:
            for mark in block.suspects:
                total[mark] += value
    whole = sum(block.weight for block in blocks)
    # A class name excludes only small parts of the page: <body class="has-sidebar"> holds all of it.
    boilerplate_marks = {
        mark
        for mark, value in _shares(blocks, total, whole).items()
        if value <= 0.4 or (value <= 0.85 and _is_certain(mark))
    }
    boilerplate_marks -= find_advertised_text(boilerplate_marks, blocks)
    region = find_region(blocks, title)
    first = None  # the paragraph below the headline, which leads to the article where class names hid it
    if region is not None and (refuted := boilerplate_marks & find_named_text(region, blocks)):
        boilerplate_marks -= refuted
        first = region.lead
    kept = [block for block in blocks if not any(mark in boilerplate_marks for mark in block.suspects)]
    if others := find_other_stories(region, blocks):
        outside = {element for other in others for element in other.iter()}
        kept = [block for block in kept if block.owner not in outside]
    main = _main(kept, lead, first)
    if main is None:
        return [], bool(others)
    if first is not None and region is not None and any(main is above for above in region.element.iterancestors()):
        main = region.element
    inside = set(main.iter())
    return [block for block in kept if block.owner in inside], bool(others)


def _shares(blocks: list[Block], total: dict[HtmlElement, float], whole: float) -> dict[HtmlElement, float]:
    return {mark: total[mark] / (whole or 1) for block in blocks for mark in block.suspects}


def _is_certain(mark: HtmlElement) -> bool:
    return mark.tag != "body" and names_certain_boilerplate(class_and_id(mark))


def _main(blocks: list[Block], lead: str, first: Block | None) -> HtmlElement | None:
    """Return the element that holds the article's text, or None if no block has weight.

    It is the element with the highest score, or an ancestor that holds much more text.
    """
    total: dict[HtmlElement, float] = defaultdict(float)
    score: dict[HtmlElement, float] = defaultdict(float)
    for block in blocks:
        value = block.weight + (_LEAD_BONUS if block is first else 0.0)
        if (
            len(lead) > 20
            and len(block.text) * 3 >= len(lead)  # no letter becomes more than three
            and block.link_share < 0.5
            and block.tag not in _HEADINGS
            and comparable(block.text[:200]).startswith(lead)
        ):
            value += _LEAD_BONUS
        if not value:
            continue
        holder = (
            block.owner if block.tag in {"div", "section", "article", "td", "main", "body"} else block.owner.getparent()
        )
        if holder is None:
            holder = block.owner
        total[holder] += value
        score[holder] += value
        share = 1.0
        for ancestor in holder.iterancestors():
            share *= 0.7
            total[ancestor] += value
            score[ancestor] += value * share
    if not score:
        return None
    for element, value in score.items():
        if element.get("itemprop") == "articleBody" or names_body(class_and_id(element)):
            score[element] = value * 1.6
        elif element.tag in {"article", "main"}:
            score[element] = value * 1.2
    best = max(score, key=lambda element: score[element])
    return _widened(best, blocks, total)


def _widened(best: HtmlElement, blocks: list[Block], total: dict[HtmlElement, float]) -> HtmlElement:
    """Return the element, or an ancestor that holds more paragraphs of the same build.

    Advertisements may split an article into several elements.
    """
    inside = set(best.iter())
    made: dict[tuple[str, ...], float] = defaultdict(float)
    for block in blocks:
        if block.owner in inside:
            made[_make(block)] += block.weight
    if not made:
        return best
    usual, own = max(made.items(), key=lambda pair: pair[1])
    widest = best
    more: dict[HtmlElement, float] = defaultdict(float)
    for block in blocks:
        if _make(block) == usual and block.owner not in inside:
            value = block.weight
            for ancestor in block.owner.iterancestors():
                more[ancestor] += value
    for ancestor in best.iterancestors():
        if ancestor.tag == "html":
            break
        if more[ancestor] > 0.2 * own and more[ancestor] > more[widest] * 1.15:
            widest = ancestor
    parent = widest.getparent()
    while parent is not None and parent.tag != "html" and total.get(parent, 0.0) > 1.3 * total.get(widest, 0.0):
        widest, parent = parent, parent.getparent()
    return widest


def _make(block: Block) -> tuple[str, ...]:
    """Return the build of a paragraph: its tag with its own class, or with its parent's."""
    if names := (block.owner.get("class") or "").split():
        return (block.tag, names[0])
    holder = block.owner.getparent()
    if holder is None:
        return (block.tag,)
    return (block.tag, "", str(holder.tag), *(holder.get("class") or "").split()[:1])


def _by_trafilatura(tree: HtmlElement) -> list[Line]:
    try:
        found = trafilatura.bare_extraction(
            copy.deepcopy(tree), fast=True, favor_precision=True, include_comments=False, with_metadata=False
        )
    except RecursionError:
        return []
    text = ((getattr(found, "text", None) or "") if found is not None else "")[:_MAX_CHARACTERS]
    return [Line(line) for raw in text.split("\n") if (line := clean(" ".join(raw.split())).strip())]
