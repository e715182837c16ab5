"""Tell whether an address or a headline that stands in a page is the page's own. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from db.text.folding import fold
from db.text.scripts import CJK
from pipelines.analysis.text.comparison import comparable
from pipelines.analysis.text.inline_text import beginning_of

ComparableAddress: TypeAlias = tuple[str, str]  # path and query of an address, in the form in which they are compared

_TITLE_METAS = frozenset({"og:title", "twitter:title"})
_WORDS = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_VARIANT = re.compile(r"^/amp(?=/)|/amp$|/index\.[a-z]{3,5}$|\.amp(?=\.html?$)")
_MAX_TITLE_CHARACTERS = 500
_MAX_READ_CHARACTERS = 2000  # of a heading, with its blanks
_MAX_HEADINGS = 10
_UNLIKELY, _UNCERTAIN, _LIKELY = 0.2, 0.4, 0.6  # shares of common words
_LEAST_COMMON = 20  # letters of a headline that another may continue or repeat in part


@dataclass(frozen=True, slots=True)
class PageIdentity:
    """The addresses and headlines under which a page is known."""

    places: frozenset[ComparableAddress] = frozenset()
    titles: tuple[str, ...] = ()

    def has_address(self, address: object) -> bool | None:
        """Return True if the address is this page's, False if it is another page's, None if it tells nothing.

        The address of a site or section tells nothing, for systems give it to all their articles.
        """
        place = _place(address)
        if place is None or not self.places:
            return None
        path, query = place
        for own, asked in self.places:
            if own == path and (asked == query or not asked or not query):
                return True
        return None if any(own.startswith(f"{path}/") for own, _ in self.places) else False

    def has_title(self, title: object) -> bool | None:
        """Return True if the title is this page's headline or nearly, False if it has no word of it, None between."""
        if not isinstance(title, str) or not self.titles or not (plain := comparable(title[:_MAX_TITLE_CHARACTERS])):
            return None
        own = [comparable(known) for known in self.titles]
        if any(
            plain == other
            or (len(plain) >= _LEAST_COMMON and plain in other)
            or (len(other) >= _LEAST_COMMON and other in plain)
            for other in own
        ):
            return True
        words = _words(title)
        shares = [_share(words, _words(known)) for known in self.titles]
        best = max(shares, default=0.0)
        return True if best >= _LIKELY else None if best >= _UNLIKELY else False


def identify_page(tree: HtmlElement, addresses: Iterable[str] = (), *, title: str = "") -> PageIdentity:
    """Collect the addresses and headlines of a page; `title` is the one that its source gave.

    `addresses` are those that were requested and that answered.
    """
    links = [link.get("href") for link in tree.iter("link") if (link.get("rel") or "").lower() == "canonical"]
    titles = [title]
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        if name in _TITLE_METAS:
            titles.append(meta.get("content") or "")
        elif name == "og:url":
            links.append(meta.get("content"))
    for number, heading in enumerate(tree.iter("h1", "title")):
        if number > _MAX_HEADINGS:
            break
        titles.append(beginning_of(heading, _MAX_READ_CHARACTERS))
    plain = (" ".join(text[:_MAX_TITLE_CHARACTERS].split()) for text in titles)
    places = {place for address in (*addresses, *links[:5]) if (place := _place(address)) and place[0]}
    return PageIdentity(frozenset(places), tuple(dict.fromkeys(text for text in plain if text)))


def _place(address: object) -> ComparableAddress | None:
    """Return path and query of an address without what does not tell pages apart; None if it is none or a front page.

    Hosts are left out: pages stand on mirrors and on hosts for mobiles.
    """
    if not isinstance(address, str) or not 1 < len(address) <= 2000 or not ("/" in address or "?" in address):
        return None
    return _read_place(address)


@functools.lru_cache(maxsize=256)
def _read_place(address: str) -> ComparableAddress | None:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    if parts.scheme not in ("", "http", "https"):
        return None
    path = _VARIANT.sub("", unquote(parts.path).rstrip("/").lower()).rstrip("/")
    query = "&".join(sorted(part for part in parts.query.lower().split("&")[:20] if re.search(r"=\w*\d", part)))
    return (path, query) if path or query else None


@functools.lru_cache(maxsize=256)
def _words(text: str) -> frozenset[str]:
    return frozenset(
        word for word in _WORDS.findall(fold(text[:_MAX_TITLE_CHARACTERS])) if len(word) > 3 or word > "\u2e80"
    )


def _share(some: frozenset[str], others: frozenset[str]) -> float:
    """Return the share of common words (Dice's coefficient); a middle value if one set is empty."""
    return 2 * len(some & others) / (len(some) + len(others)) if some and others else _UNCERTAIN
