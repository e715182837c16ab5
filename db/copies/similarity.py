"""How similar two texts are: normal form, shingles, Jaccard and containment. Pure.

db.news uses it to decide what is a revision and what is a copy.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from db.text.scripts import HAN, count_han
from db.text.ticking_lines import is_ticking

# NFKC leaves these characters as they are, but a change of typography is no revision (Unicode, General Punctuation).
_TYPOGRAPHY = str.maketrans(
    {**dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("“”„‟″«»", '"'), **dict.fromkeys("‐‑‒–—―−", "-")}
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff")  # invisible: deleted
)

_SHORT_AGO = (
    r"hace\s+(?:unos?\s+|unas?\s+)?(?:\d+|un|una)\s*(?:s|seg|segundos?|min|minutos?|h|hrs?|horas?)\b"
    r"|(?:\d+|an?|one)\s*(?:s|secs?|seconds?|min|mins|minutes?|h|hrs?|hours?)\s+ago\b"
    r"|\d+\s*(?:秒|分钟|分鐘|小时|小時)之?前|刚刚|剛剛"
)
_LONG_AGO = (
    r"hace\s+(?:\d+|un|una)\s*(?:d[ií]as?|semanas?|mes|meses|años?)"
    r"|(?:\d+|an?|one)\s*(?:days?|weeks?|months?|years?)\s+ago|ayer|yesterday|昨天"
    r"|\d+\s*(?:天|周|个月|個月|年)之?前"
)
_STAMP = r"(?:(?:publicado|actualizado|updated|published|posted|发布|更新)\w{0,20}\s*+(?:[:：]\s*+)?)?"
_TOKEN = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
_WORD = re.compile(r"[^\W_]+")  # what _TOKEN finds where nothing is Chinese, in less time
_COMBINING = re.compile("[\u0300-\u036f]+")
_MAX_TIME_CHARACTERS = 60  # of a line that may be a time alone
_MIN_SHINGLES = 16  # a shorter text is the same only if all its words are equal
# A relative time of minutes or hours is removed everywhere, the other texts only if they are a whole line.
_INLINE = re.compile(rf"(?<!\w){_STAMP}(?:{_SHORT_AGO})", re.IGNORECASE)
_LINE = re.compile(rf"[\s·|•,.-]*{_STAMP}(?:{_LONG_AGO})[\s·|•,.-]*", re.IGNORECASE)


def normalise(text: str) -> str:
    """Return the text without what is no revision: white space, typography, relative times, lines that tick."""
    plain = unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHY)
    lines = (_INLINE.sub(" ", " ".join(line.split())).strip() for line in plain.splitlines())
    return " ".join(" ".join(line for line in lines if not _is_unsteady(line)).split())


def _is_unsteady(line: str) -> bool:
    return is_ticking(line) or (len(line) <= _MAX_TIME_CHARACTERS and _LINE.fullmatch(line) is not None)


def drop_lines(text: str, lines: Collection[str]) -> str:
    """Return the normal form of a text without those of its lines that are among `lines`; case does not count."""
    known = {normalise(line).casefold() for line in lines}
    return normalise("\n".join(line for line in text.splitlines() if normalise(line).casefold() not in known))


@dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """The similarity of two texts, as shares of their distinct shingles, 0..1."""

    jaccard: float  # share of all shingles of both
    containment: float  # share of the shingles of the shorter one


class CopyKind(enum.StrEnum):
    """How a copy differs from its original. The value is stored in `articles.copy_kind`."""

    EXACT = "exact"  # the same words
    NEAR = "near"  # another headline, an agency line, some words or a paragraph changed
    EXCERPT = "excerpt"  # a part of the original: cut, or with paragraphs dropped
    EXTENDED = "extended"  # the original with an addition of its own


@dataclass(frozen=True, slots=True)
class TokenisedText:
    """A text prepared for comparison: its tokens in order, and how many of them make a shingle."""

    words: tuple[str, ...]
    width: int

    def shingles(self, width: int = 0) -> set[tuple[str, ...]]:
        """Return all runs of `width` tokens (0: the text's own width); a text shorter than a run is one shingle."""
        width = width or self.width
        if len(self.words) <= width:
            return {self.words} if self.words else set()
        return set(zip(*(self.words[start:] for start in range(width)), strict=False))

    def numbers(self) -> Counter[str]:
        """Count the tokens that begin with a digit.

        Not quantities alone (db.figures): notices made from one template differ in hours, dates and laws too.
        """
        return Counter(word for word in self.words if word[0].isdigit())


def tokenise(text: str) -> TokenisedText:
    """Split a text into tokens: words without case and accents, and each Chinese character by itself."""
    plain = _COMBINING.sub("", unicodedata.normalize("NFKD", text)).casefold()
    chinese = count_han(plain)
    words = tuple((_TOKEN if chinese else _WORD).findall(plain))
    # Nine Chinese characters say about as much as five words.
    return TokenisedText(words, 9 if chinese * 2 > len(words) else 5)


def compare_texts(text_a: str, text_b: str) -> Resemblance:
    """Compute Jaccard and containment of the shingles of two texts (5 words; 9 characters in Chinese)."""
    return compare_tokenised(tokenise(text_a), tokenise(text_b))


def compare_tokenised(a: TokenisedText, b: TokenisedText, *, width: int = 0) -> Resemblance:
    """Compute Jaccard and containment of two tokenised texts, with shingles of `width` tokens (0: their own)."""
    return _overlap(a.shingles(width), b.shingles(width))


def match_texts(a: TokenisedText, b: TokenisedText) -> Resemblance | None:
    """Return the resemblance of two texts if one is a copy of the other, whole, cut or slightly changed; else None.

    Measured on pairs of agency reports: of those that share 70 % all pass, and of 4,233 further pairs that share a
    quoted sentence or more none does (tests/benchmarks/copies.py).
    """
    exact = compare_tokenised(a, b)
    shorter = min(len(a.words), len(b.words)) - a.width + 1
    if shorter < _MIN_SHINGLES:
        return exact if exact.jaccard == 1.0 else None
    if exact.jaccard >= 0.5 or exact.containment >= 0.7:
        return exact
    # Single changed words break long shingles first; a block of other text breaks short ones as much. At this distance
    # notices made from one template with other names and numbers look the same, so the numbers must agree.
    if exact.containment < 0.5 or measure_shared_numbers(a, b) < 0.9:
        return None
    loose = compare_tokenised(a, b, width=3 if a.width == 5 else 5)
    return exact if loose.jaccard >= 0.5 or loose.containment >= 0.72 else None


def begins_with(text: TokenisedText, part: TokenisedText) -> bool:
    """Return True if the longer `text` begins with most of `part`: 60 % of its shingles."""
    head = TokenisedText(text.words[: len(part.words) * 5 // 4 + 40], text.width).shingles()
    inside = part.shingles()
    return len(inside & head) >= 0.6 * len(inside)


def measure_shared_numbers(a: TokenisedText, b: TokenisedText) -> float:
    """Return the share of numbers, of the text with fewer, that the other has too: 0..1; 1 without numbers."""
    numbers_a, numbers_b = a.numbers(), b.numbers()
    fewer = min(numbers_a.total(), numbers_b.total())
    return (numbers_a & numbers_b).total() / fewer if fewer else 1.0


def has_other_numbers(a: TokenisedText, b: TokenisedText) -> bool:
    """Return True if two similar texts have different numbers: a template with new numbers is not a copy."""
    return min(a.numbers().total(), b.numbers().total()) >= 4 and measure_shared_numbers(a, b) < 0.7


def _overlap(a: set[tuple[str, ...]], b: set[tuple[str, ...]]) -> Resemblance:
    if not (shared := len(a & b)):
        return Resemblance(jaccard=0.0, containment=0.0)
    return Resemblance(jaccard=shared / (len(a) + len(b) - shared), containment=shared / min(len(a), len(b)))
