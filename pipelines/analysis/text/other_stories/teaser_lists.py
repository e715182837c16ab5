"""Find excerpts of other stories in an article: below a label, and in elements of their own. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from db.text.scripts import width_of
from pipelines.analysis.text import boilerplate_phrases
from pipelines.analysis.text.blocks import Block

_MAX_LABEL_CHARACTERS = 40
_MAX_LINK_CHARACTERS = 150  # of a link that is another story's headline
_MAX_EXCERPT_WEIGHT = 400.0
_MAX_EXCERPT_BLOCKS = 3  # of one story: an excerpt, a time, an author
_MIN_HEADLINE_WIDTH = 20  # in letters
_MAX_HEADLINES = 200  # of one page that may begin cards
_MAX_CARD_BLOCKS = 5
_MAX_CARD_LEVELS = 5  # of elements around a headline
_MAX_CARD_SHARE = 0.3  # of an article's weight that cards may hold
_MIN_BEFORE_SHARE = 0.4  # of an article's weight that stands before the label of other news
_CARDS = frozenset({"div", "section", "article", "blockquote", "aside", "figure", "a"})
_FILE = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|csv|zip|jpe?g|png|mp[34])$", re.IGNORECASE)
_MAX_ADDRESS_CHARACTERS = 2_000
_MAX_LAST_LABELS = 2  # short lines above the other stories that close a page
_LIST_ITEMS = frozenset({"li", "dt", "dd", "td", "th"})
_MIN_STORIES = 2  # below a label, if its words do not say that other stories follow or no element holds the list
_SENTENCE_END = (".", "!", "?", "…", "。", "！", "？", "”", "»", ",", "，", ":", "：")


def find_teasers(blocks: Sequence[Block]) -> set[int]:
    """Return the places of blocks that are a list of other stories, with its label.

    `blocks` are an article's, with their weights. A list has prose before it.
    """
    found: set[int] = set()
    prose: Block | None = None  # the last paragraph
    place = 0
    while place < len(blocks):
        block = blocks[place]
        if prose is not None and _is_label(block):
            end, stories = _read_stories(blocks, place + 1)
            signs = says_others_follow(block.text) + _stand_apart(blocks[place:end], prose)
            if stories and signs and (signs > 1 or stories >= _MIN_STORIES):
                found.update(range(place, end))
                place = end
                continue
        prose = block if block.weight else prose
        place += 1
    found |= _find_unlinked(blocks) | _find_cards(blocks)
    return found | _find_last_labels(blocks, found)


def _find_last_labels(blocks: Sequence[Block], found: set[int]) -> set[int]:
    """Return the places of short lines between other stories that stand behind the article's last paragraph.

    Of those above the first story only the nearest are labels, and no items of a list (a programme, signatories).
    """
    last = next((place for place in reversed(range(len(blocks))) if blocks[place].weight and place not in found), -1)
    first = min((place for place in found if place > last), default=None)
    if first is None:
        return set()
    for label in reversed(blocks[max(last + 1, first - _MAX_LAST_LABELS) : first]):
        if not _is_bare(label) or label.tag in _LIST_ITEMS:
            break
        first -= 1
    return {place for place in range(first, len(blocks)) if _is_bare(blocks[place])}


def _is_bare(block: Block) -> bool:
    return len(block.text) <= 2 * _MAX_LABEL_CHARACTERS and not block.text.endswith(_SENTENCE_END)


def leads_to_story(address: str, host: str | None = None) -> bool:
    """Return True if a link leads to another page; with a `host`, only to one of that site.

    Files, mail and places in the same page are none.
    """
    if not address or address[0] == "#" or len(address) > _MAX_ADDRESS_CHARACTERS:
        return False
    try:
        parts = urlsplit(address.strip())
        other = parts.hostname
    except ValueError:
        return False
    if parts.scheme not in ("", "http", "https") or _FILE.search(parts.path) or parts.path in ("", "/"):
        return False
    if host is None or not other:
        return True
    own, other = host.removeprefix("www."), other.removeprefix("www.")
    return other == own or other.endswith(f".{own}") or own.endswith(f".{other}")


def _find_unlinked(blocks: Sequence[Block]) -> set[int]:
    """Return the places of paragraphs about other news, below a label in the same element.

    A label that is alone in its element belongs to a list that the page does not hold.
    """
    whole = sum(block.weight for block in blocks)
    before = 0.0
    prose: Block | None = None
    for place, block in enumerate(blocks):
        if (
            prose is not None
            and before >= _MIN_BEFORE_SHARE * whole
            and len(block.text) <= _MAX_LABEL_CHARACTERS
            and boilerplate_phrases.OTHER_NEWS.match(block.text)
        ):
            holder = block.owner.getparent()
            first = next((other for other in blocks[place + 1 : place + 3] if other.weight or other.link_share), None)
            if first is not None and first.weight and holder is not None and holder in first.owner.iterancestors():
                if holder in prose.owner.iterancestors():
                    return set(range(place, len(blocks)))
                return {place} | {
                    place + 1 + n
                    for n, other in enumerate(blocks[place + 1 :])
                    if holder in other.owner.iterancestors()
                }
        before += block.weight
        prose = block if block.weight else prose
    return set()


def _find_cards(blocks: Sequence[Block]) -> set[int]:
    """Return the places of single excerpts: elements of a linked headline with a few lines below it."""
    whole = sum(block.weight for block in blocks)
    found: set[int] = set()
    headlines = (place for place, block in enumerate(blocks) if place and is_headline(block))
    for place in islice(headlines, _MAX_HEADLINES):
        if place not in found:
            found.update(range(place, _end_of_card(blocks, place)))
    weight = sum(blocks[place].weight for place in found)
    return found if weight <= _MAX_CARD_SHARE * whole else set()


def is_headline(block: Block) -> bool:
    """Return True if a line is a link to another story, as wide as a headline."""
    return (
        _is_link(block)
        and not block.text.endswith(_SENTENCE_END)
        and width_of([block.text]) >= _MIN_HEADLINE_WIDTH
        and leads_to_story(block.address)
    )


def _end_of_card(blocks: Sequence[Block], place: int) -> int:
    """Return the end of the card that a headline begins, or its place if it begins none."""
    around_last = set(blocks[place - 1].owner.iterancestors()) | {blocks[place - 1].owner}
    near = blocks[place + 1 : place + 1 + _MAX_CARD_BLOCKS]
    chains = [{other.owner, *other.owner.iterancestors()} for other in near]
    element: HtmlElement | None = blocks[place].owner
    end = place
    for _ in range(_MAX_CARD_LEVELS):
        if element is None or element in around_last:
            break
        inside = sum(element in chain for chain in chains)
        weight = sum(other.weight for other in near[:inside])
        if inside == _MAX_CARD_BLOCKS or weight > _MAX_EXCERPT_WEIGHT:
            break
        if element.tag in _CARDS and any(other.weight or _is_linked_excerpt(other) for other in near[:inside]):
            end = place + 1 + inside
        element = element.getparent()
    return end


def _is_linked_excerpt(block: Block) -> bool:
    return block.link_share > 0.5 and len(block.text) > _MAX_LABEL_CHARACTERS


def _is_label(block: Block) -> bool:
    if len(block.text) > _MAX_LABEL_CHARACTERS or block.link_share > 0.5:
        return False
    return not block.text.endswith(_SENTENCE_END) or says_others_follow(block.text)


def _stand_apart(stories: Sequence[Block], prose: Block) -> bool:
    """Return True if an element holds the stories with their label, and not the article's last paragraph."""
    outside = {prose.owner, *prose.owner.iterancestors()}
    first, last = stories[0].owner, stories[-1].owner
    above = {last, *last.iterancestors()} - outside
    return any(element in above for element in (first, *first.iterancestors()))


def says_others_follow(text: str) -> bool:
    """Return True if a line is a label of other stories."""
    phrases = (boilerplate_phrases.TEASER, boilerplate_phrases.END, boilerplate_phrases.MORE_FROM)
    return any(phrase.match(text) for phrase in phrases)


def _read_stories(blocks: Sequence[Block], place: int) -> tuple[int, int]:
    """Return the end of a run of stories that begins at a place, and how many it has."""
    stories = 0
    end = place
    while place < len(blocks) and _is_link(blocks[place]):
        excerpt = place + 1
        while (
            excerpt < len(blocks)
            and excerpt - place <= _MAX_EXCERPT_BLOCKS
            and not _is_link(blocks[excerpt])
            and _is_short(blocks[excerpt], had_text=any(block.weight for block in blocks[place + 1 : excerpt]))
        ):
            excerpt += 1
        if not any(block.weight for block in blocks[place + 1 : excerpt]):
            break
        stories += 1
        place = end = excerpt
    return end, stories


def _is_link(block: Block) -> bool:
    return block.link_share > 0.8 and len(block.text) <= _MAX_LINK_CHARACTERS


def _is_short(block: Block, *, had_text: bool) -> bool:
    """Return True for a story's only excerpt, and for its time or author."""
    return (block.weight == 0 and len(block.text) <= _MAX_LABEL_CHARACTERS) or (
        not had_text and (0 < block.weight <= _MAX_EXCERPT_WEIGHT)
    )
