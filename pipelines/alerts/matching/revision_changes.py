"""Describe a revision's changes in figures, names and headline: "3.5 → 4.2 billion", "+ José Pérez". Pure.

The descriptions need no translation. Other words, a line that says when a page was updated, and typography are not
worth an alert. Names are recognised by their capitals (db.news.revisions), so in Chinese texts only figures and the
headline are described.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from db.figures.find import find_figures
from db.model.figure import Figure
from db.news.revisions import ChangedPart, TextChanges
from db.text.sanitise import one_line
from db.text.scripts import HAN

MAX_CHANGES = 6  # changes of one revision that are described
MAX_CHANGE_CHARS = 160  # length of one description
_FIGURE = re.compile(r"\d+(?:[.,:/]\d+)*%?")
# A time of day, or a date with month and year: pages print them as their own publication times.
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?|\d{1,4}[/.]\d{1,2}[/.]\d{2,4}")
_BEFORE_CLOCK = re.compile(rf"[\s,.T日号de-]{{0,4}}(?:\d{{1,4}}[\s,.de年月日-]{{1,4}}){{0,2}}{_CLOCK.pattern}")
_STAMP = re.compile(
    r"(?:actualiza|modifica|publicad|editad|updated|published|posted|modified|更新|发布|發布|编辑)[^.;。]{0,40}$",
    re.IGNORECASE,
)
_WORD = re.compile(rf"[^\W\d_{HAN}]+(?:['-][^\W\d_{HAN}]+)*|\S")
_CURRENCY_CODES = frozenset(
    ("US", "USD", "PEN", "RMB", "CNY", "EUR")
)  # capitals that stand beside a figure and are no names
_NAME_PARTICLES = frozenset(("de", "del", "la", "las", "los", "da", "do", "van", "von", "al", "bin"))


class _Amount(NamedTuple):
    figure: str  # digits
    unit: str  # what follows of its quantity, with the space before it
    currency: str

    def __str__(self) -> str:
        return f"{self.currency}{self.figure}{self.unit}"


def describe_changes(changes: TextChanges, language: str = "", country: str | None = None) -> str | None:
    """Describe what a revision changed in figures, names and headline in one line; None if it changed none of them.

    `language` is the article's, `country` the outlet's: by them the units of figures are found (db.figures).
    """
    figures = _describe_figures(changes, language, country)
    pieces = list(dict.fromkeys([*figures, *_describe_names(changes), *_describe_headline(changes)]))
    if not pieces:
        return None
    shown = [one_line(piece, MAX_CHANGE_CHARS) for piece in pieces[:MAX_CHANGES]]
    return "; ".join(shown) + (" …" if len(pieces) > MAX_CHANGES else "")


def _describe_figures(changes: TextChanges, language: str, country: str | None) -> Iterator[str]:
    parts = [part for part in changes.parts if "figure" in part.marks]
    if changes.headline and _differ_in_figures_only(*changes.headline):
        parts.insert(0, ChangedPart(before="", out=changes.headline[0], into=changes.headline[1]))
    gone, come = set(changes.figures_out), set(changes.figures_in)
    for part in parts:
        before, after = (_find_amounts(part, text, language, country) for text in (part.out, part.into))
        if len(before) == len(after) and _differ_in_figures_only(part.out, part.into):
            for old, new in zip(before, after, strict=True):
                if old.figure != new.figure and (old.figure in gone or new.figure in come):
                    yield _format_pair(old, new)
        elif len(before) == len(after) == 1:
            if before[0].figure in gone and after[0].figure in come:
                yield _format_pair(before[0], after[0])
        else:
            yield from (f"− {old}" for old in before if old.figure in gone)
            yield from (f"+ {new}" for new in after if new.figure in come)


def _find_amounts(part: ChangedPart, text: str, language: str, country: str | None) -> list[_Amount]:
    """Return the numbers in one side of a part with unit and currency, without times and dates of the page itself."""
    found = []
    whole = f"{part.before} {text}{part.after}"
    start = len(part.before) + 1
    quantities = [figure for figure in find_figures(whole, language, country) if figure.kind != "date"]
    for match in _FIGURE.finditer(whole, start, start + len(text)):
        lead = whole[: match.start()].rstrip("\n")
        if _CLOCK.fullmatch(match[0]) or _BEFORE_CLOCK.match(whole, match.end()) or _STAMP.search(lead):
            continue
        found.append(_add_unit(match, quantities))
    return found


def _add_unit(match: re.Match[str], quantities: Iterable[Figure]) -> _Amount:
    """Return digits with the currency and the unit of the quantity that they belong to."""
    text = match.string
    for figure in quantities:
        if figure.start <= match.start() and match.end() <= figure.end:
            currency, unit = text[figure.start : match.start()], text[match.end() : figure.end]
            has_more = _FIGURE.search(unit) is not None  # the end of a range follows
            is_first = _FIGURE.search(currency) is None
            return _Amount(match[0], "" if has_more else unit, currency.strip() if is_first else "")
    return _Amount(match[0], "", "")


def _format_pair(old: _Amount, new: _Amount) -> str:
    """Format old and new amount, with a common unit only once. Chinese units, which follow no space, are repeated."""
    if old.unit == new.unit and old.unit[:1].isspace() and old.currency == new.currency:
        return f"{old.currency}{old.figure} → {new.figure}{new.unit}"
    return f"{old} → {new}"


def _differ_in_figures_only(old: str, new: str) -> bool:
    return _FIGURE.sub("#", old) == _FIGURE.sub("#", new) and "#" in _FIGURE.sub("#", old)


def _describe_names(changes: TextChanges) -> Iterator[str]:
    gone, come = frozenset(changes.names_out), frozenset(changes.names_in)
    described: list[set[str]] = []

    def take_new(names: Iterable[str]) -> list[str]:
        kept = []
        for name in names:
            words = set(name.split())
            if not any(words <= others for others in described):
                described.append(words)
                kept.append(name)
        return kept

    parts = [part for part in changes.parts if "name" in part.marks]
    for part in parts:
        before, after = take_new(_find_names(part, part.out, gone)), take_new(_find_names(part, part.into, come))
        if len(before) == len(after) == 1:
            yield f"{before[0]} → {after[0]}"
        else:
            yield from (f"− {name}" for name in before)
            yield from (f"+ {name}" for name in after)


def _find_names(part: ChangedPart, text: str, names: frozenset[str]) -> list[str]:
    """Return the full names in one side of a part that contain one of `names`: "José Pérez" if "Pérez" is new."""
    whole = f"{part.before} {text}{part.after}"
    start, end = len(part.before) + 1, len(part.before) + 1 + len(text)
    found: list[str] = []
    run: list[re.Match[str]] = []
    for word in [*_WORD.finditer(whole), None]:
        if word and (word[0][0].isupper() or (run and word[0] in _NAME_PARTICLES)):
            run.append(word)
            continue
        while run and not run[-1][0][0].isupper():
            run.pop()
        # A capitalised word at the beginning of a sentence does not belong to the name after it.
        while run and run[0][0] not in names and start <= run[0].start():
            run.pop(0)
        if any(part_word[0] in names - _CURRENCY_CODES and start <= part_word.start() < end for part_word in run):
            found.append(" ".join(part_word[0] for part_word in run))
        run = []
    return list(dict.fromkeys(found))


def _describe_headline(changes: TextChanges) -> Iterator[str]:
    if changes.headline is None or _differ_in_figures_only(*changes.headline):
        return
    old, new = changes.headline
    if _keep_letters(old) != _keep_letters(new):
        yield f"“{one_line(old, MAX_CHANGE_CHARS // 2 - 4)}” → “{one_line(new, MAX_CHANGE_CHARS // 2 - 4)}”"


def _keep_letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
