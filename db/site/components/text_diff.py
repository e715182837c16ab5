"""Texts for the screen: first sentences, paragraphs, what changed between two versions. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from db.site.wording import Speech

_ENDS = re.compile(r"[。！？]+[”’」』）\"]*|[.!?…]+[”’»\")\]]*(?=\s+[^\sa-z])")
_ABBREVIATED = re.compile(r"(?:\b(?:[A-Z]|Sr|Sra|Dr|Dra|Ing|Lic|Mr|Mrs|Ms|St|No|Nº|Art|EE|UU|Jr|vs|approx|aprox))\.$")
# A Chinese character, a word or figure with the space after it, a mark, a space: together they are the text.
_TOKENS = re.compile(r"[\u3400-\u9fff]|(?:[^\W\u3400-\u9fff](?:[.,:'’-](?=\w))?)+\s*|[^\w\s]\s*|\s+")


def sentences(text: str) -> Iterator[str]:
    """The sentences of a paragraph, each with its punctuation; joined they are the paragraph."""
    start = 0
    for match in _ENDS.finditer(text):
        end = match.end()
        if _ABBREVIATED.search(text[max(0, start) : end][-12:]):
            continue
        while end < len(text) and text[end].isspace():
            end += 1
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def first_sentence(text: str, *, longest: int = 260) -> str:
    """The first sentence of a text, or its beginning cut at a word; "" of an empty text."""
    for paragraph in paragraphs(text):
        # Datelines and bylines are short; a sentence that is worth a line is not.
        if len(paragraph) < 40 and len(text) > 200 and not re.search(r"[。！？.!?]$", paragraph):
            continue
        first = ""
        for sentence in sentences(paragraph):
            first += sentence
            if len(first) >= 40 or re.search("[\u4e00-\u9fff]{8}", first):
                break
        return shortened(first.strip(), longest=longest)
    return shortened(" ".join(text.split()), longest=longest)


def shortened(text: str, *, longest: int) -> str:
    """The text, or its beginning up to a word within `longest` characters and an ellipsis."""
    if len(text) <= longest:
        return text
    cut = text[:longest]
    space = cut.rfind(" ")
    return (cut[:space] if space > longest - 40 else cut).rstrip(" ,;:，、") + " …"


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a clean text: its lines, without empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


class Change(NamedTuple):
    """A stretch of a text that stayed, came or went."""

    kind: Literal["same", "in", "out"]
    text: str


def changes(before: str, after: str, *, longest: int = 60_000) -> list[Change]:
    """What changed between two versions, by sentence and within a sentence by word; [] when they are too long."""
    if len(before) + len(after) > longest:
        return []
    old, new = _pieces(before), _pieces(after)
    found: list[Change] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        gone, come = "".join(old[i1:i2]), "".join(new[j1:j2])
        if tag == "equal":
            found.append(Change("same", gone))
        elif tag == "replace" and len(gone) + len(come) < 4_000:
            found += _by_word(gone, come)
        else:
            found += [change for change in (Change("out", gone), Change("in", come)) if change.text]
    return found


def _pieces(text: str) -> list[str]:
    return [sentence for line in text.splitlines(keepends=True) for sentence in sentences(line)]


def _by_word(before: str, after: str) -> list[Change]:
    old, new = (_TOKENS.findall(text) for text in (before, after))
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    if matcher.ratio() < 0.5:
        return [Change("out", before), Change("in", after)]
    found = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            found.append(Change("same", "".join(old[i1:i2])))
        else:
            parts = (Change("out", "".join(old[i1:i2])), Change("in", "".join(new[j1:j2])))
            found += [change for change in parts if change.text]
    return found


def lag(earlier: dt.datetime, later: dt.datetime, speech: Speech) -> str:
    """How much later, in words: "same minute", "12 min later", "5 h later", "3 days later"."""
    minutes = (later - earlier).total_seconds() / 60
    if abs(minutes) < 1:
        return speech("lags.same")
    side = "later" if minutes > 0 else "earlier"
    minutes = abs(minutes)
    for unit, length, most in (("minutes", 1, 90), ("hours", 60, 48 * 60)):
        if minutes < most:
            return speech(f"lags.{unit}_{side}", n=round(minutes / length))
    return speech(f"lags.days_{side}", n=round(minutes / 1440))
