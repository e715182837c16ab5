"""Names and rare figures by which two articles of one event agree, in any of the desk's languages. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from db.text.folding import fold
from db.text.scripts import HAN

_MAX_READ_CHARACTERS = 1_000  # read of one sentence
_MIN_NAME_LETTERS = 3
_TITLE_CASE_SHARE = 0.6  # of a headline's words: above it, capitals say nothing
_MIN_TITLE_CASE_WORDS = 4
_LETTERS = rf"[^\W\d_{HAN}]++"  # Chinese has no spaces, and no capitals
_WORD = re.compile(rf"{_LETTERS}(?:[’'-]{_LETTERS})*+")
_SENTENCE_STARTS = frozenset(".!?…:;—–-«\"“¿¡('‘[")
_FIGURE = re.compile(r"\d++(?:[.,' ]\d++)*+")
_MAX_FIGURE_CHARACTERS = 24
_YEARS = range(1990, 2036)
_LEAST_RARE = 20  # smaller whole numbers stand in too many texts
# A word or sign behind a number -> its factor; the longest that fits counts.
_SCALES = {
    "mil millones": 1e9,
    "millones": 1e6,
    "mil": 1e3,
    "billion": 1e9,
    "bn": 1e9,
    "million": 1e6,
    "thousand": 1e3,
    "万亿": 1e12,
    "亿": 1e8,
    "千万": 1e7,
    "百万": 1e6,
    "万": 1e4,
    "千": 1e3,
}
_SCALE = re.compile("|".join(sorted(map(re.escape, _SCALES), key=len, reverse=True)))
_DIGITS = re.compile(r"\d+")


def find_names(sentences: Sequence[str]) -> list[frozenset[str]]:
    """Return the folded names of each sentence; the first sentence is the headline.

    A name is a word with a capital that is never written small in the text. At the beginning of a sentence and in a
    headline in title case it counts only if another sentence has it inside.
    """
    words = [
        [(found[0], found.start()) for found in _WORD.finditer(sentence[:_MAX_READ_CHARACTERS])]
        for sentence in sentences
    ]
    small = {fold(word) for spoken in words for word, _ in spoken if word[0].islower()}
    certain: set[str] = set()
    found: list[set[str]] = []
    for number, (sentence, spoken) in enumerate(zip(sentences, words, strict=True)):
        capitals = sum(word[0].isupper() for word, _ in spoken)
        is_title_case = (
            number == 0 and len(spoken) >= _MIN_TITLE_CASE_WORDS and capitals > _TITLE_CASE_SHARE * len(spoken)
        )
        names: set[str] = set()
        for place, (word, start) in enumerate(spoken):
            if len(word) < _MIN_NAME_LETTERS or not word[0].isupper() or (name := fold(word)) in small:
                continue
            name = name.removesuffix("'s")
            names.add(name)
            before = sentence[:start].rstrip()
            begins = not before or before[-1] in _SENTENCE_STARTS
            stands_alone = place + 1 == len(spoken) or not spoken[place + 1][0][0].isupper()
            if not is_title_case and (not begins or not stands_alone or word.isupper()):
                certain.add(name)
        found.append(names)
    return [frozenset(names & certain) for names in found]


def find_rare_figures(sentence: str) -> frozenset[str]:
    """Return the figures of a sentence that few texts share, in one form: 4.120 millones is 41,2 亿."""
    sentence = sentence[:_MAX_READ_CHARACTERS]
    figures = set()
    for found in _FIGURE.finditer(sentence):
        if len(found[0]) > _MAX_FIGURE_CHARACTERS:
            continue
        value = _read_number(found[0])
        behind = sentence[found.end() : found.end() + 14].lstrip(" -")
        if scale := _SCALE.match(behind):
            value *= _SCALES[scale[0]]
        if value.is_integer() and (value < _LEAST_RARE or value in _YEARS):
            continue
        figures.add(f"{value:.4g}")
    return frozenset(figures)


def _read_number(text: str) -> float:
    """Read a number in Spanish, English or Chinese form: a separator before three last digits marks thousands."""
    groups = _DIGITS.findall(text)
    signs = [sign for sign in text if not sign.isdigit()]
    if signs and ((len(set(signs)) > 1 and signs.count(signs[-1]) == 1) or (len(signs) == 1 and len(groups[-1]) != 3)):
        return float(f"{''.join(groups[:-1])}.{groups[-1]}")
    return float("".join(groups))
