"""The reading room serves every page, is read-only, closes SQL, and runs nothing that an outlet wrote."""

from __future__ import annotations

import datetime as dt
import logging
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml

from db.connection import open_news
from db.site import server as serve
from db.site.server import SiteError, SiteServer, make_application
from tests.fixtures.invented_desk import NOW, build, save
from tests.fixtures.parsed_page import Page
from tests.fixtures.waiting import DEADLINE_SECONDS

SITE = Path(serve.__file__).parent
METADATA = yaml.safe_load((SITE / "metadata.yaml").read_text("utf-8"))
QUERIES = sorted(METADATA["databases"]["news"]["queries"])
TABLES = sorted(name for name, table in METADATA["databases"]["news"]["tables"].items() if not table.get("hidden"))


PAGES = [
    "/",
    "/?q=peru",
    "/?q=%E9%92%B1%E5%87%AF%E6%B8%AF&sort=rank",
    "/?q=%22%29%20NEAR(%00*",
    "/?outlet=faro",
    "/?ownership=state&language=es&period=30",
    "/?concept=chancay&q=cosco",
    "/?verdict=borderline&country=PE&kind=press",
    "/?before=nonsense&period=soon&sort=up&outlet=%27;--",
    "/outlets",
    "/edits",
    "/copies",
    "/figures",
    "/edits?kind=figures&outlet=faro",
    "/article/1",
    "/article/5",
    "/article/14?q=gr%C3%BAa",
    "/news",
    *(f"/news/{table}" for table in TABLES),
    "/news/articles?_search=peru",
    "/news/articles?_facet=language&_sort=id",
    "/news/articles/1",
    "/news/outlets/faro",
    *(f"/news/{query}" for query in QUERIES),
    "/news/search?words=%E9%92%B1%E5%87%AF%E6%B8%AF",
    "/news/by_outlet?outlet=faro",
    "/news/silent_outlets",
    "/news/without_articles?days=1",
    "/news/mentions_per_concept?days=400",
    "/news/figures_beside_concept?concept=china&kind=money",
]


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_answers_with_its_headers_and_nothing_in_it_can_act(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in policy
    page = Page(answer.text)
    assert page.alarming == []
    assert page.elsewhere == []
    for link in page.links:
        href = link.get("href") or ""
        if href.startswith("http") and not href.startswith("http://127.0.0.1/"):
            assert "noopener" in (link.get("rel") or "")
            assert "noreferrer" in (link.get("rel") or "")


async def test_hostile_titles_are_shown_as_they_were_written(client: httpx.AsyncClient, news_db: Path) -> None:
    ids = [row[0] for row in sqlite3.connect(news_db).execute("SELECT id FROM articles WHERE authors LIKE '%alert%'")]
    assert len(ids) == 3
    shown = [f"/article/{id_}" for id_ in ids] + [f"/news/articles/{id_}" for id_ in ids]
    for path in [*shown, "/?q=alert", "/?outlet=faro", "/news/articles?_search=alert", "/news/search?words=alert"]:
        answer = await client.get(path)
        page = Page(answer.text)
        assert page.alarming == [], path
        assert "49</title>" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in (await client.get(shown[0])).text
    assert "cannot be opened safely in a browser" in (await client.get(shown[0])).text
    assert "<bdi>Titular \u202e" in (await client.get(shown[2])).text


@pytest.mark.parametrize(
    "path",
    [
        "/news?sql=select+1",
        "/news.json?sql=select+*+from+articles",
        "/news/articles?_where=1=1",
        "/news.db",
        "/_internal",
        "/_internal/databases",
    ],
)
async def test_no_sql_no_download_and_no_other_database(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 403
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/_memory",
        "/-/databases",
        "/-/databases.json",
        "/-/versions",
        "/-/versions.json",
        "/-/config",
        "/-/config.json",
        "/-/actor.json",
        "/-/auth-token",
        "/-/what-a-later-datasette-shows",
        "/%2d/versions.json",
        "//-/versions.json",
        "/-/static/../versions.json",
        "/-/./versions",
        "/-",
        "/-/metadata.json",
        "/-/settings",
        "/-/plugins.json",
        "/-/threads",
        "/-/allow-debug",
        "/-/permissions",
        "/-/messages",
        "/-/patterns",
        "/-/databases/",
        "/nothing",
        "/news/nothing",
        "/site/../serve.py",
        "/site/%2e%2e/serve.py",
        "/article/x",
        "/article/999999",
        "/news/articles/999999",
    ],
)
async def test_debugging_pages_and_unknown_pages_are_not_found(
    client: httpx.AsyncClient, news_db: Path, path: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code in (302, 404)
    assert str(SITE) not in answer.text
    assert str(news_db.parent) not in answer.text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_no_method_but_get_and_head_is_allowed(client: httpx.AsyncClient, method: str) -> None:
    for path in ("/", "/news/articles", "/news/search", "/article/1"):
        assert (await client.request(method, path)).status_code == 405


async def test_the_connection_itself_cannot_write(news_db: Path) -> None:
    served = serve.make_datasette(news_db)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await served.get_database("news").execute("DELETE FROM articles")


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("钱凯港", "钱凯港迎来新一批自动化设备"),
        ("秘鲁", "秘鲁蓝莓抢鲜上市"),
        ("Peru grua", "El puerto de Chancay recibe"),
        ('"second berth"', "New cranes arrive"),
    ],
)
async def test_the_front_page_the_table_and_the_query_find_the_same(
    client: httpx.AsyncClient, words: str, title: str
) -> None:
    front = await client.get("/", params={"q": words})
    table = await client.get("/news/articles.json", params={"_search": words, "_shape": "array"})
    query = await client.get("/news/search.json", params={"words": words, "_shape": "array"})
    assert title in front.text.replace("<mark>", "").replace("</mark>", "")
    assert any(row["title"].startswith(title) for row in table.json())
    assert {row["id"] for row in table.json()} == {row["article"] for row in query.json()}


async def test_an_empty_search_is_no_error(client: httpx.AsyncClient) -> None:
    assert (await client.get("/", params={"q": "  "})).status_code == 200
    assert (await client.get("/", params={"q": "..."})).text.count("No stories match") == 1
    assert (await client.get("/news/articles", params={"_search": ""})).status_code == 200
    assert (await client.get("/news/search", params={"words": ""})).status_code == 200


async def test_the_front_page_shows_days_outlets_states_and_copies(client: httpx.AsyncClient) -> None:
    text = (await client.get("/")).text
    assert "Mesa de prueba" in text
    assert "state media" in text
    assert "also in 2 outlets" in text
    assert "1 could not be read" in text
    assert 'class="badge updated"' in text
    assert "Llega a Chancay la mayor" not in text  # a copy stands beneath its original only
    assert "<svg" in text
    assert "Older stories" in text
    assert "Older articles" in (await client.get("/?by=article")).text


async def test_pages_of_the_list_hold_every_article_once(client: httpx.AsyncClient, news_db: Path) -> None:
    path, seen = "/", []
    while path:
        page = Page((await client.get(path)).text)
        seen += [link["href"] for link in page.links if (link["href"] or "").startswith("/article/")]
        path = next((link["href"] for link in page.links if link.get("rel") == "next"), "") or ""
    listed = {int(str(href).removeprefix("/article/")) for href in seen}
    every = {row[0] for row in sqlite3.connect(news_db).execute("SELECT id FROM articles")}
    assert listed == every  # originals as entries, copies folded beneath them
    assert len(seen) == len(listed)


async def test_an_article_page_shows_copies_and_changes(client: httpx.AsyncClient) -> None:
    original = (await client.get("/article/1")).text
    assert "60 min later" in original
    assert "nearly the same text" in original
    copy = (await client.get("/article/14")).text
    assert "This is a copy of" in copy
    assert "<ins>" in copy
    revised = (await client.get("/article/5")).text
    assert "<del>seis </del>comunidades" in revised
    assert "<ins>ocho </ins>comunidades" in revised
    assert "warc.gz" in revised
    assert "SHA-256" in revised


async def test_times_are_in_the_desks_zone_and_a_day_alone_gets_no_hour(
    client: httpx.AsyncClient, news_db: Path
) -> None:
    id_, published = (
        sqlite3.connect(news_db)
        .execute("SELECT id, published FROM articles WHERE published_precision = 'day' ORDER BY published DESC")
        .fetchone()
    )
    day = dt.date.fromisoformat(published[:10])
    text = (await client.get(f"/article/{id_}")).text
    assert f"{day.day} {day:%b} {day.year}</time>" in text
    first = (await client.get("/article/1")).text
    local = (NOW - dt.timedelta(hours=2)).astimezone(dt.timezone(dt.timedelta(hours=-5)))
    assert f"{local:%H:%M}</time>" in first


async def test_a_desk_without_articles_says_so(tmp_path: Path) -> None:
    for content in (None, b""):
        path = tmp_path / f"news-{content}.db"
        if content is not None:
            path.write_bytes(content)
        transport = httpx.ASGITransport(app=make_application(path))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            for page in ("/", "/outlets", "/news", "/news/articles", *(f"/news/{query}" for query in QUERIES)):
                assert (await client.get(page)).status_code == 200, page
            assert "Nothing here yet" in (await client.get("/")).text


async def test_articles_written_while_the_site_runs_are_shown(tmp_path: Path) -> None:
    path = build(tmp_path)
    transport = httpx.ASGITransport(app=make_application(path, now=lambda: NOW))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        assert "Última hora" not in (await client.get("/")).text
        db = open_news(path)
        save(db, NOW, 0.1, "faro", "es", "Última hora en Chancay", "Llega otra grúa al Perú.", ["chancay"])
        db.close()
        assert "Última hora" in (await client.get("/")).text


def test_the_server_answers_from_its_thread_and_ends(news_db: Path) -> None:
    server = SiteServer(news_db, port=0)
    server.start()
    assert httpx.get(server.url).status_code == 200
    assert httpx.get(server.url, headers={"Host": "evil.test"}).status_code == 421
    assert httpx.get(server.url, headers={"Host": f"localhost:{server.port}"}).status_code == 200
    address = server.url
    server.stop()
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


def test_a_port_in_use_is_one_clear_line(news_db: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SiteError, match=rf"^127\.0\.0\.1:{port} is in use, [^\n]*$"):
            SiteServer(news_db, port=port).start()


async def test_an_internal_error_is_logged_and_the_page_shows_no_details(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    await client.get("/nothing")
    assert "Traceback" not in "".join(capfd.readouterr())
    with caplog.at_level(logging.ERROR):
        answer = await client.get("/news/articles?_next=%00&_sort=published&published__gt=%F0")
    assert answer.status_code in (200, 400, 500)
    assert "Traceback" not in answer.text


def test_plain_datasette_serves_the_same(news_db: Path) -> None:
    command = [sys.executable, "-m", "datasette", "serve", str(news_db), "--metadata", str(SITE / "metadata.yaml")]
    command += ["--plugins-dir", str(SITE / "plugins"), "--template-dir", str(SITE / "templates")]
    command += ["--static", f"site:{SITE / 'static'}", "--get", "/"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    assert "El puerto de Chancay" in done.stdout
