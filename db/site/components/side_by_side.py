"""Two versions of a text side by side: rows of paragraphs, what stayed folded away. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from db.site.components.text_diff import Change, find_changes

CONTEXT_PARAGRAPHS = 1  # unchanged paragraphs that are shown on each side of a change


@dataclass(frozen=True, slots=True)
class ParagraphPair:
    """A paragraph before and after; with `stayed`, so many paragraphs that are the same and not shown."""

    before: tuple[Change, ...] = ()
    after: tuple[Change, ...] = ()
    stayed: int = 0

    @property
    def changed(self) -> bool:
        """Whether something came or went."""
        return any(change.kind != "same" for change in (*self.before, *self.after))


def compare_side_by_side(before: str, after: str) -> list[ParagraphPair] | None:
    """The paragraphs of two versions beside each other; [] if they are the same, None if too long to compare."""
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
