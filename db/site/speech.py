"""The language that a reader reads: chosen for each request, its sentences from a catalogue, its dates and numbers.

English, Spanish as in Peru, simplified Chinese. What is written in the address (`?lang=es`, the switch in the head of
each page) comes first, then the cookie that the switch left, then what the browser asks for, then English.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta, get_timezone_location
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from db.site.safety import Application, Message, Send

if TYPE_CHECKING:
    from datasette.utils.asgi import Request  # not at run time: commands that show no page need its words too

WORDS = Path(__file__).parent / "words"
LANGUAGES = {"en": "English", "es": "Español", "zh": "中文"}
COOKIE = "vigia_language"
_YEAR = 365 * 24 * 3600  # seconds that the choice is kept
_CHOSEN = "vigia.language"  # in the ASGI scope
_LOCALES = {"en": Locale("en", "GB"), "es": Locale("es", "PE"), "zh": Locale("zh", "CN", script="Hans")}
_TAGS = {"en": "en", "es": "es", "zh": "zh-Hans"}


@lru_cache
def catalogue(language: str) -> dict[str, str | dict[str, str]]:
    """The sentences of a language by key: `front.empty`; a sentence that counts is a dict of CLDR's plural forms."""
    found: dict[str, str | dict[str, str]] = {}

    def gather(table: Mapping[str, Any], prefix: str) -> None:
        for name, value in table.items():
            if isinstance(value, str) or "other" in value:
                found[prefix + name] = value
            else:
                gather(value, f"{prefix}{name}.")

    gather(tomllib.loads((WORDS / f"{language}.toml").read_text("utf-8")), "")
    return found


@dataclass(frozen=True, slots=True)
class Speech:
    """One language. Called with a key it gives the sentence; its methods say numbers, days and names."""

    language: str = "en"

    def __call__(self, key: str, /, **values: Any) -> str:
        """The sentence with its values put in; `n` chooses the plural form. Markup among the values makes it Markup.

        Raises KeyError for a key that the catalogue has not, or a value that the sentence wants.
        """
        text = catalogue(self.language)[key]
        if isinstance(text, dict):
            text = text.get(self.locale.plural_form(abs(values["n"])), text["other"])
        said = {name: self.number(it) if type(it) is int else it for name, it in values.items()}
        if any(hasattr(value, "__html__") for value in said.values()):
            return Markup(escape(text)).format(**said)  # noqa: S704 -- ours; the values are escaped by format
        return text.format(**said) if said else text

    @property
    def locale(self) -> Locale:
        """The locale that Babel writes dates and numbers in."""
        return _LOCALES[self.language]

    @property
    def tag(self) -> str:
        """The language for `<html lang>` (BCP 47)."""
        return _TAGS[self.language]

    def word(self, table: str, code: str | None, *, unknown: str = "") -> str:
        """The word for a code of the database, `word("kinds", "press")`; a code that is new to us stands for itself."""
        if not code:
            return unknown
        found = catalogue(self.language).get(f"{table}.{code}", code)
        return found if isinstance(found, str) else code

    def number(self, n: float, pattern: str | None = None) -> str:
        """12,345 as the language groups it; a pattern of Unicode's (`0.00`) says otherwise."""
        if pattern is None and type(n) is int and 0 <= n < 1000:
            return str(n)  # nothing to group: a page has a hundred of these
        return str(format_decimal(n, format=pattern, locale=self.locale))

    def country(self, code: str | None) -> str:
        """The name of a country by its ISO 3166 code, or of the European Union; "" of none."""
        if not code:
            return ""
        return (
            self.word("countries", code) if f"countries.{code}" in catalogue(self.language) else self._territory(code)
        )

    def _territory(self, code: str) -> str:
        return str(self.locale.territories.get(code, code))

    def tongue(self, code: str | None) -> str:
        """The name of a language by its ISO 639-1 code; "" of none."""
        return str(self.locale.languages.get(code, code)) if code else ""

    def date(self, day: dt.date, style: str = "long") -> str:
        """A day: `long` 22 November 2026, `medium` 22 Nov 2026, or a Unicode skeleton (`MMMMd`: 22 November)."""
        if style in ("long", "medium"):
            return str(format_date(day, style, locale=self.locale))
        return str(format_skeleton(style, dt.datetime.combine(day, dt.time(), dt.UTC), locale=self.locale))

    def ago(self, past: dt.timedelta) -> str:
        """How long ago, roughly: 5 minutes ago, hace 3 horas, 4天前."""
        return str(format_timedelta(-past, granularity="minute", threshold=1.5, add_direction=True, locale=self.locale))

    def weekday(self, day: dt.date) -> str:
        """Thursday, jueves, 星期四."""
        return str(format_date(day, "EEEE", locale=self.locale))

    def listed(self, words: Sequence[str]) -> str:
        """Words one after another: "a, b"; "a、b"."""
        return self.comma.join(words)

    @property
    def comma(self) -> str:
        """What stands between the words of a list."""
        return "、" if self.language == "zh" else ", "

    def zone(self, zone: dt.tzinfo) -> str:
        """The city whose clocks show it: Lima, 利马; UTC for itself."""
        name = str(zone)
        return name if "/" not in name else str(get_timezone_location(name, locale=self.locale, return_city=True))

    def either(self, row: Mapping[str, Any], name: str = "name") -> str:
        """What a row says in this language (`name_es`), else in English, Spanish or Chinese; "" of none."""
        return next((str(row[f"{name}_{it}"]) for it in (self.language, *LANGUAGES) if row[f"{name}_{it}"]), "")


def preferred(accept: str) -> str | None:
    """The language that an Accept-Language header (RFC 9110, 12.5.4) likes best of ours; None when it names none."""
    best, most = None, 0.0
    for part in accept[:1000].split(","):
        name, _, rest = part.strip().partition(";")
        try:
            quality = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        language = name.strip().lower().partition("-")[0]
        if language in LANGUAGES and most < quality <= 1:
            best, most = language, quality
    return best


def chosen(headers: Mapping[str, str]) -> str:
    """The language of a request by its cookie, else its Accept-Language, else English."""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        cookie = None
    if cookie is not None and cookie.value in LANGUAGES:
        return cookie.value
    return preferred(headers.get("accept-language", "")) or "en"


def speech_of(request: Request | None) -> Speech:
    """The language in which to answer; English where nobody asks."""
    return Speech(request.scope.get(_CHOSEN, "en")) if request is not None else Speech()


def switch(request: Request | None) -> list[tuple[str, str, str, bool]]:
    """The languages as links that keep the address of the page: (code, its own name, address, whether it is on)."""
    if request is None:
        return []
    here = speech_of(request).language
    pairs = [pair for pair in parse_qsl(request.query_string, keep_blank_values=True) if pair[0] != "lang"]
    return [(code, name, f"?{urlencode([*pairs, ('lang', code)])}", code == here) for code, name in LANGUAGES.items()]


def speaking(app: Application) -> Application:
    """Wrap an ASGI application: the language of a request stands in its scope, `?lang=` is kept in a cookie.

    `lang` is taken out of the query, which Datasette would read as a column. Pages differ by cookie and header: they
    say so (Vary), and no shared cache keeps them.
    """

    async def application(
        scope: MutableMapping[str, Any], receive: Callable[[], Awaitable[Message]], send: Send
    ) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        asked = next((value for name, value in pairs if name == "lang"), None)
        language = asked if asked in LANGUAGES else chosen(headers)
        scope = dict(scope) | {_CHOSEN: language}
        if asked is not None:
            query = urlencode([pair for pair in pairs if pair[0] != "lang"])
            scope["query_string"] = query.encode()
            if "raw_path" in scope and scope["raw_path"] is not None:
                scope["raw_path"] = scope["raw_path"].partition(b"?")[0]

        async def send_in_language(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = dict(message, headers=_spoken(list(message.get("headers", [])), scope, asked))
            await send(message)

        await app(scope, receive, send_in_language)

    return application


def _spoken(
    headers: list[tuple[bytes, bytes]], scope: Mapping[str, Any], asked: str | None
) -> list[tuple[bytes, bytes]]:
    """The headers of an answer, with those that its language needs if it is a page."""
    given = {name.lower(): value for name, value in headers}
    if not given.get(b"content-type", b"").startswith(b"text/html"):
        return headers
    age = given.get(b"cache-control", b"no-cache")
    kept = [pair for pair in headers if pair[0].lower() not in (b"cache-control", b"vary")]
    kept += [
        (b"content-language", _TAGS[scope[_CHOSEN]].encode()),
        (b"cache-control", age if b"private" in age or b"no-store" in age else b"private, " + age),
        (b"vary", b", ".join(dict.fromkeys([*_listed(given.get(b"vary", b"")), b"Accept-Language", b"Cookie"]))),
    ]
    if asked in LANGUAGES:
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = f"{COOKIE}={asked}; Path=/; Max-Age={_YEAR}; SameSite=Lax; HttpOnly{secure}"
        kept.append((b"set-cookie", cookie.encode()))
    return kept


def _listed(header: bytes) -> list[bytes]:
    return [it.strip() for it in header.split(b",") if it.strip()]
