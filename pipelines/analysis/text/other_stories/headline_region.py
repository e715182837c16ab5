"""Find the part of a page that the headline heads, and what in it belongs to other stories. Pure.

Class names are one witness of what a block is. Where the headline stands is another, and so is the form of a list of
other stories: blocks of one build, each with a linked headline and a few lines.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from lxml.html import HtmlElement

from pipelines.analysis.text.blocks import Block, class_and_id
from pipelines.analysis.text.boilerplate_phrases import BYLINE
from pipelines.analysis.text.comparison import comparable
from pipelines.analysis.text.inline_text import text_of
from pipelines.analysis.text.other_stories.teaser_lists import leads_to_story

_MIN_HEADLINE_CHARACTERS = 8
_MIN_PROSE = 250.0  # weight of the text below a headline that makes a region
_MIN_CARDS = 3
_MAX_CARD_WEIGHT = 400.0
_CONTAINERS = frozenset({"article", "div", "section"})
_MAX_HEADER_LEVELS = 3  # between a headline and the element in which its article goes on
_MAX_HEADER_CHARACTERS = 160  # beside the headline in a page's header
_MAX_RULES = 20
_MAX_BEHIND_RULE = 2_000  # elements that follow a rule
_MAX_HEADLINES = 50  # in one element that are looked at
_MAX_ROWS = 4  # elements between a headline and the text
_MAX_ROW_PARTS = 12
_MAX_ROW_CHARACTERS = 100
_ROW_NAMES = re.compile(
    r"(?:^|[\s_-])(?:byline|dateline|date|fecha|data|time|author|autor(?:es)?|meta|share|sharing|social|compartir|pub\w{0,12}"
    r"|posted-?on|source|laiyuan)(?:$|[\s_-])",
    re.IGNORECASE,
)
_DAY = re.compile(r"\d{1,2}\D{1,14}(?:19|20)\d\d|(?:19|20)\d\d\D{1,4}\d{1,2}")
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


def find_other_stories(
    region: HeadlineRegion | None, blocks: Sequence[Block], *, is_digest: bool = False
) -> set[HtmlElement]:
    """Return elements that hold other stories: further articles below the first, and lists of linked excerpts.

    Those of a digest are the article.
    """
    if region is None or is_digest:
        return set()
    heading = region.heading
    others: set[HtmlElement] = set()
    element: HtmlElement | None = heading
    while element is not None and element.tag != "body":
        make = _name_build(element)
        for near in element.itersiblings():
            if near.tag in _CONTAINERS and _name_build(near) == make and near.find(f".//{heading.tag}") is not None:
                others.add(near)
        element = element.getparent()
    others |= _find_articles(region) | _find_headlines_alike(region, blocks)
    return others | _find_flat_stories(heading) | _find_behind_rule(region, blocks) | _find_cards(blocks)


def _name_build(element: HtmlElement) -> tuple[str, str]:
    return str(element.tag), " ".join((element.get("class") or "").split()[:1])


def _find_articles(region: HeadlineRegion) -> set[HtmlElement]:
    """Return other articles with a headline of their own.

    They may stand in the first one: the parser passes over `</article>` where an element in it was left open.
    """
    around = {region.heading, *region.heading.iterancestors()}
    first = next(
        (element for element in (region.element, *region.element.iterancestors()) if element.tag == "article"), None
    )
    if first is None:
        return set()
    found: set[HtmlElement] = set()
    for headline in first.getroottree().getroot().iter("h1") if region.heading.tag == "h1" else ():
        holder = next(headline.iterancestors("article"), None)
        if holder is not None and holder not in around:
            found.add(holder)
    return found


def _find_headlines_alike(region: HeadlineRegion, blocks: Sequence[Block]) -> set[HtmlElement]:
    """Return elements with text below a further headline of the same class, wherever it stands."""
    names = region.heading.get("class")
    if not names or region.lead is None:
        return set()
    own = {region.heading, *region.heading.iterancestors(), region.lead.owner, *region.lead.owner.iterancestors()}
    found: set[HtmlElement] = set()
    headlines = (block for block in blocks if block.tag == region.heading.tag and block.owner.get("class") == names)
    for block in islice(headlines, _MAX_HEADLINES):
        chain = [block.owner, *block.owner.iterancestors()]
        holder = next((element for element, above in pairwise(chain) if above in own), None)
        if holder is not None and holder not in own and holder is not block.owner:
            found.add(holder)
    return {
        holder for holder in found if any(block.weight and holder in block.owner.iterancestors() for block in blocks)
    }


def _find_flat_stories(heading: HtmlElement) -> set[HtmlElement]:
    """Return what follows in the same element from the next headline on that has a line of author, day or sharing.

    The headings of an article's sections have none.
    """
    unit = heading
    for _ in range(_MAX_HEADER_LEVELS):
        parent = unit.getparent()
        make = _name_build(unit)
        later = [near for near in unit.itersiblings() if isinstance(near.tag, str)]
        alike = (
            place
            for place, near in enumerate(later)
            if _name_build(near) == make and (near.tag == heading.tag or near.find(f".//{heading.tag}") is not None)
        )
        headlines = list(islice(alike, _MAX_HEADLINES))
        for place in headlines if headlines and _has_row(unit, later) else ():
            if _has_row(later[place], later[place + 1 : place + 1 + _MAX_ROWS]):
                # A day may stand above the headline.
                return set(later[place - 1 if place and _is_row(later[place - 1]) else place :])
        if (
            parent is None
            or parent.tag == "body"
            or len(text_of(parent)) > len(text_of(heading)) + _MAX_HEADER_CHARACTERS
        ):
            return set()
        unit = parent
    return set()


def _find_behind_rule(region: HeadlineRegion, blocks: Sequence[Block]) -> set[HtmlElement]:
    """Return what follows a rule in the same element if another story begins there.

    Its headline is of the page's own rank, leads to its page, or has a line of author or day below it. The sections of
    an article, of which many have a rule between them, hold more text than what stands before the first; reports give
    them headlines of the page's own rank.
    """
    has_sections = False
    places: dict[HtmlElement, int] = {}
    for number, block in enumerate(blocks):
        places.setdefault(block.owner, number)
    begin = places.get(region.heading, len(blocks))
    for rule in islice(region.element.iter("hr"), _MAX_RULES):
        later = [near for near in islice(rule.itersiblings(), _MAX_BEHIND_RULE) if text_of(near)]
        place = places.get(later[0], -1) if later else -1
        if place <= begin:
            continue
        before = sum(block.weight for block in blocks[begin:place])
        behind = sum(block.weight for block in blocks[place:])
        headline = blocks[place]
        is_same_rank = region.heading.tag == "h1" == headline.tag
        is_other = (is_same_rank or headline.tag in _CARD_HEADINGS) and (
            (headline.link_share > 0.8 and leads_to_story(headline.address)) or (len(later) > 1 and _is_row(later[1]))
        )
        is_shorter = behind <= before and (is_other or (is_same_rank and not has_sections))
        if before >= _MIN_PROSE and ((is_same_rank and is_other) or is_shorter):
            return set(later)
        has_sections |= is_same_rank
    return set()


def has_row(headline: HtmlElement) -> bool:
    """Return True if a line of author, day or sharing stands at a headline, or at the header that holds it."""
    unit: HtmlElement | None = headline
    for _ in range(_MAX_HEADER_LEVELS):
        if unit is None or unit.tag == "body" or len(text_of(unit)) > len(text_of(headline)) + _MAX_HEADER_CHARACTERS:
            return False
        if _has_row(unit, [near for near in islice(unit.itersiblings(), _MAX_ROWS) if isinstance(near.tag, str)]):
            return True
        unit = unit.getparent()
    return False


def _has_row(headline: HtmlElement, later: Sequence[HtmlElement]) -> bool:
    """Return True if a line of author, day or sharing stands in, above or right below a headline."""
    if any(_is_row(part) for part in islice(headline.iterdescendants(), _MAX_ROW_PARTS)):
        return True
    above = headline.getprevious()
    if above is not None and _is_row(above):
        return True
    for near in later[:_MAX_ROWS]:
        if _is_row(near):
            return True
        if len(text_of(near)) > _MAX_ROW_CHARACTERS:
            return False
    return False


def _is_row(element: HtmlElement) -> bool:
    if not isinstance(element.tag, str) or element.tag in _CARD_HEADINGS:
        return False
    text = text_of(element)
    if len(text) > _MAX_ROW_CHARACTERS:
        return False
    if any(
        _ROW_NAMES.search(class_and_id(part)) or part.tag == "time" for part in islice(element.iter(), _MAX_ROW_PARTS)
    ):
        return True
    return BYLINE.match(text) is not None or (_DAY.search(text) is not None and not text.endswith((".", "。")))


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
