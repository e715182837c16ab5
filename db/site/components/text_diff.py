"""Two versions of a text side by side, by paragraph. Pure."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from db.news.version_comparison import VersionComparison, compare_for_page
from db.text.text_changes import Change, Comparison

CONTEXT_PARAGRAPHS = 1  # unchanged paragraphs that are shown on each side of a change
MAX_KEPT_COMPARISONS = 64  # of copies with their originals, in memory


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """A comparison as it is shown. No rows: the versions are equal.

    `throughout`: comparing them took too much work, so that they stand whole.
    """

    rows: tuple[ParagraphPair, ...]
    throughout: bool = False


def pair_paragraphs(compared: Comparison) -> SideBySide:
    """Pair the paragraphs of the two versions of a comparison."""
    return SideBySide(rows=tuple(_pairs(compared.changes)), throughout=compared.throughout)


@functools.lru_cache(maxsize=MAX_KEPT_COMPARISONS)
def compare_articles(before: tuple[str, str], after: tuple[str, str]) -> VersionComparison:
    """Compare two articles, each (title, text); the latest comparisons are kept."""
    return compare_for_page(before, after)


def _pairs(found: tuple[Change, ...]) -> list[ParagraphPair]:
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
