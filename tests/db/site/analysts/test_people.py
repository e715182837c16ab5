"""Readers behind the password say who they are: by a choice, or by a link that is sent to their address."""

from __future__ import annotations

import datetime as dt
import html
import re
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from datasette.utils.asgi import Request

from db.connection import open_desk, open_news
from db.desk.analysts.sign_in_links import MAX_LINKS_IN_WINDOW
from db.site.analysts.reader import ReaderSession, add_session, find_reader
from db.site.readers.admission import write_busy_answer
from db.site.readers.shares import OverloadedError
from db.site.security import PERSON, PERSON_LINK
from tests.fixtures.people_desk import ANA, HOSTILE, LI, PeopleDesk, enter
from tests.fixtures.story_desk import NOON, make_article, store
from tests.fixtures.waiting import wait_until_async

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> PeopleDesk:
    folder = tmp_path_factory.mktemp("desk")
    with closing(open_news(folder / "news.db")) as db:
        store(db, make_article("diario", "crane"))
    desk = PeopleDesk(folder)
    desk.site = desk.start()
    return desk


ADDRESSES = (f"10.0.0.{number}" for number in range(1, 255))


@pytest.fixture
def desk(started: PeopleDesk) -> PeopleDesk:
    """Return the desk as at first, for readers at an address that has asked for nothing yet."""
    started.people, started.now, started.marks = (ANA, LI, HOSTILE), NOON, {"ana": "ana's address"}
    started.sent.clear()
    started.wrote.clear()
    started.address = next(ADDRESSES)
    with closing(open_desk(started.folder / "desk.db")) as db:
        db.execute("DELETE FROM sign_in_links")
    return started


async def choose(client: httpx.AsyncClient, person: str, *, onward: str = "/", **fields: str) -> httpx.Response:
    token = find_token(await client.get(PERSON))
    return await client.post(PERSON, data={"token": token, "person": person, "next": onward} | fields)


async def ask_for_link(desk: PeopleDesk, client: httpx.AsyncClient, *, onward: str = "/") -> str:
    """Ask for a link for Ana, and return it as it was sent."""
    count = len(desk.sent)
    await choose(client, "ana", onward=onward)
    await wait_until_async(lambda: len(desk.sent) > count)
    return desk.sent[-1][1]


async def open_link(client: httpx.AsyncClient, link: str) -> httpx.Response:
    """Load the page of a link, and press its button."""
    page = await client.get(link)
    fields = dict(re.findall(r'name="(token|link|next)" value="([^"]*)"', page.text))
    return await client.post(PERSON_LINK, data={name: html.unescape(value) for name, value in fields.items()})


def find_token(page: httpx.Response, action: str = PERSON) -> str:
    found = re.search(rf'action="{action}"[^>]*>\s*<input type="hidden" name="token" value="(\w+)"', page.text)
    return found[1] if found else ""


async def read_name(client: httpx.AsyncClient) -> str:
    """Return who the header of a page says that one is; "" for nobody."""
    found = re.search(r'<div class="who">\s*<strong><bdi>(.*?)</bdi>', (await client.get("/outlets")).text)
    return html.unescape(found[1]) if found else ""


async def test_after_the_password_a_reader_chooses_a_name_and_goes_on_to_the_page_they_wanted(desk: PeopleDesk) -> None:
    async with desk.client(enters=False) as client:
        answer = await enter(client, "/article/1?q=china")
        assert answer.headers["location"] == "/-/person?next=%2Farticle%2F1%3Fq%3Dchina"
        page = (await client.get(answer.headers["location"])).text
        assert "李明" in page
        assert "<script>alert" not in page
        assert "address" not in page.replace("mail address", "")
        answer = await choose(client, "li", onward="/article/1?q=china")
        assert (answer.status_code, answer.headers["location"]) == (303, "/article/1?q=china")
        assert await read_name(client) == "李明"


async def test_a_person_with_an_address_signs_in_by_a_link_alone(desk: PeopleDesk) -> None:
    async with desk.client() as client:
        link = await ask_for_link(desk, client, onward="/outlets")
        assert await read_name(client) == ""
        assert desk.sent[0][0] == "ana"
        with closing(open_desk(desk.folder / "desk.db")) as db:
            assert parse_qs(urlsplit(link).query)["link"][0] not in "\n".join(db.conn.iterdump())
        answer = await open_link(client, link)
        assert (answer.status_code, answer.headers["location"]) == (303, "/outlets")
        assert await read_name(client) == "Ana Quispe"


async def test_loading_a_link_changes_nothing_and_it_works_once(desk: PeopleDesk) -> None:
    async with desk.client() as client:
        link = await ask_for_link(desk, client)
        for _ in range(3):
            assert "Sign in as Ana Quispe?" in (await client.get(link)).text
        fields = {"token": find_token(await client.get(link), PERSON_LINK)}
        fields["link"] = parse_qs(urlsplit(link).query)["link"][0]
        assert (await client.post(PERSON_LINK, data=fields)).status_code == 303
    async with desk.client() as client:
        assert "has been used" in (await client.get(link)).text
        fields["token"] = find_token(await client.get(PERSON))
        assert (await client.post(PERSON_LINK, data=fields)).status_code == 422
        assert await read_name(client) == ""


@pytest.mark.parametrize("case", ["expired", "removed", "new address", "unreadable address", "other link used"])
async def test_a_link_that_no_longer_holds_signs_nobody_in(desk: PeopleDesk, case: str) -> None:
    async with desk.client() as client:
        link = await ask_for_link(desk, client)
        token = find_token(await client.get(PERSON))
        if case == "expired":
            desk.now += dt.timedelta(minutes=15, seconds=1)
        elif case == "removed":
            desk.people = (LI,)
        elif case == "other link used":
            await open_link(client, await ask_for_link(desk, client))
            await choose(client, "li")
            token = find_token(await client.get(PERSON))
        else:
            desk.marks["ana"] = "another address" if case == "new address" else None
        assert "Sign in as" not in (await client.get(link)).text
        fields = {"token": token, "link": parse_qs(urlsplit(link).query)["link"][0]}
        assert (await client.post(PERSON_LINK, data=fields)).status_code == 422
        assert await read_name(client) in ("", "李明")


@pytest.mark.parametrize("case", ["has an address", "no such person", "too many links", "unreadable address"])
async def test_the_answer_does_not_tell_whether_a_link_was_sent(desk: PeopleDesk, case: str) -> None:
    person = "nobody" if case == "no such person" else "ana"
    async with desk.client() as client:
        if case == "too many links":
            for _ in range(MAX_LINKS_IN_WINDOW):
                await ask_for_link(desk, client)
        if case == "unreadable address":
            desk.marks["ana"] = None
        answer = await choose(client, person)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/-/person?asked={person}")
        assert "set-cookie" not in answer.headers
        page = (await client.get(answer.headers["location"])).text
        assert ("If Ana Quispe has a mail address, a link is on its way." in page) == (person == "ana")
        assert len(desk.sent) <= MAX_LINKS_IN_WINDOW


async def test_one_address_may_not_ask_for_links_without_end(desk: PeopleDesk) -> None:
    async with desk.client() as client:
        for _ in range(10):
            assert (await choose(client, "ana")).status_code == 303
        assert "Too many links" in (await choose(client, "ana")).text


@pytest.mark.parametrize("path", [PERSON, PERSON_LINK])
@pytest.mark.parametrize("case", ["no token", "wrong token", "other session", "other site", "no password"])
async def test_a_forged_choice_changes_nothing(desk: PeopleDesk, path: str, case: str) -> None:
    async with desk.client() as other:
        link = parse_qs(urlsplit(await ask_for_link(desk, other)).query)["link"][0]
        foreign = find_token(await other.get(PERSON))
    async with desk.client(enters=case != "no password") as client:
        own = "" if case == "no password" else find_token(await client.get(PERSON))
        token = {"no token": "", "wrong token": "0" * 48, "other session": foreign}.get(case, own)
        headers = {"sec-fetch-site": "cross-site"} if case == "other site" else {}
        fields = {"token": token, "person": "li", "link": link}
        answer = await client.post(path, data=fields, headers=headers)
        assert answer.status_code == (303 if case == "no password" else 403)
        assert answer.headers.get("location", "/-/login").startswith("/-/login")
        if case != "no password":
            assert await read_name(client) == ""


async def test_a_change_of_person_ends_the_session_before_with_its_forms_and_copies(desk: PeopleDesk) -> None:
    async with desk.client() as client:
        await choose(client, "li")
        cookie = client.cookies["ds_actor"]
        token = re.search(r'name="token" value="(\w+)"', (await client.get("/article/1")).text)
        assert token
        await choose(client, "x")
        assert await read_name(client) == HOSTILE.name
        assert (await client.post("/note", data={"token": token[1]})).status_code == 403
        client.cookies.set("ds_actor", cookie, domain="127.0.0.1")
        assert (await client.get("/outlets")).headers["location"].startswith("/-/login")
    assert desk.wrote == []


@pytest.mark.parametrize("case", ["removed", "got an address"])
async def test_who_is_no_longer_that_person_writes_nothing_and_is_asked_again(desk: PeopleDesk, case: str) -> None:
    async with desk.client() as client:
        await choose(client, "li")
        token = re.search(r'name="token" value="(\w+)"', (await client.get("/article/1")).text)
        assert token
        assert (await client.post("/note", data={"token": token[1]})).status_code == 303
        if case == "removed":
            desk.people = (ANA,)
        else:
            desk.marks["li"] = "an address"
        assert await read_name(client) == ""
        assert (await client.post("/note", data={"token": token[1]})).headers["location"] == "/-/person"
        assert 'class="correct' not in (await client.get("/article/1")).text
    assert desk.wrote == ["li"]


async def test_a_session_stays_a_person_after_a_restart_and_ends_at_signing_out(desk: PeopleDesk) -> None:
    async with desk.client() as client:
        await choose(client, "li")
        cookie = client.cookies["ds_actor"]
    desk.site = desk.start()  # as after a restart
    async with desk.client(enters=False) as client:
        client.cookies.set("ds_actor", cookie, domain="127.0.0.1")
        assert await read_name(client) == "李明"
        await client.post("/-/logout")
    desk.site = desk.start()
    async with desk.client(enters=False) as client:
        client.cookies.set("ds_actor", cookie, domain="127.0.0.1")
        assert (await client.get("/outlets")).status_code == 303


async def test_a_desk_that_names_nobody_has_one_shared_reader_and_says_how_to_name_people(desk: PeopleDesk) -> None:
    desk.people = ()
    async with desk.client(enters=False) as client:
        assert (await enter(client, "/outlets")).headers["location"] == "/outlets"
        token = re.search(r'name="token" value="(\w+)"', (await client.get("/article/1")).text)
        assert token
        assert (await client.post("/note", data={"token": token[1]})).status_code == 303
        page = await client.get("/outlets")
        assert 'href="/-/person"' in page.text
        assert "[[person]]" in (await client.get(PERSON)).text
    assert desk.wrote == ["local"]


async def test_a_full_disk_is_said_and_signs_nobody_in(desk: PeopleDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk.client() as client:
        link = await ask_for_link(desk, client)
        page = await client.get(link)
        fields = dict(re.findall(r'name="(token|link)" value="([^"]*)"', page.text))
        with closing(open_desk(desk.folder / "desk.db")) as db:
            db.execute(
                """CREATE TRIGGER full BEFORE UPDATE ON sign_in_links
                BEGIN SELECT raise(FAIL, 'database or disk is full'); END"""
            )
        assert (await client.post(PERSON_LINK, data=fields)).status_code == 503
        assert await read_name(client) == ""
        with closing(open_desk(desk.folder / "desk.db")) as db:
            db.execute("DROP TRIGGER full")
        assert (await client.post(PERSON_LINK, data=fields)).status_code == 303


async def test_a_page_that_is_kept_for_all_names_no_reader(desk: PeopleDesk) -> None:
    session = ReaderSession(id="s", expires=2_000_000_000, person="li")
    scope = {"type": "http", "path": "/", "query_string": b"", "headers": [(b"accept", b"text/html")]}
    request = Request(dict(add_session(scope, session), actor={"id": "reader"}, csrftoken=str), None)
    assert find_reader(desk.datasette, request) == LI
    _, page = await write_busy_answer(desk.datasette, request, OverloadedError(5))
    assert "busy with other queries" in page
    assert LI.name not in page
    assert 'name="token"' not in page
