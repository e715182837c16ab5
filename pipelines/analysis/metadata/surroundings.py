"""Find the headline of a page, and what stands around an element: links to stories, lists, menus, comments. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from lxml.html import HtmlElement

from db.text.scripts import HAN_WEIGHT, count_han
from pipelines.analysis.metadata import date_forms
from pipelines.analysis.text.blocks import class_and_id
from pipelines.analysis.text.comparison import comparable

TAGS_IN_A_LINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "date", "em", "font", "i", "label", "mark", "q", "s"}
    | {"small", "span", "strong", "sub", "sup", "time", "u", "var"}
)
HIDDEN_TAGS = frozenset(
    {"script", "style", "noscript", "template", "option", "select", "textarea", "head", "title", "svg"}
)
_LANDMARKS = frozenset({"aside", "nav", "footer", "header", "form"})
MAX_LINE_CHARACTERS = 200  # a longer block is a paragraph
_MAX_LABEL_CHARACTERS = 80  # before a date in its line
_MAX_HEADINGS = 100
_MAX_PIECES = 60  # texts of a block that are joined
_MAX_TEASER_CHARACTERS = 400
_MAX_TEASER_PIECES = 500
_MAX_CLIMB = 4  # levels around a date at which links and neighbours are looked for
_NEAR = 2  # the same beside the headline
_MAX_LINKS = 12  # of a small block that are looked at
_MAX_DAY_LINK_CHARACTERS = 40  # of a link that is a date: to the day's news, or to the article itself
_WORD = re.compile(r"[^\W\d_]+")
UPDATED = re.compile(
    r"updated?\b|modified|revised|edited|actuali[sz]ad|modificad|editad|atualizad|aktualisiert|geändert"
    r"|mise? à jour|modifié|aggiornat|uppfært|uppdaterad|oppdatert|güncelle|обновл|更新|修改|修订|修訂|갱신|수정",
    re.IGNORECASE,
)
PUBLISHED = re.compile(
    r"\b(?:publi(?:cad|c[aá]|shed|é|cato|kation)|posted\b|issued\b|released\b|created\b|(?<!de\s)(?<!con\s)fecha\b|date\b|data\b|datum\b"
    r"|veröffentlicht|erschienen|erstellt)|发布|發布|发表|發表|刊登|日期|时间|時間|公開|게시|입력",
    re.IGNORECASE,
)
# Words after which a date belongs to a sentence, and those after which it is no publication in any line.
_IN_SENTENCE = re.compile(
    r"(?:\b(?:el|del|en|al|on|in|of|by|am|le|du|il|dal|em|no)|[于於在])\s?$",
    re.IGNORECASE,
)
_IN_PERIOD = re.compile(
    r"(?:\b(?:desde|hasta|para|since|until|till|from|to|bis|seit|vom|dès|depuis|jusqu'au|até|fino al|between|entre)"
    r"(?:\s(?:el|the|le))?|[自至从從截到])\s?$|[©]",
    re.IGNORECASE,
)
# Labels of other days: when a text was handed in, and when somebody looked at it.
_OF_ANOTHER_DAY = re.compile(
    r"\b(?:re[cç][ei]b\w{2,4}|received|submitted|a[ck]?cept\w{2,4}|consultad[oa]|acces(?:sed|o|ado)|retrieved|viewed)\b"
    r"|收稿|录用|錄用|修回|检索|檢索|访问|訪問|查阅|查閱",
    re.IGNORECASE,
)
_ENDED = re.compile(r"[.;。；]$")
OF_A_DEED = re.compile(r"\bmes de\b", re.IGNORECASE)  # "a los tres días del mes de noviembre de dos mil veintiséis"
# What follows the date of "Lima, 14 de mayo de 2026 (Andina).- El puerto …".
_OF_PLACE = re.compile(r"[)）]?[\s.,]*(?:\.?[-–—]{1,2}\s|\([A-Z]|[)）]|电|電|讯|訊)")
# Names are the weakest witness: below the text they decide, beside the headline those of the next blocks do.
_NEVER = r"comment|coment|responses?\b|respond|reply|replies|disqus|kommentar|pinglun|related|relacion|recomm?end"
_NEVER_HEADLINE = re.compile(_NEVER, re.IGNORECASE)
_NEVER_BELOW = re.compile(
    rf"{_NEVER}|caption|teaser|popular|most-|leid[ao]s|vistas|(?<!elementor-)widget|sidebar|archiv|calendar|newsletter",
    re.IGNORECASE,
)

_NAMES_DATE = re.compile(
    r"publi|posted|post-?(?:date|on)|(?:entry|article|news|story|nota|single)[-_]*date|pub-?date|dateline|fecha",
    re.IGNORECASE,
)


def join_texts(element: HtmlElement) -> str:
    """Return the beginning of an element's visible text, with blanks between its parts."""
    return " ".join(" ".join(islice(_visible_texts(element), _MAX_PIECES)).split())


def join_line(element: HtmlElement) -> str:
    """Return the text of an inline element with that of its inline neighbours, up to the next block or break."""
    before: list[str] = []
    node = element.getprevious()
    while node is not None and node.tag in TAGS_IN_A_LINE and len(before) < _MAX_CLIMB:
        before[:0] = [join_texts(node), node.tail or ""]
        node = node.getprevious()
    if node is None and (parent := element.getparent()) is not None:
        before[:0] = [parent.text or ""]
    elif node is not None:
        before[:0] = [node.tail or ""]
    after: list[str] = [element.tail or ""]
    node = element.getnext()
    while node is not None and node.tag in TAGS_IN_A_LINE and len(after) < 2 * _MAX_CLIMB:
        after += [join_texts(node), node.tail or ""]
        node = node.getnext()
    return " ".join((*before, join_texts(element), *after))


def says_published(element: HtmlElement) -> bool:
    """Return True if names say that a date is the publication's: itemprop, or class and id."""
    for node in islice((element, *element.iterancestors()), 3):
        if node.get("itemprop") in {"datePublished", "dateCreated"}:
            return True
        if _NAMES_DATE.search(class_and_id(node)):
            return True
    return False


def _visible_texts(element: HtmlElement) -> Iterator[str]:
    for part in element.iter():
        if (isinstance(part.tag, str) and part.tag not in HIDDEN_TAGS) or part is element:
            yield part.text or ""
        if part is not element:
            yield part.tail or ""


def measure_words(text: str) -> int:
    """Count words; three Chinese characters are one."""
    return len(_WORD.findall(text)) + count_han(text) // HAN_WEIGHT


def is_dateline(text: str, before: str, date: date_forms.WrittenDate, *, must_say_so: bool) -> bool:
    """Return True if a date stands in its line as the line's content, not inside a sentence."""
    if _OF_ANOTHER_DAY.search(before[-30:]):
        return False
    has_label = PUBLISHED.search(before[-60:]) is not None and len(before) < _MAX_LABEL_CHARACTERS
    if has_label or must_say_so:
        return has_label
    if OF_A_DEED.search(text, date.start, date.end):  # with which deeds and laws end
        return True
    if date.start < _MAX_LABEL_CHARACTERS and _OF_PLACE.match(text[date.end :]) and not _IN_SENTENCE.search(before):
        return True
    if _IN_PERIOD.search(before[-30:]):
        return False
    after = text[date.end :]
    size = measure_words(f"{text[: date.start]} {after}")
    tells = measure_words(after) > 4 and _ENDED.search(after) is not None and not UPDATED.search(after)
    return size <= 4 or (size <= 14 and not tells and not _IN_SENTENCE.search(before) and not is_prose(text))


def is_prose(text: str) -> bool:
    """Return True if a text is longer than a line."""
    return len(text) > MAX_LINE_CHARACTERS or count_han(text) > MAX_LINE_CHARACTERS // HAN_WEIGHT


def find_heading(tree: HtmlElement, title: str) -> HtmlElement | None:
    """Return the headline's element: the longest heading that the title or the document's title holds."""
    document = next(tree.iter("title"), None)
    names = [comparable(title)]
    if document is not None:
        names.append(comparable(join_texts(document)))
    best, first, length = None, None, len(names[0]) // 3
    for heading in islice(tree.iter("h1", "h2", "h3"), _MAX_HEADINGS):
        text = comparable(join_texts(heading))
        first = heading if first is None and heading.tag == "h1" and text else first
        if len(text) > length and any(text in name or (len(name) > 20 and name in text) for name in names):
            best, length = heading, len(text)
    if best is not None or len(names[0]) < 8:
        return best if best is not None else first
    # Old pages have no headings: the first element of the body with the title's text alone.
    for element in tree.iter("div", "p", "td", "span", "strong", "b", "font"):
        text = element.text or ""
        if abs(len(text.strip()) - len(title)) < 8 and comparable(text.strip()) == names[0]:
            return element
    return first


def is_of_others(element: HtmlElement, around: Collection[HtmlElement], *, is_below: bool) -> bool:
    """Return True if what an element says belongs to another story, a comment, a picture, a menu or the like.

    `around` is what the headline stands in: it belongs to the article. Below the text a link of two words beside the
    element is enough, beside the headline, where names of authors and sections are links, it takes six.
    """
    names = _NEVER_BELOW if is_below else _NEVER_HEADLINE
    is_small = True
    for level, node in enumerate((element, *element.iterancestors()), 1):
        if node in around or node.tag == "body":
            return False
        if node.tag == "figure" or ((is_below or level <= _NEAR) and names.search(class_and_id(node))):
            return True
        if node.tag in _LANDMARKS:
            # An article may have a header and a footer of its own, and its data in a column beside the headline.
            own = node.tag in {"header", "footer"} or (node.tag == "aside" and not is_below)
            if not own or not any(parent.tag in {"article", "main"} for parent in node.iterancestors()):
                return True
        is_small = is_small and level <= (_MAX_CLIMB if is_below else _NEAR) and _is_small(node)
        if (is_small or node.tag == "a") and _links_elsewhere(node, is_below=is_below):
            return True
        if is_small and _is_repeated(node):
            return True
    return False


def _is_small(node: HtmlElement) -> bool:
    """Return True if a block may be one teaser or one comment, and is not the article's whole text."""
    size = 0
    for text in islice(node.itertext(), _MAX_TEASER_PIECES):
        size += len(text.strip())
        if size > _MAX_TEASER_CHARACTERS:
            return False
    return True


def _links_elsewhere(node: HtmlElement, *, is_below: bool) -> bool:
    """Return True if a small block holds a heading or the link to a story."""
    links: Iterable[HtmlElement] = [node] if node.tag == "a" else islice(node.iter("a"), _MAX_LINKS)
    for link in links:
        text = join_texts(link)
        if len(text) < _MAX_DAY_LINK_CHARACTERS and date_forms.find_written_dates(text, zone=None):
            continue
        if measure_words(text) >= (2 if is_below else 6):
            return True
    headings = node.iter("h2", "h3", "h4", "h5")
    return any(is_below or next(heading.iter("a"), None) is not None for heading in headings if heading is not node)


def _is_repeated(node: HtmlElement) -> bool:
    """Return True if a neighbour of the same kind has a date too: a list of comments or of stories."""
    if node.tag in TAGS_IN_A_LINE:
        return False
    for near in (node.getprevious(), node.getnext()):
        if near is not None and near.tag == node.tag and near.get("class") == node.get("class"):
            text = date_forms.fold_date_text(join_texts(near))
            if date_forms.find_written_dates(text, zone=None) and not UPDATED.search(text):
                return True
    return False
