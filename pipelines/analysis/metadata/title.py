"""Find the headline of a page, without the outlet's name. Pure."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Collection, Sequence
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
_CERTAIN_MARK = re.compile(r"[|｜_＿]|^[-–—]+$")  # what rarely stands within a headline; dashes in Chinese alone
_BEGINNING = 4  # characters by which the texts of elements are chosen
_TEXT_TAGS = ("p", "div", "span", "td", "strong", "b", "font", "big", "center", "h4", "li")
_MAX_LINKS = 300
_MAX_HEADINGS = 5
_MAX_SECTION_CHARACTERS = 40


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
    evidence = _Evidence(page, tree, structured)
    wholes = [" ".join(whole.split())[:_MAX_READ_CHARACTERS] for whole in (written, shared_title, declared)]
    rests = _rests_of_headings(tree)
    evidence.headings |= {comparable(text) for text in _headings_without_labels(rests, wholes, names)}
    for whole in dict.fromkeys(wholes):
        names |= evidence.find_labels(whole)
        names |= evidence.find_labels(without_outlet(whole, names))
    shown = [*_headings_without_labels(rests, wholes, names), *_headings(tree)]
    shown = [heading for heading in shown if without_outlet(heading, names)]
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


class _Evidence:
    """What the page shows beside its titles: headings, texts that stand alone, names of sections and of the site."""

    def __init__(self, page: Page, tree: HtmlElement, structured: StructuredData) -> None:
        self.page = page
        self.tree = tree
        self.structured = structured
        self.headings = {comparable(text) for text in _headings(tree, "h1", "h2", "h3", most=60)}

    def find_labels(self, title: str) -> frozenset[str]:
        """Return the parts of a title that are no headline, such as section and ministry, as `comparable` does.

        The headline is what stands alone on the page: as a heading, else as any element. Without one, a part is a label
        if it names a section, by the address, the page's data or a link, and is divided off like the site's name.
        """
        marks = list(itertools.islice(_SEPARATORS.finditer(title), _MAX_PARTS))
        if not marks:
            return frozenset()
        sections = {comparable(part) for part in urlsplit(self.page.url).path.split("/")[:-1]}
        if comparable(title) not in self.headings:
            if labels := _labels_around(title, marks, self.headings, is_sure=True):
                return labels
            texts = self._texts_alone(_SEPARATORS.split(title))
            if labels := _labels_around(title, marks, texts, is_sure=False):
                return labels
            if comparable(title) not in texts:
                sections |= self._section_names
        return _labels_by_name(title, marks, sections - {""})

    def _texts_alone(self, parts: list[str]) -> set[str]:
        """Return the texts of elements that begin like one of the parts."""
        return {
            comparable(text[:_MAX_READ_CHARACTERS])
            for beginning in {part[:_BEGINNING] for part in parts if part}
            for text in self._texts_by_beginning.get(beginning, ())
        }

    @functools.cached_property
    def _texts_by_beginning(self) -> dict[str, list[str]]:
        texts: dict[str, list[str]] = {}
        for element in self.tree.iter(*_TEXT_TAGS):
            if text := element.text:
                texts.setdefault(text.lstrip()[:_BEGINNING], []).append(text)
        return texts

    @functools.cached_property
    def _section_names(self) -> frozenset[str]:
        """The names of sections in the page's data and in its links, except the link to the page itself."""
        names = structured_data.list_strings(self.structured.article_node.get("articleSection"))
        names += self.structured.all_meta("article:section", "section")
        for node in self.structured.nodes:
            steps = node.get("itemListElement") if "BreadcrumbList" in structured_data.types_of(node) else None
            for step in steps[:_MAX_PARTS] if isinstance(steps, list) else ():
                item = step.get("item") if isinstance(step, dict) else None
                names += structured_data.list_strings((step.get("name") or item) if isinstance(step, dict) else None)
        for link in itertools.islice(self.tree.iter("a"), _MAX_LINKS):
            text = " ".join(beginning_of(link, 2 * _MAX_SECTION_CHARACTERS).split())
            if text and link.get("href") not in {None, self.page.url, urlsplit(self.page.url).path}:
                names.append(text)
        return frozenset(comparable(name) for name in names if len(name) <= _MAX_SECTION_CHARACTERS)


def _labels_around(title: str, marks: list[re.Match[str]], alone: Collection[str], *, is_sure: bool) -> frozenset[str]:
    """Return the parts behind the longest beginning that stands alone, else those before the longest end that does.

    If it is not sure that what stands alone is a headline, it must be longer than each of the other parts.
    """
    begin = next((mark for mark in reversed(marks) if comparable(title[: mark.start()]) in alone), None)
    if begin is not None:
        # What stands behind a name of the site or a section may itself be the headline.
        before, behind = comparable(title[: begin.start()]), comparable(title[begin.end() :])
        if not (len(behind) > len(before) and behind in alone):
            labels = _compare_parts(title[begin.end() :])
            least = max(_LEAST_HEADLINE, *(() if is_sure else map(_count_letters, labels)), 0)
            if _count_letters(before) >= least:
                return labels
    end = next((mark for mark in marks if comparable(title[mark.end() :]) in alone), None)
    if end is not None and _count_letters(title[end.end() :]) >= max(
        _LEAST_HEADLINE, _count_letters(title[: end.end()])
    ):
        return _compare_parts(title[: end.start()])
    return frozenset()


def _labels_by_name(title: str, marks: list[re.Match[str]], sections: Collection[str]) -> frozenset[str]:
    """Return the parts from the first one behind the headline that names a section, or the section before it."""
    ends = [mark.start() for mark in marks[1:]] + [len(title)]
    parts = [title[: marks[0].start()], *(title[m.end() : end] for m, end in zip(marks, ends, strict=True))]
    for n, mark in enumerate(marks):
        is_divided = mark[0].strip() == marks[-1][0].strip() if len(marks) > 1 else _CERTAIN_MARK.search(mark[0])
        least = max(_LEAST_HEADLINE, *map(_count_letters, parts[n + 1 :]))
        is_headline = _count_letters(title[: mark.start()]) >= least
        if is_divided and is_headline and comparable(parts[n + 1]) in sections:
            return frozenset(map(comparable, parts[n + 1 :])) - {""}
    first = comparable(parts[0])
    if first in sections and _count_letters(title[marks[0].end() :]) >= max(_LEAST_HEADLINE, 2 * len(first)):
        is_divided = marks[0][0].strip() == marks[-1][0].strip() and len(marks) > 1
        return frozenset({first} if is_divided or _CERTAIN_MARK.search(marks[0][0]) else ())
    return frozenset()


def _compare_parts(text: str) -> frozenset[str]:
    return frozenset(comparable(part) for part in _SEPARATORS.split(text)) - {""}


def _rests_of_headings(tree: HtmlElement) -> list[str]:
    """Return what is left of headings without the first or last element in them: "<a>Section</a> Headline"."""
    found = []
    for heading in itertools.islice(tree.iter("h1"), _MAX_HEADINGS):
        text = " ".join(beginning_of(heading, _MAX_READ_CHARACTERS).split())
        for part in itertools.islice(heading.iterdescendants(), _MAX_PARTS):
            label = " ".join(beginning_of(part, _MAX_READ_CHARACTERS).split())
            rests = (text.removeprefix(label), text.removesuffix(label)) if label else ()
            found += [rest.strip(" :|·–—-") for rest in rests if rest != text]
    return found


def _headings_without_labels(rests: list[str], titles: Sequence[str], names: frozenset[str]) -> list[str]:
    """Return the headlines of headings that hold a label: their rests that begin one of the page's other titles."""
    begins = {
        comparable(title[: mark.start()] if mark else title)
        for title in (without_outlet(title, names) for title in (titles if rests else ()))
        for mark in (*itertools.islice(_SEPARATORS.finditer(title), _MAX_PARTS), None)
    }
    return [rest for rest in rests if comparable(rest) in begins - {""}]


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
