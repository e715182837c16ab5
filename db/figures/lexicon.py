"""Units, number words, qualifiers and guards, read from units.toml and words.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

_FOLDER = Path(__file__).parent
_ENDINGS = re.compile(r"\((\w+)\)")


class Unit(NamedTuple):
    """A unit: its kind, the unit of its values, and what one of it is in that unit."""

    kind: str
    unit: str
    factor: float


class NumberWords(NamedTuple):
    """The number words of a language: values, multipliers, what joins them, and what stands for a decimal point."""

    values: Mapping[str, float]
    scales: Mapping[str, float]
    joins: frozenset[str]
    points: frozenset[str]


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text("utf-8"))


def _phrases(text: str) -> Iterable[str]:
    """Return the phrases of a list, "_" read as a space and "metro(s)" as both forms."""
    for item in text.split():
        phrase = item.replace("_", " ")
        yield _ENDINGS.sub("", phrase)
        if "(" in phrase:
            yield _ENDINGS.sub(r"\1", phrase)


def _number_words(entry: Mapping[str, Any]) -> NumberWords:
    def pairs(text: str) -> dict[str, float]:
        return {word: float(value) for word, _, value in (item.partition("=") for item in text.split())}

    return NumberWords(
        pairs(entry["words"]), pairs(entry["scales"]), frozenset(entry["joins"]), frozenset(entry["point"])
    )


_units = _load("units.toml")
_words = _load("words.toml")

UNITS: dict[str, Unit] = {
    name: Unit(entry["kind"], entry["unit"], float(factor))
    for entry in _units["unit"]
    for factor, names in entry["names"].items()
    for name in _phrases(names)
}
MONEY_SIGNS: dict[str, str] = {
    sign: currency for currency, signs in _units["money_signs"].items() for sign in _phrases(signs)
}
DOLLARS: dict[str, str] = _units["dollars"]
PESOS: dict[str, str] = _units["pesos"]

NUMBER_WORDS: dict[str, NumberWords] = {
    language: _number_words(_words[language]["numbers"]) for language in ("es", "en")
}
# Of other languages, and of Chinese: numbers in digits with the multipliers of both.
_scales = {**NUMBER_WORDS["en"].scales, **NUMBER_WORDS["es"].scales}
NUMBER_WORDS[""] = NumberWords({}, _scales, frozenset(), frozenset())
COMMA_COUNTRIES = frozenset(_words["separators"]["comma"])
POINT_COUNTRIES = frozenset(_words["separators"]["point"])


def _by_phrase(section: str) -> dict[str, str]:
    return {phrase: name for name, phrases in _words[section].items() for phrase in _phrases(phrases)}


def _set(section: str, key: str) -> frozenset[str]:
    return frozenset(_phrases(_words[section][key]))


QUALIFIERS_BEFORE = _by_phrase("qualifiers_before")
QUALIFIERS_AFTER = _by_phrase("qualifiers_after")
TRANSPARENT = _set("transparent", "words")
LABELS_BEFORE = _set("labels", "before")
LABELS_AFTER = _set("labels", "after")
AGE_WORDS = _set("ages", "before")
AGE_PEOPLE = _set("ages", "people")
AGE_ENDINGS = _set("ages", "after")
PERIOD_WORDS = _set("periods", "before")
PLURALS = _set("nouns", "plural")
SINGULARS = _set("nouns", "one")
CASUALTIES = _set("nouns", "casualties")
NOT_NOUNS = _set("nouns", "not_nouns")
ADJECTIVES = _set("nouns", "adjectives")
NAMED_PAIRS = _set("nouns", "named")
COUNTING_VERBS = _set("casualties", "counted")
TOLL_NOUNS = _set("casualties", "tolls")
TOLL_VERBS = _set("casualties", "told")
CASUALTY_VERBS = _set("casualties", "verbs")
ARTICLES = _set("nouns", "articles")
MONEY_WORDS = tuple(_set("money_words", "words"))
CHANGE_WORDS = tuple(_set("changes", "words"))
QUAKE_WORDS = tuple(_set("quakes", "words"))
BARE_RATE_WORDS = tuple(_set("rates", "bare"))
RATE_WORDS = tuple(_set("rates", "words"))
