"""The language of a request: English, Spanish as in Peru, or simplified Chinese.

The address decides first (`?lang=es`, the links in the head of each page), then the cookie that a language link set,
then Accept-Language, then English.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette.utils.asgi import Request

from db.i18n.languages import LANGUAGES, Language, find_language
from db.site.security import AsgiApplication, AsgiMessage, AsgiReceive, AsgiSend
from db.site.wording import SiteWording

LANGUAGE_COOKIE = "vigia_language"
_COOKIE_SECONDS = 365 * 24 * 3600
_SCOPE_KEY = "vigia.language"  # in the ASGI scope
_WRONG_KEY = "vigia.wrong_language"


def choose_accepted_language(accept: str) -> Language | None:
    """Return the language of highest quality in Accept-Language (RFC 9110, 12.5.4); None without one of ours."""
    best: Language | None = None
    most = 0.0
    for part in accept[:1000].split(","):
        name, _, rest = part.strip().partition(";")
        try:
            quality = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        language = find_language(name.strip().lower().partition("-")[0])
        if language and most < quality <= 1:
            best, most = language, quality
    return best


def read_reader_language(headers: Mapping[str, str]) -> Language:
    """Return the language of a request by its cookie, else its Accept-Language, else English."""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(LANGUAGE_COOKIE)
    except CookieError:
        cookie = None
    kept = find_language(cookie.value) if cookie is not None else None
    return kept or choose_accepted_language(headers.get("accept-language", "")) or "en"


def wording_of(request: Request | None) -> SiteWording:
    """Return the wording in a request's language; in English without a request."""
    return SiteWording(request.scope.get(_SCOPE_KEY, "en")) if request is not None else SiteWording()


def find_wrong_language(request: Request) -> str:
    """Return the value of `lang` in the address if it is no language of the pages; else ""."""
    return str(request.scope.get(_WRONG_KEY, ""))


def list_language_links(request: Request | None) -> list[tuple[str, str, str, bool]]:
    """Return links to this page in each language: (code, the language's own name, address, is the current one)."""
    if request is None:
        return []
    current = wording_of(request).language
    pairs = [pair for pair in parse_qsl(request.query_string, keep_blank_values=True) if pair[0] != "lang"]
    return [
        (code, name, f"?{urlencode([*pairs, ('lang', code)])}", code == current) for code, name in LANGUAGES.items()
    ]


def add_reader_language(app: AsgiApplication) -> AsgiApplication:
    """Wrap an ASGI application: put the request's language into its scope, and `?lang=` into a cookie.

    `lang` is removed from the query, because Datasette would read it as a column. Pages depend
    on cookie and header, so they send Vary, and shared caches must not keep them.
    """

    async def application(scope: MutableMapping[str, Any], receive: AsgiReceive, send: AsgiSend) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        kept_pairs = [pair for pair in pairs if pair[0] != "lang"]
        asked = find_language(next((value for name, value in pairs if name == "lang"), None))
        scope = dict(scope) | {_SCOPE_KEY: asked or read_reader_language(headers)}
        if asked is None:
            scope[_WRONG_KEY] = next((value for name, value in pairs if name == "lang" and value), "")
        if len(kept_pairs) < len(pairs):
            scope["query_string"] = urlencode(kept_pairs).encode()

        async def send_in_language(message: AsgiMessage) -> None:
            if message["type"] == "http.response.start":
                message = dict(message, headers=_add_language_headers(list(message.get("headers", [])), scope, asked))
            await send(message)

        await app(scope, receive, send_in_language)

    return application


def _add_language_headers(
    headers: list[tuple[bytes, bytes]], scope: Mapping[str, Any], asked: Language | None
) -> list[tuple[bytes, bytes]]:
    """Add Content-Language, Vary, Cache-Control and the cookie to the headers of a page; leave others as they are."""
    given = {name.lower(): value for name, value in headers}
    if not given.get(b"content-type", b"").startswith(b"text/html"):
        return headers
    age = given.get(b"cache-control", b"no-cache")
    kept = [pair for pair in headers if pair[0].lower() not in (b"cache-control", b"vary")]
    kept += [
        (b"content-language", SiteWording(scope[_SCOPE_KEY]).tag.encode()),
        (b"cache-control", age if b"private" in age or b"no-store" in age else b"private, " + age),
        (b"vary", b", ".join(dict.fromkeys([*_split_header(given.get(b"vary", b"")), b"Accept-Language", b"Cookie"]))),
    ]
    if asked:
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = f"{LANGUAGE_COOKIE}={asked}; Path=/; Max-Age={_COOKIE_SECONDS}; SameSite=Lax; HttpOnly{secure}"
        kept.append((b"set-cookie", cookie.encode()))
    return kept


def _split_header(header: bytes) -> list[bytes]:
    return [part.strip() for part in header.split(b",") if part.strip()]
