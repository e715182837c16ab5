"""Find the parts of an article that a page hides until a control such as 'read on' is used. Pure.

A control is known by what it is (a button, a label, a link that leads nowhere else) and by its words, which say no more
than to read on. What it opens is named by one of its attributes, or stands beside it. Where the page says that the
rest is not free, nothing is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from pipelines.analysis.text.blocks import Block
from pipelines.analysis.text.inline_text import text_of

_CONTROLS = (
    "descendant::*[self::button or self::label or @role='button' or @onclick or @aria-controls"
    " or self::a[not(@href) or starts-with(@href, '#') or starts-with(@href, 'javascript:')]"
    " or (self::input and @type='button')][count(descendant::*) < 20]"
)
_FOLDED_STYLE = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_FOLDED_NAME = re.compile(r"(?:^|\s)(?:hidden|hide|oculto|d-none|read-?more[\w-]{0,40})(?:$|\s)", re.IGNORECASE)
_SKIPPED = frozenset({"br", "hr", "input", "script", "style", "noscript", "svg"})
_MAX_NAME_CHARACTERS = 250
_MAX_LABEL_CHARACTERS = 60
_MAX_CONTROLS = 20  # of one page that say to read on
_MAX_NEAR = 40  # siblings that are looked at, on each side
_MAX_LEVELS = 4  # between a control and what stands beside what opens
# A control that says to read on consists of these words, and one of them says that there is more.
_MORE = frozenset({
    "más", "mas", "mais", "more", "seguir", "sigue", "siga", "continuar", "continúa", "continúe", "continua",
    "continue", "on", "rest", "resto", "full", "whole", "entire", "completo", "completa", "todo", "toda", "all",
    "expand", "expandir", "desplegar", "suite", "plus", "entier", "weiterlesen", "mehr", "weiter", "altro", "tutto",
    "читать", "далее",
})  # fmt: skip
_READING = _MORE | frozenset({
    "leer", "leyendo", "lee", "lea", "lectura", "ver", "mostrar", "muestra", "ler", "lendo", "leia", "leitura",
    "veja", "read", "reading", "show", "see", "view", "keep", "click", "tap", "here", "to", "the", "this", "of",
    "la", "el", "lo", "los", "las", "esta", "este", "del", "de", "a", "o", "da", "do", "para", "clic", "haz",
    "aquí", "clique", "aqui", "article", "story", "text", "post", "report", "news", "artículo", "articulo", "nota",
    "noticia", "texto", "historia", "publicación", "informe", "crónica", "artigo", "notícia", "matéria", "lire",
    "voir", "l", "le", "cet", "afficher", "artikel", "lesen", "anzeigen", "den", "ganzen", "leggi", "articolo",
    "всё", "полностью", "новость",
})  # fmt: skip
_CHINESE = re.compile(
    r"(?:点击|點擊|点此|查看|阅读|閱讀|展开|展開|显示|顯示|继续|繼續|余下|剩余|剩餘|全部|更多|全文|内容|內容|正文|文章|新闻|新聞|详情|本文|[\W_])+"
)
_CHINESE_MORE = re.compile("展开|展開|继续|繼續|余下|剩余|剩餘|全部|更多|全文")
_PAID_NAME = re.compile(
    r"paywall|premium|su[bs]s?cri|members?-?only|locked|login|regwall|muro-?de-?pago", re.IGNORECASE
)
_PAID_TEXT = re.compile(
    r"(?:suscr[ií]|abónate|reg[ií]str|inici[ae]r? sesión|subscri|sign (?:in|up)|log ?in|members?\b|assin(?:e|ante)"
    r"|abonn|premium|会员|會員|订阅|訂閱|登录|登錄|付费|付費)",
    re.IGNORECASE,
)
_READ_TEXT = re.compile(
    r"(?:le(?:er|yendo|ctura)|read|acce[sd]|conten[ti]|article|artículo|nota\b|ler\b|lendo|lire|lesen|阅读|閱讀|全文|内容|內容)",
    re.IGNORECASE,
)


def is_read_on(label: str) -> bool:
    """Return True if a short text says no more than that there is more to read."""
    if not 1 < len(label) <= _MAX_LABEL_CHARACTERS:
        return False
    words = set(re.findall(r"[^\W\d_]+", label.casefold()))
    if words & _MORE and words <= _READING:
        return True
    return _CHINESE_MORE.search(label) is not None and _CHINESE.fullmatch(label) is not None


def is_folded(element: HtmlElement) -> bool:
    """Return True if an element is hidden by an attribute, its style or a class that says so."""
    if element.get("hidden") is not None or _FOLDED_STYLE.search(element.get("style", "")[:1000]):
        return True
    return _FOLDED_NAME.search(element.get("class", "")[:_MAX_NAME_CHARACTERS]) is not None


def find_opened(root: HtmlElement, blocks: Sequence[Block]) -> tuple[set[HtmlElement], set[HtmlElement]]:
    """Return the hidden elements that a control opens to read on, unless they are not free, and those controls.

    `blocks` are those below the root, with their weights. What is opened has prose in it, and other prose before it.
    """
    prose = (block for block in blocks if block.weight)
    next(prose, None)
    marks = {mark for block in prose for mark in block.suspects}
    folded = {mark for mark in marks if is_folded(mark)}
    if not folded:
        return set(), set()
    controls: list[HtmlElement] = []
    for element in root.xpath(_CONTROLS):
        if len(controls) < _MAX_CONTROLS and is_read_on(_label(element)):
            controls.append(element)
    named = {name: element for element in folded if (name := element.get("id"))}
    opened: set[HtmlElement] = set()
    used: set[HtmlElement] = set()
    for control in controls:
        values = " ".join(value[:300] for value in control.attrib.values())
        found = {named[word] for word in re.findall(r"[\w-]+", values) if word in named and named[word] is not control}
        found = found or set(_beside(control, folded))
        if found and not any(_is_sold(element) for element in (control, *found)):
            opened |= found
            used.add(control)
    return opened, used


def _label(element: HtmlElement) -> str:
    return text_of(element) or element.get("aria-label", element.get("value", element.get("title", "")))


def _beside(control: HtmlElement, folded: set[HtmlElement]) -> Iterator[HtmlElement]:
    """Yield the hidden elements right behind the control, or else those right before it."""
    after, before = _neighbour(control, forward=True), _neighbour(control, forward=False)
    if after in folded:
        yield from _run(after, folded, forward=True)
        return
    for _ in range(_MAX_LEVELS):  # what is hidden may be the end of what stands before the control
        if before is None or before in folded:
            break
        before = next((child for child in _near(before, None, forward=False) if text_of(child)), None)
    if before in folded:
        yield from _run(before, folded, forward=False)


def _neighbour(control: HtmlElement, *, forward: bool) -> HtmlElement | None:
    """Return the next element with text beside a control, or beside what holds only that control there."""
    node = control
    for _ in range(_MAX_LEVELS):
        found = next((near for near in _near(None, node, forward=forward) if text_of(near)), None)
        if found is not None:
            return found
        parent = node.getparent()
        if parent is None or parent.tag == "body" or (not forward and (parent.text or "").strip()):
            return None
        node = parent
    return None


def _run(start: HtmlElement | None, folded: set[HtmlElement], *, forward: bool) -> Iterator[HtmlElement]:
    """Yield hidden siblings that follow each other."""
    if start is None:
        return
    yield start
    for near in _near(None, start, forward=forward):
        if near not in folded:
            return
        yield near


def _near(parent: HtmlElement | None, node: HtmlElement | None, *, forward: bool) -> Iterator[HtmlElement]:
    """Yield the siblings of a node, or the children of a parent, that may hold text."""
    found = parent.iterchildren(reversed=not forward) if parent is not None else ()
    if node is not None:
        found = node.itersiblings(preceding=not forward)
    for place, near in enumerate(found):
        if place >= _MAX_NEAR:
            return
        if isinstance(near.tag, str) and near.tag not in _SKIPPED:
            yield near


def _is_sold(element: HtmlElement) -> bool:
    """Return True if names around an element, or a short text beside it, say that it is not free."""
    around = [element, *element.iterancestors()]
    beside = [
        *_near(None, element, forward=True),
        *_near(None, element, forward=False),
        *_near(element, None, forward=True),
    ]
    for near in (*around, *beside):
        if _PAID_NAME.search(
            f"{near.get('class', '')[:_MAX_NAME_CHARACTERS]} {near.get('id', '')[:_MAX_NAME_CHARACTERS]}"
        ):
            return True
    texts = [text for near in beside if len(text := text_of(near)) <= 200]
    return any(_PAID_TEXT.search(text) and _READ_TEXT.search(text) for text in texts)
