"""Extract an article's text from a parsed page. Pure.

The text is that of the blocks in the element that holds the article. If that is short, trafilatura is tried: it handles
more layouts and takes ten times as long.
"""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from dataclasses import dataclass

import trafilatura
from lxml.html import HtmlElement

from db.text.folding import clean
from db.text.scripts import HAN_WEIGHT, width_of
from pipelines.analysis.text.blocks import Block, class_and_id, names_body, names_certain_boilerplate, read_blocks
from pipelines.analysis.text.collapsed import find_opened
from pipelines.analysis.text.comparison import comparable
from pipelines.analysis.text.other_stories.card_pages import CardPage, find_card_page
from pipelines.analysis.text.other_stories.headline_region import HeadlineRegion, find_other_stories, find_region
from pipelines.analysis.text.other_stories.teaser_lists import find_teasers, leads_to_story
from pipelines.analysis.text.refuted_names import find_advertised_text, find_named_text

_SENTENCE = re.compile(r"[.!?…。！？;；:：,，、»”\"')）]")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LEAD_BONUS = 600.0  # characters that are added to the weight of a block that begins like the page's description
_MAX_CHARACTERS = 150_000  # of an article; longer pages are no articles and take long to process
_MAX_FALLBACK_ELEMENTS = 15_000  # trafilatura takes seconds for larger trees
_MIN_PROSE_WIDTH = 50  # in letters, of a paragraph
_MIN_WIDTH = 250  # in letters; if the text is shorter, trafilatura is tried too


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph, heading or list item of an article."""

    text: str
    tag: str = "p"
    link_share: float = 0.0  # share of the characters that are links
    leads_on: bool = False  # its only link leads to another page of the same site


def extract_lines(
    tree: HtmlElement, *, lead: str = "", size: int = 0, is_free: bool = True, is_dated: bool = True, host: str = ""
) -> list[Line]:
    """Return the lines of the article, in order; [] if there is none.

    `host` is that of the page's address. `lead` is the page's own description, which is often the first paragraph and
    so shows where the article is. `size` is the number of the tree's elements. What the page hides until a click is
    left alone unless the page `is_free`. A page of cards that is not `is_dated` by its data may be a list without an
    article. The tree is not changed.
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
    region = find_region(blocks, title)
    page, card_headlines = find_card_page(blocks, region, is_dated=is_dated)
    if page is CardPage.LIST:
        return []
    is_digest = page is CardPage.DIGEST
    own_blocks, has_others = _article(blocks, comparable(lead)[:45], region, is_digest=is_digest)
    teasers = set() if is_digest else find_teasers(own_blocks)
    for place, block in enumerate(own_blocks):
        if place in teasers:
            continue
        if block in card_headlines:
            lines.append(Line(block.text[:_MAX_CHARACTERS], block.tag))
        else:
            leads_on = block.link_share >= 0.5 and leads_to_story(
                block.address, host
            )  # a line of few links is no teaser
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


def _article(
    blocks: list[Block], lead: str, region: HeadlineRegion | None, *, is_digest: bool = False
) -> tuple[list[Block], bool]:
    """Select the blocks of the article from all blocks of the page, which have their weights.

    Return them and whether other stories were found beside it.
    """
    total: dict[HtmlElement, float] = defaultdict(float)
    for block in blocks:
        if value := block.weight:
            for mark in block.suspects:
                total[mark] += value
    whole = sum(block.weight for block in blocks) or 1
    # A class name excludes only small parts of the page: <body class="has-sidebar"> holds all of it.
    boilerplate_marks = {
        mark
        for mark in {mark for block in blocks for mark in block.suspects}
        if total[mark] / whole <= 0.4 or (total[mark] / whole <= 0.85 and _is_certain(mark))
    }
    boilerplate_marks -= find_advertised_text(boilerplate_marks, blocks)
    first = None  # the paragraph below the headline, which leads to the article where class names hid it
    if region is not None and (refuted := boilerplate_marks & find_named_text(region, blocks)):
        boilerplate_marks -= refuted
        first = region.lead
    kept = [block for block in blocks if boilerplate_marks.isdisjoint(block.suspects)]
    if others := find_other_stories(region, blocks, is_digest=is_digest):
        outside = {element for other in others for element in other.iter()}
        kept = [block for block in kept if block.owner not in outside]
    main = _main(kept, lead, first)
    if main is None:
        return [], bool(others)
    if first is not None and region is not None and any(main is above for above in region.element.iterancestors()):
        main = region.element
    inside = set(main.iter())
    return [block for block in kept if block.owner in inside], bool(others)


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
