"""Names and rare figures by which two articles of one event agree, in any of the desk's languages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from db.figures.find import find_figures
from db.figures.lexicon import UNITS
from db.text.folding import fold
from db.text.sentences import SENTENCE_STARTS
from pipelines.stories.capitals import LATIN_WORD, is_in_capitals, is_in_title_case

MAX_SHARED_NAMES = 100  # of an article; labelled ones have 26 at most
MAX_SHARED_FIGURES = 60
_MAX_READ_CHARACTERS = 1_000  # read of one sentence
_MIN_NAME_LETTERS = 3
_SHARE_PRECISION = 0.005  # of a twelfth: 33.3 % is a third
_LEAST_RARE = 20  # smaller whole numbers stand in too many texts
_UNITS = ("year", "month", "week", "day", "hour", "minute", "mile", "nautical mile")  # of values in seconds and metres
# What one of the units is, by kind, in which a value may have been written.
_FACTORS = {
    kind: (1.0, *(UNITS[name].factor for name in _UNITS if UNITS[name].kind == kind))
    for kind in ("duration", "distance")
}


def find_names(sentences: Sequence[str]) -> list[frozenset[str]]:
    """Return the folded names of each sentence; the first sentence is the headline.

    A name is a word with a capital that is never written small in the text. At the beginning of a sentence, in a
    headline in title case and in a sentence of capitals it counts only if another sentence has it inside.
    """
    words = [
        [(found[0], found.start()) for found in LATIN_WORD.finditer(sentence[:_MAX_READ_CHARACTERS])]
        for sentence in sentences
    ]
    small = {fold(word) for spoken in words for word, _ in spoken if word[0].islower()}
    certain: set[str] = set()
    found: list[set[str]] = []
    for number, (sentence, spoken) in enumerate(zip(sentences, words, strict=True)):
        written = [word for word, _ in spoken]
        says_nothing = is_in_title_case(written) if number == 0 else is_in_capitals(written)
        names: set[str] = set()
        for place, (word, start) in enumerate(spoken):
            if len(word) < _MIN_NAME_LETTERS or not word[0].isupper() or (name := fold(word)) in small:
                continue
            name = name.removesuffix("'s")
            names.add(name)
            before = sentence[:start].rstrip()
            begins = not before or before[-1] in SENTENCE_STARTS
            stands_alone = place + 1 == len(spoken) or not spoken[place + 1][0][0].isupper()
            if not says_nothing and (not begins or not stands_alone or word.isupper()):
                certain.add(name)
        found.append(names)
    return [frozenset(names & certain) for names in found]


def find_rare_figures(sentence: str, language: str, *, in_head: bool) -> frozenset[str]:
    """Return the figures of a sentence that few texts share, in one form: 4.120 millones is 41,2 亿.

    A duration of two digits ("23 days", an age) counts in an article's head alone: it is more often what a route, a
    permit or a person always has. Where it was all that two articles shared, and in one head alone, it was measured to
    be hardly likelier in one event than in two; in both heads it says as much as any other figure.
    """
    figures = set()
    for figure in find_figures(sentence[:_MAX_READ_CHARACTERS], language):
        for value in (figure.value, figure.low, figure.high):
            factors = _FACTORS.get(figure.kind, (1.0,))
            if not isinstance(value, float | int):  # a date
                continue
            if figure.kind == "percent" and _is_plain_share(value):
                continue
            if figure.kind == "duration" and not in_head and any(_count_digits(value / f) <= 2 for f in factors):
                continue
            if all(_is_rare(value / factor) for factor in factors):
                figures.add(f"{value:.4g}")
    return frozenset(figures)


def _is_plain_share(percent: float) -> bool:
    """Return True for a half, a third, a quarter, a sixth and their multiples."""
    twelfths = percent * 12 / 100
    return abs(twelfths - round(twelfths)) < _SHARE_PRECISION


def _is_rare(number: float) -> bool:
    """Return False for a number that many texts have: of one digit, as in 3 million and 200 miles, or a small one."""
    is_whole = float(f"{number:.4g}").is_integer()
    return _count_digits(number) > 1 and (not is_whole or number >= _LEAST_RARE)


def _count_digits(number: float) -> int:
    """Return how many of the first four digits of a number are left without the zeros around them."""
    return len(f"{number:.4g}".partition("e")[0].replace(".", "").strip("0"))
