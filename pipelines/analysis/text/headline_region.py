"""Find the part of a page that the headline heads, and what in it belongs to other stories. Pure.

Class names are one witness of what a block is. Where the headline stands is another, and so is the form of a list of
other stories: blocks of one build, each with a linked headline and a few lines.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from pipelines.analysis.text.blocks import Block, class_and_id
from pipelines.analysis.text.comparison import comparable

_MIN_HEADLINE_CHARACTERS = 8
_MIN_PROSE = 250.0  # weight of the text below a headline that makes a region
_MIN_CARDS = 3
_MAX_CARD_WEIGHT = 400.0
_CONTAINERS = frozenset({"article", "div", "section"})
_CARD_HEADINGS = frozenset({"h2", "h3", "h4", "h5"})


@dataclass(frozen=True, slots=True)
class HeadlineRegion:
    """The smallest element that holds the headline and an article's worth of text."""

    heading: HtmlElement
    element: HtmlElement
    prose: float  # weight of the text in it
    lead: Block | None  # the first paragraph behind the headline


def find_region(blocks: Sequence[Block], title: str) -> HeadlineRegion | None:
    """Return the region of the headline, or None if no heading repeats the page's title. Blocks have their weights."""
    plain = comparable(title[:400])
    place = next(
        (
            n
            for n, block in enumerate(blocks)
            if block.tag in {"h1", "h2"}
            and len(name := comparable(block.text[:400])) >= _MIN_HEADLINE_CHARACTERS
            and name in plain
        ),
        None,
    )
    if place is None:
        return None
    heading = blocks[place].owner
    around = list(heading.iterancestors())
    own = dict.fromkeys(around, 0.0)
    for block in blocks:
        if block.weight:
            nearest: HtmlElement | None = block.owner
            while nearest is not None and nearest not in own:
                nearest = nearest.getparent()
            if nearest is not None:
                own[nearest] += block.weight
    prose = 0.0
    for element in around:
        prose += own[element]
        if prose >= _MIN_PROSE:
            lead = next((block for block in blocks[place + 1 :] if block.weight), None)
            return HeadlineRegion(heading, element, prose, lead)
    return None


def find_named_text(region: HeadlineRegion, blocks: Sequence[Block]) -> set[HtmlElement]:
    """Return elements whose names of boilerplate are refuted: they hold the headline, or most of what it heads."""
    inside = set(region.element.iter())
    refuted = {region.element, *region.element.iterancestors()}
    weights: dict[str, float] = defaultdict(float)
    marks: dict[str, set[HtmlElement]] = defaultdict(set)
    for block in blocks:
        for mark in block.suspects if block.weight else ():
            if mark in inside and (names := class_and_id(mark)) != " ":
                weights[names] += block.weight
                marks[names].add(mark)
    for names, weight in weights.items():
        if weight > 0.6 * region.prose:
            refuted |= marks[names]
    return refuted


def find_other_stories(region: HeadlineRegion | None, blocks: Sequence[Block]) -> set[HtmlElement]:
    """Return elements that hold other stories: further articles below the first, and lists of linked excerpts."""
    if region is None:
        return set()
    others: set[HtmlElement] = set()
    element = region.heading
    while element is not None and element.tag != "body":
        make = (element.tag, (element.get("class") or "").split()[:1])
        for near in element.itersiblings():
            is_alike = near.tag in _CONTAINERS and (near.tag, (near.get("class") or "").split()[:1]) == make
            if is_alike and near.find(f".//{region.heading.tag}") is not None:
                others.add(near)
        element = element.getparent()
    return others | _find_cards(blocks)


def _find_cards(blocks: Sequence[Block]) -> set[HtmlElement]:
    cards: dict[tuple[HtmlElement, str, str], set[HtmlElement]] = defaultdict(set)
    for block in blocks:
        if block.tag in _CARD_HEADINGS and block.link_share > 0.8 and (card := block.owner.getparent()) is not None:
            holder = card.getparent()
            if holder is not None and card.tag in {"div", "article", "li", "section"}:
                cards[holder, str(card.tag), (card.get("class") or "").split(" ")[0]].add(card)
    alike = {card for group in cards.values() if len(group) >= _MIN_CARDS for card in group}
    weights: Counter[HtmlElement] = Counter()
    for block in blocks if alike else ():
        for above in (block.owner, *block.owner.iterancestors()) if block.weight else ():
            if above in alike:
                weights[above] += int(block.weight)
                break
    return {card for card in alike if weights[card] <= _MAX_CARD_WEIGHT}
