"""Texts for the screen: first sentences, paragraphs, what changed between two versions. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from db.text.scripts import HAN
from db.text.sentences import split_sentences

# A Chinese character, a word or figure with the space after it, a mark, a space: together they are the text.
_WORDS = re.compile(rf"[{HAN}]|(?:[^\W{HAN}](?:[.,:'’-](?=\w))?)+\s*|[^\w\s]\s*|\s+")


class Change(NamedTuple):
    """A stretch of a text that stayed, came or went."""

    kind: Literal["same", "in", "out"]
    text: str


def find_changes(before: str, after: str, *, longest: int = 60_000) -> list[Change]:
    """What changed between two versions, by sentence and within a sentence by word; [] when they are too long."""
    if len(before) + len(after) > longest:
        return []
    old, new = (split_sentences(text, keep_spaces=True) for text in (before, after))
    found: list[Change] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        gone, come = "".join(old[i1:i2]), "".join(new[j1:j2])
        if tag == "equal":
            found.append(Change("same", gone))
        elif tag == "replace" and len(gone) + len(come) < 4_000:
            found += _find_changed_words(gone, come)
        else:
            found += [change for change in (Change("out", gone), Change("in", come)) if change.text]
    return found


def _find_changed_words(before: str, after: str) -> list[Change]:
    old, new = (_WORDS.findall(text) for text in (before, after))
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    if matcher.ratio() < 0.5:
        return [Change("out", before), Change("in", after)]
    found = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            found.append(Change("same", "".join(old[i1:i2])))
        else:
            parts = (Change("out", "".join(old[i1:i2])), Change("in", "".join(new[j1:j2])))
            found += [change for change in parts if change.text]
    return found
