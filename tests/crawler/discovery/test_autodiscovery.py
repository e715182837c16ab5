"""Finding sources in a home page and robots.txt, and guessing an article_pattern."""

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.outlet import Outlet, Source
from crawler.config.outlet_block import outlet_block
from crawler.discovery.autodiscovery import (
    COMMON_SOURCE_PATHS,
    common_sources,
    guess_pattern,
    language_of_home,
    name_of_home,
    sitemaps_of_robots,
    sources_of_home,
)
from crawler.urls import canonicalize

HOME = "https://www.diario.test/"
PAGE = b"""<!doctype html><html lang="es-PE"><head><title>Diario | Noticias de hoy</title>
<link rel="alternate" type="application/rss+xml" title="Diario" href="/feed/">
<link rel="alternate" type="application/rss+xml" title="Comentarios" href="/comments/feed/">
<link rel="alternate" type="application/atom+xml; charset=utf-8" href="https://feeds.otro.test/diario">
<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/7">
<link rel="alternate" hreflang="en" href="/en/"><link rel="https://api.w.org/" href="/wp-json/">
<link rel="sitemap" href="/sitemap.xml"></head><body><a href="/rss.xml">RSS</a></body></html>"""


def test_sources_of_home_finds_feeds_sitemap_and_wordpress_index() -> None:
    found = sources_of_home(PAGE, HOME)
    assert [(source.kind, source.url) for source in found] == [
        ("feed", "https://www.diario.test/feed/"),
        ("feed", "https://feeds.otro.test/diario"),
        ("index", "https://www.diario.test/wp-json/wp/v2/posts"),
        ("sitemap", "https://www.diario.test/sitemap.xml"),
    ]
    assert found[2].index is not None
    assert found[2].index.title == "title.rendered"


def test_sources_of_home_finds_linked_feeds_if_none_is_declared() -> None:
    page = b'<a href="/rss/economia.xml">Econom\xeda</a><a href="/agencia/rss.aspx">RSS</a><a href="/economia">x</a>'
    assert [source.url for source in sources_of_home(page, HOME)] == [
        "https://www.diario.test/rss/economia.xml",
        "https://www.diario.test/agencia/rss.aspx",
    ]


def test_name_and_language_are_those_that_the_page_declares() -> None:
    assert name_of_home(PAGE) == "Diario"
    assert name_of_home(b'<meta property="og:site_name" content="El &amp; Diario"><title>Otro</title>') == "El & Diario"
    assert name_of_home(b"<p>x</p>") is None
    assert language_of_home(PAGE) == "es"
    assert language_of_home(b"<p>x</p>") is None


def test_sitemaps_of_robots_txt_come_with_news_sitemaps_first() -> None:
    text = "Disallow: /x\nSitemap: https://diario.test/sitemap.xml\r\n  sitemap:/news-sitemap.xml # news\nSitemap:\n"
    assert [source.url for source in sitemaps_of_robots(text, HOME)] == [
        "https://www.diario.test/news-sitemap.xml",
        "https://diario.test/sitemap.xml",
    ]


def test_common_sources_are_on_the_outlets_host() -> None:
    places = common_sources("https://www.diario.test/portada")
    assert len(places) == len(COMMON_SOURCE_PATHS)
    assert places[0] == Source(url="https://www.diario.test/feed/", kind="feed")


@pytest.mark.parametrize(
    ("paths", "expression"),
    [
        (["2026/11/20/un-puerto", "2026/11/21/un-tren/", "2025/01/02/a"], r"/\d{4}/\d{2}/\d{2}/[a-z0-9-]+/?$"),
        (["un-titulo-de-algo", "otro-titulo-mas-largo/", "y-este-va"], r"/[a-z0-9]+(-[a-z0-9]+){2,}/?$"),
        (
            ["economia/el-puerto-noticia/", "mundo/china/el-tren-de-xi-noticia/", "economia/dia-1/el-cobre-noticia/"],
            r"/([\w-]+/)*[a-z0-9-]+-noticia/?$",
        ),
        (
            [
                "agencia/noticia-puerto-chancay-1007665.aspx",
                "agencia/noticia-el-tren-1007666.aspx",
                "agencia/noticia-x-1007667.aspx",
            ],
            r"/agencia/noticia-[a-z0-9-]+-\d+\.aspx$",
        ),
        (
            ["n1/2024/1114/c1002-403.html", "n1/2024/1115/c1001-404.html", "n1/2024/0116/c1-5.html"],
            r"/n1/\d{4}/\d+/c\d+-\d+\.html$",
        ),
        (["?p=312", "?p=313", "?p=3134"], r"/\?(.*&)?p=\d+"),
        (
            ["vernota.asp?id_noticia=1", "vernota.asp?id_noticia=22", "vernota.asp?id_noticia=3"],
            r"/vernota\.asp\?(.*&)?id_noticia=\d+",
        ),
    ],
)
def test_a_pattern_is_built_from_what_addresses_share(paths: list[str], expression: str) -> None:
    addresses = [f"https://www.diario.test/{path}" for path in paths]
    assert guess_pattern(addresses) == rf"^https?://(www\.)?diario\.test{expression}"


@pytest.mark.parametrize(
    "paths", [[], ["2026/11/20/a", "2026/11/20/b"], ["economia", "mundo", "politica"], ["a", "b/c", "d/e/f"]]
)
def test_addresses_without_a_common_shape_give_no_pattern(paths: list[str]) -> None:
    assert guess_pattern([f"https://www.diario.test/{path}" for path in paths]) is None


def test_several_hosts_of_one_site_share_a_pattern() -> None:
    addresses = [
        f"https://{name}.diario.test/2026/11/2{n}/un-titulo" for n, name in enumerate(("www", "mundo", "cultura"))
    ]
    pattern = guess_pattern(addresses)
    assert pattern is not None
    assert all(re.search(pattern, address) for address in addresses)
    assert not re.search(pattern, "https://otro.test/2026/11/20/un-titulo")


def test_the_block_is_a_valid_outlet() -> None:
    pattern = r"^https?://(www\.)?diario\.test/\d{4}/[a-z0-9-]+/?$"
    block = outlet_block(
        home=HOME, sources=sources_of_home(PAGE, HOME), name='El "Diario"', languages=("es",), pattern=pattern
    )
    assert f"article_pattern = '{pattern}'" in block
    outlet = Outlet.model_validate(tomllib.loads(block)["outlet"][0])
    assert (outlet.id, outlet.name, outlet.article_pattern) == ("diario", 'El "Diario"', pattern)
    assert [source.kind for source in outlet.sources] == ["feed", "feed", "sitemap", "index"]


def test_a_block_without_sources_is_a_disabled_outlet() -> None:
    outlet = Outlet.model_validate(tomllib.loads(outlet_block(home="https://gob.pe", sources=()))["outlet"][0])
    assert not outlet.enabled


@given(st.binary(max_size=200), st.text(max_size=50))
def test_autodiscovery_never_raises(body: bytes, text: str) -> None:
    for document in (
        body,
        b"<html><link rel=alternate type=application/rss+xml href='" + body + b"'><a href='//[rss'>",
    ):
        assert all(source.url.startswith(("http://", "https://")) for source in sources_of_home(document, HOME))
        assert name_of_home(document) != ""
        assert len(language_of_home(document) or "xx") == 2
    found = sitemaps_of_robots(f"Sitemap: {text}", HOME)
    assert all(source.url.startswith(("http://", "https://")) for source in found)


@given(st.text(min_size=1, max_size=60), st.lists(st.sampled_from(["en", "es", "zh"]), max_size=2))
def test_every_block_is_valid_toml(name: str, languages: list[str]) -> None:
    block = outlet_block(
        home=HOME, sources=(Source(url=HOME, kind="listing"),), name=name, languages=languages, pattern=name
    )
    read = tomllib.loads(block)["outlet"][0]
    assert (read["name"], read["article_pattern"]) == (name, name)


@given(st.lists(st.text(max_size=40).map("https://diario.test/{}".format) | st.text(max_size=40), max_size=8))
def test_a_guessed_pattern_matches_most_of_its_addresses(addresses: list[str]) -> None:
    clean = {url for address in addresses if (url := canonicalize(address))}
    if (pattern := guess_pattern(addresses)) is not None:
        assert sum(bool(re.search(pattern, url)) for url in clean) >= 0.8 * len(clean)
