"""Read the visible text blocks of a page and what their markup says about them. Pure."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from lxml.html import HtmlElement

from db.text.folding import clean
from pipelines.analysis.text import inline_text
from pipelines.analysis.text.captions import is_centred_caption

_SKIPPED = frozenset(
    {
        "script", "style", "noscript", "template", "svg", "canvas", "iframe", "object", "embed", "video",
        "audio", "map", "select", "option", "optgroup", "input", "textarea", "dialog", "nav", "footer",
        "menu", "figcaption", "picture", "math", "head", "link", "meta",
    }
)  # fmt: skip
_INLINE = frozenset(
    {
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
        "font", "i", "img", "ins", "kbd", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small",
        "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "amp-img", "g-emoji",
        "nyt_byline", "org", "person", "location",
    }
)  # fmt: skip
# Inline elements that say more than their words (pipelines.analysis.text.inline_text).
_INLINE_KINDS = inline_text.CONTROLS | inline_text.STRUCK | {"q", "sup", "a", "span"}
# Classes and ids of elements that are not the article. They must be whole words, so that "headline" is no "line". These
# patterns are for names in small letters: a search that ignores case takes three times as long.
_BOILERPLATE = re.compile(
    r"(?:^|\s)breaking-(?:news|block)(?:$|\s)|(?:^|[\s_-])(?:ticker|commentscontainer|cli-\w+|"
    r"share|sharing|sharedaddy|social|socials|addthis|related|relacionad[oa]s?|recommend\w*|recirc\w*|recomend\w*|read-?more|readmore|more-?on|also-?read|"
    r"see-?also|te-?puede|lea-?tambien|newsletter|newsletters|boletin|subscribe|subscription|suscri\w*|signup|sign-up|registration|"
    r"comments?|comentarios|disqus|respond|reply|promo|promos|promoted|promotion|ads?|advert\w*|publicidad|banner|sponsor\w*|"
    r"sidebar|side-?bar|rail|aside|breadcrumbs?|footer|foot|nav|navbar|navigation|menu|masthead|toolbar|tools|"
    r"byline|author|authors|autor|autores|author-?bio|bio|biography|about-?author|tags?|tag-?list|etiquetas|topics|keywords|"
    r"captions?|credit|credits|imagecaption|photo-?credit|cookie\w*|gdpr|consent|popup|pop-up|modal|overlay|lightbox|"
    r"most-?read|mostread|most-?popular|trending|popular|teasers?|outbrain|taboola|pagination|pager|paging|"
    r"timestamp|dateline|pubdate|posted-?on|entry-?meta|post-?meta|article-?meta|metadata|rating|poll|quiz|gallery|slideshow|carousel|slider|"
    r"player|print-?only|donate|donation|feedback|hidden|visually-?hidden|sr-only|screen-?reader\w*|copyright|disclaimer|qr|qrcode|"
    r"wp-embed|wp-embedded-content|embedly-card|rec|nl|widget|widgets|callout|cta|up-?next|prev-?next|post-?nav\w*|jp-relatedposts|wp-caption-text|editor|responsibility|"
    r"infobox|factbox|trinity\w*|speech|listen|tts|jump-?link|skip-?link|toc|table-of-contents|correction-link"
    r")(?:$|[\s_-])",
)
# Classes and ids that exclude an element even if it holds most of the text.
_CERTAIN = re.compile(
    r"(?:^|[\s_-])(?:comments?(?:list|s-?area|container|wrapper|s)?|commentlist|comentarios|disqus\w*|cookie\w*|cookie-law-info-bar|cli-\w+|gdpr\w*|consent|"
    r"modal|popup|related-?(?:posts?|articles?|news|content)|newsletter)(?:$|[\s_-])",
)
_BODY = re.compile(
    r"(?:^|[\s_-])(?:article-?_*body|articlebody|article-?_*content|article-?_*text|story-?_*body|storybody|story-?_*content|story-?_*text|entry-content|post-?_*content|"
    r"post-?_*body|body-?_*content|news-?_*content|news-?_*body|news-?_*text|nota-?_*cuerpo|cuerpo|texto-?nota|content-?_*body|main-?_*text|td-post-content|field-name-body|"
    r"rm_txt_con|cmsmaincontent|wysiwyg|rich-?text)(?:$|[\s_-])",
)
# Microdata that some pages write as visible text.
_MICRODATA = frozenset(
    {
        "author", "datePublished", "dateModified", "dateCreated", "publisher", "image", "keywords", "headline", "url",
        "logo", "name", "width", "height", "mainEntityOfPage", "inLanguage", "articleSection", "interactionCount",
        "commentCount", "comment",
    }
)  # fmt: skip
_MEDIA = frozenset(
    {"img", "picture", "video", "audio", "iframe", "svg", "canvas", "object", "embed", "amp-img", "amp-video"}
)
# What stands in a figure as text.
_FIGURE_TEXT = frozenset({"table", "blockquote", "pre", "dl"})
# What a skipped element holds only if its end tag was lost or it was left open: browsers show the article all the same.
_MAY_SWALLOW = ("nav", "button", "label", "menu", "footer", "dialog", "picture", "map")
_MAX_SKIPPED_PARAGRAPHS = 2  # of a menu or control; a footer or a dialog may have any number
_MAX_NAME_CHARACTERS = 250  # of a class or an id that are read
_MAX_BLOCKS = 20_000  # of one page
_MAX_DEPTH = 300  # levels of nesting that are read; the parser stops at 256


@dataclass(slots=True, eq=False)
class Block:
    """A run of text between two block boundaries."""

    text: str
    owner: HtmlElement  # the innermost block element
    link_share: float  # share of the characters that are links, 0..1
    suspects: tuple[HtmlElement, ...] = field(default=(), repr=False)  # enclosing elements with names of boilerplate
    address: str = ""  # of its only link, as it is written; "" if there are several
    weight: float = 0.0  # see pipelines.analysis.text.extraction.weigh_text

    @property
    def tag(self) -> str:
        """The owner's tag."""
        return str(self.owner.tag)


def class_and_id(element: HtmlElement) -> str:
    """Return the class and id of an element, shortened, separated by a blank."""
    return f"{element.get('class', '')[:_MAX_NAME_CHARACTERS]} {element.get('id', '')[:_MAX_NAME_CHARACTERS]}"


@functools.lru_cache(maxsize=20_000)
def names_boilerplate(names: str) -> bool:
    """Return True if class and id suggest that an element is not the article."""
    return _BOILERPLATE.search(names.lower()) is not None


@functools.lru_cache(maxsize=20_000)
def names_certain_boilerplate(names: str) -> bool:
    """Return True if class and id mean comments, a cookie notice or the like."""
    return _CERTAIN.search(names.lower()) is not None


@functools.lru_cache(maxsize=20_000)
def names_body(names: str) -> bool:
    """Return True if class and id suggest that an element is the article's body."""
    return _BODY.search(names.lower()) is not None


class _Names(NamedTuple):
    """What class and id of an element say."""

    is_suspect: bool  # it may be boilerplate
    classes: frozenset[str]


@functools.lru_cache(maxsize=2_000)
def _read_names(written: str, name: str) -> _Names:
    names = f"{written} {name}"
    is_suspect = len(names) > 1 and names_boilerplate(names) and not names_body(names)
    return _Names(is_suspect, frozenset(written.split()))


def read_blocks(
    root: HtmlElement, *, opened: Set[HtmlElement] = frozenset(), hidden: Set[HtmlElement] = frozenset()
) -> list[Block]:
    """Return all text blocks below an element, in document order.

    `opened` are elements that are shown whatever they say of themselves, `hidden` further ones that are not.
    """
    reader = _Reader(root, opened, hidden)
    reader.element(root, (), 0)
    reader.flush(root, ())
    captions = [block for block in reader.blocks if is_centred_caption(block.owner, block.text)]
    if not captions:
        return reader.blocks
    counts = Counter(block.owner for block in reader.blocks)
    captions = [block for block in captions if counts[block.owner] == 1]
    return [block for block in reader.blocks if block not in captions]


def _find_swallowing(root: HtmlElement) -> set[HtmlElement]:
    """Return the skipped elements that hold the article, because their end tag was lost or they were left open."""
    return {
        element
        for element in root.iterdescendants(*_MAY_SWALLOW)
        if next(element.iterdescendants("main", "article", "h1"), None) is not None
        or (
            element.tag not in {"footer", "dialog"}
            and next(islice(element.iterdescendants("p"), _MAX_SKIPPED_PARAGRAPHS, None), None) is not None
        )
    }


class _Reader:
    """Walks through the tree and collects text until a block boundary."""

    def __init__(self, root: HtmlElement, opened: Set[HtmlElement], hidden: Set[HtmlElement]) -> None:
        self.opened = opened
        self.hidden = hidden
        self.swallowing = _find_swallowing(root)
        self.struck_names = inline_text.read_struck_names(root)
        self.blocks: list[Block] = []
        self.parts: list[str] = []
        self.linked = 0
        self.in_link = 0
        self.address: str | None = None  # of the block's only link, "" if there are several
        self.around: str | None = None  # of the link around this place
        self.quotations = 0  # that are open
        self.captions = 0  # figures around this place whose caption is text

    def flush(self, owner: HtmlElement, marks: tuple[HtmlElement, ...]) -> None:
        """Make a block of the collected text, if there is any."""
        if self.parts and len(self.blocks) < _MAX_BLOCKS:
            text = " ".join("".join(self.parts).split())
            if not text.isascii():
                text = clean(text).strip()  # of ASCII with single spaces nothing is left to clean
            if text:
                share = min(self.linked / len(text), 1.0)
                self.blocks.append(Block(text, owner, share, marks, (self.address or "") if share else ""))
            self.parts = []
            self.address = self.around
        self.linked = 0

    def add(self, text: str | None) -> None:
        if text:
            self.parts.append(text)
            if self.in_link:
                self.linked += len(" ".join(text.split()))

    def before(self) -> str:
        """Return the end of the text that was collected since the last block boundary."""
        return "".join(part[-80:] for part in self.parts[-8:])[-80:]

    def element(self, element: HtmlElement, marks: tuple[HtmlElement, ...], depth: int) -> None:
        if text := element.text:
            self.add(text)
        for child in element:
            tag = child.tag
            if child in self.swallowing:
                self.flush(element, marks)
                self.element(child, (*marks, child), depth + 1)
                self.flush(child, (*marks, child))
            elif not isinstance(tag, str) or (tag in _SKIPPED and not (tag == "figcaption" and self.captions)):
                if tag in {"nav", "footer", "video", "noscript", "dialog", "menu"}:
                    self.flush(element, marks)
            elif tag in {"br", "hr"}:
                self.flush(element, marks)
            elif tag == "figure":
                self.flush(element, marks)
                self.figure(child, marks, depth)
                self.flush(element, marks)
            else:
                self.child(child, tag, element, marks, depth)
            if tail := child.tail:
                self.add(tail)

    def figure(self, figure: HtmlElement, marks: tuple[HtmlElement, ...], depth: int) -> None:
        """Read the tables and quotations of a figure, and all of it if it is paragraphs without a picture."""
        tags = {part.tag for part in figure.iter()}
        has_text = not tags.isdisjoint(_FIGURE_TEXT)
        if tags.isdisjoint(_MEDIA) and (has_text or "p" in tags):
            self.captions += has_text
            self.child(figure, "figure", figure, marks, depth)
            self.captions -= has_text
        elif has_text:
            for part in figure.iter(*_FIGURE_TEXT):
                if not any(above.tag in _FIGURE_TEXT for above in part.iterancestors() if above is not figure):
                    self.child(part, str(part.tag), figure, marks, depth)

    def child(
        self, child: HtmlElement, tag: str, parent: HtmlElement, marks: tuple[HtmlElement, ...], depth: int
    ) -> None:
        if tag in _INLINE_KINDS and self.inline(child, tag, marks, depth):
            return
        get = child.get
        names = _read_names(get("class", "")[:_MAX_NAME_CHARACTERS], get("id", "")[:_MAX_NAME_CHARACTERS])
        style = inline_text.read_style(child)
        if (style.strikes or not names.classes.isdisjoint(self.struck_names)) and inline_text.is_struck_out(child):
            if tag not in _INLINE:
                self.flush(parent, marks)
            return
        below = marks
        if child in self.hidden or (
            (names.is_suspect or style.hides or get("hidden") is not None or get("itemprop") in _MICRODATA)
            and child not in self.opened
        ):
            below = (*marks, child)
        if tag == "aside" and (not below or below[-1] is not child):
            below = (*marks, child)
        if depth > _MAX_DEPTH:
            self.add("".join(child.itertext()))
        elif tag == "a" and next(child.iterdescendants("a"), None) is None:  # browsers end a link at the next
            self.in_link += 1
            self.around = child.get("href", "")
            self.address = self.around if self.address in (None, self.around) else ""
            self.element(child, below, depth + 1)
            self.around, self.address = None, self.address if self.parts else None
            self.in_link -= 1
        elif tag in _INLINE and below is marks:
            self.element(child, below, depth + 1)
        else:
            if self.parts:
                self.flush(parent, marks)
            self.element(child, below, depth + 1)
            if self.parts:
                self.flush(child if tag not in _INLINE else parent, below)

    def inline(self, child: HtmlElement, tag: str, marks: tuple[HtmlElement, ...], depth: int) -> bool:
        """Read an element that says more than its words; False if it is to be read like any other."""
        if tag == "a":
            return inline_text.leads_to_place(child) and inline_text.is_footnote_link(child, self.before())
        if tag == "span" and not inline_text.read_style(child).raises:
            return False
        if tag in inline_text.CONTROLS:
            if inline_text.is_word_of_sentence(child, self.before()):
                self.element(child, marks, depth + 1)
            return True
        if tag in inline_text.STRUCK:
            return inline_text.is_struck_out(child)
        if tag == "q":
            opening, closing = inline_text.quotation_marks(child, self.before(), self.quotations)
            self.add(opening)
            self.quotations += 1
            self.element(child, marks, depth + 1)
            self.quotations -= 1
            self.add(closing)
            return True
        if tag in {"sup", "span"}:
            text = inline_text.read_raised(child, self.before(), inline_text.text_after(child))
            self.add(text)
            return text is not None
        return False
