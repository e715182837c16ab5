"""First sentences and excerpts of a text. Pure."""

from __future__ import annotations

import re

from db.text.scripts import HAN
from db.text.sentences import iter_sentences

LEAD_SOURCE_CHARACTERS = 4_000  # beginning of a text that is read for its first sentence
MAX_LEAD_CHARACTERS = 300
MAX_LEAD_CHARACTERS_ZH = 120  # a Chinese character says about as much as half a word
_HAN_RUN = re.compile(f"[{HAN}]{{8}}")


def take_lead(beginning: str, language: str | None, *, characters: int) -> str:
    """Return what of a text may leave the desk: its first sentence, at most MAX_LEAD_CHARACTERS and half of the text.

    `beginning`: of the text, LEAD_SOURCE_CHARACTERS of it. `characters`: of the whole text.
    """
    longest = MAX_LEAD_CHARACTERS_ZH if language == "zh" else MAX_LEAD_CHARACTERS
    half = characters // 2
    return take_first_sentence(beginning, longest=min(longest, half)) if half else ""


def take_first_sentence(text: str, *, longest: int = 260, shortest: int = 40) -> str:
    """Return the first sentence of a text, or its beginning cut at a word; "" for an empty text.

    Bylines and datelines before it are skipped. First sentences below `shortest` characters are joined with the next.
    """
    for paragraph in split_paragraphs(text):
        # Bylines and datelines are short and end without a full stop.
        if len(paragraph) < 40 and len(text) > 200 and not re.search(r"[。！？.!?]$", paragraph):
            continue
        first = ""
        for sentence in iter_sentences(paragraph[: longest + 100]):  # what is longer is cut below
            first += sentence
            if len(first) >= shortest or _HAN_RUN.search(first):
                break
        return shorten(first.strip(), longest=longest)
    return shorten(" ".join(text.split()), longest=longest)


def shorten(text: str, *, longest: int) -> str:
    """Return the text, or its beginning up to a word within `longest` characters, with " …"."""
    if len(text) <= longest:
        return text
    cut = text[:longest]
    space = cut.rfind(" ")
    return (cut[:space] if space > longest - 40 else cut).rstrip(" ,;:，、") + " …"


def split_paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a cleaned text: its lines, stripped, without empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]
