"""The words by which an edit is judged, read from words.toml; and the sentences that say when a page was changed."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from db.copies.similarity import normalise
from db.text.folding import fold
from db.text.months import MONTHS
from db.text.scripts import HAN, is_han
from db.text.sentences import split_sentences

_TABLES: dict[str, dict[str, list[str]]] = tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))
_MAX_STAMP_CHARACTERS = 120  # of a sentence that may be one
_MAX_LABEL_CHARACTERS = 40  # of the beginning of a sentence in which a label is looked for
_LABELLED_SENTENCES = 3  # the label, alone or with a sentence, and what may belong to it
_WORD = re.compile(rf"[^\W\d_{HAN}]+|[{HAN}]+")
_AFTER_LABEL = (":", "：", "-", "(", "[", ".", "。", "|", "】", "]", ")")


@cache
def list_words(table: str, name: str) -> tuple[str, ...]:
    """Return a list of words.toml, folded, the longest first."""
    return tuple(sorted(map(fold, _TABLES[table][name]), key=lambda word: (-len(word), word)))


@cache
def _stamp_words() -> frozenset[str]:
    months = map(fold, MONTHS)
    return frozenset(
        (*list_words("stamps", "changed"), *list_words("stamps", "published"), *list_words("stamps", "around"), *months)
    )


def is_stamp(sentence: str, *, of_change: bool = False) -> bool:
    """True if a sentence says nothing but when its page was published or changed; `of_change`: when it was changed."""
    if len(sentence) > _MAX_STAMP_CHARACTERS:
        return False
    words = _WORD.findall(fold(sentence))
    rest = {word for word in words if word not in _stamp_words() and not _is_made_of_stamps(word)}
    if not words or rest:
        return False
    verbs = list_words("stamps", "changed") + (() if of_change else list_words("stamps", "published"))
    return any(verb in word if is_han(verb[0]) else verb == word for word in words for verb in verbs)


def _is_made_of_stamps(word: str) -> bool:
    """True for Chinese words one after another, which have no space between them: 最后更新时间."""
    place = 0
    while place < len(word):
        ends = (end for end in range(min(len(word), place + 3), place, -1) if word[place:end] in _stamp_words())
        if (end := next(ends, None)) is None:
            return False
        place = end
    return True


def has_correction_notice(title: str, text: str, *, before: tuple[str, str] = ("", "")) -> bool:
    """True if a version says that it was corrected, clarified or changed, and did not say the same before.

    before: title and text of the version that it replaced.
    """
    known = {fold(normalise(sentence)) for sentence in (before[0], *split_sentences(before[1]))}
    sentences = [title, *split_sentences(text)]
    plain = [fold(normalise(sentence)) for sentence in sentences]
    return any(
        any(it not in known for it in plain[place : place + _measure_notice(plain[place], sentence)])
        for place, sentence in enumerate(sentences)
    )


def _measure_notice(plain: str, sentence: str) -> int:
    """Return how many sentences a notice has that begins here; 0 if none does."""
    if is_stamp(sentence, of_change=True):
        return 1
    head = plain[:_MAX_LABEL_CHARACTERS].lstrip("*([【- ")
    for label in list_words("notices", "labels"):
        rest = head[len(label) :].lstrip()
        if head.startswith(label) and (not rest or rest.startswith(_AFTER_LABEL)):
            return _LABELLED_SENTENCES
    is_of_page = any(page in plain for page in list_words("notices", "pages"))
    return int(is_of_page and any(verb in plain for verb in list_words("notices", "verbs")))
