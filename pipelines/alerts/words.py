"""What is ours in a message, in the reader's language: sentences of words/*.toml, the rest by Unicode's CLDR. Pure."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_timezone, get_timezone_location
from babel.numbers import format_decimal

from pipelines.alerts.people import Language

FOLDER = Path(__file__).parent / "words"
LANGUAGES: tuple[Language, ...] = get_args(Language)
_LOCALES = {"en": Locale("en", "GB"), "es": Locale("es", "PE"), "zh": Locale("zh", "CN", script="Hans")}
_TAGS = {"en": "en", "es": "es-PE", "zh": "zh-Hans"}

Entry = str | dict[str, str]  # a sentence, or one for each of CLDR's plural forms


@lru_cache
def catalogue(language: Language) -> dict[str, Entry]:
    """The sentences of a language by key: `subject.line`."""
    tables: dict[str, dict[str, Entry]] = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))
    return {f"{table}.{name}": entry for table, entries in tables.items() for name, entry in entries.items()}


@dataclass(frozen=True, slots=True)
class Wording:
    """One language. Called with a key it gives the sentence, `n` chooses the plural form."""

    language: Language = "en"

    def __call__(self, key: str, /, **values: Any) -> str:
        """The sentence with its values. Raises KeyError for a key that is not there, or a value that is missing."""
        entry = catalogue(self.language)[key]
        if isinstance(entry, dict):
            entry = entry.get(self.locale.plural_form(abs(values["n"])), entry["other"])
        said = {name: self.number(value) if type(value) is int else value for name, value in values.items()}
        return entry.format_map(said)

    @property
    def locale(self) -> Locale:
        """The locale in which Babel writes."""
        return _LOCALES[self.language]

    @property
    def tag(self) -> str:
        """The language for `lang` in HTML (BCP 47)."""
        return _TAGS[self.language]

    def word(self, table: str, code: str) -> str:
        """The word for a code of the database; one that is new to us stands for itself."""
        entry = catalogue(self.language).get(f"{table}.{code}", code)
        return entry if isinstance(entry, str) else code

    def number(self, value: int) -> str:
        """1,234 as the language groups it."""
        return str(format_decimal(value, locale=self.locale))

    def listed(self, names: Sequence[str]) -> str:
        """Names one after another."""
        return self("list.between").join(names)

    def quoted(self, text: str) -> str:
        """A text in the language's quotation marks."""
        return f"{self('list.opening')}{text}{self('list.closing')}"

    def several(self, texts: Sequence[str]) -> str:
        """Texts in quotation marks, one after another."""
        return " ".join(self.quoted(text) for text in texts)

    def country(self, code: str) -> str:
        """The name of a country by its ISO 3166 code."""
        named = self.word("countries", code)
        return named if named != code else str(self.locale.territories.get(code, code))

    def tongue(self, code: str) -> str:
        """The name of a language by its ISO 639-1 code."""
        return str(self.locale.languages.get(code, code))

    def day(self, day: dt.date, style: str = "medium") -> str:
        """22 Nov 2026; `long`: with the month written out."""
        return str(format_date(day, style, locale=self.locale))

    def moment(self, at: dt.datetime, zone: str) -> str:
        """22 Nov 2026, 08:30 (Lima): the moment on the wall of a zone, with the city that stands for it."""
        wall = at.astimezone(ZoneInfo(zone))
        return self("story.moment", day=self.day(wall.date()), time=f"{wall:%H:%M}", city=self.city(zone))

    def city(self, zone: str) -> str:
        """The city that stands for a time zone."""
        named = str(get_timezone_location(get_timezone(zone), locale=self.locale, return_city=True))
        return named.rpartition("/")[2]

    def span(self, span: dt.timedelta) -> str:
        """A span in one unit: 45 min, 3 h, 2 days. Minutes up to an hour and a half, hours up to a day and a half."""
        minutes = abs(span) / dt.timedelta(minutes=1)
        if minutes < 90:
            return self("lags.minutes", n=round(minutes))
        if minutes < 36 * 60:
            return self("lags.hours", n=round(minutes / 60))
        return self("lags.days", n=round(minutes / 60 / 24))

    def lag(self, lag: dt.timedelta) -> str:
        """How much later (or earlier, when negative) something was: "2 h later"."""
        if abs(lag) < dt.timedelta(minutes=1):
            return self("also.same")
        return self("also.later" if lag > dt.timedelta() else "also.earlier", span=self.span(lag))
