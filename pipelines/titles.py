"""The headline of a page, without the outlet's name. Pure."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipelines import structured
from pipelines.items import Page
from pipelines.structured import Structured, unescaped

_SEPARATORS = re.compile(
    r"\s+[|\-–—·•»«:/_]+\s+|\s*[|｜]\s*|\s*[_＿]\s*(?=\S*[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff”」》])\s*[-–—]+\s*(?=\S)"
)
_LONGEST = 500  # characters of a title


def title_of(page: Page, tree: HtmlElement, *, said: Structured) -> str:
    """The headline; "" when the page has none and its source knew none."""
    headings = _headings(tree)
    element = next(iter(tree.iter("title")), None)
    document = " ".join("".join(element.itertext()).split()) if element is not None else ""
    names = _names(page, said)
    candidates = [
        said.first("og:title"),
        structured.text(said.article.get("headline")),
        said.first("twitter:title", "dc.title", "title", "headline"),
    ]
    shown = [heading for heading in headings if heading]
    for candidate in candidates:
        if candidate and (clean := without_outlet(candidate, names)):
            return _best(clean, shown)[:_LONGEST]
    if len(shown) == 1:
        return shown[0][:_LONGEST]
    clean = without_outlet(unescaped(document), names)
    return (clean or next(iter(shown), "") or page.hint.title or "")[:_LONGEST]


def without_outlet(title: str, names: frozenset[str]) -> str:
    """The title without the outlet's name at its end or beginning: "… | La República", "CGTN: …"."""
    title = " ".join(title.split())
    while True:
        marks = list(_SEPARATORS.finditer(title))
        if not marks:
            return "" if folded(title) in names else title
        last, first = marks[-1], marks[0]
        if folded(title[last.end() :]) in names:
            title = title[: last.start()].rstrip()
        elif folded(title[: first.start()]) in names:
            title = title[first.end() :].lstrip()
        else:
            return title


def folded(text: str) -> str:
    """Letters and digits alone, without case and accents, to compare names and lines."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if character.isalnum())


def _names(page: Page, said: Structured) -> frozenset[str]:
    """All that the outlet may be called: in the directory, on the page, in its address."""
    host = urlsplit(page.answered_url or page.url).netloc.lower().partition(":")[0].removeprefix("www.")
    publisher = said.resolved(said.article.get("publisher"))
    names = [
        page.outlet.name,
        *said.every(
            "og:site_name",
            "application-name",
            "al:android:app_name",
            "twitter:app:name:iphone",
            "apple-mobile-web-app-title",
        ),
    ]
    names += structured.texts(publisher)
    names += [host, *host.split("."), host.rpartition(".")[0], "".join(host.split(".")[:-1])]
    names += [name.lstrip("@") for name in said.every("twitter:site")]
    variants = {folded(name) for name in names}
    return frozenset(
        name for name in variants | {re.sub("^(the|el|la|diario)", "", name) for name in variants} if len(name) > 1
    )


def _headings(tree: HtmlElement) -> list[str]:
    return [" ".join("".join(heading.itertext()).split()) for heading in tree.iter("h1")][:10]


def _best(candidate: str, shown: list[str]) -> str:
    """The heading on the page where it is the candidate in full: machines' titles are cut or lack their marks."""
    for heading in shown:
        if heading != candidate and folded(heading) == folded(candidate):
            return heading
        if candidate.endswith(("…", "...")) and len(candidate) > 20 and folded(heading).startswith(folded(candidate)):
            return heading
    return candidate
