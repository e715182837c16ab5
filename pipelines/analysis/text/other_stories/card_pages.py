"""Tell digests and lists of stories: pages whose text stands in cards, each a linked headline with a few lines. Pure.

In a digest (news of the day, a newsletter) the cards are the article. A list (a section, a tag) has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from statistics import median_low

from lxml.html import HtmlElement

from db.text.scripts import width_of
from pipelines.analysis.text.blocks import Block, class_and_id, names_certain_boilerplate
from pipelines.analysis.text.boilerplate_phrases import OTHER_NEWS
from pipelines.analysis.text.other_stories.headline_region import HeadlineRegion, has_row
from pipelines.analysis.text.other_stories.shared_words import stems_of
from pipelines.analysis.text.other_stories.teaser_lists import is_headline, leads_to_story, says_others_follow

_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_ROWS = frozenset({"td", "tr", "tbody"})
_MIN_CARDS = 4
_MAX_CARDS = 200  # that are looked at
_MAX_CARD_BLOCKS = 4  # below a headline: an excerpt, a day, an author, a link to the story
_MAX_BESIDE = 10  # blocks before and behind a card that are looked at
_MAX_EXCERPT_WIDTH = 500  # in letters
_MIN_EXCERPT_WIDTH = 50
_MIN_DIGEST_WIDTH = 90  # in letters, of the usual excerpt of a digest
_MAX_LINE_CHARACTERS = 40  # of a day, an author, a link to the story
_MIN_PROSE = 250.0  # weight of an article's own text
_MAX_INTRODUCTION = 400.0  # weight of what a digest says beside its cards
_MAX_INTRODUCTION_SHARE = 0.5  # of the weight of its cards
_MIN_SINGLE_SHARE = 0.8  # of cards in no elements of their own that have one paragraph
_MIN_NAMED_SHARE = 0.5  # of those whose paragraph has a word of the headline
_CUT = ("…", "...", "[…]", "[...]")


class CardPage(Enum):
    """What a page is whose text stands in cards."""

    DIGEST = auto()
    LIST = auto()


@dataclass(frozen=True, slots=True)
class _Card:
    begin: int
    end: int
    excerpt: str
    paragraphs: int
    width: int  # of its excerpt, in letters
    weight: float

    @property
    def is_cut(self) -> bool:
        return self.excerpt.endswith(_CUT)


def find_card_page(
    blocks: Sequence[Block], region: HeadlineRegion | None, *, is_dated: bool
) -> tuple[CardPage | None, set[Block]]:
    """Return what a page of cards is, with the cards' headlines; None if its text stands elsewhere.

    `blocks` are the page's, with their weights. A page that is dated, by its data or below its headline, is a digest
    if its cards are whole paragraphs that stand right below its introduction. Others are lists, and pages without any
    text but lines that are cut off. A page with text above its cards is never a list: it may be a short article.
    """
    if _has_prose(blocks):
        return None, set()
    cards = _read_cards(blocks)
    if len(cards) < _MIN_CARDS:
        return None, set()
    further = sum(card.weight for card in cards[_MAX_CARDS:])
    cards = _without_links_of_paragraphs(blocks, cards[:_MAX_CARDS], region)
    if len({blocks[card.begin].address for card in cards}) < _MIN_CARDS:
        return None, set()
    width = sum(card.width for card in cards)
    rest = sum(block.weight for block in blocks) - sum(card.weight for card in cards) - further
    if rest >= min(_MAX_INTRODUCTION, _MAX_INTRODUCTION_SHARE * width):
        return None, set()
    is_cut = 2 * sum(card.is_cut for card in cards) >= len(cards)
    if is_dated or (region is not None and has_row(region.heading)):
        if region is not None and not is_cut and _is_digest(blocks, cards, region):
            return CardPage.DIGEST, {blocks[card.begin] for card in cards}
        is_list = is_cut and rest < 1
    else:
        is_list = rest < _MIN_PROSE and not _has_text(blocks[: cards[0].begin])
    return (CardPage.LIST if is_list else None), set()


def _has_text(blocks: Sequence[Block]) -> bool:
    """Return True if a block is text, and no comment or notice."""
    return any(
        block.weight and not any(names_certain_boilerplate(class_and_id(mark)) for mark in block.suspects)
        for block in blocks
    )


def _begins_card(block: Block) -> bool:
    """Return True for a headline or heading that is a link to a story; links to an author or a section are none."""
    if block.weight or block.link_share <= 0.8:
        return False
    return leads_to_story(block.address) if block.tag in _HEADINGS else is_headline(block)


def _has_prose(blocks: Sequence[Block]) -> bool:
    """Return True if more text than an introduction stands away from headlines: most articles, soon."""
    weight, last = 0.0, -_MAX_CARD_BLOCKS
    for place, block in enumerate(blocks):
        if block.weight:
            if place > last + _MAX_CARD_BLOCKS:
                weight += block.weight
                if weight >= _MAX_INTRODUCTION:
                    return True
        elif _begins_card(block):
            last = place
    return False


def _read_cards(blocks: Sequence[Block]) -> list[_Card]:
    cards = []
    place = 0
    while place < len(blocks):
        begin = place
        place += 1
        if not _begins_card(blocks[begin]):
            continue
        paragraphs: list[str] = []
        width, weight = 0, 0.0
        while place < len(blocks) and place - begin <= _MAX_CARD_BLOCKS:
            block = blocks[place]
            own = width_of([block.text])
            is_excerpt = block.tag not in _HEADINGS and (
                block.weight > 0 or (own >= _MIN_EXCERPT_WIDTH and block.address == blocks[begin].address)
            )
            if is_excerpt and width + own <= _MAX_EXCERPT_WIDTH:
                width, weight = width + own, weight + block.weight
                paragraphs.append(block.text)
            elif (
                is_excerpt
                or block.tag in _HEADINGS
                or len(block.text) > _MAX_LINE_CHARACTERS
                or (block.link_share > 0.8 and block.address != blocks[begin].address)
            ):
                break
            place += 1
        if paragraphs:
            cards.append(_Card(begin, place, "\n".join(paragraphs), len(paragraphs), width, weight))
    return cards


def _without_links_of_paragraphs(
    blocks: Sequence[Block], cards: Sequence[_Card], region: HeadlineRegion | None
) -> list[_Card]:
    """Return the cards that are alone with their headline in an element, and the headings of regular pages.

    A link between two paragraphs of an article is no card, even as a heading: more than one paragraph follows it here
    and there, and those say nothing of what it names.
    """
    found = []
    flat = []
    for place, card in enumerate(cards):
        headline = blocks[card.begin]
        near = [
            blocks[other.begin].owner for other in (*cards[max(place - 1, 0) : place], *cards[place + 1 : place + 2])
        ]
        near += [block.owner for block in _texts_beside(blocks, card)]
        if region is not None:
            near.append(region.heading)
        beside = {element for owner in near for element in (owner, *owner.iterancestors())}
        if not beside.issuperset(_chain(headline) & _chain(blocks[card.begin + 1])):
            found.append(card)
        elif headline.tag in _HEADINGS:
            flat.append(card)
    holders = [_holder(blocks, card) for card in flat]
    counts = Counter(holders)
    flat = [card for card, holder in zip(flat, holders, strict=True) if counts[holder] > 1]
    single = sum(card.paragraphs == 1 for card in flat)
    named = sum(not stems_of(blocks[card.begin].text).isdisjoint(stems_of(card.excerpt)) for card in flat)
    if single >= _MIN_SINGLE_SHARE * len(flat) and named >= _MIN_NAMED_SHARE * len(flat):
        found = sorted([*found, *flat], key=lambda card: card.begin)
    return found


def _holder(blocks: Sequence[Block], card: _Card) -> HtmlElement | None:
    """Return the smallest element that holds a card's headline and its excerpt."""
    above = _chain(blocks[card.begin])
    excerpt = blocks[card.begin + 1].owner
    return next((element for element in (excerpt, *excerpt.iterancestors()) if element in above), None)


def _texts_beside(blocks: Sequence[Block], card: _Card) -> list[Block]:
    """Return the nearest paragraphs before and behind a card."""
    before = reversed(blocks[max(card.begin - _MAX_BESIDE, 0) : card.begin])
    behind = blocks[card.end : card.end + _MAX_BESIDE]
    return [block for part in (before, behind) if (block := next((one for one in part if one.weight), None))]


def _chain(block: Block) -> set[HtmlElement]:
    return {block.owner, *block.owner.iterancestors()}


def _is_digest(blocks: Sequence[Block], cards: Sequence[_Card], region: HeadlineRegion) -> bool:
    if median_low(card.width for card in cards) < _MIN_DIGEST_WIDTH:
        return False
    first = cards[0].begin
    place = next((n for n, block in enumerate(blocks) if block.owner is region.heading), first)
    if not place < first or _is_label(blocks[first - 1], region):
        return False
    above = _chain(blocks[first])
    around = next(region.heading.iterancestors("article"), None)
    if around is not None and around not in above:
        return False
    if any(element.tag == "aside" or names_certain_boilerplate(class_and_id(element)) for element in above):
        return False
    lead = next((block for block in blocks[place + 1 : first] if block.weight), None)
    return lead is None or _row_holder(lead.owner) in above


def _is_label(block: Block, region: HeadlineRegion) -> bool:
    """Return True if a line between a headline and the first card says that other stories follow."""
    if block.owner is region.heading:
        return False
    return block.tag in _HEADINGS or says_others_follow(block.text) or OTHER_NEWS.match(block.text) is not None


def _row_holder(paragraph: HtmlElement) -> HtmlElement | None:
    """Return the element around a paragraph; of one in a table, the table."""
    holder = paragraph if paragraph.tag in _ROWS else paragraph.getparent()
    while holder is not None and holder.tag in _ROWS:
        holder = holder.getparent()
    return holder
