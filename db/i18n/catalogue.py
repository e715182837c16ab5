"""Catalogues of Vigía's sentences by language; numbers, dates and names follow Unicode's CLDR. Pure.

Pages (db.site.wording) and messages (pipelines.alerts.messages.wording) have a catalogue each. The sentences of both
are in db/i18n/locales/shared.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from babel import Locale
from babel.dates import format_date, format_skeleton, get_timezone, get_timezone_location
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from db.i18n.languages import BABEL_LOCALES, HTML_TAGS, Language

LOCALES_FOLDER = Path(__file__).parent / "locales"
SHARED_FOLDER = LOCALES_FOLDER / "shared"
_LOCALES = {language: Locale.parse(name) for language, name in BABEL_LOCALES.items()}

CatalogueEntry = str | dict[str, str]  # a sentence, or one for each of CLDR's plural forms


@lru_cache
def load_entries(folder: Path, language: Language) -> dict[str, CatalogueEntry]:
    """Load the sentences of a folder in a language, by key: `front.empty`."""
    tables: dict[str, dict[str, CatalogueEntry]] = tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))
    return {f"{table}.{name}": entry for table, entries in tables.items() for name, entry in entries.items()}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The sentences of one language. Call it with a key for a sentence; its methods format numbers, dates and names."""

    folder: ClassVar[Path] = SHARED_FOLDER  # of its own sentences, beside the shared ones
    tags: ClassVar[dict[Language, str]] = HTML_TAGS

    language: Language = "en"

    def __call__(self, key: str, /, **values: Any) -> str:
        """Return a sentence with its values filled in. The value `n` chooses the plural form.

        The result is Markup if one of the values is. Raises KeyError if the key or a value is missing.
        """
        text = self.entries[key]
        if isinstance(text, dict):
            text = text.get(self.locale.plural_form(abs(values["n"])), text["other"])
        formatted = {name: self.number(value) if type(value) is int else value for name, value in values.items()}
        if any(hasattr(value, "__html__") for value in formatted.values()):
            return Markup(escape(text)).format_map(formatted)  # noqa: S704 -- format_map escapes the values
        return text.format_map(formatted)

    @property
    def entries(self) -> dict[str, CatalogueEntry]:
        """All sentences by key."""
        return _entries(type(self), self.language)  # type: ignore[arg-type]  # a class has a hash

    @property
    def locale(self) -> Locale:
        """The locale that Babel writes dates and numbers in."""
        return _LOCALES[self.language]

    @property
    def tag(self) -> str:
        """The language for `lang` in HTML (BCP 47)."""
        return self.tags[self.language]

    def template(self, key: str) -> str:
        """Return a sentence with its {placeholders}, for a script that fills them in."""
        text = self.entries[key]
        return text if isinstance(text, str) else text["other"]

    def word(self, table: str, code: str | None, *, unknown: str = "") -> str:
        """Return the word for a code of the database, as in `word("kinds", "press")`; an unknown code unchanged."""
        if not code:
            return unknown
        found = self.entries.get(f"{table}.{code}", code)
        return found if isinstance(found, str) else code

    def number(self, n: float, pattern: str | None = None) -> str:
        """Format a number with the language's grouping (12,345), or by a Unicode pattern (`0.00`)."""
        if pattern is None and type(n) is int and 0 <= n < 1000:
            return str(n)  # faster: there is nothing to group, and a page has a hundred of these
        return str(format_decimal(n, format=pattern, locale=self.locale))

    def join(self, words: Sequence[str]) -> str:
        """Join words as a list: "a, b"; "a、b"."""
        return self("list.between").join(words)

    def rate(self, per_day: float) -> str:
        """Format a rate in the shortest period that gives at least one: 6 a day, 2 a week, 1 a month."""
        for key, days in (("rate.daily", 1), ("rate.weekly", 7)):
            if count := round(per_day * days):
                return self(key, n=count)
        return self("rate.monthly", n=max(1, round(per_day * 30)))

    def span(self, span: dt.timedelta) -> str:
        """Format a span in one unit: 45 min, 3 h, 2 days. Minutes below 90 minutes, hours below 48 hours, then days.

        Days begin at 48 hours, because a rounded day misstates a shorter span by up to a third.
        """
        minutes = abs(span) / dt.timedelta(minutes=1)
        if minutes < 90:
            return self("lags.minutes", n=round(minutes))
        if minutes < 48 * 60:
            return self("lags.hours", n=round(minutes / 60))
        return self("lags.days", n=round(minutes / 60 / 24))

    def lag(self, lag: dt.timedelta) -> str:
        """Format how much later, or earlier if negative, something was: "2 h later"."""
        if abs(lag) < dt.timedelta(minutes=1):
            return self("lags.same")
        return self("lags.later" if lag > dt.timedelta() else "lags.earlier", span=self.span(lag))

    def country_name(self, code: str | None) -> str:
        """Return the name of a country (ISO 3166 code) or the European Union; "" for no code."""
        name = self.word("countries", code)
        return name if name != code else str(self.locale.territories.get(code, code))

    def language_name(self, code: str | None) -> str:
        """Return the name of a language (ISO 639-1 code); "" for no code."""
        return str(self.locale.languages.get(code, code)) if code else ""

    def zone_city(self, zone: str) -> str:
        """Return the city of a time zone (IANA name): Lima, 利马; for UTC, "UTC"."""
        try:
            location = get_timezone_location(get_timezone(zone), locale=self.locale, return_city=True)
        except LookupError:  # a zone that Babel's list lacks
            location = zone.replace("_", " ")
        return str(location).rpartition("/")[2]

    def date(self, day: dt.date, style: str = "long") -> str:
        """Format a day: `long` 22 November 2026, `medium` 22 Nov 2026, or a Unicode skeleton (`MMMMd`: 22 November)."""
        if style in ("long", "medium"):
            return str(format_date(day, style, locale=self.locale))
        return str(format_skeleton(style, dt.datetime.combine(day, dt.time(), dt.UTC), locale=self.locale))


@lru_cache
def _entries(catalogue: type[Catalogue], language: Language) -> dict[str, CatalogueEntry]:
    return load_entries(SHARED_FOLDER, language) | load_entries(catalogue.folder, language)
