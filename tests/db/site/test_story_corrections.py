"""Analysts join and split stories in the browser where the desk is written, and nowhere else."""

from __future__ import annotations

import html
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.connection import open_news
from db.news.page_lookup import find_article
from db.site.analysts.forms import AnalystForms, list_form_paths, put_analyst_forms
from db.site.analysts.reader import AnalystDesk
from db.site.security import guard
from db.site.server import ReaderAccess, make_datasette
from db.site.story_corrections import list_story_forms
from tests.fixtures.invented_desk import reader
from tests.fixtures.story_desk import NOON, find_faults, make_article, store, stories_of

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

SITE = "http://127.0.0.1"


@pytest.fixture
def news_db(tmp_path: Path) -> Path:
    db = open_news(tmp_path / "news.db")
    for name, event in (("diario", "crane"), ("xinwen", "crane"), ("chasqui", "strike")):
        store(db, make_article(name, event))
    db.conn.close()
    return tmp_path / "news.db"


@pytest.fixture
def stored(news_db: Path) -> Iterator[Any]:
    db = open_news(news_db)
    yield db
    assert find_faults(db) == []
    db.conn.close()


@asynccontextmanager
async def writing_room(news_db: Path, *, language: str = "en", **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the reading room of the process that writes the desk."""

    def find(news: Any, text: str) -> int | None:
        row = find_article(news, text.removeprefix("https://"))
        return None if row is None else int(row["id"])

    datasette = make_datasette(news_db, now=lambda: NOON, **options)
    desk = AnalystDesk(news_db=news_db, desk_db=news_db.parent / "desk.db")
    put_analyst_forms(datasette, AnalystForms(list_story_forms(find), desk=desk, now=lambda: NOON))
    transport = httpx.ASGITransport(app=guard(datasette.app(), forms=list_form_paths(datasette)))
    headers = {"accept-language": language, "accept": "text/html"}
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers=headers) as client:
        yield client


def forms(page: str, action: str) -> list[dict[str, str]]:
    """Return the hidden fields of every form of a page with this action, its own or a button's."""
    found = re.findall(r'(<form class="correct" action="[^"]*"[^>]*>.*?)</form>', page, re.DOTALL)
    return [
        dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        for form in found
        if f'action="{action}"' in form
    ]


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


async def send(client: httpx.AsyncClient, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
    return await client.post(path, data=fields, headers={"sec-fetch-site": "same-origin"} | headers)


@pytest.mark.parametrize(
    ("named", "language", "said"),
    [
        ("3", "en", "The stories have been joined."),
        ("https://chasqui.test/1", "es", "Las noticias quedaron unidas."),
        (f"{SITE}/article/3", "zh", "两个事件已合并。"),
        ("/story/3", "en", "The stories have been joined."),
    ],
)
async def test_a_join_is_said_at_once_and_undone_by_its_button(
    news_db: Path, stored: Any, named: str, language: str, said: str
) -> None:
    async with writing_room(news_db, language=language) as client:
        fields = forms((await client.get("/story/1")).text, "/story/join")[-1]
        answer = await send(client, "/story/join", fields | {"with": named})
        assert (answer.status_code, answer.headers["location"]) == (303, "/story/1?done=join")
        assert stories_of(stored, 1, 2, 3) == [1, 1, 1]
        page = (await client.get(answer.headers["location"])).text
        assert said in plain(page)
        undone = await send(client, "/story/undo", forms(page, "/story/undo")[0])
        assert undone.headers["location"] == "/story/1?done=undone"
        assert stories_of(stored, 1, 2, 3) == [1, 1, 3]


async def test_a_note_on_a_correction_is_shown_to_its_reader_alone(news_db: Path, stored: Any) -> None:
    async with writing_room(news_db) as client:
        fields = forms((await client.get("/story/1")).text, "/story/join")[-1]
        await send(client, "/story/join", fields | {"with": "3", "note": "  my remark\n<b>strike</b> "})
        page = (await client.get("/story/1")).text
        assert "<q><bdi>my remark &lt;b&gt;strike&lt;/b&gt;</bdi></q>" in page
        with sqlite3.connect(news_db.parent / "desk.db") as desk:
            desk.execute("UPDATE correction_notes SET person = 'ana'")
        assert "my remark" not in (await client.get("/story/1")).text
    assert "my remark" not in "\n".join(stored.conn.iterdump())


async def test_what_another_window_moved_is_not_corrected_from_an_old_page(news_db: Path, stored: Any) -> None:
    async with writing_room(news_db) as client:
        page = (await client.get("/story/1")).text
        split, join = forms(page, "/story/split")[0], forms(page, "/story/join")[0] | {"with": "3"}
        await send(client, "/story/split", split)
        alone = stories_of(stored, 1, 2, 3)
        for path, fields in (("/story/split", split), ("/story/join", join)):
            answer = await send(client, path, fields)
            told = plain((await client.get(answer.headers["location"])).text)
            assert "The article had already left the story that you saw, so nothing was changed." in told
        assert stories_of(stored, 1, 2, 3) == alone


async def test_an_article_is_split_from_the_story_s_page_and_from_its_own(news_db: Path, stored: Any) -> None:
    async with writing_room(news_db) as client:
        buttons = forms((await client.get("/story/1")).text, "/story/split")
        assert [fields["article"] for fields in buttons] == ["1", "2"]
        own = forms((await client.get("/article/2")).text, "/story/split")
        assert [fields["article"] for fields in own] == ["2", "1"]  # its own, and the other that tells the story
        for path in ("/", "/?by=article", "/outlet/diario"):
            listed = forms((await client.get(path)).text, "/story/split")
            assert ("1", "1") in [(fields["article"], fields["story"]) for fields in listed], path
        answer = await send(client, "/story/split", own[0])
        page = (await client.get(answer.headers["location"])).text
        assert "The article is now a story of its own" in plain(page)
        assert stories_of(stored, 1, 2) == [1, 2]
        assert not forms(page, "/story/split")  # it is alone
        await send(client, "/story/undo", forms(page, "/story/undo")[0])
        assert stories_of(stored, 1, 2) == [1, 1]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("99", "No such story or article: 99"),
        ("2", "They are already one story."),
        ("https://elsewhere.test/story/3", "No such story or article: https://elsewhere.test/story/3"),
        ("<script>alert(1)</script>", "No such story or article: <script>alert(1)</script>"),
        ("https://[", "No such story or article: https://["),
    ],
)
async def test_what_is_no_other_story_changes_nothing(news_db: Path, stored: Any, named: str, said: str) -> None:
    number = named if named != "2" else f"{SITE}/article/2"
    async with writing_room(news_db) as client:
        fields = forms((await client.get("/story/1")).text, "/story/join")[-1]
        answer = await send(client, "/story/join", fields | {"with": number})
        page = (await client.get(answer.headers["location"])).text
        assert said in plain(page)
        assert "<script>alert" not in page
        assert stories_of(stored, 1, 2, 3) == [1, 1, 3]


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"token": ""}, {}),
        ({"token": "0" * 64}, {}),
        ({"token": "ñ"}, {}),
        ({}, {"sec-fetch-site": "cross-site"}),
        ({}, {"sec-fetch-site": "", "origin": "https://evil.test"}),
    ],
)
async def test_a_form_of_another_site_or_without_the_token_is_refused(
    news_db: Path, stored: Any, fields: dict[str, str], headers: dict[str, str]
) -> None:
    async with writing_room(news_db) as client:
        given = forms((await client.get("/story/1")).text, "/story/split")[0]
        assert (await send(client, "/story/split", given | fields, **headers)).status_code == 403
        assert (await client.get("/story/split", params=given)).status_code == 405
        assert stories_of(stored, 1, 2) == [1, 1]


async def test_behind_a_password_nobody_corrects_without_it(news_db: Path, stored: Any) -> None:
    async with writing_room(news_db) as client:
        fields = forms((await client.get("/story/1")).text, "/story/split")[0]
    hashed = "pbkdf2_sha256$260000$abcdefgh$5v3tY0x5cGQv4mUqX0mX3bq3m2u5b4mX3bq3m2u5b4k="
    access = ReaderAccess(password_hash=hashed, secret="s" * 40)
    async with writing_room(news_db, access=access) as client:
        answer = await send(client, "/story/split", fields)
        assert answer.headers.get("location", "").startswith("/-/login")
    assert stories_of(stored, 1, 2) == [1, 1]


async def test_a_site_that_only_reads_shows_no_form_and_takes_none(news_db: Path, stored: Any) -> None:
    async with writing_room(news_db) as client:
        fields = forms((await client.get("/story/1")).text, "/story/split")[0]
    async with reader(news_db) as client:
        for page in ("/story/1", "/article/1"):
            assert '<form class="correct' not in (await client.get(page)).text
        assert (await send(client, "/story/split", fields)).status_code >= 400
    assert stories_of(stored, 1, 2) == [1, 1]


async def test_a_database_that_is_locked_is_said_and_nothing_is_half_done(
    news_db: Path, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with writing_room(news_db) as client:
        fields = forms((await client.get("/story/1")).text, "/story/split")[0]

        def fail(*_: Any, **__: Any) -> int:
            raise sqlite3.OperationalError("database is locked")

        monkeypatch.setattr("db.site.story_corrections.split_story", fail)
        assert (await send(client, "/story/split", fields)).status_code == 503
    assert stories_of(stored, 1, 2) == [1, 1]
