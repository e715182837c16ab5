"""The links of a newsletter, which of them are never requested, and how much text it has besides. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote, urljoin

import lxml.html
from lxml import etree
from lxml.html.defs import block_tags

from crawler import urls
from crawler.discovery.markup import strip_crowded_tags
from db.text.scripts import CJK, CJK_SIGNS, HAN_CHARACTER, HANGUL, width_of

MAX_MESSAGE_LINKS = 300  # of one message
MAX_TEXT_CHARS = 500_000
MAX_HREF_CHARS = 4_000
MAX_ANCHOR_CHARS = 1_000  # of a link's text
# Around a link, words such as "unsubscribe" make it one that is not requested: those of its own block of text, and
# those before that, but for what other links say. The foot of a message may follow its last article at once.
CONTEXT_BEFORE_CHARS = 200
CONTEXT_AFTER_CHARS = 100
MIN_TITLE_WORDS = 4  # "Click here" and "Read more" name no article
MIN_TITLE_CJK = 8
_BLOCKS = block_tags - {"del", "ins"}
_MAX_VIEW_CHARS = 80  # of the text of a link that shows the message; more is a title
_MAX_INVITATION_CHARS = 40  # of the text of a link such as "Read more"
_MIN_PROSE_WIDTH = 60  # in letters, of a text outside links that is no label

# What ends or changes a subscription, and what shows or forwards the message instead of an article, in English,
# Spanish, Portuguese and Chinese. Each stands for no more than that: "preferencias arancelarias" and "la baja del
# cobre" are titles of articles. The words of the first kind also count around a link: "To leave this list click on that
# page".
_LEAVES = re.compile(
    r"(?i)un-?subscri|opt[-_ ]?out|list[-_]?remove|remove[-_ ]me|stop[-_ ]receiving|no longer (?:wish|want) to"
    r"|(?:manage|update|change|edit|email|your|my)[-_ ](?:your |my |email )?(?:preferences?|subscriptions?|profile)"
    r"|preferences?[-_]?cent|/(?:email-?)?preferences?\b|leave this list"
    r"|de[-_ ]baja\b|/baja(?:[/?.]|$)|^\s{0,4}baja\s{0,4}$|des-?(?:in)?suscri|desubscri|dejar de recibir|descadastr"
    r"|cancel\w{0,8}+[-_ ](?:la |tu |su |mi |sua |a )?(?:suscri|inscri|assinatura|subscri)"
    r"|no (?:desea|quiere)s? (?:seguir )?recib|(?:tus|sus|mis) (?:preferenc|suscrip)"
    r"|preferencias de (?:suscri|correo|comunic)|退订|退訂|取消订阅|取消訂閱|管理订阅|管理訂閱"
)
_SHOWS = re.compile(
    r"(?i)in your browser|web-?version|forward (?:this|to a)|view (?:this )?(?:email|newsletter|online)|/subscribe"
    r"|suscr[ií]bete|en (?:el|tu|su) navegador|no seu navegador|reenvi(?:ar|e|a) (?:este|a un)"
    r"|在浏览器|在瀏覽器|转发给|轉寄"
)
# What leads to the message itself as a page.
_VIEWS = re.compile(
    r"(?i)in (?:your |a |the )?browser|web-?version|\bview (?:this )?(?:email|newsletter|message)"
    r"|\b(?:view|read) (?:it |this )?(?:online|on the web|as a? ?web ?page)"
    r"|(?:en|desde) (?:el|tu|su|un) navegador|no seu navegador|versi[oó]n web"
    r"|\b(?:ver|leer|vea|lea|v[eé]alo|l[eé]alo) (?:este (?:bolet[ií]n|correo|mensaje) )?"
    r"(?:en l[ií]nea|online|en la web)"
    r"|在浏览器|在瀏覽器|在线(?:阅读|查看)|線上(?:閱讀|觀看)|网页版|網頁版"
)
# What invites to an article whose title stands above, without a link.
_READS_ON = re.compile(
    r"(?i)\W{0,4}(?:(?:read|learn|see|find out|view) more|(?:continue|keep) reading|read on"
    r"|(?:read )?(?:the )?(?:full|whole|complete) (?:article|story|report|post|text|piece|analysis|paper|brief)"
    r"|read (?:the |this )?(?:article|story|report|post|piece|analysis|paper|brief)"
    r"|(?:le(?:er?|a)|v(?:er|ea)|cono(?:cer?|zca)) m[aá]s|m[aá]s informaci[oó]n"
    r"|(?:seguir|sigue|siga|continuar|contin[uú][ae]) leyendo"
    r"|(?:(?:le(?:er?|a)|v(?:er|ea)) )?(?:(?:la|el|esta|este) )?"
    r"(?:nota|noticia|art[ií]culo|informe|an[aá]lisis|columna|texto|documento)(?: complet[oa])?"
    r"|(?:ler|leia|saiba) mais|continue lendo|leia (?:a|o) (?:mat[eé]ria|artigo|texto)(?: complet[oa])?"
    r"|(?:点击|點擊)?(?:阅读|查看|閱讀)?(?:全文|原文|更多|详情|詳情)|了解更多|更多(?:内容|详情|內容|詳情)|继续阅读|繼續閱讀)\W{0,4}"
)
# Chinese text goes on behind an address without a space.
_ADDRESS = re.compile(rf"https?://[^\s<>\"'\]){CJK}{HANGUL}{CJK_SIGNS}]{{1,2000}}")
_ANGLE = re.compile(r"<(https?://[^<>\s]{1,2000})>")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of a message, with its text and what stands around it."""

    url: str
    text: str = ""
    context: str = ""

    @property
    def has_title(self) -> bool:
        """True if its text may be the title of an article."""
        words, characters = _WORD.findall(self.text), HAN_CHARACTER.findall(self.text)
        return len(words) >= MIN_TITLE_WORDS or len(characters) >= MIN_TITLE_CJK

    @property
    def reads_on(self) -> bool:
        """True if its text is no title, but says that an article is read there."""
        return len(self.text) <= _MAX_INVITATION_CHARS and bool(_READS_ON.fullmatch(self.text))

    @property
    def shows_message(self) -> bool:
        """True if it says that it shows the message itself in the browser, and nothing about the subscription."""
        return len(self.text) <= _MAX_VIEW_CHARS and bool(_VIEWS.search(self.text)) and not _LEAVES.search(self.text)


def read_html_links(html: str) -> list[Link]:
    """Return the links of an HTML text, in order."""
    root = _parse(html)
    if root is None:
        return []
    pieces: list[str] = []
    length = 0
    spans: list[tuple[str, int, int]] = []
    starts: dict[etree._Element, int] = {}
    edges = [0]  # where a block of text begins or ends, in order
    base = _find_base(root)

    def add(piece: str | None) -> None:
        nonlocal length
        if piece and length < MAX_TEXT_CHARS:
            pieces.append(piece)
            length += len(piece)

    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element.tag in _BLOCKS:
            edges.append(length)
        if event == "start":
            starts[element] = length
            if element.tag not in {"script", "style"}:
                add(element.text)
                add(element.get("alt") if element.tag == "img" else None)
            continue
        href = element.get("href") if element.tag in {"a", "area"} else None
        if href and len(href) <= MAX_HREF_CHARS and len(spans) < MAX_MESSAGE_LINKS:
            spans.append((_resolve(href, base), starts[element], length))
        del starts[element]
        add(" ")
        add(element.tail)
    text = "".join(pieces)
    edges.append(len(text))
    unlinked = _blank_links(text, spans)
    links: list[Link] = []
    for href, start, end in spans:
        first = max(0, start - CONTEXT_BEFORE_CHARS)
        block = max(first, edges[bisect_right(edges, start) - 1])
        last = min(end + CONTEXT_AFTER_CHARS, edges[bisect_left(edges, end, hi=len(edges) - 1)])
        links.append(
            Link(
                url=href,
                text=" ".join(text[start : min(end, start + MAX_ANCHOR_CHARS)].split()),
                context=unlinked[first:block] + text[block:start] + text[end:last],
            )
        )
    return links


def _blank_links(text: str, spans: list[tuple[str, int, int]]) -> str:
    """Return a text with spaces for those of its links."""
    pieces: list[str] = []
    at = 0
    for _, start, end in sorted(spans, key=lambda span: span[1]):
        if end > at:
            pieces += [text[at : max(at, start)], " " * (end - max(at, start))]
            at = end
    return "".join([*pieces, text[at:]])


def _find_base(root: etree._Element) -> str:
    """Return the address that a message names for its relative links; empty if none."""
    base = next((element.get("href") or "" for element in root.iter("base")), "").strip()
    return base if base.startswith(("https://", "http://")) and len(base) <= MAX_HREF_CHARS else ""


def _resolve(href: str, base: str) -> str:
    """Return the address of a link. A mail has no address of its own that relative ones could be relative to."""
    href = href.strip()
    try:
        return urljoin(base or "https:", href) if base or href.startswith("//") else href
    except ValueError:  # urllib raises it for wrong brackets and ports
        return href


def measure_prose(html: str) -> int:
    """Return the width in letters of the running text of an HTML text: outside links, without labels."""
    root = _parse(html)
    if root is None:
        return 0
    width = links = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            links += element.tag == "a"
            text = element.text if element.tag not in {"script", "style", "title"} else None
        else:
            links -= element.tag == "a"
            text = element.tail
        if text and not links and (own := width_of([" ".join(text.split())])) >= _MIN_PROSE_WIDTH:
            width += own
    return width


def _parse(html: str) -> etree._Element | None:
    """Return the tree of an HTML text; None if it has no element."""
    try:
        parser = lxml.html.HTMLParser(
            encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False
        )
        return lxml.html.document_fromstring(strip_crowded_tags(html).encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def read_text_links(text: str) -> list[Link]:
    """Return the addresses in a plain text; they have no titles."""
    found = (match[0].rstrip(".,;:!?") for match in _ADDRESS.finditer(text[:MAX_TEXT_CHARS]))
    return [Link(url=url) for url in islice(found, MAX_MESSAGE_LINKS)]


def list_header_addresses(value: str) -> list[str]:
    """Return the web addresses of a List-Unsubscribe header (RFC 2369)."""
    return _ANGLE.findall(value[:10_000])


def is_unwanted_address(url: str, forbidden: Collection[str]) -> bool:
    """Return True if an address is one that is never requested: by its words, or because `forbidden` has its key."""
    return urls.key(url) in forbidden or _speaks_of_subscription(unquote(url))


def is_leaving_address(url: str, forbidden: Collection[str]) -> bool:
    """Return True if an address may end or change the subscription."""
    return urls.key(url) in forbidden or bool(_LEAVES.search(unquote(url)))


def is_unwanted(link: Link, forbidden: Collection[str]) -> bool:
    """Return True if a link's address, its text or the words around it speak of the subscription."""
    own = is_unwanted_address(link.url, forbidden) or _speaks_of_subscription(link.text)
    return own or bool(_LEAVES.search(link.context))


def _speaks_of_subscription(text: str) -> bool:
    return bool(_LEAVES.search(text) or _SHOWS.search(text))


def iterate_unique(links: list[Link]) -> Iterator[Link]:
    """Yield each address once, with its longest text and all that stands around it."""
    by_url: dict[str, list[Link]] = {}
    for link in links:
        by_url.setdefault(link.url, []).append(link)
    for url, same in by_url.items():
        yield Link(
            url=url,
            text=max((link.text for link in same), key=len),
            context="\n".join(f"{link.context}\n{link.text}" for link in same),
        )
