"""The languages that Vigía speaks: with its readers, on pages and in messages."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "es", "zh"]
LANGUAGES: dict[Language, str] = {"en": "English", "es": "Español", "zh": "中文"}  # each by its own name


def find_language(code: str | None) -> Language | None:
    """The language of that code, if it is one of ours."""
    return next((language for language in LANGUAGES if language == code), None)
