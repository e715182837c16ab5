"""One application takes what readers write: it refuses what is forged, too large or of nobody, and says so."""

from __future__ import annotations

import html
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.connection import StoreError, open_news
from db.site.analysts.forms import AnalystForm, AnalystForms, FormError, list_form_paths, put_analyst_forms
from db.site.analysts.reader import LOCAL_READER, AnalystDesk
from db.site.security import guard
from db.site.server import make_application, make_datasette
from tests.fixtures.story_desk import NOON, make_article, store

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

PATH = "/note/save"
SITE = "http://127.0.0.1:8001"


class Notes:
    """A handler that keeps the forms it got, or fails."""

    def __init__(self) -> None:
        self.taken: list[AnalystForm] = []
        self.error: Exception | None = None

    def __call__(self, form: AnalystForm) -> str:
        if self.error:
            raise self.error
        self.taken.append(form)
        return "/?done=kept"


@pytest.fixture(scope="module")
def news_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("desk") / "news.db"
    db = open_news(path)
    store(db, make_article("diario", "crane"))
    db.conn.close()
    return path


@asynccontextmanager
async def room(
    news_db: Path, handler: Callable[[AnalystForm], str], *, language: str = "en", is_proxied: bool = False
) -> AsyncIterator[httpx.AsyncClient]:
    datasette = make_datasette(news_db, now=lambda: NOON)
    desk = AnalystDesk(news_db=news_db, desk_db=news_db.parent / "desk.db", is_proxied=is_proxied)
    put_analyst_forms(datasette, AnalystForms({PATH: handler}, desk=desk, now=lambda: NOON))
    transport = httpx.ASGITransport(app=guard(datasette.app(), forms=list_form_paths(datasette)))
    headers = {"accept-language": language, "sec-fetch-site": "same-origin"}
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers=headers) as client:
        yield client


async def read_token(client: httpx.AsyncClient) -> str:
    found = re.search(r'name="token" value="(\w+)"', (await client.get("/article/1")).text)
    assert found
    return found[1]


async def test_a_handler_gets_all_values_of_the_reader_s_form(news_db: Path) -> None:
    notes = Notes()
    async with room(news_db, notes) as client:
        fields = {"token": await read_token(client), "id": [str(number) for number in range(500)], "note": "grúas"}
        answer = await client.post(PATH, data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?done=kept")
    (form,) = notes.taken
    assert (form.path, form.reader, form.now, form.host) == (PATH, LOCAL_READER, NOON, "127.0.0.1:8001")
    assert (len(form.all("id")), form.one("note"), form.one("none"), form.all("none")) == (500, "grúas", "", ())


@pytest.mark.parametrize(
    ("fields", "headers", "status", "said"),
    [
        ({"token": ""}, {}, 403, "an earlier session"),
        ({"token": "0" * 48}, {}, 403, "an earlier session"),
        ({"token": "ñ\udcff".encode("utf-8", "replace")}, {}, 403, "an earlier session"),
        ({"note": "x" * 100_000}, {}, 413, "too much for one form"),
        ({"id": ["1"] * 600}, {}, 413, "too much for one form"),
        ({}, {"sec-fetch-site": "cross-site"}, 403, "another site"),
        ({}, {"sec-fetch-site": "", "origin": "https://evil.test"}, 403, "another site"),
        ({}, {"sec-fetch-site": "", "origin": "http://127.0.0.1:9"}, 403, "another site"),
        ({}, {"x-forwarded-for": "192.0.2.7"}, 404, "no such page"),
    ],
)
async def test_what_is_forged_or_too_large_reaches_no_handler(
    news_db: Path, fields: dict[str, Any], headers: dict[str, str], status: int, said: str
) -> None:
    notes = Notes()
    async with room(news_db, notes) as client:
        answer = await client.post(PATH, data={"token": await read_token(client)} | fields, headers=headers)
        assert (await client.get(PATH)).status_code == 405
    assert (answer.status_code, said in answer.text) == (status, True)
    assert answer.headers["content-security-policy"]
    assert notes.taken == []


@pytest.mark.parametrize(
    ("language", "error", "status", "said"),
    [
        ("en", FormError("correct.unknown", back="/story/1", which="<b>"), 422, "No such story or article: <b>"),
        ("es", StoreError("/srv/desk/desk.db: the disk is full"), 503, "no se puede guardar nada"),
        ("zh", sqlite3.OperationalError("database is locked"), 503, "暂时无法保存"),
    ],
)
async def test_a_form_that_failed_is_explained_and_what_was_typed_is_kept(
    news_db: Path, language: str, error: Exception, status: int, said: str
) -> None:
    notes = Notes()
    notes.error = error
    async with room(news_db, notes, language=language) as client:
        fields = {"token": await read_token(client), "note": "A <script> of the port"}
        answer = await client.post(PATH, data=fields)
    assert (answer.status_code, said in html.unescape(answer.text)) == (status, True)
    assert "A &lt;script&gt; of the port" in answer.text
    assert "/srv/desk" not in answer.text
    assert 'href="/story/1"' in answer.text or status == 503


async def test_where_a_proxy_may_stand_before_a_desk_without_a_password_nobody_writes(news_db: Path) -> None:
    notes = Notes()
    async with room(news_db, notes) as client:
        token = await read_token(client)
    async with room(news_db, notes, is_proxied=True) as client:
        assert 'name="token"' not in (await client.get("/article/1")).text
        assert (await client.post(PATH, data={"token": token})).status_code == 404
    assert notes.taken == []


async def test_a_site_that_only_reads_takes_no_form(news_db: Path) -> None:
    transport = httpx.ASGITransport(app=make_application(news_db))
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        assert (await client.post(PATH, data={"token": "x"})).status_code == 405
