"""Listing pages: which links of a page lead to articles."""

from typing import Any

import pytest

from crawler.discovery import DiscoveryResult
from crawler.discovery.listing_page import looks_like_article
from tests.fixtures.diario import found_in

LISTING = "https://diario.test/economia/"


def read(body: str | bytes, *, content_type: str = "text/html; charset=utf-8", **stated: Any) -> DiscoveryResult:
    return found_in(body, LISTING, "listing", content_type=content_type, **stated)


PAGE = """<!doctype html><html lang="es"><head><title>Economía</title></head><body>
<nav><a href="/">Inicio</a> <a href="/economia/">Economía</a> <a href="/nosotros">Nosotros</a>
<a href="/tag/china">China</a> <a href="/economia/page/2/">2</a> <a href="https://otro.test/un-titulo-de-otro-diario">Otro</a>
<a href="javascript:void(0)">Menú</a> <a href="mailto:a@diario.test">Correo</a> <a href="#top">Arriba</a></nav>
<article><a href="/economia/2026/11/20/nuevo-tren-al-puerto/"><img src="x.jpg" alt="Un tren"></a>
<h2><a href="https://www.diario.test/economia/2026/11/20/nuevo-tren-al-puerto/?ref=home"> Un nuevo
 <b>tren</b> al puerto </a></h2><a href="/economia/2026/11/20/nuevo-tren-al-puerto/#comentarios">Leer más</a></article>
<article><a href="cobre-sube-por-cuarto-mes-en-lima-noticia">El cobre sube</a></article>
</body></html>"""


def test_links_that_match_the_pattern_become_candidates_with_their_text_as_title() -> None:
    found = read(PAGE, article_pattern=r"^https://www\.diario\.test/[a-z]+/\d{4}/\d{2}/\d{2}/[a-z0-9-]+/?$")
    assert found.warnings == ()
    (candidate,) = found.candidates
    assert candidate.url == "https://diario.test/economia/2026/11/20/nuevo-tren-al-puerto/"
    assert candidate.title == "Un nuevo tren al puerto"
    assert candidate.published is None


def test_a_pattern_may_be_written_for_the_address_as_it_stands() -> None:
    body = '<a href="https://diario.test/nota?id=7&amp;utm_source=portada">Una nota</a>'
    assert read(body, article_pattern=r"utm_source=portada$").candidates[0].url == "https://diario.test/nota?id=7"


def test_without_a_pattern_links_that_look_like_articles_are_taken_in_page_order() -> None:
    found = read(PAGE)
    assert [candidate.key for candidate in found.candidates] == [
        "diario.test/economia/2026/11/20/nuevo-tren-al-puerto",
        "diario.test/economia/cobre-sube-por-cuarto-mes-en-lima-noticia",
    ]


def test_relative_links_are_resolved_against_the_base_element() -> None:
    body = '<head><base href="/archivo-digital/"></head><a href="un-titulo-de-cinco-palabras">x</a>'
    assert read(body).candidates[0].url == "https://diario.test/archivo-digital/un-titulo-de-cinco-palabras"


def test_a_page_without_matching_links_gives_a_warning() -> None:
    body = '<a href="/nosotros">Nosotros</a><a href="/tag/china">China</a>'
    assert read(body) == DiscoveryResult(warnings=("none of 2 links looks like an article's",))
    assert read(body, article_pattern="^no$") == DiscoveryResult(warnings=("none of 2 links matches article_pattern",))
    assert read("<!doctype html><html><body></body></html>") == DiscoveryResult(warnings=("a page without links",))
    assert read("") == DiscoveryResult(warnings=("empty",))
    assert read("{}") == DiscoveryResult(warnings=("answered JSON, not a listing page",))


def test_a_feed_at_a_listings_address_is_read_as_a_feed() -> None:
    assert read("<rss><channel><item><link>/a-1</link></item></channel></rss>").candidates


def test_a_page_in_gbk_is_decoded() -> None:
    body = (
        '<html><head><meta charset="gb2312"></head><body><a href="/2026/11/20/c1-123456.html">钱凯港</a></body></html>'
    )
    assert read(body.encode("gbk"), content_type="text/html").candidates[0].title == "钱凯港"


def test_a_link_without_text_takes_its_label_or_image_text() -> None:
    body = '<a href="/nota-123456"><img alt="Un puerto"></a><a href="/nota-234567" title="Un tren"></a>'
    assert [candidate.title for candidate in read(body).candidates] == ["Un puerto", "Un tren"]


@pytest.mark.parametrize(
    "path",
    [
        "2026/11/20/nuevo-tren/",
        "economia/2026/11/20/x/index.html",
        "a/202411/12/WS6731f3aba310f1265a1cd1b2.html",
        "n1/2024/1114/c1002-40360412.html",
        "20241114/0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d/c.html",
        "agencia/noticia-puerto-chancay-inicia-operaciones-1007665.aspx",
        "economia/el-puerto-de-chancay-abre-hoy-noticia/",
        "china-and-latin-america-shared-future",
        "?p=31228",
        "vernota.asp?id_noticia=44619",
        "news/2024-11-14/Port-of-Chancay-opens-1yxLx6L3wf6/p.html",
        "eng/xw/zyxw/202411/t20241115_11526591.html",
        "page/202411/1323134.shtml",
        "institucion/minem/noticias/1059812-minem-impulsa-inversiones",
        "articles/d41586-025-03571-x",
        "key-takeaways-from-the-visit-to-beijing/9661/",
        "world/documents/141e61e9-8a07-42e4-a527-2f03f45e7ef0",
        "informe-anual-del-sector-minero-2024.pdf",
        "wp-content/uploads/2024/11/Nota-de-prensa-123-2024.PDF",
    ],
)
def test_the_path_of_an_article_looks_like_an_article(path: str) -> None:
    assert looks_like_article(f"https://diario.test/{path}")


@pytest.mark.parametrize(
    "path",
    [
        *("", "economia", "economia/mercados/", "tag/puerto-de-chancay-2024", "category/peru/noticias/mineria"),
        *("autor/maria-de-los-angeles-perez", "page/2", "economia/page/12/", "politica-de-privacidad-y-de-datos"),
        *(
            "index.html",
            "economia/index.php",
            "wp-content/uploads/2024/11/folleto.pdf",
            "foto-del-puerto-de-lima-1.jpg",
        ),
        *("?s=chancay", "feed/", "buscar?q=un-titulo-de-cinco-palabras", "wp-login.php", "quienes-somos", "en/news"),
        *("terminos-y-condiciones-de-uso", "contacto", "newsletter/", "?page=2", "especiales"),
    ],
)
def test_the_path_of_another_page_does_not_look_like_an_article(path: str) -> None:
    assert not looks_like_article(f"https://diario.test/{path}")
