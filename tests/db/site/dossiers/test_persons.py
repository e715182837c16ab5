"""Behind a password each person has their own dossiers: by number, by file and by form another one finds nothing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from datasette_auth_passwords.utils import hash_password

from db.desk.analysts.shown_versions import make_version
from db.site.analysts.forms import AnalystForms, list_form_paths, put_analyst_forms
from db.site.analysts.reader import AnalystDesk, Reader
from db.site.dossiers.dossier_forms import list_dossier_forms
from db.site.security import PERSON, guard
from db.site.server import ReaderAccess, make_datasette
from tests.fixtures.briefing_desk import NOW, write_briefing_desk

PASSWORD = "un puerto, dos grúas"
PEOPLE = (Reader(id="ana", name="Ana <b>Quispe</b>"), Reader(id="li", name="李明"))
FILES = ("", ".ris", ".bib", ".json", ".md", ".html", ".docx", ".zip")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The application of a desk with two people and a password."""
    news_db: Path = write_briefing_desk(tmp_path_factory.mktemp("told")).news_db
    desk_db = news_db.with_name("desk.db")
    access = ReaderAccess(password_hash=hash_password(PASSWORD, iterations=10_000), secret="s" * 64, desk_db=desk_db)
    datasette = make_datasette(news_db, access=access, now=lambda: NOW)
    desk = AnalystDesk(news_db=news_db, desk_db=desk_db, list_people=lambda: PEOPLE)
    put_analyst_forms(datasette, AnalystForms(list_dossier_forms(), desk=desk, now=lambda: NOW))
    return guard(datasette.app(), forms=list_form_paths(datasette))


@asynccontextmanager
async def enter(site: Any, person: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """Return the browser of somebody who gave the password, and said who they are."""
    headers = {"accept-language": "en", "accept": "text/html", "sec-fetch-site": "same-origin"}
    transport = httpx.ASGITransport(app=site)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8001", headers=headers) as client:
        await client.post("/-/login", data={"password": PASSWORD, "next": "/"})
        if person:
            token = await read_token(client, PERSON)
            await client.post(PERSON, data={"token": token, "person": person, "next": "/"})
        yield client


async def read_token(client: httpx.AsyncClient, path: str) -> str:
    found = re.search(r'name="token" value="(\w+)"', (await client.get(path)).text)
    assert found
    return found[1]


async def test_a_dossier_is_of_one_person_until_it_is_shared_and_never_changed_by_another(site: Any) -> None:
    async with AsyncExitStack() as stack:
        ana = await stack.enter_async_context(enter(site, "ana"))
        li = await stack.enter_async_context(enter(site, "li"))
        token = await read_token(ana, "/dossiers")
        await ana.post("/dossier/add", data={"token": token, "tick": "a96", "name": "Secreto de Ana", "back": "/"})
        assert "Secreto de Ana" in (await ana.get("/dossier/1")).text
        for suffix in FILES:
            answer = await li.get(f"/dossier/1{suffix}")
            assert answer.status_code == 404, suffix
            assert "Secreto" not in answer.text
        for path in ("/dossiers", "/", "/article/96"):
            assert "Secreto" not in (await li.get(path)).text
        forged = {"token": await read_token(li, "/dossiers"), "dossier": "1", "entry": "1", "change": "1"}
        for path in list_dossier_forms():
            await li.post(path, data=forged | {"name": "" if path == "/dossier/add" else "De Li", "tick": "a96"})
        assert (await li.post("/dossier/delete", data={"token": token, "dossier": "1"})).status_code == 403
        assert "Secreto de Ana" in (await ana.get("/dossier/1")).text
        version = make_version("Secreto de Ana", "", (), False)
        shared = {"token": token, "dossier": "1", "version": version, "name": "Para todos", "note": "", "shared": "1"}
        await ana.post("/dossier/edit", data=shared)
        assert "Dossier of <bdi>Ana &lt;b&gt;Quispe&lt;/b&gt;</bdi>" in (await li.get("/dossier/1")).text
        assert (await li.get("/dossier/1.docx")).status_code == 200
        answer = await li.post("/dossier/delete", data=forged)
        assert answer.status_code == 422
        assert (await ana.get("/dossier/1")).status_code == 200


async def test_who_has_not_said_who_they_are_is_asked_first_and_a_stranger_for_the_password(site: Any) -> None:
    async with enter(site) as client:
        for path in ("/dossiers", "/dossier/1", "/dossier/1.docx", "/search.zip?q=a"):
            answer = await client.get(path)
            assert answer.status_code == 302
            assert answer.headers["location"].startswith("/-/person?next=%2F"), path
        assert 'name="tick"' not in (await client.get("/")).text
    transport = httpx.ASGITransport(app=site)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8001") as stranger:
        for path in ("/dossiers", "/dossier/1", "/dossier/1.docx"):
            answer = await stranger.get(path)
            assert answer.status_code in (302, 303, 401, 403), path
            assert "Ana" not in answer.text
