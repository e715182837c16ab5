"""`/briefings` and `/briefing/NUMBER` in the reading room of a desk, and nowhere else."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from datasette.utils.asgi import Request

from crawler.config.desk import Desk, load_desk
from crawler.operations.make_briefing import make_briefing, read_briefing
from crawler.service.service import site_of
from db.site.briefings.briefing_pages import find_briefing_store
from db.site.briefings.formats import BRIEFING_FORMATS
from db.site.password import hash_new_password
from db.site.server import ReaderAccess, SiteServer, make_datasette
from tests.fixtures.briefing_desk import NOW, SINCE, UNTIL, write_briefing_desk

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with a Spanish and a Chinese briefing."""
    desk = write_briefing_desk(tmp_path_factory.mktemp("room") / "desk")
    for language, query in (("es", ""), ("zh", "<b>Chancay</b>")):
        asyncio.run(make_briefing(desk, since=SINCE, until=UNTIL, query=query, language=language, now=NOW))
    return desk


@pytest.fixture(scope="module")
def client(desk: Desk) -> Iterator[httpx.Client]:
    """A reader of the desk's own room, in English."""
    with running(desk) as site, httpx.Client(base_url=site.url, headers={"accept-language": "en"}) as client:
        yield client


def running(desk: Desk, settings: str = "") -> SiteServer:
    """Return the reading room of a desk with further settings, not started."""
    (desk.news_db.parent / "vigia.toml").write_text(
        f'[desk]\nname = "Puertos"\ndirectory = "none"\nport = 0\n{settings}', "utf-8"
    )
    return site_of(load_desk(desk.news_db.parent))


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_briefings_are_listed_in_the_reader_s_language(client: httpx.Client) -> None:
    page = client.get("/briefings").text
    assert page.index('href="/briefing/2"') < page.index('href="/briefing/1"')
    assert "<b>Chancay" not in page
    assert "16–22 Nov 2026 · <b>Chancay</b> No. 2 · Chinese · made on 23 Nov 2026, 07:30" in plain(page)
    assert 'href="/briefings"' in client.get("/").text


def test_a_briefing_is_shown_in_its_own_language_with_its_files(client: httpx.Client, desk: Desk) -> None:
    page = client.get("/briefing/1").text
    assert '<main id="content" tabindex="-1" lang="es">' in page
    assert "Radio Pativilca<sup>" in page
    assert "<script>alert" not in page
    assert "The same as a file: DOCX" in plain(page)
    for ending, write in BRIEFING_FORMATS.items():
        assert client.get(f"/briefing/1{ending}").content == write(read_briefing(desk, 1))


@pytest.mark.parametrize("path", ["/briefing/7", "/briefing/7.docx", "/briefing/1.pdf", "/briefing/x"])
def test_what_is_no_briefing_is_not_found(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_room_for_everybody_has_no_briefings(desk: Desk) -> None:
    with running(desk, 'public_url = "https://desk.test"\n') as site:
        for path in ("/briefings", "/briefing/1", "/briefing/1.md"):
            assert httpx.get(f"{site.url}{path}").status_code == 404
        assert "/briefings" not in httpx.get(f"{site.url}/").text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Forwarded-Host", "X-Real-IP"])
def test_a_request_that_a_proxy_handed_on_finds_no_briefings(client: httpx.Client, header: str) -> None:
    headers = {header: "127.0.0.1"}
    for path in ("/briefings", "/briefing/1", "/briefing/1.md"):
        assert client.get(path, headers=headers).status_code == 404
    assert "/briefings" not in client.get("/", headers=headers).text


def test_a_room_behind_a_proxy_without_a_password_has_no_briefings(desk: Desk) -> None:
    with running(desk, 'trusted_proxies = ["10.0.0.1"]\n') as site:
        assert httpx.get(f"{site.url}/briefings").status_code == 404


def test_a_password_shows_briefings_through_a_proxy_too(desk: Desk) -> None:
    request = Request({"type": "http", "headers": [(b"via", b"1.1 desk.test")]}, None)
    access = ReaderAccess(password_hash=hash_new_password("a long password"), secret="y")
    for known, shown in ((access, desk.desk_db), (None, None)):
        datasette = make_datasette(desk.news_db, access=known, briefings=desk.desk_db)
        assert find_briefing_store(datasette, request) == shown


@pytest.mark.parametrize(
    ("language", "said"), [("en", "cannot be read just now"), ("es", "no se puede leer"), ("zh", "暂时无法读取")]
)
def test_a_private_database_that_cannot_be_read_yet_is_told_and_logged(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture, language: str, said: str
) -> None:
    (tmp_path / "news.db").write_bytes(desk.news_db.read_bytes())
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = "none"\nport = 0\n', "utf-8")
    (tmp_path / "desk.db").touch()  # without its migrations
    with site_of(load_desk(tmp_path)) as site:
        answer = httpx.get(f"{site.url}/briefings", headers={"accept-language": language})
    assert (answer.status_code, said in answer.text) == (503, True)
    assert str(tmp_path) not in answer.text
    assert "made by an older Vigía" in caplog.text


def test_a_desk_without_a_private_database_has_made_none(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "news.db").write_bytes(desk.news_db.read_bytes())
    (folder / "vigia.toml").write_text('[desk]\ndirectory = "none"\nport = 0\n', "utf-8")
    with site_of(load_desk(folder)) as site:
        assert "No briefing has been made yet." in httpx.get(f"{site.url}/briefings").text
    assert not (folder / "desk.db").exists()


def test_the_next_planned_briefing_is_shown_with_its_people(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "news.db").write_bytes(desk.news_db.read_bytes())
    (tmp_path / "vigia.toml").write_text(
        '[desk]\ndirectory = "none"\nport = 0\n[[person]]\nid = "ana"\nname = "Ana <b>"\nto = ["env:ANA"]\n'
        '[[briefing]]\nname = "Semana"\nquery = "cobre"\nwhen = "weekly mon 07:30"\npeople = ["ana"]\n',
        "utf-8",
    )
    with site_of(load_desk(tmp_path), may_write=True) as site:
        page = httpx.get(f"{site.url}/briefings", headers={"accept-language": "en"}).text
        assert re.search(r"Planned Semana · cobre next: [^<]* 07:30, for Ana <b> Made", plain(page))
        assert "Ana <b>" not in page
        assert "Semana" not in httpx.get(f"{site.url}/briefings", headers={"via": "1.1 desk.test"}).text
    with site_of(load_desk(tmp_path)) as site:
        assert "Semana" not in httpx.get(f"{site.url}/briefings").text
