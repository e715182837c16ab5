"""A version of an article as it is compared: paragraphs of tokens, without what ticks. Pure, linear in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from db.copies.similarity import normalise
from db.edits.edit_words import is_stamp
from db.text.folding import fold
from db.text.scripts import HAN, is_han
from db.text.sentences import SENTENCE_STARTS, split_sentences

# A number with its separators, a minus sign, a word, a Chinese character, a sign that changes what a number means.
_TOKEN = re.compile(rf"(?<![\w-])-(?=\d)|\d+(?:[.,:/']\d+)*|[^\W\d_{HAN}]+|[{HAN}]|[%‰$€£¥]")
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")
_MAX_LABEL_WORDS = 8
_MAX_LABEL_HAN = 12


@dataclass(frozen=True, slots=True)
class SteadyToken:
    """A word, number or Chinese character of a paragraph."""

    folded: str
    start: int  # in the text of its paragraph
    end: int
    is_capital: bool
    begins_sentence: bool


@dataclass(frozen=True, slots=True)
class SteadyParagraph:
    """A paragraph without typography, counters and stamps. `key` is the same for what differs in trifles of letters."""

    text: str
    tokens: tuple[SteadyToken, ...]
    key: str


def read_paragraphs(text: str) -> list[SteadyParagraph]:
    """Read a text without its counters, relative times, dates of the day and stamps of publication."""
    found = [paragraph for line in text.splitlines() if (paragraph := read_paragraph(line)).tokens]
    has_sentences = any(map(_ends_a_sentence, found))  # else its lines have no marks
    return [paragraph for paragraph in found if not (has_sentences and _is_label(paragraph))]


def read_paragraph(line: str) -> SteadyParagraph:
    """Read one paragraph or a headline."""
    plain = (normalise(sentence) for sentence in split_sentences(line))
    text = " ".join(sentence for sentence in plain if sentence and not is_stamp(sentence))
    tokens = tuple(_read_tokens(text))
    return SteadyParagraph(text=text, tokens=tokens, key="".join(token.folded for token in tokens))


def _is_label(paragraph: SteadyParagraph) -> bool:
    """Whether a line is no sentence but a few words: a credit of a picture, a button, a link to another article."""
    tokens = paragraph.tokens
    most = _MAX_LABEL_HAN if is_han(tokens[0].folded) else _MAX_LABEL_WORDS
    if len(tokens) > most or any(token.folded[0].isdigit() for token in tokens):
        return False
    return not _ends_a_sentence(paragraph)


def _ends_a_sentence(paragraph: SteadyParagraph) -> bool:
    return any(end in paragraph.text[paragraph.tokens[-1].end :] for end in _SENTENCE_ENDS)


def _read_tokens(text: str) -> Iterator[SteadyToken]:
    folded = fold(text)
    before = ""  # the last character before the token that is no space
    end = 0
    for match in _TOKEN.finditer(folded):
        between = text[end : match.start()].strip()
        before = between[-1:] or before
        yield SteadyToken(
            folded=match[0],
            start=match.start(),
            end=match.end(),
            is_capital=text[match.start()].isupper(),
            begins_sentence=not end or before in SENTENCE_STARTS,
        )
        before, end = text[match.end() - 1], match.end()
