"""Split Spanish, English and Chinese texts into sentences. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from heapq import merge

from db.text.scripts import has_han

# What stands, beside spaces, before the first word of a sentence, of what is quoted and of what follows a colon.
SENTENCE_STARTS = frozenset(".!?…:;—–-«\"“¿¡('‘[")
# Words before a full stop that do not end a sentence, in Spanish and in English; the last alternative is an initial.
_ABBREVIATIONS = re.compile(
    r"sr|sra|srta|dr|dra|ing|lic|arq|gral|cnel|cap|prof|mons|arts?|n[uú]m|nro|no|n[º°]|p[aá]g|av|jr|psje|urb|dpto|fig"
    r"|c[ií]a|aprox|ee|ee\.uu|uu|ene|abr|ago|set|dic|s\.a(\.[ac])?|d\.c|[ap]\.m"
    r"|mr|mrs|ms|st|gen|col|lt|sen|rep|gov|inc|corp|co|ltd|vs|etc|approx|est|min|max|e\.g|i\.e|u\.[skn]|ph\.d"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|[^\W\d_]"
)
# A run of marks is looked at once, from its beginning: a page may consist of full stops.
_LATIN_END = re.compile(r"""(?<![.!?…])[.!?…]++["'”’»)\]]*+(?=\s++["'“‘«(\[¿¡—–-]*+\s?[^\W_a-zß-öø-ÿ])""")
_HAN_END = re.compile(r"""(?<![。！？!?])[。！？!?]++["”’」』）)】》]*+(?![。！？!?])|……""")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_LAST_WORD = re.compile(r"[^\s(\"'“‘«]+$")
_LONGEST_ABBREVIATION = 8  # characters


def split_sentences(text: str, *, keep_spaces: bool = False) -> list[str]:
    """Split a text into sentences with their punctuation; a line break always ends one.

    Sentences are stripped and never empty. With `keep_spaces`, each keeps the space after it, so that joining the
    sentences gives the text again.
    """
    pieces = iter_sentences(text)
    return list(pieces) if keep_spaces else [stripped for piece in pieces if (stripped := piece.strip())]


def iter_sentences(text: str) -> Iterator[str]:
    """Yield the sentences of `split_sentences` with the space after each; reads no further than it is asked for."""
    for line in _LINE.finditer(text):
        yield from _split_line(line[0])


def find_sentence(text: str, place: int) -> str:
    """Return the sentence at a place of a text, stripped; "" behind the text's end."""
    end = 0
    for sentence in iter_sentences(text):
        end += len(sentence)
        if place < end:
            return sentence.strip()
    return ""


def _split_line(line: str) -> Iterator[str]:
    start = 0
    for end in (_skip_space(line, mark) for mark in _find_mark_ends(line)):
        if start < end < len(line):
            yield line[start:end]
            start = end
    yield line[start:]


def _find_mark_ends(line: str) -> Iterator[int]:
    """Yield the positions just after each sentence's final punctuation, in order; one may come twice."""
    latin = (
        match.end()
        for match in _LATIN_END.finditer(line)
        if not (match[0] == "." and _is_abbreviated(line, match.start()))
    )
    if not has_han(line):
        return latin
    return merge(latin, (match.end() for match in _HAN_END.finditer(line)))


def _skip_space(line: str, place: int) -> int:
    while place < len(line) and line[place].isspace():
        place += 1
    return place


def _is_abbreviated(line: str, stop: int) -> bool:
    """Return True if the word before the full stop at `stop` is an abbreviation."""
    match = _LAST_WORD.search(line[max(0, stop - _LONGEST_ABBREVIATION) : stop])
    return match is not None and _ABBREVIATIONS.fullmatch(match[0].lower()) is not None
