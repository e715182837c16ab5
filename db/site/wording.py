"""The sentences of the reading room in one language, which db.site.reader_language chooses. Pure."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from babel.dates import format_date, format_interval, format_timedelta

from db.i18n.catalogue import LOCALES_FOLDER, Catalogue
from db.model.outlet_kind import kind_says_owner


@dataclass(frozen=True, slots=True)
class SiteWording(Catalogue):
    """The catalogue of db/i18n/locales/site in one language."""

    folder: ClassVar[Path] = LOCALES_FOLDER / "site"

    def ago(self, past: dt.timedelta) -> str:
        """Say roughly how long ago: 5 minutes ago, hace 3 horas, 4天前."""
        return str(format_timedelta(-past, granularity="minute", threshold=1.5, add_direction=True, locale=self.locale))

    def table_text(self, text: str) -> str:
        """Translate a title or description of a table or query from English; one without a translation stays."""
        return _translate("texts", text, self.language)

    def column_name(self, name: str) -> str:
        """Name a column of a table or query; in English by its own name."""
        return _translate("columns", name, self.language)

    def weekday(self, day: dt.date) -> str:
        """Name the day of the week: Thursday, jueves, 星期四."""
        return str(format_date(day, "EEEE", locale=self.locale))

    def period(self, first: dt.date, last: dt.date) -> str:
        """Format the days from the first to the last: 23–29 Nov 2026, 2026年11月23日至29日."""
        return str(format_interval(first, last, "yMMMMd", locale=self.locale))


def _translate(table: str, english: str, language: str) -> str:
    return load_table_texts()[table].get(english, {}).get(language, english)


@lru_cache
def load_table_texts() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Load the translations for the tables' pages, by English text and language: {"texts": {"Edits": {"es": "…"}}}."""
    return tomllib.loads((SiteWording.folder / "records.toml").read_text("utf-8"))


def describe_standing(kind: str | None, ownership: str | None, wording: SiteWording) -> str:
    """Describe an outlet's kind and ownership: "press", "state media", "think tank, non-profit".

    Ownership is left out if the kind already says it, or if it is private or unknown.
    """
    words = [wording.word("kinds", kind)] if kind else []
    if ownership in ("state", "public", "nonprofit") and (owner := name_ownership(kind, ownership, wording)):
        words.append(owner)
    return wording.join(words)


def name_ownership(kind: str | None, ownership: str | None, wording: SiteWording) -> str:
    """Return the word for an outlet's ownership; "" if its kind already says it."""
    return "" if kind_says_owner(kind, ownership) else wording.word("ownerships", ownership)
