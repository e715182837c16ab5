"""Listing pages: find the links of an HTML page that lead to articles."""

from __future__ import annotations

import re
from itertools import islice
from urllib.parse import parse_qsl, urlsplit

import lxml.html
from lxml import etree

from crawler import urls
from crawler.discovery.candidates import DiscoveryResult, SourceContext, SourceEntry, collect_candidates
from crawler.discovery.markup import strip_crowded_tags
from crawler.discovery.source_response import SourceResponse

MAX_LISTING_CHARS = 10_000_000
MAX_LINKS = 20_000
MAX_LINK_TEXTS = 100  # pieces of a link's text that are read
MAX_LINK_TEXT_CHARS = 10_000
MIN_DOCUMENT_WORDS = 3  # of the name of a PDF

# Signs of an article's path, for outlets without an article_pattern.
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d[-/_.]?(?:0?[1-9]|1[0-2])(?:[-/_.]?(?:0?[1-9]|[12]\d|3[01]))?(?!\d)")
_NUMBER = re.compile(r"(?<!\d)\d{5,}(?!\d)")
_HASH = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{10})(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9]{10,}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INDEX_FILE = re.compile(r"(?i)(?:index|default|home|portada)(?:\.\w+)?")
_WORDS = re.compile(r"[^\W\d_]{2,}|%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*")
_PAGE_ID = re.compile(r"(?i)(?:p|id|nid|aid|newsid|articleid|id_?noticia|idnoticia|contentid|story|artid|idx)")
# Paths of other pages (sections, tags, authors, search, legal pages) and files, in Spanish and English.
_NOT_ARTICLE_PATH = re.compile(
    r"""(?ix)
    /(?: tags? | etiquetas? | temas? | topics? | categor(?:y|ies|ia|ias) | secci[oó]n(?:es)? | seccion-[^/]* | sections?
      | autor(?:es)? | authors? | columnistas? | (?:page | pagina)/\d{1,4} | search | buscar | busqueda | archivos?
      | archive | feed | rss | about(?:-us)? | acerca(?:-de)? | nosotros | quienes-somos | contact(?:o|us|-us)? | login
      | registro | register | signup | subscribe | suscri[^/]* | newsletters? | terms[^/]* | terminos[^/]* | help
      | privacidad[^/]* | politica-de-[^/]* | cookies? | aviso-legal | legal | disclaimer | copyright | careers | jobs
      | advertise | publicidad | users? | usuario | wp-admin | wp-login\.php | wp-content | cdn-cgi | account
      | sitemap[^/]* | media-kit | faq | privacy[^/]* | staff | donate | cart | tienda | shop
    )(?:/|$)
    | \.(?: jpe?g | png | gif | webp | svg | ico | css | js | json | xml | rss | docx? | xlsx? | pptx? | zip | rar
      | mp[34] | m4a | avi | mov | epub | apk | exe )$
    """
)


def read_listing(response: SourceResponse, context: SourceContext) -> DiscoveryResult:
    """Read the links of a page that lead to articles; none has a date.

    These are the links that match the outlet's article_pattern or, without one, look like articles. The text of the
    link is the candidate's title.
    """
    text = response.text
    warnings = list(response.warnings)
    if len(text) > MAX_LISTING_CHARS:
        text = text[:MAX_LISTING_CHARS]
        warnings.append("a page of more than 10 million characters, the rest left out")
    links, base = _links(text, context.url)
    if not links:
        warnings.append("a page without links")
    pattern = context.outlet.article_pattern
    sites = context.sites
    own_key = urls.key(context.url)
    entries: list[SourceEntry] = []
    for link, title in links:
        clean = urls.canonicalize(link, base=base)
        # Links to other sites are normal on a page, so they give no warning.
        if clean is None or urls.get_site(urlsplit(clean).netloc) not in sites or urls.key(clean) == own_key:
            continue
        if pattern or looks_like_article(clean):
            entries.append(SourceEntry(link=link, title=title))
    found = collect_candidates(entries, context, pattern=pattern, base=base, warnings=warnings)
    if links and not found.listing.items:
        rule = "matches article_pattern" if pattern else "looks like an article's"
        return DiscoveryResult(warnings=(*found.warnings, f"none of {len(links)} links {rule}"))
    return found


def looks_like_article(url: str) -> bool:
    """Guess whether an address is an article's.

    The path of an article has a slug of words, a date, a long number or a hash.
    """
    parts = urlsplit(url)
    path = parts.path
    if path[-4:].lower() == ".pdf":  # systems put documents into folders of their own: /wp-content/uploads/2026/11/
        name = path.rpartition("/")[2][:-4]
        return _is_slug(name) or len(_WORDS.findall(name)) >= MIN_DOCUMENT_WORDS
    if _NOT_ARTICLE_PATH.search(path):
        return False
    if any(_PAGE_ID.fullmatch(name) and re.search(r"\d{3}", value) for name, value in parse_qsl(parts.query)):
        return True
    *_, before, slug = ["", "", *path.strip("/").split("/")]
    dated = _DATE.search(path)
    if not slug or _INDEX_FILE.fullmatch(slug):
        # /2024-11/14/1234567/index.html is an article, /economia/index.html is a section.
        return bool(slug) and bool(dated or _NUMBER.search(path) or _HASH.search(path))
    if dated and path[dated.end() :].strip("/"):
        return True
    return _is_slug(slug) or (_is_slug(before) and "." not in before)  # …/a-title-of-many-words/9661/


def _is_slug(part: str) -> bool:
    """Guess whether one segment of a path is made from an article's title or number."""
    stem = re.sub(r"\.\w{2,6}$", "", part)
    words = len(_WORDS.findall(stem))
    if words >= 4 or (words >= 3 and len(stem) >= 24):
        return True
    return bool(_NUMBER.search(stem) or _HASH.fullmatch(stem) or _UUID.fullmatch(stem))


def _links(text: str, url: str) -> tuple[list[tuple[str, str | None]], str]:
    """Return (href, text) of each link of a page, and the base address."""
    try:
        root = lxml.html.document_fromstring(strip_crowded_tags(text).encode("utf-8", "replace"), parser=_parser())
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return [], url  # the document has no element
    stated = next((element.get("href") for element in root.iter("base")), None)
    base = urls.canonicalize(stated, base=url) if stated else None
    links: list[tuple[str, str | None]] = []
    for anchor in root.iter("a"):
        if (href := anchor.get("href")) and len(links) < MAX_LINKS:
            links.append((href, _link_text(anchor)))
    return links, base or url


def _link_text(anchor: etree._Element) -> str | None:
    """Return the text of a link, or else its title, label or image text."""
    # Links can lie within links, so not more of one is read than a title can have.
    words = " ".join(map(str, islice(anchor.itertext(), MAX_LINK_TEXTS)))[:MAX_LINK_TEXT_CHARS].strip()
    if not words:
        pictures = (picture.get("alt") or "" for picture in anchor.iter("img"))
        words = anchor.get("title") or anchor.get("aria-label") or next(filter(str.strip, pictures), "")
    return words or None


def _parser() -> lxml.html.HTMLParser:
    return lxml.html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False
    )
