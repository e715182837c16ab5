"""Fold text for matching: remove case, accents, widths and Chinese variants; offsets stay the same."""

from __future__ import annotations

import re
import unicodedata

from db.text.chinese_variants import TO_SIMPLIFIED
from db.text.scripts import RADICAL_CODES

# Invisible characters that may stand inside words: soft hyphen, zero-width space and joiners, direction marks,
# word joiner, byte order mark, combining grapheme joiner, variation selectors; and surrogates that stand alone.
# To be used inside a character class.
INVISIBLE_CHARACTERS = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\ufe0e\ufe0f\ufeff\ud800-\udfff"
)
_SPACES = re.compile(r" [^\S\n]+|[^\S\n ][^\S\n]*")  # blanks other than a single space, so that most are passed over
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


def _same_table() -> dict[int, str]:
    """Return the characters that mean the same as others in every text: full-width letters and digits, ligatures.

    Full-width punctuation stays, because it is what Chinese is written with.
    """
    full_width = (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B), 0xFF04, 0xFF05)
    others = (*map(ord, "ﬀﬁﬂﬃﬄﬅﬆ"), *RADICAL_CODES)
    return {code: unicodedata.normalize("NFKC", chr(code)) for code in (*full_width, *others)}


_SAME = _same_table()
_DIGIT = "0-9\uff10-\uff19"
_INSIDE = re.compile("(?<=\\w)[\u00ad\u200b-\u200d\u2060\ufeff](?=\\w)")
# A search for one set of characters is quick; an alternative to it would be tried at each place.
_UNUSUAL = re.compile(
    f"[{INVISIBLE_CHARACTERS}{''.join(map(chr, _SAME))}\uff0e](?:(?<!\uff0e)|(?<=[{_DIGIT}]\uff0e)(?=[{_DIGIT}]))"
)
FOLDING_TABLE = _table()  # code of a character -> the character that `fold` writes for it


def clean(text: str) -> str:
    """Return the text as it is stored, indexed and judged; `clean` of such a text is the text itself.

    It is in NFC, without invisible characters, with plain letters and digits for full-width ones and with single
    spaces; line breaks stay.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", _UNUSUAL.sub(_write_plainly, text))
    return _SPACES.sub(" ", text)


def join_words(text: str) -> str:
    """Return the text without a soft hyphen or a zero-width sign that stands alone between two letters."""
    return text if text.isascii() else _INSIDE.sub("", text)


def _write_plainly(match: re.Match[str]) -> str:
    return "." if match[0] == "\uff0e" else _SAME.get(ord(match[0]), "")


def is_inside_word(folded: str, place: int) -> bool:
    """Return True if a place of a folded text lies between two letters or digits of one Latin word."""
    return 0 < place < len(folded) and _is_of_word(folded[place - 1]) and _is_of_word(folded[place])


def _is_of_word(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def fold(text: str) -> str:
    """Return the text in the form in which names are matched. It is as long as before, character by character."""
    return text.lower() if text.isascii() else text.translate(FOLDING_TABLE)
