"""Pages find their sentences in each language, and each request gets its reader's language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from db.connection import open_news
from db.i18n.languages import LANGUAGES
from db.site import server
from db.site.local_time import describe_age
from db.site.reader_language import LANGUAGE_COOKIE, add_reader_language, choose_accepted_language, list_language_links
from db.site.server import make_application
from db.site.wording import SiteWording, load_table_texts
from tests.fixtures.catalogues import unfit

SITE = Path(server.__file__).parent
EN, ES, ZH = (SiteWording(language) for language in LANGUAGES)


def test_every_sentence_of_the_pages_exists_and_gets_its_values() -> None:
    assert unfit(SITE / "templates", EN) == []
    modules = "\n".join(path.read_text("utf-8") for path in SITE.rglob("*.py"))
    asked = set(re.findall(r'\b(?:wording|t)\(\s*"([\w.-]+)"', modules))
    assert len(asked) > 15
    assert asked - set(EN.entries) == set()


def test_a_sentence_of_a_page_may_have_markup() -> None:
    assert ZH("head.go") == "搜索"
    link = Markup('<a href="/">Datasette</a>')
    assert ES("foot.served", datasette=link) == 'Con tecnología de <a href="/">Datasette</a>.'
    assert EN("foot.served", datasette="<b>") == "Served by <b>."  # a template escapes it


def test_days_are_named_as_the_language_does() -> None:
    assert [wording.weekday(dt.date(2026, 11, 19)) for wording in (EN, ES, ZH)] == ["Thursday", "jueves", "星期四"]
    assert [wording.ago(dt.timedelta(hours=3)) for wording in (EN, ES, ZH)] == [
        "3 hours ago",
        "hace 3 horas",
        "3小时前",
    ]


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("es-PE,es;q=0.9,en;q=0.8", "es"),
        ("en;q=0.5, zh-CN", "zh"),
        ("zh-TW,zh;q=0.9", "zh"),
        ("fr, es;q=0.3, en;q=0.2", "es"),
        ("es, en", "es"),
        ("es;q=7, en;q=0.1", "en"),
        ("fr", None),
        ("es;q=0, en", "en"),
        ("es;q=nan, zh;q=nonsense, en;q=0.1", "en"),
        ("*", None),
        ("", None),
    ],
)
def test_the_accepted_language_of_highest_quality_is_chosen(accept: str, language: str | None) -> None:
    assert choose_accepted_language(accept) == language


@given(st.text())
def test_any_header_gives_a_language_or_none(accept: str) -> None:
    assert choose_accepted_language(accept) in (None, *LANGUAGES)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> httpx.ASGITransport:
    path = tmp_path_factory.mktemp("desk") / "news.db"
    open_news(path).close()
    return httpx.ASGITransport(app=make_application(path))


async def get(site: httpx.ASGITransport, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=site, base_url="http://127.0.0.1") as client:
        return await client.get(path, headers=headers)


async def test_the_address_comes_before_the_cookie_and_the_cookie_before_the_browser(site: httpx.ASGITransport) -> None:
    spanish = {"accept-language": "es"}
    chinese = spanish | {"cookie": f"{LANGUAGE_COOKIE}=zh"}
    assert '<html lang="en">' in (await get(site, "/")).text
    assert '<html lang="es">' in (await get(site, "/", **spanish)).text
    assert '<html lang="zh-Hans">' in (await get(site, "/", **chinese)).text
    assert '<html lang="en">' in (await get(site, "/?lang=en", **chinese)).text
    assert '<html lang="es">' in (await get(site, "/?lang=xx", **spanish, cookie="vigia_language=<b>; \x7f=1")).text


async def test_a_language_link_sets_a_cookie_and_keeps_the_address(site: httpx.ASGITransport) -> None:
    answer = await get(site, "/?q=a%26b&period=30&lang=es")
    assert answer.headers["set-cookie"] == "vigia_language=es; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"
    assert 'href="?q=a%26b&amp;period=30&amp;lang=zh" hreflang="zh" lang="zh">' in answer.text
    assert 'lang=es" hreflang="es" lang="es" aria-current="true">' in answer.text
    assert "lang=es" not in answer.text.partition("</header>")[2]  # no link of the page carries it on
    assert "set-cookie" not in (await get(site, "/?lang=%3Cscript%3E")).headers
    assert "set-cookie" not in (await get(site, "/")).headers


@pytest.mark.slow
async def test_pages_are_private_and_vary_by_language_and_cookie(site: httpx.ASGITransport) -> None:
    for path in ("/", "/outlets", "/news", "/nothing", "/news/articles?lang=es"):
        answer = await get(site, path)
        assert answer.headers["content-type"].startswith("text/html"), path
        (age,) = answer.headers.get_list("cache-control")
        assert "private" in age, path
        assert {"Accept-Language", "Cookie"} <= set(answer.headers["vary"].split(", ")), path
    assert "Accept-Language" not in (await get(site, "/news/articles.json")).headers.get("vary", "")


async def test_datasette_s_tables_do_not_take_the_language_for_a_column(site: httpx.ASGITransport) -> None:
    table = await get(site, "/news/outlets?lang=es")
    assert table.status_code == 200
    assert '<html lang="es">' in table.text
    assert "lang=es" not in table.text.partition("</header>")[2]
    assert (await get(site, "/news/outlets?_where_lang=&lang=es&country=PE")).status_code == 200


async def test_other_asgi_messages_pass_unchanged() -> None:
    passed: list[object] = []

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        passed.append(scope)

    await add_reader_language(app)({"type": "lifespan"}, Any, Any)
    assert passed == [{"type": "lifespan"}]
    assert list_language_links(None) == []


@pytest.mark.parametrize(
    ("wording", "now", "later"),
    [
        (EN, "Last crawl ended just now", "Last crawl ended 5 minutes ago"),
        (ES, "Última actualización: hace un momento", "Última actualización: hace 5 minutos"),
        (ZH, "最近一次抓取：刚刚", "最近一次抓取：5分钟前"),
    ],
)
def test_the_last_crawl_is_said_well_at_any_age(wording: SiteWording, now: str, later: str) -> None:
    moment = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    for minutes, said in ((0, now), (5, later)):
        age = describe_age(moment, moment + dt.timedelta(minutes=minutes), wording)
        assert wording("front.last_crawl", ago=age) == said


@pytest.mark.parametrize("language", ["es", "zh"])
@pytest.mark.parametrize("name", ["metadata", "public"])
def test_titles_descriptions_and_columns_of_tables_are_translated(
    site: httpx.ASGITransport, name: str, language: str
) -> None:
    (database,) = yaml.safe_load((SITE / f"{name}.yaml").read_text("utf-8"))["databases"].values()
    shown = [about for kind in ("tables", "queries") for about in database[kind].values() if not about.get("hidden")]
    texts = {text for about in [database, *shown] for text in (about.get("title"), about.get("description")) if text}
    texts |= {text for about in shown for text in about.get("columns", {}).values()}
    columns = {column for about in shown for column in about.get("columns", {})}
    tables = load_table_texts()
    assert {text for text in texts if language not in tables["texts"].get(text, {})} == set()
    assert {column for column in columns if language not in tables["columns"].get(column, {})} == set()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", ["Registros", "Un registro depurado", "Qué significan las columnas", "primera lectura", "Columna"]),
        ("zh", ["数据表", "每个网址的每篇报道", "各列含义", "首次读取"]),
    ],
)
async def test_the_tables_are_described_in_the_readers_language(
    site: httpx.ASGITransport, language: str, said: list[str]
) -> None:
    page = (await get(site, f"/news/articles?lang={language}&words__gt=3&_search=x")).text
    assert [words for words in said if words not in page] == []
    left = [
        words
        for words in ("Headline", "Apply", "sorted by", "row", "is blank")
        if re.search(rf">[^<]*\b{words}\b", page)
    ]
    assert left == []


async def test_every_column_of_a_table_and_a_query_has_a_name_in_other_languages(site: httpx.ASGITransport) -> None:
    columns = load_table_texts()["columns"]
    (database,) = yaml.safe_load((SITE / "metadata.yaml").read_text("utf-8"))["databases"].values()
    names = [name for name, about in database["tables"].items() if not about.get("hidden")] + [*database["queries"]]
    for name in names:
        page = (await get(site, f"/news/{name}.json?_shape=objects&words=x&outlet=x&concept=x")).json()
        assert {column for column in page["columns"] if column not in columns} <= {"rowid"}, name
