"""Find what a number without a noun behind it counts: "the death toll rose to 12", "elevó a 12 los heridos". Pure."""

from __future__ import annotations

import re

from db.figures.lexicon import CASUALTIES, QUALIFIERS_BEFORE, TOLL_NOUNS, TOLL_VERBS

_WINDOW = 96  # characters before a number in which its noun may stand
_PEOPLE = "people"


def _any(words: frozenset[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_VERBS = _any(TOLL_VERBS)
_QUALIFIER = rf"(?: (?:{_any(frozenset(QUALIFIERS_BEFORE))}|past))?"
_TO = rf"(?: now| ya| hoy)?(?: to| at| a| en)?{_QUALIFIER} $"
_BEFORE = re.compile(
    rf"\b(?:(?P<toll>{_any(TOLL_NOUNS)})"
    r"|(?:number|tally|total|numero|cifra|cantidad) (?:of|de)(?: the| los| las)? (?P<noun>[^\W\d_]{4,24}))"
    # "The number of missing stands at 7", "puts the number of missing at 7", "brings the toll to 7".
    rf"(?:(?: [^.;:!?()\d]{{0,40}})? (?:{_VERBS}){_TO}| (?:at|en|to|a){_QUALIFIER} $)"
)
_CASUALTIES_BEFORE = re.compile(rf"\b(?P<noun>{_any(CASUALTIES)}) (?:ya |now )?(?:{_VERBS}){_TO}")
_VERB_BEFORE = re.compile(rf"\b(?:{_VERBS})(?: ya)?(?: a| en)? $")
_BEHIND = re.compile(r" (?:los|las|el numero de|la cifra de)(?: los| las)? (?P<noun>[^\W\d_]{4,24})\b")


def find_counted_noun(text: str, start: int, end: int) -> str:
    """Return what the number at `text[start:end]` counts, "people" for a toll; "" if nothing says it.

    `text` is folded.
    """
    before = text[max(0, start - _WINDOW) : start]
    found = _BEFORE.search(before) or _CASUALTIES_BEFORE.search(before)
    if found is None and _VERB_BEFORE.search(before):
        found = _BEHIND.match(text, end)
    return "" if found is None else found["noun"] or _PEOPLE
