"""Find lists of excerpts of other stories in an article: a label, then links with a few lines below each. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.analysis.text import boilerplate_phrases
from pipelines.analysis.text.blocks import Block

_MAX_LABEL_CHARACTERS = 40
_MAX_LINK_CHARACTERS = 150  # of a link that is another story's headline
_MAX_EXCERPT_WEIGHT = 400.0
_MAX_EXCERPT_BLOCKS = 3  # of one story: an excerpt, a time, an author
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
            signs = _says_others_follow(block.text) + _stand_apart(blocks[place:end], prose)
            if stories and signs and (signs > 1 or stories >= _MIN_STORIES):
                found.update(range(place, end))
                place = end
                continue
        prose = block if block.weight else prose
        place += 1
    return found


def _is_label(block: Block) -> bool:
    if len(block.text) > _MAX_LABEL_CHARACTERS or block.link_share > 0.5:
        return False
    return not block.text.endswith(_SENTENCE_END) or _says_others_follow(block.text)


def _stand_apart(stories: Sequence[Block], prose: Block) -> bool:
    """Return True if an element holds the stories with their label, and not the article's last paragraph."""
    outside = {prose.owner, *prose.owner.iterancestors()}
    first, last = stories[0].owner, stories[-1].owner
    above = {last, *last.iterancestors()} - outside
    return any(element in above for element in (first, *first.iterancestors()))


def _says_others_follow(text: str) -> bool:
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
