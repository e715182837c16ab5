"""Can a page matter at all? Asked of the raw page before anything is extracted from it, and wrong only towards yes.

Whatever the full chain could read as title or text is a part of what is looked at here, so the names that `judge` needs
are found here too. Left out is what no extraction reads: attributes (but those of meta tags), programs, styles,
navigation, footers, menus (`blocks.py` skips them all).
"""

from __future__ import annotations

import html
import re
from itertools import accumulate

from pipelines.folding import INVISIBLE, clean, fold_quickly
from pipelines.items import OutletProfile
from pipelines.topic import Topic

_GAP = "\x1f"  # stands for a tag; str.split() takes it as a space
# Written without IGNORECASE, so that the engine can look for "<" alone.
_TAG = re.compile(r"<(?![mM][eE][tT][aA]\b)[a-zA-Z/][^<>]*>")
_TAG_BYTES = re.compile(_TAG.pattern.encode())
# What no extraction reads. Only as most pages write it, in small letters: what is not recognised is simply kept.
_REGIONS = (b"script", b"style", b"nav", b"footer", b"select", b"noscript")
# Signs that a region was never closed or never opened (a tag in an attribute, a comment), and the article stands in it.
_MARKUP = re.compile(rb"<[a-zA-Z/]")
_CONTENT = re.compile(rb"<(?:[hH]1|[pP]|[aA]rticle|ARTICLE|[mM]ain|MAIN|[mM]eta|META)\b|itemprop|ld\+json|-->")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[nrtbf])")
_ODD = re.compile(f"[{INVISIBLE}\u0300-\u036f]")


def may_matter(page: str | bytes, *, topic: Topic, outlet: OutletProfile, extra: str = "") -> bool:
    """False only if no text of this page (decoded HTML; `extra`: a title from elsewhere) could be judged on topic."""
    raw = page if isinstance(page, bytes) else page.encode("utf-8", "surrogatepass")  # bytes are searched much faster
    visible = _TAG_BYTES.sub(_GAP.encode(), _without_regions(raw))
    try:
        text = _unescaped(f"{visible.decode('utf-8', 'surrogatepass')} {extra}")
    except UnicodeDecodeError:
        return True  # whoever has the page's charset must decode it first
    a, b = outlet.country in topic.a.countries, outlet.country in topic.b.countries
    if _could_hold(text, topic, a=a, b=b):
        return True
    # Markup that was itself escaped, as in the strings of JSON-LD; read as text above, as markup here.
    return "<" in text and (inner := _TAG.sub(_GAP, text)) != text and _could_hold(inner, topic, a=a, b=b)


def _could_hold(text: str, topic: Topic, *, a: bool, b: bool) -> bool:
    tokens = text.split()
    joined = "".join(tokens)
    if _is_odd(joined):
        # What is taken out moves the places of the gaps; without them every place may be the edge of a word.
        joined = clean(joined)
        return topic.matcher.could_hold(joined, fold_quickly(joined), gaps=None, a=a, b=b)
    gaps = lambda: frozenset(accumulate(map(len, tokens)))  # noqa: E731 - most pages never need them
    return topic.matcher.could_hold(joined, fold_quickly(joined), gaps=gaps, a=a, b=b)


def _is_odd(text: str) -> bool:
    return not text.isascii() and _ODD.search(text) is not None


def _without_regions(page: bytes) -> bytes:
    head, *parts = page.split(b"<!--")
    if parts:
        page = b"".join((head, *(_after_comment(part) for part in parts)))
    for name in _REGIONS:
        head, *parts = page.split(b"<" + name)
        if parts:
            page = b"".join((head, *(_rest(part, name) for part in parts)))
    return page


def _after_comment(part: bytes) -> bytes:
    end = part.find(b"-->")
    if end < 0 or b"{" in part[:end]:  # JSON-LD is sometimes written inside a comment
        return b"<!--" + part
    return _GAP.encode() + part[end + 3 :]


def _rest(part: bytes, name: bytes) -> bytes:
    """What comes after a region at the beginning of this part, or all of it where that is not plain."""
    begin, end = part.find(b">"), part.find(b"</" + name)
    if not 0 <= begin < end or part[:1] not in b" >\t\r\n/":  # <nav-bar> is another element
        return b"<" + name + part
    if name == b"script":
        is_kept = b"ld+json" in part[:begin].lower() or _MARKUP.search(part, begin, end)
    else:
        is_kept = (_MARKUP if name == b"style" else _CONTENT).search(part, begin, end)
    return b"<" + name + part if is_kept else part[end:]


def _unescaped(text: str) -> str:
    """Entities, twice because some pages escape what was escaped before, and the escapes of JSON."""
    for _ in range(2):
        if "\\" in text:
            text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else " ", text)
        if "&" in text:
            text = html.unescape(text)
    return text
