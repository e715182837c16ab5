"""Words of the search index: prepare texts for FTS5, and compare words as FTS5 does."""

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
)  # letters of prefixes for which the index has lists (https://sqlite.org/fts5.html, 4.2)

_MARKS = "\u0300-\u036f"  # combining accents: part of the letter before them
TOKEN = re.compile(f"[{CJK}]|[^\\W_{CJK}](?:[^\\W_{CJK}]++|[{_MARKS}]++)*+")


def space_out_cjk(text: str) -> str:
    """Return the text as it is indexed: NFKC, simplified Chinese, spaces around CJK characters, no NUL."""
    text = unicodedata.normalize("NFKC", text).replace("\0", " ").translate(TO_SIMPLIFIED)
    return CJK_CHARACTER.sub(r" \1 ", text)


def quote_phrase(text: str, *, is_prefix: bool = False) -> str:
    """Return a text as an FTS5 string: a phrase, or with `is_prefix` a prefix. Nothing in it is syntax.

    Only the words of the text are taken, because SQLite takes unassigned characters for letters and TOKEN does not.
    """
    words = " ".join(space_out_cjk(text).split()[:MAX_PHRASE_WORDS])
    phrase = " ".join(TOKEN.findall(words))
    return f'"{phrase}" *' if is_prefix else f'"{phrase}"'


@lru_cache(maxsize=65_536)
def fold_token(token: str) -> str:
    """Return a token as `unicode61 remove_diacritics 2` compares it."""
    letters = unicodedata.normalize("NFKD", token.translate(TO_SIMPLIFIED))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).lower()


def split_tokens(text: str) -> list[str]:
    """Return the folded tokens of a text, in order."""
    return [fold_token(match.group()) for match in TOKEN.finditer(unicodedata.normalize("NFKC", text))]


def has_prefix_list(beginning: str) -> bool:
    """Whether the index has a prefix list for the last word of a text (PREFIX_LENGTHS)."""
    return len("".join(split_tokens(beginning)[-1:])) in PREFIX_LENGTHS
