"""What a word is to the search index: how a text is written into it, and how words are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from db.text.chinese_variants import TO_SIMPLIFIED
from db.text.scripts import CJK, CJK_CHARACTER

MAX_PHRASE_WORDS = 64  # words or characters of one phrase
PREFIX_LENGTHS = (
    2,
    3,
)  # letters of the beginnings of words that the index has lists of (https://sqlite.org/fts5.html, 4.2)

_MARKS = "\u0300-\u036f"  # combining accents: part of the letter before them
TOKEN = re.compile(f"[{CJK}]|[^\\W_{CJK}](?:[^\\W_{CJK}]+|[{_MARKS}]+)*")


def space_out_cjk(text: str) -> str:
    """The text as it is indexed: NFKC, traditional characters as simplified ones, CJK parted by spaces, no NUL."""
    text = unicodedata.normalize("NFKC", text).replace("\0", " ").translate(TO_SIMPLIFIED)
    return CJK_CHARACTER.sub(r" \1 ", text)


def quote_phrase(text: str, *, beginning: bool = False) -> str:
    """A text as an FTS5 string (a phrase, or the beginning of one): nothing inside it is syntax.

    Of its words alone: SQLite takes characters that no version of Unicode assigned for letters, and we do not.
    """
    words = " ".join(space_out_cjk(text).split()[:MAX_PHRASE_WORDS])
    phrase = " ".join(TOKEN.findall(words))
    return f'"{phrase}" *' if beginning else f'"{phrase}"'


@lru_cache(maxsize=65_536)
def fold_token(token: str) -> str:
    """A token as `unicode61 remove_diacritics 2` compares it."""
    letters = unicodedata.normalize("NFKD", token.translate(TO_SIMPLIFIED))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).lower()


def split_tokens(text: str) -> list[str]:
    """The folded tokens of a text, in order."""
    return [fold_token(match.group()) for match in TOKEN.finditer(unicodedata.normalize("NFKC", text))]


def has_prefix_list(beginning: str) -> bool:
    """Whether the index has one list of all words that begin as the last one of a text."""
    return len("".join(split_tokens(beginning)[-1:])) in PREFIX_LENGTHS
