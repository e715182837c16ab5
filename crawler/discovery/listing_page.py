"""Listing pages: the links of an HTML page that lead to articles."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import lxml.html
from lxml import etree

from crawler import urls
from crawler.discovery.candidates import DiscoveryResult, SourceContext, SourceEntry, collect_candidates
from crawler.discovery.source_response import SourceResponse

MAX_LISTING_CHARS = 10_000_000  # characters
MAX_LINKS = 20_000

# Without an article_pattern: what a path has when it's an article's, in the languages of the desk's outlets …
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d[-/_.]?(?:0?[1-9]|1[0-2])(?:[-/_.]?(?:0?[1-9]|[12]\d|3[01]))?(?!\d)")
_NUMBER = re.compile(r"(?<!\d)\d{5,}(?!\d)")
_HASH = re.compile(r"(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9]{10,}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INDEX_FILE = re.compile(r"(?i)(?:index|default|home|portada)(?:\.\w+)?")
_WORDS = re.compile(r"[^\W\d_]{2,}|%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*")
_PAGE_ID = re.compile(r"(?i)(?:p|id|nid|aid|newsid|articleid|id_?noticia|idnoticia|contentid|story|artid|idx)")
# … and what tells everything else.
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
    | \.(?: jpe?g | png | gif | webp | svg | ico | css | js | json | xml | rss | pdf | docx? | xlsx? | pptx? | zip | rar
      | mp[34] | m4a | avi | mov | epub | apk | exe )$
    """
)


def read_listing(answer: SourceResponse, ground: SourceContext) -> DiscoveryResult:
    """Links that match the outlet's article_pattern; without one, links that look like articles'. Newest unknown.

    What the link says is the candidate's title.
    """
    text = answer.text
    warnings = list(answer.warnings)
    if len(text) > MAX_LISTING_CHARS:
        text = text[:MAX_LISTING_CHARS]
        warnings.append("a page of more than 10 million characters, the rest left out")
    links, base = _links(text, ground.url)
    if not links:
        warnings.append("a page without links")
    pattern = ground.outlet.article_pattern
    sites = ground.sites
    here = urls.key(ground.url)
    entries: list[SourceEntry] = []
    for link, title in links:
        clean = urls.canonicalize(link, base=base)
        # A page links to all the world; a link off the site is no oddity here, so that it's left out without a word.
        if clean is None or urls.get_site(urlsplit(clean).netloc) not in sites or urls.key(clean) == here:
            continue
        if pattern or looks_like_article(clean):
            entries.append(SourceEntry(link=link, title=title))
    found = collect_candidates(entries, ground, pattern=pattern, base=base, warnings=warnings)
    if links and not found.candidates:
        rule = "matches article_pattern" if pattern else "looks like an article's"
        return DiscoveryResult(warnings=(*found.warnings, f"none of {len(links)} links {rule}"))
    return found


def looks_like_article(url: str) -> bool:
    """Whether a path looks like an article's: a slug of several words, a date, a long number or a hash; a guess."""
    parts = urlsplit(url)
    path = parts.path
    if _NOT_ARTICLE_PATH.search(path):
        return False
    if any(_PAGE_ID.fullmatch(name) and re.search(r"\d{3}", value) for name, value in parse_qsl(parts.query)):
        return True
    *_, before, slug = ["", "", *path.strip("/").split("/")]
    dated = _DATE.search(path)
    if not slug or _INDEX_FILE.fullmatch(slug):
        # /2024-11/14/1234567/index.html is a story; /economia/index.html isn't.
        return bool(slug) and bool(dated or _NUMBER.search(path) or _HASH.search(path))
    if dated and path[dated.end() :].strip("/"):
        return True
    return _is_slug(slug) or (_is_slug(before) and "." not in before)  # …/a-title-of-many-words/9661/


def _is_slug(part: str) -> bool:
    """Whether one part of a path is made from an article's title or number."""
    stem = re.sub(r"\.\w{2,6}$", "", part)
    words = len(_WORDS.findall(stem))
    if words >= 4 or (words >= 3 and len(stem) >= 24):
        return True
    return bool(_NUMBER.search(stem) or _HASH.fullmatch(stem) or _UUID.fullmatch(stem))


def _links(text: str, url: str) -> tuple[list[tuple[str, str | None]], str]:
    """The links of a page with what they say, in its order, and the address that relative ones are relative to."""
    try:
        root = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=_parser())
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return [], url  # not one element in it
    stated = next((element.get("href") for element in root.iter("base")), None)
    base = urls.canonicalize(stated, base=url) if stated else None
    links: list[tuple[str, str | None]] = []
    for anchor in root.iter("a"):
        if (href := anchor.get("href")) and len(links) < MAX_LINKS:
            links.append((href, _link_text(anchor)))
    return links, base or url


def _link_text(anchor: etree._Element) -> str | None:
    """The link's words; those of its picture or its label where it has none."""
    words = " ".join(map(str, anchor.itertext())).strip()
    if not words:
        pictures = (picture.get("alt") or "" for picture in anchor.iter("img"))
        words = anchor.get("title") or anchor.get("aria-label") or next(filter(str.strip, pictures), "")
    return words or None


def _parser() -> lxml.html.HTMLParser:
    return lxml.html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False
    )
