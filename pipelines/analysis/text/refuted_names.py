"""Find elements whose class or id names boilerplate, and which hold the article all the same. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence, Set
from itertools import islice

from lxml.html import HtmlElement

from pipelines.analysis.text.blocks import Block, class_and_id, names_boilerplate
from pipelines.analysis.text.boilerplate_phrases import PROMOTION
from pipelines.analysis.text.other_stories.headline_region import HeadlineRegion

_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_ADVERTISING = re.compile(r"(?<![^\s_-])(?:ads?|advert\w{0,10}|publicidad|promos?|sponsor\w{0,4}|banner)(?![^\s_-])")
_ADVERTISED = frozenset({"img", "picture", "iframe", "form", "input", "button", "script", "ins", "video", "svg"})
_MAX_ADVERTISED_PARTS = 100


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
    named = {mark for names, weight in weights.items() if weight > 0.6 * region.prose for mark in marks[names]}
    # A heading without a link in such an element is the article's too.
    headings = {
        block.owner
        for block in blocks
        if block.tag in _HEADINGS and not block.link_share and not named.isdisjoint(block.suspects[:-1])
    }
    return refuted | named | headings


def find_advertised_text(marks: Set[HtmlElement], blocks: Sequence[Block]) -> set[HtmlElement]:
    """Return elements named as advertising that hold sentences alone: an article may be about it, or bear its class.

    What is advertised has a picture, a form or a link, or addresses the readers.
    """
    named = {mark for mark in marks if _names_advertising(class_and_id(mark))}
    held: dict[HtmlElement, list[Block]] = defaultdict(list)
    for block in blocks if named else ():
        for mark in block.suspects:
            if mark in named:
                held[mark].append(block)
    return {
        mark
        for mark, inside in held.items()
        if all(_is_sentence(block) for block in inside)
        and not any(part.tag in _ADVERTISED for part in islice(mark.iter(), _MAX_ADVERTISED_PARTS))
    }


def _names_advertising(names: str) -> bool:
    plain, found = _ADVERTISING.subn(" ", names.lower())
    return found > 0 and not names_boilerplate(plain)


def _is_sentence(block: Block) -> bool:
    return (
        block.weight > 0
        and block.link_share == 0
        and block.text.endswith((".", "。", "”", "»", "?", "？"))
        and not PROMOTION.match(block.text)
    )
