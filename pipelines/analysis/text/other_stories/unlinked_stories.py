"""Find other stories without links in an article: a second one below it, and pairs of a headline and a sentence. Pure.

Markup alone does not tell them from the article's own sections: they are left out only where their words are others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from lxml.html import HtmlElement

from pipelines.analysis.text import boilerplate_phrases
from pipelines.analysis.text.blocks import Block
from pipelines.analysis.text.comparison import width_of
from pipelines.analysis.text.inline_text import text_of
from pipelines.analysis.text.other_stories.shared_words import is_about_others, stems_of

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MIN_BEFORE = 250.0  # weight of an article's text before another story
_MAX_LABEL_CHARACTERS = 40
_MAX_SHARE = 0.06  # of words that another story behind the article's own element has in common with it
_MAX_LABELLED_SHARE = 0.12  # the same below a label of other stories
_MAX_PAIRS_SHARE = 0.12  # the same of pairs, with the article and with each other
_MAX_CANDIDATES = 10
_MAX_PARTS = 60  # blocks of a second story that are read
_MIN_PAIRS = 2
_MIN_HEADLINE_WIDTH = 20  # in letters
_MIN_USUAL_WIDTH = 25  # of the headlines of all pairs in the middle; the labels of an article's parts are shorter
_MAX_HEADLINE_CHARACTERS = 150
_MIN_SENTENCE_WIDTH = 25
_MAX_SENTENCE_WIDTH = 220
_MAX_ELEMENTS = 12  # of a block among which a bold headline is looked for
_MIN_ARTICLE = 1.5  # weight of the article beside pairs, as a multiple of theirs
_BOLD = frozenset({"b", "strong"})
_LABELS = (boilerplate_phrases.TEASER, boilerplate_phrases.END, boilerplate_phrases.OTHER_NEWS)
_NO_HEADLINE = (".", "!", "?", "…", "。", "！", "？", ":", "：", ",", "，", ";", "；")
_SENTENCE_END = (".", "!", "?", "。", "！", "？", ".”", "。”", '."', ".»")


def find_unlinked_stories(blocks: Sequence[Block], title: str) -> set[int]:
    """Return the places of blocks that tell other stories than the article. Blocks have their weights."""
    return _find_second_stories(blocks, title) | _find_pairs(blocks, title)


def _find_second_stories(blocks: Sequence[Block], title: str) -> set[int]:
    found: set[int] = set()
    lead: Block | None = None
    prose: Block | None = None
    before, tries = 0.0, 0
    for place, block in enumerate(blocks):
        if block.weight:
            before += block.weight
            lead, prose = lead or block, block
            continue
        if lead is None or prose is None or before < _MIN_BEFORE or block.link_share > 0.5 or place in found:
            continue
        is_label = len(block.text) <= _MAX_LABEL_CHARACTERS and any(label.match(block.text) for label in _LABELS)
        if not is_label and (block.tag not in _HEADINGS or _is_in(lead.owner.getparent(), block)):
            continue
        tries += 1
        if tries > _MAX_CANDIDATES:
            break
        part = _read_labelled(blocks, place, prose) if is_label else _read_appended(blocks, place, lead, prose)
        if not 0 < sum(blocks[other].weight for other in part) <= before:
            continue
        known = stems_of("\n".join([title, *(other.text for other in blocks[:place])]))
        found |= _about_others(blocks, part, known) if is_label else _if_other(blocks, part, known)
    return found


def _read_labelled(blocks: Sequence[Block], place: int, prose: Block) -> range:
    """Return what stands below a label: all that its own box holds, or the blocks up to the next link or heading."""
    box = _outermost(blocks[place].owner, _chain(prose.owner))
    end = place + 1
    if box is not blocks[place].owner:
        while end < len(blocks) and box in _chain(blocks[end].owner):
            end += 1
    if end == place + 1:
        while end < len(blocks) and not blocks[end].link_share > 0.5:
            end += 1
    return range(place, min(end, place + _MAX_PARTS))


def _read_appended(blocks: Sequence[Block], place: int, lead: Block, prose: Block) -> range:
    """Return what a heading begins outside the element of the article's paragraphs, in one of the same build.

    Empty if it is one of the article's own.
    """
    heading = blocks[place].owner
    body = lead.owner.getparent()
    first = next((block for block in islice(blocks, place + 1, place + 4) if block.weight), None)
    if body is None or first is None:
        return range(0)
    top = _outermost(heading, _chain(prose.owner))
    beside = _outermost(lead.owner, _chain(heading))
    holder = first.owner.getparent()
    previous = top.getprevious()
    if _is_alike(top, beside):
        own: HtmlElement = beside
    elif (holder is not None and _is_alike(holder, body)) or (previous is not None and previous.tag == "hr"):
        own = body
    else:
        return range(0)
    # The items of a digest are alike too, but none holds all that stands before.
    inside = set(own.iter())
    if any(block.weight and block.owner not in inside for block in blocks[:place]):
        return range(0)
    return range(place, len(blocks))


def _if_other(blocks: Sequence[Block], part: range, known: set[str], *, most: float = _MAX_SHARE) -> set[int]:
    text = "\n".join(blocks[place].text for place in part[:_MAX_PARTS])
    return set(part) if is_about_others(text, known, most=most) else set()


def _about_others(blocks: Sequence[Block], part: range, known: set[str]) -> set[int]:
    """Return the label and what follows up to the first paragraph that speaks of the article's subject."""
    if part.stop == len(blocks) and (whole := _if_other(blocks, part, known, most=_MAX_LABELLED_SHARE)):
        return whole
    end = part.start
    for place in part[1:]:
        block = blocks[place]
        if block.weight or block.text.endswith(_SENTENCE_END):
            if not is_about_others(block.text, known, most=_MAX_SHARE):
                break
            end = place + 1
    return set(range(part.start, end)) if _has_weight(blocks[part.start : end]) else set()


def _find_pairs(blocks: Sequence[Block], title: str) -> set[int]:
    found: set[int] = set()
    run: list[range] = []
    place, tries = 0, 0
    while place <= len(blocks) and tries <= _MAX_CANDIDATES:
        pair = _read_pair(blocks, place) if place < len(blocks) else None
        if pair is not None:
            run.append(pair)
            place = pair.stop
            continue
        if len(run) >= _MIN_PAIRS:
            tries += 1
            found |= _if_others(blocks, run, title)
        run = []
        place += 1
    return found


def _if_others(blocks: Sequence[Block], run: Sequence[range], title: str) -> set[int]:
    """Return the places of a run of pairs, if the article holds more and has other words, as each of them has."""
    inside = range(run[0].start, run[-1].stop)
    weight = sum(blocks[place].weight for place in inside)
    rest = [block for place, block in enumerate(blocks) if place not in inside]
    own = sum(block.weight for block in rest)
    usual = sum(width_of([_headline(blocks[pair.start])]) for pair in run) / len(run)
    if (
        own < max(_MIN_BEFORE, _MIN_ARTICLE * weight)
        or usual < _MIN_USUAL_WIDTH
        or not _has_weight(blocks[: inside.start])
    ):
        return set()
    texts = ["\n".join(blocks[place].text for place in pair) for pair in run]
    known = stems_of("\n".join([title, *(block.text for block in rest)]))
    if not is_about_others("\n".join(texts), known, most=_MAX_PAIRS_SHARE):
        return set()
    # The parts of one article have words in common.
    words = [stems_of(text) for text in texts]
    counts = Counter(word for one in words for word in one)
    shared = sum(counts[word] > 1 for one in words for word in one)
    return set(inside) if shared <= _MAX_PAIRS_SHARE * sum(counts.values()) else set()


def _read_pair(blocks: Sequence[Block], place: int) -> range | None:
    """Return the places of a headline, as a heading or in bold, with one sentence or two; None if none is here."""
    block = blocks[place]
    if block.link_share or len(block.text) > _MAX_HEADLINE_CHARACTERS + _MAX_SENTENCE_WIDTH:
        return None
    headline = _headline(block)
    if not headline or len(headline) > _MAX_HEADLINE_CHARACTERS or headline.endswith(_NO_HEADLINE):
        return None
    if width_of([headline]) < _MIN_HEADLINE_WIDTH:
        return None
    if headline != block.text:
        return range(place, place + 1)
    following = blocks[place + 1] if place + 1 < len(blocks) else None
    if following is None or following.link_share or following.tag in _HEADINGS or not _is_sentence(following.text):
        return None
    return range(place, place + 2)


def _headline(block: Block) -> str:
    """Return a heading, a bold block, or the bold beginning to which a block's sentence is joined; "" if none."""
    if block.tag in _HEADINGS:
        return block.text
    if not block.text.endswith(_NO_HEADLINE):
        bold = (part for part in islice(block.owner.iter(), _MAX_ELEMENTS) if part.tag in _BOLD)
        return block.text if any(text_of(part) == block.text for part in bold) else ""
    if len(block.owner) and block.owner[0].tag in _BOLD and not (block.owner.text or "").strip():
        text = text_of(block.owner[0])
        rest = block.text.removeprefix(text)
        return text if rest and rest[0].isupper() and _is_sentence(rest) else ""
    return ""


def _is_sentence(text: str) -> bool:
    return text.endswith(_SENTENCE_END) and _MIN_SENTENCE_WIDTH <= width_of([text]) <= _MAX_SENTENCE_WIDTH


def _has_weight(blocks: Iterable[Block]) -> bool:
    return any(block.weight for block in blocks)


def _is_in(element: HtmlElement | None, block: Block) -> bool:
    return any(above is element for above in block.owner.iterancestors())


def _chain(element: HtmlElement) -> set[HtmlElement]:
    return {element, *element.iterancestors()}


def _outermost(element: HtmlElement, around: set[HtmlElement]) -> HtmlElement:
    """Return the outermost element that holds this one and is none of those `around` another place."""
    for above in element.iterancestors():
        if above in around:
            break
        element = above
    return element


def _is_alike(element: HtmlElement, other: HtmlElement) -> bool:
    """Return True if two elements are articles, or have one tag and class."""
    if element is other or _build(element) != _build(other):
        return False
    return element.tag == "article" or bool(element.get("class"))


def _build(element: HtmlElement) -> tuple[str, str]:
    return str(element.tag), " ".join((element.get("class") or "").split()[:1])
