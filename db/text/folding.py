"""Fold text for matching: remove case, accents, widths and Chinese variants; offsets stay the same."""

from __future__ import annotations

import re
import unicodedata

from db.text.chinese_variants import TO_SIMPLIFIED

# Invisible characters that may stand inside words: soft hyphen, zero-width space and joiners, direction marks,
# word joiner, byte order mark, combining grapheme joiner, variation selectors; and surrogates that stand alone.
# To be used inside a character class.
INVISIBLE_CHARACTERS = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\ufe0e\ufe0f\ufeff\ud800-\udfff"
)
_INVISIBLE = re.compile(f"[{INVISIBLE_CHARACTERS}]")
_SPACES = re.compile(r"[^\S\n]+")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63"
_APOSTROPHES = "\u2018\u2019\u201b\u02bc\u00b4`"
_DOTS = "\u2022\u2027\u30fb\uff65\u2219\u22c5"


def _table() -> dict[int, str]:
    table = dict(TO_SIMPLIFIED)
    table.update(dict.fromkeys(map(ord, _DASHES), "-"))
    table.update(dict.fromkeys(map(ord, _APOSTROPHES), "'"))
    table.update(dict.fromkeys(map(ord, _DOTS), "·"))
    for code in (*range(0x41, 0x5B), *range(0xC0, 0x250), *range(0x1E00, 0x1F00), *range(0xFF01, 0xFF5F)):
        letters = unicodedata.normalize("NFKD", chr(code))
        base = "".join(letter for letter in letters if not unicodedata.combining(letter)).lower()
        if len(base) == 1 and base != chr(code):
            table[code] = base
    table.update({ord("ø"): "o", ord("Ø"): "o", ord("ł"): "l", ord("Ł"): "l", ord("ı"): "i", ord("đ"): "d"})
    return table


FOLDING_TABLE = _table()  # code of a character -> the character that `fold` writes for it


def clean(text: str) -> str:
    """Return the text in NFC, without invisible characters and with single spaces; line breaks stay."""
    if text.isascii():
        return _SPACES.sub(" ", text)
    return _SPACES.sub(" ", unicodedata.normalize("NFC", _INVISIBLE.sub("", text)))


def fold(text: str) -> str:
    """Return the text in the form in which names are matched. It is as long as before, character by character."""
    return text.lower() if text.isascii() else text.translate(FOLDING_TABLE)
