"""The reading room speaks the reader's language: three catalogues that agree, and the right one for each request."""

from __future__ import annotations

import datetime as dt
import re
import string
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from db.connect import open_news
from db.site import serve
from db.site.serve import application
from db.site.speech import COOKIE, LANGUAGES, Speech, catalogue, preferred

SITE = Path(serve.__file__).parent
EN, ES, ZH = (Speech(language) for language in LANGUAGES)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def wanted(entry: str | dict[str, str]) -> set[str]:
    """What a sentence wants filled in; a plural form may leave the number out."""
    return placeholders(entry) if isinstance(entry, str) else set().union(*map(placeholders, entry.values())) | {"n"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogues_have_the_same_keys_and_placeholders(language: str) -> None:
    other, english = catalogue(language), catalogue("en")
    assert sorted(other) == sorted(english)
    assert {key: wanted(text) for key, text in other.items()} == {key: wanted(text) for key, text in english.items()}
    for key, text in other.items():
        for form in [text] if isinstance(text, str) else text.values():
            assert form.strip() == form != "", key


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_have_the_forms_that_the_language_needs(language: str) -> None:
    needed = {"zh": {"other"}}.get(language, {"one", "other"})
    assert [key for key, text in catalogue(language).items() if isinstance(text, dict) and set(text) != needed] == []


def used() -> set[str]:
    """Every key that a template or a module of the site asks for."""
    templates = "\n".join(path.read_text("utf-8") for path in (SITE / "templates").glob("*.html"))
    modules = "\n".join(path.read_text("utf-8") for path in SITE.rglob("*.py"))
    asked = re.findall(r'\bt\(\s*["\']([\w.-]+)["\'](?!\s*~)', templates)
    return {*asked, *re.findall(r'\b(?:speech|t|say)\(\s*"([\w.-]+)"', modules)}


def test_every_key_that_a_page_asks_for_exists() -> None:
    assert used() - set(catalogue("en")) == set()


def test_a_sentence_counts_groups_and_escapes() -> None:
    assert ZH("head.go") == "搜索"
    link = Markup('<a href="/">Datasette</a>')
    assert ES("foot.served", datasette=link) == 'Funciona con <a href="/">Datasette</a>.'
    assert EN("foot.served", datasette="<b>") == "Served by <b>."  # a template escapes it
    assert (EN.number(12345), ES.number(12345)) == ("12,345", "12,345")
    with pytest.raises(KeyError):
        EN("no.such.sentence")


def test_days_countries_and_languages_are_named_as_the_language_does() -> None:
    day = dt.date(2026, 11, 19)
    assert [it.date(day) for it in (EN, ES, ZH)] == ["19 November 2026", "19 de noviembre de 2026", "2026年11月19日"]
    assert [it.date(day, "MMMMd") for it in (EN, ES, ZH)] == ["19 November", "19 de noviembre", "11月19日"]
    assert [it.weekday(day) for it in (EN, ES, ZH)] == ["Thursday", "jueves", "星期四"]
    assert [it.country("PE") for it in (EN, ES, ZH)] == ["Peru", "Perú", "秘鲁"]
    assert [it.tongue("zh") for it in (EN, ES, ZH)] == ["Chinese", "chino", "中文"]
    assert (EN.country("QQ"), EN.country(None), EN.tongue("xx"), EN.tongue("")) == ("QQ", "", "xx", "")


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("es-PE,es;q=0.9,en;q=0.8", "es"),
        ("en;q=0.5, zh-CN", "zh"),
        ("zh-TW,zh;q=0.9", "zh"),
        ("fr, es;q=0.3, en;q=0.2", "es"),
        ("fr", None),
        ("es;q=0, en", "en"),
        ("es;q=nan, zh;q=nonsense, en;q=0.1", "en"),
        ("*", None),
        ("", None),
    ],
)
def test_the_browser_s_languages_are_weighed(accept: str, language: str | None) -> None:
    assert preferred(accept) == language


@given(st.text())
def test_any_header_gives_a_language_or_none(accept: str) -> None:
    assert preferred(accept) in (None, *LANGUAGES)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> httpx.ASGITransport:
    path = tmp_path_factory.mktemp("desk") / "news.db"
    open_news(path).close()
    return httpx.ASGITransport(app=application(path))


async def get(site: httpx.ASGITransport, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=site, base_url="http://127.0.0.1") as client:
        return await client.get(path, headers=headers)


async def test_the_address_comes_before_the_cookie_and_the_cookie_before_the_browser(site: httpx.ASGITransport) -> None:
    spanish = {"accept-language": "es"}
    chinese = spanish | {"cookie": f"{COOKIE}=zh"}
    assert '<html lang="en">' in (await get(site, "/")).text
    assert '<html lang="es">' in (await get(site, "/", **spanish)).text
    assert '<html lang="zh-Hans">' in (await get(site, "/", **chinese)).text
    assert '<html lang="en">' in (await get(site, "/?lang=en", **chinese)).text
    assert '<html lang="es">' in (await get(site, "/?lang=xx", **spanish, cookie="vigia_language=<b>; \x7f=1")).text


async def test_the_switch_leaves_a_cookie_and_keeps_the_address(site: httpx.ASGITransport) -> None:
    answer = await get(site, "/?q=a%26b&period=30&lang=es")
    assert answer.headers["set-cookie"] == "vigia_language=es; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"
    assert 'href="?q=a%26b&amp;period=30&amp;lang=zh"' in answer.text
    assert "lang=es" not in answer.text.partition("</header>")[2]  # no link of the page carries it on
    assert "set-cookie" not in (await get(site, "/?lang=%3Cscript%3E")).headers
    assert "set-cookie" not in (await get(site, "/")).headers


async def test_no_shared_cache_gives_one_reader_s_page_to_another(site: httpx.ASGITransport) -> None:
    for path in ("/", "/outlets", "/news", "/nothing", "/news/articles?lang=es"):
        answer = await get(site, path)
        assert "private" in answer.headers["cache-control"], path
        assert {"Accept-Language", "Cookie"} <= set(answer.headers["vary"].split(", ")), path
    assert "Accept-Language" not in (await get(site, "/news/articles.json")).headers.get("vary", "")


async def test_datasette_s_tables_do_not_take_the_language_for_a_column(site: httpx.ASGITransport) -> None:
    table = await get(site, "/news/outlets?lang=es")
    assert table.status_code == 200
    assert '<html lang="es">' in table.text
    assert (await get(site, "/news/outlets?_where_lang=&lang=es&country=PE")).status_code == 200
