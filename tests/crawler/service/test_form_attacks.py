"""No forged, hostile or failing form changes what it must not: every form of a desk, whoever adds one.

The forms are those that the desk itself lists; tests.fixtures.analyst_desk has an example of each.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from crawler.config.desk import load_desk
from crawler.service.service import site_of
from db.connection import StoreError
from db.i18n.languages import LANGUAGES
from db.site.analysts.forms import AnalystForm, FormError, FormHandler
from db.site.server import SiteServer
from db.site.wording import SiteWording
from tests.fixtures.analyst_desk import EXAMPLES, PAGES, find_form_tokens, form_of, read_tables, sign_in, write_desk

HOSTILE_VALUES = (
    "<script>alert(1)</script>",
    "'; DROP TABLE articles; --",
    "\0\r\nSet-Cookie: a=b",
    "9" * 400,
    "-1",
    "١٢",
    "../../../etc/passwd",
    "//evil.test/",
    "%ff%00",
    "{{ 7 * 7 }}",
    "\u202e\ud7ff\ufffe",
    "语" * 2_000,
    "语" * 20_000,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[SiteServer]:
    with site_of(load_desk(folder), may_write=True) as server:
        yield server


@pytest.fixture(scope="module")
def li(site: SiteServer) -> Iterator[httpx.Client]:
    with new_client(site) as client:
        sign_in(client, "li")
        yield client


def new_client(site: SiteServer) -> httpx.Client:
    headers = {"accept": "text/html", "accept-language": "en", "sec-fetch-site": "same-origin"}
    return httpx.Client(base_url=site.url, headers=headers)


def handlers_of(site: SiteServer) -> Mapping[str, FormHandler]:
    assert site.forms is not None
    return site.forms.handlers


def send_examples(client: httpx.Client, token: str, *, most: int | None = None, **headers: str) -> set[int]:
    """Send examples with a token, and return the statuses of the answers."""
    return {
        client.post(path, data=fields | {"token": token}, headers=headers).status_code
        for path, fields in EXAMPLES[:most]
    }


def carry_out(site: SiteServer, form: AnalystForm) -> str:
    """Carry out a form, and return the page that the reader is led to. Raises what is no FormError."""
    try:
        return handlers_of(site)[form.path](form)
    except FormError as error:
        for language in LANGUAGES:
            SiteWording(language)(error.key, **error.values)
        return error.back


def test_each_form_of_the_desk_has_an_example(site: SiteServer) -> None:
    assert {path for path, _ in EXAMPLES} == set(handlers_of(site)), (
        "add it to EXAMPLES of tests/fixtures/analyst_desk.py"
    )


@pytest.mark.slow
def test_no_forged_form_changes_anything(site: SiteServer, folder: Path, li: httpx.Client) -> None:
    own = find_form_tokens(li.get("/article/1").text)[0]
    before = read_tables(folder)
    assert send_examples(li, "") == {403}
    assert send_examples(li, own, **{"sec-fetch-site": "cross-site"}) == {403}
    assert send_examples(li, own, **{"sec-fetch-site": "", "origin": "https://evil.test"}) == {403}
    assert send_examples(li, "0" * 48, most=1) == {403}
    assert send_examples(li, own, **{"sec-fetch-site": "same-site"}, most=1) == {403}
    assert send_examples(li, own, host="evil.test", most=1) == {421}
    with new_client(site) as stranger:
        assert send_examples(stranger, own) == {303}  # to the password
    with new_client(site) as other:
        sign_in(other, "bo")
        assert send_examples(other, own) == {403}
        earlier = find_form_tokens(other.get("/article/1").text)[0]
        sign_in(other, "li")
        assert send_examples(other, earlier, most=1) == {403}
        assert send_examples(other, own, most=1) == {403}  # of the same person in another session
        other.post("/-/logout")
        assert send_examples(other, earlier, most=1) == {303}
    for path in handlers_of(site):
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            assert li.request(method, path).status_code == 405, (method, path)
    assert read_tables(folder) == before


@pytest.mark.slow
def test_hostile_values_are_kept_as_text_or_refused(site: SiteServer, folder: Path, li: httpx.Client) -> None:
    articles = read_tables(folder)["news.db articles"]
    for path, fields in EXAMPLES:
        for value in HOSTILE_VALUES:
            for hostile in (dict.fromkeys(fields, value), *(fields | {name: value} for name in fields)):
                where = carry_out(site, form_of(path, hostile, folder))
                assert where.startswith("/"), (path, hostile)
                assert not where.startswith(("//", "/\\")), (path, hostile)
    assert read_tables(folder)["news.db articles"] == articles
    pages = ("/", "/story/1", "/article/1", *PAGES)
    seen = {where: li.get(where) for where in pages}
    assert [where for where, page in seen.items() if page.status_code != 200 or "<script>alert" in page.text] == []


@pytest.mark.slow
def test_another_reader_changes_nothing_of_mine_by_number(site: SiteServer, tmp_path: Path) -> None:
    folder, tried = tmp_path / "desk", tmp_path / "tried"
    folder.mkdir()
    write_desk(folder)
    for path, fields in EXAMPLES:
        mine = {name: rows for name, rows in read_tables(folder).items() if name.startswith("desk.db")}
        shutil.copytree(folder, tried)
        carry_out(site, form_of(path, fields, tried, reader="bo"))
        after = read_tables(tried)
        shutil.rmtree(tried)
        lost = {name: [row for row in rows if row not in after[name]] for name, rows in mine.items()}
        assert {name: rows for name, rows in lost.items() if rows} == {}, path
        handlers_of(site)[path](form_of(path, fields, folder))


@pytest.mark.slow
def test_a_form_sent_from_two_tabs_or_twice_is_answered_both_times(site: SiteServer, tmp_path: Path) -> None:
    folder = write_desk(tmp_path)
    for path, fields in EXAMPLES:
        for _ in range(2):
            assert carry_out(site, form_of(path, fields, folder)).startswith("/"), path


@pytest.mark.slow
def test_a_full_disk_at_any_table_leaves_nothing_half_done(site: SiteServer, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    ready.mkdir()
    write_desk(ready)
    untold = []
    for number, (path, fields) in enumerate(EXAMPLES):
        after = tmp_path / f"after-{number}"
        shutil.copytree(ready, after)
        handlers_of(site)[path](form_of(path, fields, after))
        before, changed = read_tables(ready), read_tables(after)
        written = [name for name, rows in changed.items() if rows != before[name]]
        if not written:
            untold.append(path)
        for table in written:
            full = tmp_path / f"full-{number}"
            shutil.copytree(ready, full)
            fill_disk(full, table)
            with pytest.raises((StoreError, sqlite3.Error)):
                handlers_of(site)[path](form_of(path, fields, full))
            assert read_tables(full) == before, (path, table)
            shutil.rmtree(full)
        ready = after
    assert untold == []  # an example that writes nothing tests nothing


def fill_disk(folder: Path, table: str) -> None:
    """Let every write to a table ("desk.db marks") fail as on a full disk."""
    file, name = table.split()
    with closing(sqlite3.connect(folder / file)) as db:
        for event in ("INSERT", "UPDATE", "DELETE"):
            db.execute(
                f'CREATE TRIGGER full_{event} BEFORE {event} ON "{name}" '
                "BEGIN SELECT raise(ABORT, 'database or disk is full'); END"
            )
        db.commit()
