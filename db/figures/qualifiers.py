"""Qualifiers before and behind a quantity: "about", "más de", 超过, 以上."""

from __future__ import annotations

import re
from collections.abc import Iterable

from db.figures.lexicon import QUALIFIERS_AFTER, QUALIFIERS_BEFORE, TRANSPARENT
from db.text.scripts import HAN, HAN_CHARACTER

_MAX_WORDS = 5  # before a quantity
_WINDOW = 48  # characters
_WORD = re.compile(rf"[^\W\d_{HAN}]+|[{HAN}]+|[^\w\s]|\n")
_MAX_CHINESE = max(len(phrase) for phrase in QUALIFIERS_BEFORE if not phrase.isascii())
_BEHIND = tuple(sorted(QUALIFIERS_AFTER, key=len, reverse=True))
_NO_QUALIFIERS = (
    "以上",
    "晚上",
    "早上",
    "附近",
    "最近",
    "邻近",
    "靠近",
    "临近",
    "条约",
    "合约",
    "公约",
    "纽约",
    "节约",
)
_SHARE_OF = re.compile(r"(?:约|近|超过|超|不到|至少)占[^，。；,.;0-9]{0,8}的?$")

_CONTRACTIONS = {"al": ("a", "el"), "del": ("de", "el")}


def _expand(words: Iterable[str]) -> list[str]:
    return [part for word in words for part in _CONTRACTIONS.get(word, (word,))]


_LATIN_BEFORE = {" ".join(_expand(phrase.split())): name for phrase, name in QUALIFIERS_BEFORE.items()}


def find_qualifier_before(text: str, start: int) -> tuple[str, str]:
    """Return the qualifier directly before `start` of a folded text and its words; "" and "" if there is none."""
    window = text[max(0, start - _WINDOW) : start].rstrip(" \u00a0")
    tokens = _expand(_WORD.findall(window))
    if not tokens:
        return "", ""
    if _is_han(tokens[-1][-1]):
        return _find_chinese(window)
    for skipped in range(3):
        last = len(tokens) - skipped
        for length in range(min(_MAX_WORDS, last), 0, -1):
            phrase = " ".join(tokens[last - length : last])
            if phrase in _LATIN_BEFORE:
                return _LATIN_BEFORE[phrase], phrase
        if last == 0 or tokens[last - 1] not in TRANSPARENT:
            break
    return "", ""


def _find_chinese(window: str) -> tuple[str, str]:
    for skipped in ("", *TRANSPARENT):
        if skipped and (skipped.isascii() or not window.endswith(skipped)):
            continue
        rest = window[: len(window) - len(skipped)]
        for length in range(_MAX_CHINESE, 0, -1):
            phrase = rest[-length:]
            if phrase in QUALIFIERS_BEFORE and (rest.endswith("折合约") or not rest.endswith(_NO_QUALIFIERS)):
                return QUALIFIERS_BEFORE[phrase], phrase
    if match := _SHARE_OF.search(window):
        lead = re.split("占", match[0])[0]
        return QUALIFIERS_BEFORE.get(lead, ""), match[0]
    return "", ""


def find_qualifier_behind(text: str, end: int) -> tuple[str, int]:
    """Return the qualifier directly behind `end` of a folded text and where it ends; "" and `end` if there is none."""
    place = end + 1 if text[end : end + 1] in (" ", "-") else end
    for phrase in _BEHIND:
        if text.startswith(phrase, place):
            stop = place + len(phrase)
            if not phrase.isascii() or not text[stop : stop + 1].isalnum():
                return QUALIFIERS_AFTER[phrase], stop
    return "", end


def _is_han(letter: str) -> bool:
    return HAN_CHARACTER.match(letter) is not None
