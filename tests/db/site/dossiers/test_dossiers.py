"""Dossiers in the reading room: ticking, order, notes, search, sharing, undo, and what the desk has no longer."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import shutil
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from db.connection import open_desk, open_news
from db.desk.analysts import dossiers
from db.desk.analysts.dossier_entries import ChosenEntry
from db.site.dossiers import dossier_pages
from db.site.dossiers.dossier_files import MAX_NOTE_PARAGRAPHS, split_note
from db.site.server import make_application
from db.text.folding import fold
from tests.fixtures.briefing_desk import NOW, write_briefing_desk
from tests.fixtures.dossier_room import DossierRoom, dossier_room

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

HOSTILE = '<b>x</b> "q" | =1+1 [l](javascript:alert(1)) `c` & {{ 7*7 }}'

SUBJECTS = ("/concept/chancay-port", "/outlet/east-wire")


@pytest.fixture(scope="module")
def told_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The news.db of a desk with stories that several outlets tell."""
    return write_briefing_desk(tmp_path_factory.mktemp("told")).news_db


@pytest.fixture
def desk_db(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
async def room(told_desk: Path, desk_db: Path) -> AsyncIterator[DossierRoom]:
    async with dossier_room(told_desk, desk_db, now=NOW) as room:
        yield room


def titles(page: str) -> list[str]:
    entries = re.findall(r"<h2>(?:<a [^>]*>)?<bdi[^>]*>(.*?)</bdi>", page)
    return [re.sub("<[^>]+>", "", title) for title in entries]


def entries_of(page: str) -> list[str]:
    return re.findall(r'<li id="e(\d+)"', page)


def damage(path: Path) -> None:
    path.write_bytes(b"no database" * 1_000)


def make_shared(desk_db: Path, *, is_shared: bool) -> int:
    """Make a dossier of another person."""
    with contextlib.closing(open_desk(desk_db)) as desk:
        number = dossiers.make_dossier(desk, person="berta", owner="Berta <i>Q</i>", name="De Berta", now=NOW)
        url = "https://diario.test/gone"
        chosen = ChosenEntry(story=None, article=9_999, key=url, url=url, title="Perdido", outlet="Diario")
        dossiers.add_entries(desk, number, "berta", [chosen], now=NOW)
        dossiers.edit_dossier(desk, number, "berta", name="De Berta", note="", tags="", is_shared=is_shared, now=NOW)
    return number


@pytest.mark.parametrize(
    "path", ["/", "/?q=chancay", "/?by=article", "/?q=chancay&by=article", "/story/96", "/article/96", *SUBJECTS]
)
async def test_what_is_ticked_in_a_list_goes_into_a_dossier_and_the_reader_stays_in_the_list(
    room: DossierRoom, path: str
) -> None:
    page = await room.read(path)
    ticks = re.findall(r'name="tick" value="([as]\d+)"', page)[:2]
    back = re.search(r'name="back" value="([^"]*)"', page)
    assert ticks
    assert back
    assert back[1] == path.replace("&", "&amp;")
    address = await room.change("/dossier/add", tick=ticks, name="Muelle", back=path)
    assert address == f"{path}{'&' if '?' in path else '?'}done=added&dossier=1&n={len(ticks)}#{ticks[0]}"
    again = await room.read(address.partition("#")[0])
    assert f"{'2 entries' if len(ticks) > 1 else '1 entry'} added to" in again
    assert 'role="note"' not in again  # no argument is unknown
    assert len(entries_of(await room.read("/dossier/1"))) == len(ticks)
    # What the address told is not told twice.
    assert (await room.change("/dossier/add", tick=ticks, dossier="1", back=address.partition("#")[0])).count("n=") == 1
    address = await room.change("/dossier/add", tick=ticks, dossier="1", name="Otro", back="/")
    assert "dossier=2" in address  # a name that was typed wins over the choice beside it


async def test_a_reader_without_a_desk_sees_no_boxes_and_no_dossiers(told_desk: Path) -> None:
    transport = httpx.ASGITransport(app=make_application(told_desk, now=lambda: NOW))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for path in ("/", "/story/96", "/article/96", *SUBJECTS):
            text = (await client.get(path)).text
            assert 'name="tick"' not in text
            assert "/dossiers" not in text
        for path in ("/dossiers", "/dossier/1", "/dossier/1.docx", "/search.zip"):
            assert (await client.get(path)).status_code == 404


async def test_entries_are_moved_sorted_annotated_and_taken_out_and_that_is_undone(room: DossierRoom) -> None:
    await room.change("/dossier/add", tick=["a96", "s100", "a102"], name="Orden", back="/")
    first = await room.read("/dossier/1")
    one, two, three = entries_of(first)
    assert await room.change("/dossier/move", dossier="1", entry=three, to="2") == f"/dossier/1?done=moved#e{three}"
    assert entries_of(await room.read("/dossier/1")) == [one, three, two]
    await room.change("/dossier/move", dossier="1", entry=one, place="3")
    assert entries_of(await room.read("/dossier/1")) == [three, two, one]
    await room.change("/dossier/sort", dossier="1", by="oldest")
    assert entries_of(await room.read("/dossier/1")) == [one, two, three]
    await room.change("/dossier/sort", dossier="1", by="newest")
    page = await room.read("/dossier/1?done=sorted")
    assert entries_of(page) == [three, two, one]
    change = re.search(r'name="change" value="(\d+)"', page)
    assert change
    await room.change("/dossier/undo", dossier="1", change=change[1])
    assert entries_of(await room.read("/dossier/1")) == [one, two, three]
    await room.change("/dossier/note", dossier="1", entry=two, note=f"Ojo\n\n{HOSTILE}")
    await room.change("/dossier/remove", dossier="1", entry=one)
    page = await room.read("/dossier/1")
    assert entries_of(page) == [two, three]
    assert "&lt;b&gt;x&lt;/b&gt; &#34;q&#34;" in page
    assert "<b>x</b>" not in page


async def test_a_dossier_is_deleted_and_restored(room: DossierRoom) -> None:
    await room.change("/dossier/make", name=HOSTILE)
    assert await room.change("/dossier/delete", dossier="1") == "/dossiers?done=deleted&dossier=1"
    page = await room.read("/dossiers?done=deleted&dossier=1")
    assert "<b>x</b>" not in page
    change = re.search(r'name="dossier" value="1"><input type="hidden" name="change" value="(\d+)"', page)
    assert change
    assert (await room.send("/dossier/move", dossier="1", entry="1", to="1")).status_code == 422
    await room.change("/dossier/undo", dossier="1", change=change[1])
    assert 'href="/dossier/1"' in await room.read("/dossiers")


async def test_what_was_added_can_be_taken_back_later(room: DossierRoom) -> None:
    await room.change("/dossier/add", tick="a96", name="Uno", back="/")
    await room.change("/dossier/add", tick=["a97", "s100"], dossier="1", back="/")
    page = await room.read("/dossier/1")
    assert "Undo the last change" in page
    change = re.search(r'name="change" value="(\d+)"', page)
    assert change
    await room.change("/dossier/undo", dossier="1", change=change[1])
    assert len(entries_of(await room.read("/dossier/1"))) == 1


async def test_lists_are_shown_while_the_desk_s_own_database_can_t_be_read(room: DossierRoom, desk_db: Path) -> None:
    damage(desk_db)
    page = await room.read("/")
    assert 'class="entry' in page
    assert 'name="tick"' not in page
    assert "cannot be read just now" in await room.read("/dossiers", status=503)


async def test_tags_choose_dossiers(room: DossierRoom) -> None:
    for name, tags in (("Uno", "puerto, 港口"), ("Dos", "puente")):
        number = (await room.change("/dossier/make", name=name)).partition("?")[0].rpartition("/")[2]
        await room.change("/dossier/edit", dossier=number, name=name, note="", tags=tags)
    page = await room.read("/dossiers?tag=港口")
    assert 'href="/dossier/1"' in page
    assert 'href="/dossier/2"' not in page


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("obreros", ["Cae una grúa en el puerto de Chancay"]),
        ("vigilar", ["El puente a Chancay abrirá en marzo"]),
        ("zz", []),
    ],
)
async def test_a_dossier_is_searched_in_texts_titles_and_notes(room: DossierRoom, words: str, found: list[str]) -> None:
    await room.change("/dossier/add", tick=["a96", "a100"], name="Buscar", back="/")
    entry = entries_of(await room.read("/dossier/1"))[1]
    await room.change("/dossier/note", dossier="1", entry=entry, note="Vigilar la fecha")
    assert titles(await room.read(f"/dossier/1?q={words}")) == found


async def test_a_story_is_found_by_the_text_of_any_of_its_articles(room: DossierRoom) -> None:
    await room.change("/dossier/add", tick=["s96"], name="Buscar", back="/")
    assert len(titles(await room.read("/dossier/1?q=unloading"))) == 1


@pytest.mark.parametrize("path", ["/dossier/1", *(f"/dossier/1.{end}" for end in ("ris", "json", "md", "docx", "zip"))])
async def test_another_person_s_dossier_is_not_there_unless_it_is_shared(
    room: DossierRoom, desk_db: Path, path: str
) -> None:
    make_shared(desk_db, is_shared=False)
    assert "De Berta" not in await room.read(path, status=404)
    assert "De Berta" not in await room.read("/dossiers")


async def test_who_shares_a_dossier_is_said_and_nobody_else_changes_it(room: DossierRoom, desk_db: Path) -> None:
    number = make_shared(desk_db, is_shared=True)
    page = await room.read(f"/dossier/{number}")
    assert "Dossier of <bdi>Berta &lt;i&gt;Q&lt;/i&gt;</bdi>" in page
    assert 'action="/dossier/' not in page.replace(f'action="/dossier/{number}"', "")
    assert "Berta &lt;i&gt;Q&lt;/i&gt;" in await room.read("/dossiers")
    assert "No longer kept here" in page
    assert "De Berta" in await room.read(f"/dossier/{number}.md")
    for path in ("edit", "delete", "undo", "sort", "remove", "move", "note"):
        answer = await room.send(f"/dossier/{path}", dossier=str(number), entry="1", change="2", name="Mía", to="1")
        assert answer.status_code == 422, path
    assert (await room.send("/dossier/add", dossier=str(number), tick="a96", back="/")).status_code == 422
    assert "De Berta" in await room.read(f"/dossier/{number}")


@pytest.mark.parametrize("back", ["https://evil.test/", "//evil.test", "/\\evil.test", "", "javascript:alert(1)"])
async def test_a_form_leads_to_pages_of_this_site_alone(room: DossierRoom, back: str) -> None:
    assert (await room.change("/dossier/add", tick="a96", name="x", back=back)).startswith("/?done=added")


@pytest.mark.parametrize(
    ("path", "fields", "sentence"),
    [
        ("/dossier/add", {"name": "x", "back": "/?q=a"}, "Nothing was ticked"),
        ("/dossier/add", {"tick": "a96", "dossier": "77"}, "no such dossier of yours"),
        ("/dossier/add", {"tick": "a96", "dossier": "new"}, "needs a name of at most 200"),
        ("/dossier/make", {"name": "\u202e "}, "needs a name of at most 200"),
        ("/dossier/note", {"dossier": "1", "entry": "1", "note": "ñ " * 5_001}, "at most 10,000 characters"),
        ("/dossier/move", {"dossier": "99999999999999999999", "entry": "1", "to": "2"}, "no such dossier of yours"),
    ],
)
async def test_what_can_t_be_done_is_said_in_one_sentence(
    room: DossierRoom, path: str, fields: dict[str, str], sentence: str
) -> None:
    await room.change("/dossier/add", tick="a96", name="Uno", back="/")
    answer = await room.send(path, **fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert len(entries_of(await room.read("/dossier/1"))) == 1


async def test_what_the_desk_has_no_longer_is_told_and_what_moved_is_found(
    told_desk: Path, desk_db: Path, tmp_path: Path
) -> None:
    news_db = tmp_path / "news.db"
    shutil.copy(told_desk, news_db)
    async with dossier_room(news_db, desk_db, now=NOW) as room:
        await room.change("/dossier/add", tick=["a97", "a102", "s100"], name="Cambios", back="/")
        with contextlib.closing(open_news(news_db)) as news:
            news.execute("PRAGMA foreign_keys = OFF")
            # One article got another number, one is gone, and a story was merged into another one.
            news.execute("UPDATE articles SET id = 777 WHERE id = 97")
            news.execute("UPDATE story_articles SET article = 777 WHERE article = 97")
            news.execute("DELETE FROM articles WHERE id = 102")
            news.execute("UPDATE story_articles SET story = 96 WHERE story = 100")
            news.execute("UPDATE stories SET merged_into = 96 WHERE id = 100")
            news.conn.commit()
        page = await room.read("/dossier/1")
        assert 'href="/article/777"' in page
        assert 'href="/story/96"' in page
        assert page.count("No longer kept here. It was published by The Harbour Ledger at https://") == 1
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        text = await room.read("/dossier/1.md")
        assert "No longer kept here" in text
        assert "<script>" not in text


async def test_long_dossiers_have_pages(room: DossierRoom, desk_db: Path) -> None:
    await room.change("/dossier/make", name="Largo")
    url = "https://diario.test/"
    with contextlib.closing(open_desk(desk_db)) as desk:
        chosen = [
            ChosenEntry(story=None, article=n, key=f"{url}{n}", url=f"{url}{n}", title=f"T{n}", outlet="D")
            for n in range(1_000, 1_060)
        ]
        dossiers.add_entries(desk, 1, "local", chosen, now=NOW + dt.timedelta(minutes=1))
    assert "“page=zz” in the address was not understood" in await room.read("/dossier/1?page=zz")
    page = await room.read("/dossier/1?page=2")
    assert len(entries_of(page)) == 10
    assert "Page 2 of 2" in page
    moved = await room.change("/dossier/move", dossier="1", entry=entries_of(page)[0], to="1", page="2")
    assert moved.startswith("/dossier/1?page=2&done=moved#e")


@pytest.mark.parametrize(("language", "word"), [("es", "Dosieres"), ("zh", "资料夹")])
async def test_dossiers_speak_the_reader_s_language(told_desk: Path, desk_db: Path, language: str, word: str) -> None:
    async with dossier_room(told_desk, desk_db, now=NOW, language=language) as room:
        await room.change("/dossier/add", tick=["a96", "s96"], name="Uno", back="/")
        assert f"<h1>{word}</h1>" in await room.read("/dossiers")
        assert word in await room.read("/dossier/1")


async def test_the_notes_of_a_dossier_are_searched_beside_the_event_loop(
    room: DossierRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[threading.Thread] = set()

    def fold_in_thread(text: str) -> str:
        threads.add(threading.current_thread())
        return fold(text)

    monkeypatch.setattr(dossier_pages, "fold", fold_in_thread)
    await room.change("/dossier/add", tick=["a96"], back="/", name="Uno")
    assert len(entries_of(await room.read("/dossier/1?q=nowhere"))) == 0
    assert threads
    assert threading.current_thread() not in threads


def test_a_note_of_many_lines_keeps_its_words_in_few_paragraphs() -> None:
    lines = [f"línea {number}" for number in range(5_000)]
    paragraphs = split_note("\n\n".join(lines))
    assert len(paragraphs) == MAX_NOTE_PARAGRAPHS
    assert " ".join(paragraphs) == " ".join(lines)
    assert split_note(" \n\n") == ()
    assert split_note("uno\ndos") == ("uno", "dos")
