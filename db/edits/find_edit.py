"""What an edit changed: headline, figures, names, a paragraph gone, other text; or trifles alone. Pure.

Trifles are spacing, punctuation, capitals, accents, slips of the pen, counters, stamps of publication, paragraphs in
another order, and figures that are written in another way. The work is bounded (db.text.alignment).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from db.edits.edit_runs import MAX_RUN_CHARACTERS, ChangedRun, VersionTokens, is_slip
from db.edits.edit_words import has_correction_notice
from db.edits.steady_text import SteadyParagraph, read_paragraph, read_paragraphs
from db.text.alignment import align, budget_for
from db.text.folding import fold
from db.text.scripts import is_han

EditKind = Literal["figures", "headline", "names", "removed", "text"]
EDIT_KINDS: tuple[EditKind, ...] = ("figures", "headline", "names", "removed", "text")
MAX_DETAILS = 6  # of one edit
MAX_DETAIL_CHARACTERS = MAX_RUN_CHARACTERS  # of each side of a detail
_MAX_READ_CHARACTERS = 400_000  # of both versions together; longer ones are other text
_MAX_COMPARED_CHARACTERS = 60_000  # of the paragraphs that only one version has, both together
_LEAST_PARAGRAPH_TOKENS = 8
_LEAST_PARAGRAPH_HAN = 15
_GONE_RUNS = 0.3  # of a paragraph's runs of three words that may stand elsewhere in the new version
_GONE_WORDS = 0.5  # of its words that are not short, in what is new there
_TELLING_LETTERS = 4
_FEW_TOKENS = 3  # beside a changed figure or name: its article or its plural


@dataclass(frozen=True, slots=True, kw_only=True)
class EditDetail:
    """One thing that changed: what stood there before and afterwards, of which one may be ""."""

    kind: EditKind
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What changed from one version to the next. Without kinds it is a trifle."""

    kinds: tuple[EditKind, ...]
    has_notice: bool  # the later version says so, and the earlier one did not say the same
    details: tuple[EditDetail, ...] = field(default=(), repr=False)


def find_edit(
    before: tuple[str, str], after: tuple[str, str], *, language: str = "", country: str | None = None
) -> Edit:
    """Judge an edit from one version to the next, each (title, text).

    language: of the article. country: of its outlet; figures are read by it (db.figures).
    """
    has_notice = has_correction_notice(*after, before=before)
    details = list(_compare_headlines(before[0], after[0]))
    if sum(map(len, (*before, *after))) > _MAX_READ_CHARACTERS:
        details.append(EditDetail(kind="text", before=before[1], after=after[1]))
    else:
        old, new = read_paragraphs(before[1]), read_paragraphs(after[1])
        details += _compare_texts(old, new, language, country)
        if details and details[0].kind == "headline":
            old, new = [read_paragraph(before[0])], [read_paragraph(after[0])]
            details += [it for it in _compare_texts(old, new, language, country) if it.kind == "figures"]
    found = {detail.kind for detail in details}
    shown = list(
        dict.fromkeys(EditDetail(kind=it.kind, before=_cut(it.before), after=_cut(it.after)) for it in details)
    )
    shown.sort(key=lambda detail: EDIT_KINDS.index(detail.kind))
    return Edit(
        kinds=tuple(kind for kind in EDIT_KINDS if kind in found),
        has_notice=has_notice,
        details=tuple(shown[:MAX_DETAILS]),
    )


def _cut(text: str) -> str:
    return text if len(text) <= MAX_DETAIL_CHARACTERS else f"{text[: MAX_DETAIL_CHARACTERS - 1]}…"


def _compare_headlines(before: str, after: str) -> Iterator[EditDetail]:
    old, new = (read_paragraph(title.partition("|")[0].strip() or title) for title in (before, after))
    if old.key != new.key and not is_slip(old.tokens, new.tokens):
        yield EditDetail(kind="headline", before=before, after=after)


def _compare_texts(
    old: Sequence[SteadyParagraph], new: Sequence[SteadyParagraph], language: str, country: str | None
) -> Iterator[EditDetail]:
    """Yield what changed between two texts; paragraphs that both have are left aside, in whatever order."""
    both = Counter(row.key for row in old) & Counter(row.key for row in new)
    old_rest, new_rest = _leave_out(old, both.copy()), _leave_out(new, both)
    if "".join(row.key for row in old_rest) == "".join(row.key for row in new_rest):
        return
    if sum(len(row.text) for row in (*old_rest, *new_rest)) > _MAX_COMPARED_CHARACTERS:
        yield EditDetail(kind="text", before=_begin(old_rest), after=_begin(new_rest))
        return
    one, two = VersionTokens(old_rest, language, country), VersionTokens(new_rest, language, country)
    gone = list(_find_gone(old_rest, new_rest, new))
    yield from (EditDetail(kind="removed", before=row.text, after="") for row in gone)
    keys = {row.key for row in gone}
    removed = {number for number, row in enumerate(old_rest) if row.key in keys}
    budget = budget_for(len(one.tokens) + len(two.tokens))
    stretches = align([it.folded for it in one.tokens], [it.folded for it in two.tokens], budget)
    runs = [ChangedRun(one, two, stretch, removed) for stretch in stretches if stretch.kind == "other"]
    known = _find_known_names((*old, *new))
    yield from _describe_runs([run for run in runs if not run.is_trifle], known)


def _begin(rows: Sequence[SteadyParagraph]) -> str:
    return rows[0].text if rows else ""


def _leave_out(rows: Iterable[SteadyParagraph], both: Counter[str]) -> list[SteadyParagraph]:
    rest = []
    for row in rows:
        if both[row.key] > 0:
            both[row.key] -= 1
        else:
            rest.append(row)
    return rest


def _find_gone(
    old_rest: Iterable[SteadyParagraph], new_rest: Iterable[SteadyParagraph], new: Iterable[SteadyParagraph]
) -> Iterator[SteadyParagraph]:
    """Yield the paragraphs whose words stand nowhere in the new version, moved or written anew."""
    runs_there = {run for row in new for run in _list_runs(row)}
    words_there = {word for row in new_rest for word in _list_telling_words(row)}
    for row in old_rest:
        least = _LEAST_PARAGRAPH_HAN if any(is_han(token.folded) for token in row.tokens) else _LEAST_PARAGRAPH_TOKENS
        if len(row.tokens) < least:
            continue
        runs, words = _list_runs(row), _list_telling_words(row)
        if len(runs & runs_there) < _GONE_RUNS * len(runs) and len(words & words_there) < _GONE_WORDS * len(words):
            yield row


def _list_runs(row: SteadyParagraph) -> set[tuple[str, str, str]]:
    words = [token.folded for token in row.tokens]
    return set(zip(words, words[1:], words[2:], strict=False))


def _list_telling_words(row: SteadyParagraph) -> set[str]:
    """Return the words of a paragraph that are not short, and pairs of Chinese characters."""
    words = [token.folded for token in row.tokens]
    pairs = {one + other for one, other in pairwise(words) if is_han(one) and is_han(other)}
    return pairs | {word for word in words if len(word) >= _TELLING_LETTERS or word[0].isdigit()}


def _find_known_names(rows: Iterable[SteadyParagraph]) -> set[str]:
    return {
        token.folded
        for row in rows
        for before, token in pairwise(row.tokens)
        if token.is_capital and not token.begins_sentence and not before.folded[0].isdigit()
    }


def _describe_runs(runs: Sequence[ChangedRun], known: set[str]) -> Iterator[EditDetail]:
    """Yield figures, names and other text that changed. What moved from one place to another has not changed."""
    in_place = [run for run in runs if not run.is_passage]
    names = [run.list_names(known) for run in in_place]
    names_gone, names_come = Counter[str](), Counter[str]()
    for old, new in names:
        names_gone.update(map(fold, old))
        names_come.update(map(fold, new))
    names_gone, names_come = names_gone - names_come, names_come - names_gone
    for run, pair in zip(in_place, names, strict=True):
        (one, a, b), (two, c, d) = run.sides
        old_figures = [one.surfaces[it] for it in sorted(run.figures[0]) if one.counts[it] > two.counts[it]]
        new_figures = [two.surfaces[it] for it in sorted(run.figures[1]) if two.counts[it] > one.counts[it]]
        if (old_figures or new_figures) and not run.is_removed:
            yield EditDetail(kind="figures", before=", ".join(old_figures), after=", ".join(new_figures))
        old_names = [name for name in pair[0] if fold(name) in names_gone]
        new_names = [name for name in pair[1] if fold(name) in names_come]
        if old_names or new_names:
            yield EditDetail(kind="names", before=" ".join(old_names), after=" ".join(new_names))
        others = run.count_others(
            {word.folded for name in (*old_names, *new_names) for word in read_paragraph(name).tokens}
        )
        is_told = bool(old_figures or new_figures or old_names or new_names)
        if others > (_FEW_TOKENS if is_told else 0):
            yield EditDetail(kind="text", before="" if run.is_removed else one.slice(a, b), after=two.slice(c, d))
    for run in runs:
        if run.is_passage:
            (one, a, b), (two, c, d) = run.sides
            yield EditDetail(kind="text", before=one.slice(a, b), after=two.slice(c, d))
