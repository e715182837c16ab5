"""What changed between two versions of a text, in a row or side by side. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from db.text.scripts import HAN
from db.text.sentences import split_sentences

# A Chinese character, a word or figure with the space after it, a punctuation mark, a space. Joined they are the text.
_WORDS = re.compile(rf"[{HAN}]|(?:[^\W{HAN}](?:[.,:'’-](?=\w))?)+\s*|[^\w\s]\s*|\s+")

CONTEXT_PARAGRAPHS = 1  # unchanged paragraphs that are shown on each side of a change


class Change(NamedTuple):
    """A stretch of text that is the same in both versions, came in or went out."""

    kind: Literal["same", "in", "out"]
    text: str


def find_changes(before: str, after: str, *, longest: int = 60_000) -> list[Change]:
    """Compare two versions by sentence, and within a changed sentence by word.

    [] if both together have more than `longest` characters.
    """
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


@dataclass(frozen=True, slots=True)
class ParagraphPair:
    """A paragraph before and after; `stayed` > 0 stands for that many unchanged paragraphs, which are not shown."""

    before: tuple[Change, ...] = ()
    after: tuple[Change, ...] = ()
    stayed: int = 0

    @property
    def changed(self) -> bool:
        """True if something came in or went out."""
        return any(change.kind != "same" for change in (*self.before, *self.after))


def compare_side_by_side(before: str, after: str) -> list[ParagraphPair] | None:
    """Pair the paragraphs of two versions; [] if the versions are equal, None if they are too long to compare."""
    found = find_changes(f"{before.rstrip()}\n", f"{after.rstrip()}\n")
    return _pairs(found) if found else None


def _pairs(found: list[Change]) -> list[ParagraphPair]:
    pairs: list[ParagraphPair] = []
    before: list[Change] = []
    after: list[Change] = []
    for change in found:
        for line in change.text.splitlines(keepends=True):
            piece = Change(change.kind, line)
            if change.kind != "in":
                before.append(piece)
            if change.kind != "out":
                after.append(piece)
            if change.kind == "same" and line.endswith("\n"):  # both versions end a paragraph here
                pairs.append(ParagraphPair(tuple(before), tuple(after)))
                before, after = [], []
    if before or after:
        pairs.append(ParagraphPair(tuple(before), tuple(after)))
    return _fold_unchanged(
        [pair for pair in pairs if any(change.text.strip() for change in (*pair.before, *pair.after))]
    )


def _fold_unchanged(pairs: list[ParagraphPair]) -> list[ParagraphPair]:
    changed = [at for at, pair in enumerate(pairs) if pair.changed]
    shown: list[ParagraphPair] = []
    for at, pair in enumerate(pairs):
        if any(abs(at - there) <= CONTEXT_PARAGRAPHS for there in changed):
            shown.append(pair)
        elif shown and shown[-1].stayed:
            shown[-1] = ParagraphPair(stayed=shown[-1].stayed + 1)
        else:
            shown.append(ParagraphPair(stayed=1))
    return shown if changed else []
