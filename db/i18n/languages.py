"""The languages of the interface: pages, messages and the names of concepts.

A further language needs an entry in each table here and its catalogues in db/i18n/locales.
"""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "es", "zh"]
# Each by its own name.
LANGUAGES: dict[Language, str] = {
    "en": "English",
    "es": "Español",
    "zh": "中文",
}
# BCP 47, with the script where a language has several.
HTML_TAGS: dict[Language, str] = {
    "en": "en",
    "es": "es",
    "zh": "zh-Hans",
}
# How numbers, dates and names of countries are written.
BABEL_LOCALES: dict[Language, str] = {
    "en": "en_GB",
    "es": "es_PE",
    "zh": "zh_Hans_CN",
}


def find_language(code: str | None) -> Language | None:
    """Return the interface language with this code, or None."""
    return next((language for language in LANGUAGES if language == code), None)
