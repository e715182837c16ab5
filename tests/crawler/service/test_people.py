"""A person of vigia.toml signs in by a link in a real mail; their address stands on no page, in no log and no table."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from datasette_auth_passwords.utils import hash_password

from crawler.config.desk import DeskError, load_desk
from crawler.service.people import DeskPeople
from crawler.service.service import site_of
from db.connection import open_desk, open_news
from db.site.server import SiteServer
from tests.fixtures.alert_desk import Mailbox, free_port
from tests.fixtures.waiting import wait_until

PASSWORD = "un puerto, dos grúas"
PEOPLE = """
[[person]]
id = "ana"
name = "Ana Quispe"
to = ["file:hook", "file:mail"]
language = "es"

[[person]]
id = "li"
to = ["file:hook"]
language = "zh"
"""


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    mailbox = Mailbox(port=free_port())
    mailbox.start()
    monkeypatch.setattr(logging.getLogger("mail.log"), "disabled", True)  # the server's own, with every word
    yield mailbox
    mailbox.stop()


@pytest.fixture
def folder(tmp_path: Path, mailbox: Mailbox) -> Path:
    settings = '[desk]\nname = "Puertos"\ndirectory = "none"\nport = 0\npassword = "file:hash"\n'
    (tmp_path / "vigia.toml").write_text(settings + PEOPLE, "utf-8")
    (tmp_path / "hash").write_text(hash_password(PASSWORD, iterations=10_000))
    (tmp_path / "mail").write_text(mailbox.url("ana.q@example.org"))
    (tmp_path / "hook").write_text("json://127.0.0.1/hook")
    open_news(tmp_path / "news.db").close()
    return tmp_path


@pytest.fixture
def site(folder: Path) -> Iterator[SiteServer]:
    with site_of(load_desk(folder), may_write=True) as server:
        yield server


def ask(client: httpx.Client, person: str) -> str:
    """Give the password, choose a name, and return the page that follows."""
    client.post("/-/login", data={"password": PASSWORD, "next": "/"})
    token = re.search(r'name="token" value="(\w+)"', client.get("/-/person").text)
    assert token
    return client.post("/-/person", data={"token": token[1], "person": person}, follow_redirects=True).text


def _read_body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@pytest.mark.slow
def test_a_link_arrives_by_mail_in_the_person_s_language_and_signs_in_after_one_click(
    site: SiteServer, folder: Path, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with httpx.Client(base_url=site.url, headers={"accept-language": "es", "accept": "text/html"}) as client:
        pages = [ask(client, "ana")]
        wait_until(lambda: mailbox.received, what="the mail")
        ((to, mail),) = mailbox.received
        assert (to, mail["Subject"]) == ("ana.q@example.org", "[Puertos] Iniciar sesión como Ana Quispe")
        plain, rich = (_read_body(mail, kind) for kind in ("plain", "html"))
        link = re.search(r"^http://\S+", plain, re.MULTILINE)
        assert link
        assert link[0].startswith(f"{site.url}/-/person/link?link=")
        assert html.escape(link[0]) in rich
        assert "en los próximos 15 minutos" in plain
        pages.append(client.get(link[0]).text)
        fields = dict(re.findall(r'name="(token|link)" value="([^"]*)"', pages[-1]))
        pages.append(client.post("/-/person/link", data=fields, follow_redirects=True).text)
        assert "<bdi>Ana Quispe</bdi>" in pages[-1]
    with closing(open_desk(folder / "desk.db")) as db:
        kept = "\n".join(db.conn.iterdump())
    log = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("http")
    )  # the client's
    for text in (*pages, log, kept):
        assert "ana.q@example.org" not in text
    assert fields["link"] not in log
    assert fields["link"] not in kept


@pytest.mark.slow
def test_a_mail_that_cannot_be_sent_is_logged_without_the_address(
    site: SiteServer, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox.refuse = lambda address: f"550 {address} is unknown"
    with httpx.Client(base_url=site.url, headers={"accept": "text/html"}) as client:
        assert "a link is on its way" in ask(client, "ana")
        wait_until(lambda: "was not sent" in caplog.text, what="the log")
        assert 'the link for person "ana" was not sent: the mail server refused 1 of 1 recipients (550)' in caplog.text
        assert "example.org" not in caplog.text
        assert "<bdi>li</bdi>" in ask(client, "li")  # who has no mail address chooses


def test_a_mark_changes_with_the_address_and_is_none_where_it_cannot_be_read(folder: Path) -> None:
    people = DeskPeople(lambda: load_desk(folder), secret="s", base_url=lambda: "https://desk.test")
    mark = people.read_mail_mark("ana")
    assert (people.read_mail_mark("li"), people.read_mail_mark("nobody")) == ("", "")
    (folder / "mail").write_text("mailto://127.0.0.1/bea@example.org")
    assert people.read_mail_mark("ana") not in (mark, "", None)
    (folder / "mail").unlink()
    assert people.read_mail_mark("ana") is None
    people.send_link("ana", "/")  # says so in the log, and raises nothing


@pytest.mark.parametrize("name", ["ana@example.org", "", "x" * 61, "Ana\\nQuispe"])
def test_a_name_is_one_line_and_no_address(tmp_path: Path, name: str) -> None:
    (tmp_path / "vigia.toml").write_text(f'[[person]]\nid = "ana"\nname = "{name}"\nto = ["env:X"]\n', "utf-8")
    with pytest.raises(DeskError, match=r'person "ana" name: a name of one line, at most 60 characters'):
        load_desk(tmp_path)
