"""Sentences of a text in Spanish, English or Chinese."""

from __future__ import annotations

import re

from db.text.scripts import has_han

# Words before a full stop that do not end a sentence.
_ABBREVIATIONS = re.compile(
    r"sr|sra|srta|dr|dra|ing|lic|arq|gral|cnel|cap|prof|mons|arts?|n[uú]m|nro|no|p[aá]g|av|jr|psje|urb|dpto|fig|c[ií]a"
    r"|mr|mrs|ms|st|gen|col|lt|sen|rep|gov|inc|corp|co|ltd|vs|etc|approx|est|min|max|e\.g|i\.e|u\.[skn]|ee|ee\.uu|uu"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|ene|abr|ago|set|dic|s\.a(\.[ac])?|[ap]\.m|d\.c|ph\.d|[^\W\d_]"
)
_LATIN_END = re.compile(r"""([.!?…]+["'”’»)\]]*)\s+(?=["'“‘«(\[¿¡—–-]*\s?[^\W_a-zß-öø-ÿ])""")
_HAN_END = re.compile(
    r"(?<=[。！？；!?])(?![”’」』）)】》。！？；!?])|(?<=[。！？；!?][”’」』）)】》])(?![。！？；])|(?<=……)"
)
_LAST_WORD = re.compile(r"[^\s(\"'“‘«]+$")


def split_sentences(text: str) -> list[str]:
    """The sentences in order, stripped, none empty; a line break always ends one."""
    found: list[str] = []
    for line in text.split("\n"):
        if line := line.strip():
            found.extend(_han(line) if has_han(line) else _latin(line))
    return found


def _han(line: str) -> list[str]:
    return [part.strip() for part in _HAN_END.split(line) if part.strip()]


def _latin(line: str) -> list[str]:
    parts, start = [], 0
    for match in _LATIN_END.finditer(line):
        if match[1] == "." and _is_abbreviated(line[start : match.start()]):
            continue
        parts.append(line[start : match.end(1)])
        start = match.end()
    parts.append(line[start:])
    return [part.strip() for part in parts if part.strip()]


def _is_abbreviated(before: str) -> bool:
    match = _LAST_WORD.search(before)
    word = match[0].lower() if match else ""
    return _ABBREVIATIONS.fullmatch(word) is not None
