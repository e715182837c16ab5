"""How much two texts are the same text: normal form, shingles, Jaccard and containment. Pure.

It stands on the lowest floor because the store decides with it what is a revision and what is a copy.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# NFKC leaves these as they are, and an outlet's typography is no revision (Unicode, General Punctuation).
_TYPOGRAPHY = str.maketrans(
    {**dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("“”„‟″«»", '"'), **dict.fromkeys("‐‑‒–—―−", "-")}
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff")  # invisible: deleted
)

_COUNT = r"\d[\d.,]*\s*(?:k|m|mil|万)?"
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
_COUNTER = (
    rf"{_COUNT}\s*(?:vistas?|visitas?|lecturas?|visualizaciones|views?|reads?|comentarios?|comments?|shares?"
    r"|veces\s+compartid[oa]|compartidos?|me\s+gusta|likes?)"
    rf"|(?:vistas?|visitas?|lecturas?|views?|reads?|comentarios?|comments?|shares?|compartir|likes?)\s*[:：(]?\s*{_COUNT}\)?"
    rf"|(?:浏览量?|瀏覽量?|阅读量?|閱讀量?|点击量?|评论|分享|点赞)\s*(?:次数|数)?\s*[:：(]?\s*{_COUNT}\)?\s*次?|{_COUNT}\s*(?:次)?(?:浏览|阅读|播放)"
    r"|(?:lectura\s*(?:de\s*)?:?\s*)?\d+\s*min(?:utos?)?\.?\s*(?:de\s+lectura|read)?"
)
_STAMP = r"(?:(?:publicado|actualizado|updated|published|posted|发布|更新)\w*\s*[:：]?\s*)?"
_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_COMBINING = re.compile("[\u0300-\u036f]+")
# A relative time of minutes or hours is furniture wherever it stands; the rest only as a line of its own.
_INLINE = re.compile(rf"(?<!\w){_STAMP}(?:{_SHORT_AGO})", re.IGNORECASE)
_LINE = re.compile(rf"[\s·|•,.-]*(?:{_STAMP}(?:{_LONG_AGO})|{_COUNTER})[\s·|•,.-]*", re.IGNORECASE)


def normalised(text: str) -> str:
    """The text without what changes by itself: white space, typography, counters, relative times."""
    plain = unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHY)
    lines = (_INLINE.sub(" ", line).strip() for line in plain.splitlines())
    return " ".join(" ".join(line for line in lines if not (len(line) <= 60 and _LINE.fullmatch(line))).split())


def digest(text: str) -> str:
    """SHA-256, in hex, of the normalised text: the same for texts that differ in furniture alone."""
    return hashlib.sha256(normalised(text).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """How much two texts share, as shares of their distinct shingles, 0..1."""

    jaccard: float  # of all shingles of both
    containment: float  # of those of the shorter one


def resemblance(text_a: str, text_b: str) -> Resemblance:
    """Exact Jaccard and containment of the shingles of two texts (word 5-grams; 9 characters in Chinese)."""
    a, b = shingles(text_a), shingles(text_b)
    shared = len(a & b)
    if not shared:
        return Resemblance(jaccard=0.0, containment=0.0)
    return Resemblance(jaccard=shared / (len(a) + len(b) - shared), containment=shared / min(len(a), len(b)))


def shingles(text: str) -> set[tuple[str, ...]]:
    """All runs of neighbouring tokens; a text shorter than one run is one shingle of what it has."""
    words = tokens(text)
    width = shingle_width(words)
    if len(words) <= width:
        return {tuple(words)} if words else set()
    return set(zip(*(words[start:] for start in range(width)), strict=False))


def tokens(text: str) -> list[str]:
    """Words without case and accents, and each Chinese character by itself."""
    return _TOKEN.findall(_COMBINING.sub("", unicodedata.normalize("NFKD", text)).casefold())


def shingle_width(words: Sequence[str]) -> int:
    """Tokens in a shingle: about the same wealth of meaning for five words and nine Chinese characters."""
    return 9 if sum(1 for word in words if "\u3400" <= word[0] <= "\U0003ffff") * 2 > len(words) else 5
