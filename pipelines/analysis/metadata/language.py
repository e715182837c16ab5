"""Detect the language of a text from its characters and words. Pure."""

from __future__ import annotations

import functools
import re
from collections import Counter
from typing import Any

from db.text.scripts import CJK, HAN_CHARACTER, HANGUL, KANA

# Function words that distinguish the languages of this desk. Words of several languages (de, a, en, que) are mostly
# left out.
_WORDS = {
    "es": (
        "el los las del y por con para su una es se lo como más pero sus le ya este porque esta entre cuando "
        "sin sobre también fue había desde nos durante uno según ha han al un"
    ),
    "en": (
        "the of and to in is that for it was with as his on be at by had not are but from or have an they "
        "which you were their been has its will would who this more said after"
    ),
    "pt": (
        "o os do da em um uma para com não por mais dos como mas foi ao das tem à seu sua ou ser quando muito "
        "há nos já também só pelo pela até isso ela entre são você na no as"
    ),
    "fr": (
        "le les des du et est une dans pour qui que sur pas plus par avec au il ce sont ne cette mais ont ses "
        "aux comme on été ces leur elle nous"
    ),
    "de": (
        "der die und das von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er "
        "hat dass sie nach wird bei einer um am sind noch wie"
    ),
    "it": (
        "il di che della per una sono del con non gli da dei nel alla più anche dalla delle ha ma come si lo "
        "le al è un questo nella"
    ),
}
_LISTS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_POSSIBLE = [
    "ar",
    "ca",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "es",
    "eu",
    "fi",
    "fr",
    "gl",
    "he",
    "hu",
    "id",
    "it",
    "ja",
    "ko",
    "lt",
    "nl",
    "no",
    "pl",
    "pt",
    "ro",
    "ru",
    "sv",
    "th",
    "tr",
    "uk",
    "vi",
    "zh",
]  # the languages that py3langid may return
_WORD = re.compile(r"[^\W\d_]+")
_CJK = re.compile(f"[{CJK}{HANGUL}]")
_SCRIPTS = (
    ("ja", re.compile(f"[{KANA}]")),
    ("ko", re.compile(f"[{HANGUL}]")),
    ("zh", HAN_CHARACTER),
)
_SAMPLE = 4000  # characters of a text that are read


def detect_language(text: str, *, declared: str | None = None) -> str | None:
    """Return the ISO 639-1 code of a text's language.

    For a short text it is that of `declared`, or None.
    """
    sample = text[:_SAMPLE]
    found = _WORD.findall(sample)
    letters = sum(map(len, found))
    if letters < 12:
        return _code(declared)
    for language, script in () if sample.isascii() or not _CJK.search(sample) else _SCRIPTS:
        # Japanese texts have at least a third of kana; a Chinese text may quote a few.
        if len(script.findall(sample)) > letters * (0.15 if language == "ja" else 0.3):
            return language
    words = [word.lower() for word in found]
    counted = Counter(words)
    share = {
        language: sum(counted[word] for word in counted.keys() & known) / max(len(words), 1)
        for language, known in _LISTS.items()
    }
    best, second = sorted(share, key=lambda language: share[language], reverse=True)[:2]
    if len(words) >= 25 and share[best] > 0.18 and share[best] > 1.35 * share[second]:
        return best
    if len(words) < 8:
        return _code(declared)
    return str(_identifier().classify(sample)[0])


def is_cjk(text: str) -> bool:
    """Return True if over a third of the text's characters are Chinese, Japanese or Korean."""
    sample = text[:_SAMPLE]
    return not sample.isascii() and len(_CJK.findall(sample)) > len(sample) / 3


def count_words(text: str) -> int:
    """Count the words of a text, or the characters of a Chinese, Japanese or Korean one."""
    if is_cjk(text):
        return len("".join(text.split()))
    return len(text.split())


def load_model() -> None:
    """Load what detect_language otherwise loads at the first text that needs it."""
    _identifier()


@functools.lru_cache(maxsize=1)
def _identifier() -> Any:
    """Load py3langid, limited to common languages of news: 0.4 also returns `wuu`, `yue` and `sn`."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - costs a second, seldom needed

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(_POSSIBLE)
    return identifier


def _code(declared: str | None) -> str | None:
    """Return "es" for "es-PE", "ES" or "es_PE"; None if it is no language code."""
    match = re.match(r"^\s*([A-Za-z]{2})(?:[-_].*)?\s*$", declared or "")
    return match[1].lower() if match else None
