"""Recognise pages that are no articles: other formats, listings, search pages, errors, front pages. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from db.model.article import Article
from db.model.rejection import RejectionReason
from pipelines.analysis.metadata.structured_data import StructuredData, types_of
from pipelines.page import Page

_LISTING_PATH = re.compile(
    r"^/?$|/(?:tag|tags|etiquetas?|category|categor[ií]as?|autor|autores|authors?|search|buscar|busqueda|buscador|temas|topics?|page|pagina)(?:/|$)|/p(?:age|agina)/\d+/?$",
    re.IGNORECASE,
)
# The end of a tag's, section's or search's address: the word and one name behind it.
_LISTING_END = re.compile(
    r"/(?:tags?|etiquetas?|category|categor[ií]as?|autor|autores|authors?|search|buscar|busqueda|buscador)"
    r"(?:/[^/]{1,60})?(?:/p(?:age|agina)/\d{1,5})?/?$",
    re.IGNORECASE,
)
_FRONT_PATH = re.compile(
    r"(?:/(?:[a-z]{2}(?:-[a-z]{2})?|index\.\w{2,5}|home|inicio|portada|default\.\w{2,5}))*/?", re.IGNORECASE
)
_ERROR_PATH = re.compile(
    r"/(?:error[-_]?)?(?:404|(?:page[-_]?)?not[-_]?found|(?:pagina[-_]?)?no[-_]?encontrad[oa]|error)(?:\.\w{2,5})?/?$",
    re.IGNORECASE,
)
# A headline that says no more than that there is nothing here consists of these words, with a thing and a "not".
_THINGS = frozenset({
    "page", "article", "story", "content", "post", "url", "página", "pagina", "artículo", "noticia", "nota",
    "contenido", "conteúdo", "contents", "articles", "report", "publicación", "enlace", "link",
})  # fmt: skip
_NOTS = frozenset({
    "not", "no", "não", "cannot", "t",
})  # fmt: skip
_ERROR_WORDS = _THINGS | _NOTS | frozenset({
    "404", "error", "erro", "http", "the", "this", "that", "it", "you", "re", "are", "looking", "for",
    "requested", "was", "is", "be", "been", "has", "have", "could", "can", "we", "couldn", "doesn", "isn",
    "find", "found", "exist", "exists", "available", "anymore", "longer", "sorry", "oops", "moved", "deleted",
    "removed", "or", "a", "o", "la", "el", "esta", "este", "que", "busca", "buscas", "buscaba", "solicitada",
    "solicitado", "existe", "encontrada", "encontrado", "encontró", "encontramos", "disponible", "disponível",
    "se", "ha", "sido", "fue", "está", "lo", "sentimos", "ups", "movida", "eliminada", "eliminado", "você",
    "procura", "foi",
})  # fmt: skip
_CHINESE_ERROR = re.compile(
    r"(?:404|抱歉|对不起|很|您|你|所|要|访问|查找|请求|浏览|的|该|此|页面|网页|文章|内容|信息|新闻"
    r"|不存在|未找到|找不到|没有找到|了|已|经|被|删除|下线|走丢|无法|或|者|可能|不见|来"
    r"|\d{1,2}\s?秒|钟|后|将|在|会|系统|自动|为|返回|跳转|转|到|至|首页|主页|[\W_])+"
)
_CHINESE_NOT = re.compile("不存在|未找到|找不到|没有找到|删除|下线|走丢|无法访问")
_MAX_ERROR_TITLE_CHARACTERS = 90
_MAX_MESSAGE_CHARACTERS = 180  # of a message that something is gone; a third of it in Chinese
_MAX_DEAD_END_CHARACTERS = 1_500  # of a page with such a message, with what it lists beside it
_GONE = re.compile(
    r"\b(?:(?:is|are|was|has|have)\s(?:\w+\s){0,2}?(?:not?|been)\s(?:\w+\s){0,2}?(?:available|removed|withdrawn|deleted|found|taken\sdown|retracted|unpublished|longer)"
    r"|(?:could\s?n['’]t|could\snot|can['’]t|can\s?not)\s(?:be\s)?f(?:ind|ound)|(?:doesn['’]t|does\snot|no\slonger)\sexists?"
    r"|(?:no|ya\sno)\s(?:se\s)?(?:est[áa]n?\s(?:\w+\s)?disponibles?|exist[ea]n?|encontr\w+|encuentr\w+|pud\w+|h[ae]\w*\sencontrad\w+)"
    r"|(?:h[ae]n?\ssido|fue(?:ron)?)\s(?:eliminad|retirad|borrad|movid|dad)[oa]s?)",
    re.IGNORECASE,
)
_THING_CN = re.compile("页面|頁面|网页|網頁|文章|内容|內容|文档|文檔|信息|新闻|新聞|链接|鏈接|稿件|资源")
_GONE_CN = re.compile(
    "不存在|未找到|找不到|没有找到|删除|刪除|下线|下架|失效|无法访问|撤[下稿回销]|过期|走丢|未通过审核|没有(?:阅读)?权限"
)
_MAX_SCANT_CHARACTERS = 600  # the same where the message does not come first
_FIRST_LINES = 3
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_NAMES = re.compile(r"(?<=[\w,;] )[A-ZÁÉÍÓÚÑ]\w|[1235-9]")  # a name or figure; those of an error are 404 and 410
_NAMES_CN = re.compile("[《》“”「」235-9]")
_MIN_CHARACTERS = 120  # of an article's text; fewer by the factor 2.5 in Chinese, Japanese and Korean
_SIGNATURES = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"RIFF",
    b"\x00\x00\x00\x18ftyp",
    b"ID3",
)


def is_html(page: Page) -> bool:
    """Return True if the body is HTML, by its first bytes and its Content-Type.

    If the two contradict each other, the bytes decide.
    """
    start = page.body[:2048].lstrip(b"\xef\xbb\xbf \t\r\n\x00").lower()
    if page.body.startswith(_SIGNATURES):
        return False
    if b"<html" in start or start.startswith(b"<!doctype html"):
        return True
    kind = page.content_type.partition(";")[0].strip().lower()
    if start.startswith((b"<?xml", b"<rss", b"<feed", b"<urlset", b"<sitemapindex")):
        return False
    if kind in {"", "text/html", "application/xhtml+xml", "application/octet-stream", "text/plain"}:
        return b"<" in page.body[:20_000]
    return False


def find_rejection_reason(
    page: Page, article: Article, *, structured: StructuredData, is_document: bool = False
) -> tuple[RejectionReason, str] | None:
    """Return (reason, sentence) if the page is no article, or None if it is one. A document (PDF) is no listing."""
    path = urlsplit(page.answered_url or page.url).path
    if problem := _find_dead_end(page, article, structured):
        return RejectionReason.NOT_ARTICLE, problem
    has_node = is_document or bool(structured.article_node)
    is_marked = has_node or (structured.first_meta("og:type") or "").lower() == "article"
    if (_LISTING_PATH.search(path) and not is_marked) or (_LISTING_END.search(path) and not has_node):
        return RejectionReason.NOT_ARTICLE, "its address is a listing's"
    if (
        any(types_of(node) & {"SearchResultsPage", "CollectionPage", "ProfilePage"} for node in structured.nodes)
        and not is_marked
    ):
        return RejectionReason.NOT_ARTICLE, "it says that it is a listing"
    shortest = _MIN_CHARACTERS / (2.5 if article.language in {"zh", "ja", "ko"} else 1)
    if len(article.text) < shortest:
        return RejectionReason.NO_TEXT, f"{len(article.text)} characters of text"
    return None


def _find_dead_end(page: Page, article: Article, structured: StructuredData) -> str | None:
    """Return why a page stands in the place of an article that is gone; None if it does not."""
    asked, answered = (urlsplit(address).path for address in (page.url, page.answered_url or page.url))
    others = {answered, *(path for path, _ in structured.identity.places)} - {asked, asked.rstrip("/").lower()}
    if any(_ERROR_PATH.search(path) for path in others):
        return "its address is that of an error"
    is_moved = answered.rstrip("/") != asked.rstrip("/")
    if is_moved and _FRONT_PATH.fullmatch(answered) and not _FRONT_PATH.fullmatch(asked):
        return "it is the front page, to which the article's address leads"
    if _says_that_it_is_gone(article.text):
        return "its text says that the article is gone"
    if structured.article_node:
        return None
    if is_moved and asked.startswith(answered.rstrip("/") + "/"):
        return "it is the section, to which the article's address leads"
    if structured.first_meta("article:published_time"):
        return None
    titles = (article.title, *structured.identity.titles)
    parts = (part for title in titles for part in (title, *re.split(r"(?<!\s)\s++[|–—·-]\s+|[|_]", title[:300])[:1]))
    if any(_says_nothing_is_here(part) for part in parts):
        return "its headline says that there is nothing"
    return None


def _says_that_it_is_gone(text: str) -> bool:
    """Return True if a short text has a message that what was asked for is not there, at its beginning."""
    if len(text) > _MAX_DEAD_END_CHARACTERS:
        return False
    first, *others = text.split("\n", _FIRST_LINES)[:_FIRST_LINES]
    return _is_message(first) or (len(text) <= _MAX_SCANT_CHARACTERS and any(map(_is_message, others)))


def _is_message(line: str) -> bool:
    """Return True if a line speaks of a page or article, says that it is gone, and names nothing else."""
    if len(line) > _MAX_MESSAGE_CHARACTERS:
        return False
    if _GONE_CN.search(line) and _THING_CN.search(line):
        return len(line) <= _MAX_MESSAGE_CHARACTERS // 3 and not _NAMES_CN.search(line)
    sentence = _SENTENCE_END.split(line, maxsplit=1)[0]
    if _NAMES.search(sentence) or _GONE.search(sentence) is None:
        return False
    return not _THINGS.isdisjoint(re.findall(r"\w+", sentence.casefold()))


def _says_nothing_is_here(title: str) -> bool:
    if not 0 < len(title) <= _MAX_ERROR_TITLE_CHARACTERS:
        return False
    words = set(re.findall(r"\w+", title.casefold()))
    if words and words <= _ERROR_WORDS:
        return "404" in words or bool(words & _THINGS and words & _NOTS)
    return _CHINESE_NOT.search(title) is not None and _CHINESE_ERROR.fullmatch(title) is not None
