"""Readers mark articles where they read: what it did is said at once, undone by a button, and private."""

from __future__ import annotations

import html
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from db.connection import open_desk, open_news
from db.model.verdict import Mark
from db.news.marks import find_mark, put_mark
from db.public_copy import publish_copy
from tests.fixtures.invented_desk import reader
from tests.fixtures.marked_room import apply_stored_marks, marking_room, write_news
from tests.fixtures.story_desk import NOON

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room


@pytest.fixture
def news_db(tmp_path: Path) -> Path:
    return write_news(tmp_path)


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def said(page: str) -> str:
    """Return what a page says of the mark that led to it."""
    found = re.search(r'<div class="marked" role="status">(.*?)</div>', page, re.DOTALL)
    return plain(re.sub(r"</?(?:a|bdi)\b[^>]*>", "", found[1])) if found else ""


def verdicts(news_db: Path) -> dict[str, str]:
    with closing(open_news(news_db)) as news:
        return {row["key"]: row["verdict"] for row in news.query("SELECT key, verdict FROM articles")}


async def read_token(client: httpx.AsyncClient) -> str:
    found = re.search(r'name="token" value="(\w+)"', (await client.get("/")).text)
    assert found
    return found[1]


async def mark(client: httpx.AsyncClient, button: str, *, back: str = "/", note: str = "") -> httpx.Response:
    fields = {"token": await read_token(client), "back": back, "mark": button, "note": note}
    return await client.post("/mark", data=fields)


async def undo(client: httpx.AsyncClient, number: str, *, back: str = "/") -> httpx.Response:
    return await client.post("/mark/undo", data={"token": await read_token(client), "back": back, "mark": number})


@pytest.mark.parametrize(
    ("language", "told", "undone"),
    [
        (
            "en",
            "“chasqui sobre x” was borderline and is relevant now.",
            "Your mark has been undone: “chasqui",
        ),
        ("es", "«chasqui sobre x»: antes, dudoso; ahora, pertinente.", "Se deshizo su marca. «chasqui sobre x»"),
        ("zh", "《chasqui sobre x》原为“存疑”，现为“相关”。", "标记已撤销：《chasqui sobre x》现为“存疑”。"),
    ],
)
async def test_a_mark_is_told_and_undone_where_one_reads(news_db: Path, language: str, told: str, undone: str) -> None:
    async with marking_room(news_db, language=language) as client:
        answer = await mark(client, "relevant:3", back="/article/3?q=crane", note="  una\nnota ")
        assert (answer.status_code, answer.headers["location"]) == (303, "/article/3?q=crane&marked=1")
        page = (await client.get(answer.headers["location"])).text
        assert said(page).startswith(told)
        assert "<q><bdi>una nota</bdi></q>" in page
        assert 'class="unread"' not in page
        assert verdicts(news_db)["chasqui.test/1"] == "relevant"
        answer = await undo(client, "1", back="/article/3?q=crane")
        assert said((await client.get(answer.headers["location"])).text).startswith(undone)
        assert verdicts(news_db)["chasqui.test/1"] == "borderline"


async def test_an_irrelevant_article_leaves_the_list_and_comes_back(news_db: Path) -> None:
    async with marking_room(news_db) as client:
        answer = await mark(client, "irrelevant:3", back="/?by=article")
        assert answer.headers["location"] == "/?by=article&marked=1"
        page = (await client.get("/?by=article&marked=1")).text
        assert "has left lists, searches and alerts." in said(page)
        assert 'id="a3"' not in page
        answer = await undo(client, "1", back="/?by=article")
        page = (await client.get(answer.headers["location"])).text
        assert said(page).endswith("“chasqui sobre x” is relevant now.")
        assert re.search(r'href="/article/\d+"[^>]*><bdi>chasqui sobre', page)


async def test_from_the_page_of_an_article_that_is_gone_the_reader_s_marks_are_shown(news_db: Path) -> None:
    async with marking_room(news_db) as client:
        answer = await mark(client, "irrelevant:3", back="/article/3", note="otro puerto")
        assert answer.headers["location"] == "/marks?marked=1"
        page = plain((await client.get("/marks")).text)
        assert "is marked as irrelevant" in page
        assert "otro puerto" in page
        answer = await undo(client, "1", back="/marks")
        assert answer.headers["location"] == "/marks?marked=1"


async def test_the_same_mark_twice_is_one_and_a_second_undo_does_nothing(news_db: Path) -> None:
    async with marking_room(news_db) as client:
        for note in ("first", "", "second"):
            assert (await mark(client, "relevant:3", note=note)).headers["location"] == "/?marked=1"
        with closing(open_desk(news_db.parent / "desk.db")) as desk:
            assert [tuple(row) for row in desk.execute("SELECT verdict, note FROM reader_marks")] == [
                ("relevant", "second")
            ]
        for _ in range(2):
            assert (await undo(client, "1")).status_code == 303
        assert verdicts(news_db)["chasqui.test/1"] == "borderline"


async def test_of_two_tabs_the_later_mark_holds_and_is_undone_first(news_db: Path) -> None:
    async with marking_room(news_db) as client:
        await mark(client, "relevant:3")
        assert (await mark(client, "irrelevant:3")).headers["location"] == "/?marked=2"
        refused = await undo(client, "1")
        assert (refused.status_code, "undo that one first" in refused.text) == (422, True)
        await undo(client, "2")  # the earlier mark holds again
        assert verdicts(news_db)["chasqui.test/1"] == "relevant"
        with closing(open_news(news_db)) as news:
            found = find_mark(news, ["chasqui.test/1"])
        assert found is not None
        assert found.verdict is Mark.RELEVANT
        await undo(client, "1")
        assert verdicts(news_db)["chasqui.test/1"] == "borderline"


async def test_a_mark_is_undone_after_a_rebuild_gave_the_article_another_number(news_db: Path) -> None:
    async with marking_room(news_db) as client:
        await mark(client, "relevant:3")
        with closing(open_news(news_db)) as news:
            news.execute("PRAGMA foreign_keys = OFF")
            news.execute("UPDATE articles SET id = 103 WHERE id = 3")
        answer = await undo(client, "1", back="/article/3")
        assert answer.headers["location"] == "/article/103?marked=1"
        assert verdicts(news_db)["chasqui.test/1"] == "borderline"


async def test_a_mark_set_by_a_command_since_is_not_undone_by_an_old_button(news_db: Path) -> None:
    async with marking_room(news_db) as client:
        await mark(client, "relevant:3")
        with closing(open_news(news_db)) as news:
            put_mark(
                news, key="chasqui.test/1", url="https://chasqui.test/1", verdict=Mark.IRRELEVANT, note=None, at=NOON
            )
        apply_stored_marks(news_db)
        assert (await undo(client, "1")).status_code == 422
        assert "chasqui.test/1" not in verdicts(news_db)


async def test_a_mark_that_no_desk_has_applied_yet_is_told_so_and_keeps_nothing_waiting(news_db: Path) -> None:
    async with marking_room(news_db, is_applied=False) as client:
        answer = await mark(client, "irrelevant:3")
        assert "your mark takes effect in a few seconds" in said((await client.get(answer.headers["location"])).text)
        await undo(client, "1")
    apply_stored_marks(news_db)
    assert "chasqui.test/1" in verdicts(news_db)


async def test_a_kill_between_record_and_mark_is_mended_by_the_same_button(
    news_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with marking_room(news_db) as client:
        with monkeypatch.context() as patched:

            def fail(*_: object, **__: object) -> None:
                raise sqlite3.OperationalError("database or disk is full")

            patched.setattr("db.site.marks.mark_forms.put_mark", fail)
            assert (await mark(client, "relevant:3", note="a note of words")).status_code == 503
        assert verdicts(news_db)["chasqui.test/1"] == "borderline"
        assert (await mark(client, "relevant:3")).headers["location"] == "/?marked=1"
        assert verdicts(news_db)["chasqui.test/1"] == "relevant"


@pytest.mark.parametrize(
    "back", ["//evil.test/", "https://evil.test/", "/\\evil.test", "/\r\nx: y", "", "/" + "x" * 5_000]
)
async def test_a_form_leads_to_no_other_site(news_db: Path, back: str) -> None:
    async with marking_room(news_db) as client:
        assert (await mark(client, "relevant:3", back=back)).headers["location"] == "/?marked=1"


@pytest.mark.parametrize("button", ["relevant:99", "perhaps:3", "relevant:", "relevant:3;", "relevant:" + "9" * 40, ""])
async def test_what_is_no_article_is_refused_in_one_sentence(news_db: Path, button: str) -> None:
    async with marking_room(news_db) as client:
        answer = await mark(client, button)
        assert (answer.status_code, "no longer in the list" in answer.text) == (422, True)


async def test_a_mark_of_another_reader_is_neither_shown_nor_undone(news_db: Path) -> None:
    async with marking_room(news_db) as client:
        await mark(client, "relevant:3", note="a private remark")
        with closing(open_desk(news_db.parent / "desk.db")) as desk, desk.atomic():
            desk.execute("UPDATE reader_marks SET person = 'ana'")
        assert said((await client.get("/?marked=1")).text) == ""
        page = (await client.get("/article/3")).text
        assert "Marked as relevant" in page
        for place in (page, (await client.get("/marks")).text):
            assert "a private remark" not in place
        assert (await undo(client, "1")).status_code == 422


async def test_person_and_note_are_in_no_public_file_and_a_reading_site_shows_nothing(
    news_db: Path, tmp_path: Path
) -> None:
    async with marking_room(news_db) as client:
        await mark(client, "relevant:3", note="a private remark")
    publish_copy(news_db, tmp_path / "public.db")
    for path in (news_db, tmp_path / "public.db"):
        assert b"a private remark" not in path.read_bytes()
    async with reader(news_db) as client:
        assert (await client.get("/marks")).status_code == 404
        for path in ("/?by=article", "/article/3?marked=1"):
            page = (await client.get(path)).text
            assert "marking" not in page
            assert 'class="marked"' not in page


async def test_the_menu_stands_at_each_article_and_keeps_the_search(news_db: Path) -> None:
    async with marking_room(news_db) as client:
        page = (await client.get("/?q=chasqui&by=article")).text
        assert 'value="irrelevant:3"' in page
        assert 'name="back" value="/?q=chasqui&amp;by=article"' in page
        stories = (await client.get("/")).text
    assert all(f'value="relevant:{number}"' in stories for number in (1, 2, 3))


async def test_pages_are_read_without_marks_while_desk_db_is_damaged(news_db: Path) -> None:
    (news_db.parent / "desk.db").write_bytes(b"no database" * 1_000)
    async with marking_room(news_db) as client:
        for path, status in (("/?marked=1", 200), ("/article/3?marked=1", 200), ("/marks?marked=1", 503)):
            answer = await client.get(path)
            assert (answer.status_code, said(answer.text)) == (status, ""), path
