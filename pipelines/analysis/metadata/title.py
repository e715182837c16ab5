"""Find the headline of a page, without the outlet's name. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from db.text.scripts import HAN, is_han
from pipelines.analysis.metadata import structured_data
from pipelines.analysis.metadata.structured_data import StructuredData, unescape
from pipelines.analysis.text.comparison import comparable
from pipelines.analysis.text.inline_text import beginning_of
from pipelines.page import Page

_SEPARATORS = re.compile(
    r" [|\-–—·•»«:/_]+ | ?[|｜] ?"
    rf"| ?[_＿] ?(?=\S*[{HAN}])|(?<=[{HAN}”」》]) ?[-–—]+ ?(?=\S)|(?<=[\w%％）)？！?!]) ?[-–—]+ ?(?=[{HAN}])"
)
_MAX_TITLE_CHARACTERS = 500
_MAX_READ_CHARACTERS = 2000  # of what may be a title with more around it
_MAX_PARTS = 20  # of a document's title that are compared
_LEAST_HEADLINE = 12  # letters of a headline in which parts are looked for


def find_title(page: Page, tree: HtmlElement, *, structured: StructuredData) -> str:
    """Return the headline; "" if neither the page nor its source has one.

    The headline of JSON-LD weighs most, then the titles for sharing and the visible heading. The document's title
    weighs least, because it often holds more than the headline.
    """
    element = next(iter(tree.iter("title")), None)
    written = unescape(" ".join(beginning_of(element, _MAX_READ_CHARACTERS).split())) if element is not None else ""
    shared_title = structured.first_meta("og:title", "twitter:title", "dc.title", "title", "headline") or ""
    declared = structured_data.first_string(structured.article_node.get("headline")) or ""
    names = outlet_names(page, structured)
    headings = {comparable(text) for text in _headings(tree, "h1", "h2", "h3", most=60)}
    for whole in dict.fromkeys((written, " ".join(shared_title.split()), " ".join(declared.split()))):
        names |= _parts_behind_headline(whole[:_MAX_READ_CHARACTERS], page, headings)
    shown = [heading for heading in _headings(tree) if without_outlet(heading, names)]
    document = without_outlet(written, names)
    headline = without_outlet(declared, names)
    shared = without_outlet(shared_title, names)
    heading = without_outlet(shown[0], names) if shown else ""
    if _is_shorter_edit(shared, headline, heading, document, structured.first_meta("twitter:title") or ""):
        return shared[:_MAX_TITLE_CHARACTERS]
    # Systems that have an alternativeHeadline use it for sharing, so their headline is reliable.
    headline_weight = 5.0 if structured.article_node.get("alternativeHeadline") else 4.0
    votes: dict[str, float] = {}
    for candidate, weight in ((shared, 2.2), (headline, headline_weight), (heading, 1.8), (document, 0.1)):
        if plain := comparable(candidate):
            votes[plain] = votes.get(plain, 0.0) + weight
    for candidate in (headline, shared, heading, document):
        if votes and votes.get(comparable(candidate)) == max(votes.values()):
            usual = next(
                form for form in (headline, shared, heading, document) if comparable(form) == comparable(candidate)
            )
            return _best(usual, shown, shared)[:_MAX_TITLE_CHARACTERS]
    return (page.hint.title or "")[:_MAX_TITLE_CHARACTERS]


def _is_shorter_edit(shared: str, headline: str, heading: str, document: str, tweeted: str) -> bool:
    """Return True if the title for sharing is a shortened headline.

    In the Fundus test set, 6 of 8 such titles were the right ones.
    """
    plain = comparable(headline)
    same = bool(plain) and plain == comparable(heading) == comparable(document)
    return same and comparable(tweeted).startswith(comparable(shared)) and 10 < len(shared) < len(headline)


def without_outlet(title: str, names: frozenset[str]) -> str:
    """Remove the outlet's name from the end or beginning of a title: "… | La República", "CGTN: …"."""
    title = " ".join(title[:_MAX_READ_CHARACTERS].split())
    while True:
        marks = list(_SEPARATORS.finditer(title))
        if not marks:
            return "" if comparable(title) in names else title
        last, first = marks[-1], marks[0]
        if comparable(title[last.end() :]) in names:
            title = title[: last.start()].rstrip()
        elif comparable(title[: first.start()]) in names:
            title = title[first.end() :].lstrip()
        else:
            return title


def outlet_names(page: Page, structured: StructuredData) -> frozenset[str]:
    """Return the outlet's names in the form of `comparable`: configured, on the page, in its address."""
    host = urlsplit(page.answered_url or page.url).netloc.lower().partition(":")[0].removeprefix("www.")
    publisher = structured.resolve(structured.article_node.get("publisher"))
    names = [
        page.outlet.name,
        *structured.all_meta(
            "og:site_name",
            "application-name",
            "al:android:app_name",
            "twitter:app:name:iphone",
            "apple-mobile-web-app-title",
        ),
    ]
    names += structured_data.list_strings(publisher)
    names += [host, *host.split("."), host.rpartition(".")[0], "".join(host.split(".")[:-1])]
    names += [name.lstrip("@") for name in structured.all_meta("twitter:site")]
    variants = {comparable(name) for name in names}
    return frozenset(
        name for name in variants | {re.sub("^(the|el|la|diario)", "", name) for name in variants} if len(name) > 1
    )


def last_title_part(tree: HtmlElement) -> frozenset[str]:
    """Return the last part of the document's title, where outlets put their name.

    In the form of `comparable`; empty if the title has one part.
    """
    element = next(tree.iter("title"), None)
    text = beginning_of(element, _MAX_READ_CHARACTERS) if element is not None else ""
    parts = _SEPARATORS.split(" ".join(text.split()))
    return frozenset({comparable(parts[-1])} if len(parts) > 1 else ())


def _parts_behind_headline(document: str, page: Page, headings: Collection[str]) -> frozenset[str]:
    """Return the parts of a document's title behind the headline, such as section and ministry, as `comparable` does.

    The headline is the longest beginning that stands among the page's `headings`. Without one, a part that names a
    section in the page's address begins what is left out, if it is divided off like the last part.
    """
    marks = list(itertools.islice(_SEPARATORS.finditer(document), _MAX_PARTS))
    if not marks:
        return frozenset()
    begin = None
    if comparable(document) not in headings:
        begin = next(
            (n for n, mark in reversed(list(enumerate(marks))) if comparable(document[: mark.start()]) in headings),
            None,
        )
    if begin is not None:
        # What stands behind a name of the site or a section may itself be the headline.
        before, behind = comparable(document[: marks[begin].start()]), comparable(document[marks[begin].end() :])
        begin = None if len(behind) > len(before) and behind in headings else begin
    if begin is None or _count_letters(document[: marks[begin].start()]) < _LEAST_HEADLINE:
        sections = {comparable(part) for part in urlsplit(page.url).path.split("/")[:-1]} - {""}
        ends = [mark.start() for mark in marks[1:]] + [len(document)]
        begin = next(
            (
                n
                for n, (mark, end) in enumerate(zip(marks, ends, strict=True))
                if comparable(document[mark.end() : end]) in sections
                and mark[0].strip() == marks[-1][0].strip()
                and _count_letters(document[: mark.start()]) >= _LEAST_HEADLINE
                and len(marks) > 1
            ),
            None,
        )
    if begin is None:
        return frozenset()
    return frozenset(comparable(part) for part in _SEPARATORS.split(document[marks[begin].end() :])) - {""}


def _count_letters(text: str) -> int:
    """Return the letters of a text; a Chinese one says as much as two."""
    plain = comparable(text)
    return len(plain) + sum(map(is_han, plain))


def _headings(tree: HtmlElement, *tags: str, most: int = 10) -> list[str]:
    headings = itertools.islice(tree.iter(*(tags or ("h1",))), most)
    return [text for heading in headings if (text := " ".join(beginning_of(heading, _MAX_READ_CHARACTERS).split()))]


def _best(candidate: str, shown: list[str], shared: str) -> str:
    """Return the candidate, or another title of the page that is more exact.

    A candidate may be another title cut short, or another title with a section or kicker added.
    """
    plain = comparable(candidate)
    for heading in shown:
        full = comparable(heading)
        least = 20 if candidate.endswith(("…", "...")) else 60
        if len(plain) >= least and full.startswith(plain) and len(full) > len(plain):
            return heading
    for heading in shown:
        # "One kicker: headline" and "another kicker - headline".
        same = zip(reversed(candidate), reversed(heading), strict=False)
        length = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], same))
        common = candidate[len(candidate) - length :]
        start = candidate[: len(candidate) - len(common)].rstrip(), heading[: len(heading) - len(common)].rstrip()
        if len(common.strip()) > 25 and all(kicker.endswith((":", "|", "-", "–")) for kicker in start):
            return common.strip()
    for other in (*shown, shared):
        if len(other) > 15 and comparable(other) != plain:
            # "Headline | section" and "kicker: headline", if the headline stands alone elsewhere.
            after, before = candidate.removeprefix(other), candidate.removesuffix(other)
            if after != candidate and _SEPARATORS.match(after):
                return other
            if other == shared and before != candidate and before.rstrip().endswith((":", "|")):
                return other
    return candidate
