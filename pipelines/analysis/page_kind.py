"""Recognise pages that are no articles: other formats, listings, tag and search pages. Pure."""

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
    page: Page, article: Article, *, structured: StructuredData
) -> tuple[RejectionReason, str] | None:
    """Return (reason, sentence) if the page is no article, or None if it is one."""
    path = urlsplit(page.answered_url or page.url).path
    is_marked = bool(structured.article_node) or (structured.first_meta("og:type") or "").lower() == "article"
    if _LISTING_PATH.search(path) and not is_marked:
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
