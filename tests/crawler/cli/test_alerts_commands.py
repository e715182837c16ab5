"""`vigia alerts`, and the feeds and unsubscribe pages of the reading room, on a small desk without a crawl."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest
from click.testing import CliRunner, Result

from crawler.cli import alerts as commands
from crawler.cli.main import vigia
from crawler.config.desk import load_desk
from crawler.service.desk_alerts import alerts_of, base_url_of
from crawler.service.service import site_of
from db.connection import open_desk
from db.desk import secret_keys, unsubscribes
from db.site.password import hash_new_password
from pipelines.alerts import unsubscribe
from tests.fixtures.alert_desk import News

LONG = (
    'Chancay OR 钱凯 OR (puerto AND "inversión china" AND NOT fútbol) OR "terminal portuario multipropósito" OR Corío'
)
TOML = f"""
[desk]
name = "Mesa"
directory = "none"
port = 0

[[person]]
id = "ana"
to = ["env:ANA_HAS_NONE"]
language = "es"

[[subscription]]
name = "Puerto"
query = '{LONG}'

[[subscription]]
name = "Minas"
query = "cobre"
when = "daily 07:30"
people = ["ana"]
to = ["env:THERE_IS_NONE", "file:nothing"]
"""


class AlertsDesk:
    """A desk folder, with its news database and a way to run commands."""

    def __init__(self, folder: Path) -> None:
        self.news = News(folder)
        self.folder = folder
        self.write(TOML)

    def write(self, toml: str) -> None:
        (self.folder / "vigia.toml").write_text(toml, encoding="utf-8")

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(vigia, ["--desk", str(self.folder), "alerts", *arguments])

    def alerts(self) -> Any:
        return alerts_of(load_desk(self.folder), announce=lambda line: None)

    def send(self, *, minute: int = 0) -> Any:
        now = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minute)
        return asyncio.run(self.alerts().run(now))


@pytest.fixture
def alerts_desk(tmp_path: Path) -> Iterator[AlertsDesk]:
    desk = AlertsDesk(tmp_path)
    yield desk
    desk.news.db.close()


def test_alerts_list_prints_blocks_on_eighty_columns(alerts_desk: AlertsDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands.console, "width", 80)
    ended = alerts_desk.run("list")
    assert ended.exit_code == 0
    lines = [line.rstrip() for line in ended.stdout.splitlines()]
    assert max(map(len, lines)) <= 80
    assert "Puerto" in lines
    assert "Minas" in lines
    assert any(re.fullmatch(r"  to +env:THERE_IS_NONE, file:nothing, ana \(es\)", line) for line in lines)
    shown = " ".join(" ".join(lines).split())
    assert LONG in shown, "folded between words, and whole"
    assert "state" not in shown, "nothing waits, nothing is said of it"


def test_a_subscription_is_one_line_on_a_wide_terminal_and_in_a_pipe(
    alerts_desk: AlertsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands.console, "width", 200)  # as it is in a pipe: crawler.cli.terminal
    ended = alerts_desk.run("list")
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("Minas")]
    assert "daily 07:30" in line
    assert "env:THERE_IS_NONE" in line


def test_alerts_list_json_has_the_fields_of_the_table(alerts_desk: AlertsDesk) -> None:
    alerts_desk.send()
    alerts_desk.news.article("El cobre sube", "cobre")
    alerts_desk.send()
    desk = open_desk(alerts_desk.folder / "desk.db")
    unsubscribes.save_unsubscribe(desk, "a" * 32, subscription="minas", now=dt.datetime.now(dt.UTC))
    desk.close()
    printed = json.loads(alerts_desk.run("list", "--json").stdout)["subscriptions"]
    minas = next(one for one in printed if one["name"] == "Minas")
    assert (minas["waiting"], minas["failed"], minas["unsubscribed"]) == (1, 0, 1)
    assert minas["to"] == ["env:THERE_IS_NONE", "file:nothing", "ana (es)"]
    assert minas["next"].endswith("Z")
    assert "1 waiting, 1 unsubscribed" in alerts_desk.run("list").stdout


def test_alerts_list_exits_with_1_if_a_query_is_wrong(alerts_desk: AlertsDesk) -> None:
    alerts_desk.write(TOML.replace('"cobre"', '"(cobre"'))
    for arguments in (["list"], ["list", "--json"]):
        assert alerts_desk.run(*arguments).exit_code == 1


def test_a_wrong_reference_is_named_once(alerts_desk: AlertsDesk) -> None:
    ended = alerts_desk.run("test", "Minas")
    assert ended.exit_code == 1
    assert ended.stdout.splitlines() == [
        "env:THERE_IS_NONE: there is no environment variable THERE_IS_NONE; set it where Vigía is started",
        "file:nothing: there is no such file in the desk folder; write the target's address into it",
        "ana (es): env:ANA_HAS_NONE: there is no environment variable ANA_HAS_NONE; set it where Vigía is started",
    ]


def test_feeds_have_the_public_address_and_can_be_renewed(alerts_desk: AlertsDesk) -> None:
    printed = alerts_desk.run("feeds")
    assert "They work on this machine alone" in printed.stdout
    alerts_desk.write(TOML.replace("port = 0", 'port = 0\npublic_url = "https://vigia.example.org/"'))
    before = json.loads(alerts_desk.run("feeds", "--json").stdout)["feeds"]
    assert [feed["name"] for feed in before] == ["Puerto", "Minas"]
    assert all(re.fullmatch(r"https://vigia\.example\.org/alerts/feed/[\w-]{32}\.atom", feed["url"]) for feed in before)
    assert json.loads(alerts_desk.run("feeds", "--json").stdout)["feeds"] == before
    renewed = alerts_desk.run("renew-addresses")
    assert "lead nowhere now" in renewed.stdout
    after = json.loads(alerts_desk.run("feeds", "--json").stdout)["feeds"]
    assert not {feed["url"] for feed in before} & {feed["url"] for feed in after}
    assert after[0]["url"] in renewed.stdout


def test_feeds_without_a_subscription_say_what_to_add(alerts_desk: AlertsDesk) -> None:
    alerts_desk.write('[desk]\ndirectory = "none"\n')
    assert alerts_desk.run("feeds").stdout == "No subscription yet: add a [[subscription]] to vigia.toml.\n"


def test_resubscribe_says_how_many_recipients_get_mail_again(alerts_desk: AlertsDesk) -> None:
    desk = open_desk(alerts_desk.folder / "desk.db")
    for recipient in ("a", "b"):
        unsubscribes.save_unsubscribe(desk, recipient * 32, subscription="minas", now=dt.datetime.now(dt.UTC))
    desk.close()
    assert alerts_desk.run("resubscribe", "Minas").stdout == "2 recipients get its mail again.\n"
    assert alerts_desk.run("resubscribe", "minas").stdout == "Nobody has unsubscribed.\n"
    wrong = alerts_desk.run("resubscribe", "Otra")
    assert wrong.exit_code == 1
    assert 'no subscription "Otra"' in wrong.output


@pytest.mark.parametrize(
    ("host", "public", "base"),
    [
        ("127.0.0.1", None, "http://127.0.0.1:8001"),
        ("0.0.0.0", None, "http://127.0.0.1:8001"),
        ("::1", None, "http://[::1]:8001"),
        ("::", "https://vigia.example.org", "https://vigia.example.org"),
    ],
)
def test_feed_addresses_begin_with_the_reading_rooms_address(
    alerts_desk: AlertsDesk, host: str, public: str | None, base: str
) -> None:
    desk = load_desk(alerts_desk.folder)
    settings = desk.desk.model_copy(update={"host": host, "port": 8001, "public_url": public})
    assert base_url_of(desk.model_copy(update={"desk": settings})) == base


@pytest.mark.slow
def test_feeds_and_unsubscribing_are_served_beside_the_reading_room(alerts_desk: AlertsDesk) -> None:
    alerts_desk.send()
    alerts_desk.news.article("Chancay abre")
    alerts_desk.send(minute=1)
    with site_of(load_desk(alerts_desk.folder)) as site, httpx.Client(base_url=site.url) as client:
        path = alerts_path(alerts_desk)
        feed = feedparser.parse(client.get(path).content)
        assert [entry.title for entry in feed.entries] == ["Chancay abre"]
        assert [link.href for link in feed.feed.links if link.rel == "self"] == [f"{site.url}{path}"]
        desk = open_desk(alerts_desk.folder / "desk.db")
        key = secret_keys.get_key(desk, "leave")
        desk.close()
        out = unsubscribe.make_unsubscribe_url(
            "ana@example.org", key=key, subscription="puerto", language="es", public_url=site.url
        )
        assert out is not None
        page = client.get(out)
        assert "Darme de baja" in page.text
        style = re.search(r'href="(/alerts/[^"]+\.css)"', page.text)
        assert style
        assert client.get(style[1]).headers["content-type"].startswith("text/css")
        assert client.post(out, data={"List-Unsubscribe": "One-Click"}).status_code == 200
        assert alerts_desk.news.rows("SELECT count(*) AS n FROM departures") == [{"n": 1}]
        assert client.get("/").status_code == 200
        assert client.post("/").status_code == 405
        assert client.post("/alerts/unsubscribe").status_code == 405
        assert client.get(out, headers={"host": "evil.example"}).status_code == 421
        # A valid edit of the file takes effect here too; one with an error changes nothing.
        alerts_desk.write("broken [")
        assert client.get(path).status_code == 200
        alerts_desk.write(TOML.replace('name = "Puerto"', 'name = "Otro puerto"'))
        assert client.get(path).status_code == 404


@pytest.mark.slow
def test_feeds_and_unsubscribe_pages_need_no_password(alerts_desk: AlertsDesk) -> None:
    alerts_desk.send()
    (alerts_desk.folder / "password-hash").write_text(hash_new_password("a password that is long enough"))
    alerts_desk.write(TOML.replace("port = 0", 'port = 0\npassword = "file:password-hash"'))
    with site_of(load_desk(alerts_desk.folder)) as site, httpx.Client(base_url=site.url) as client:
        assert client.get("/").status_code in (303, 401)
        assert client.get(alerts_path(alerts_desk)).status_code == 200
        assert client.get(f"{alerts_path(alerts_desk)}/../../../").status_code in (303, 401, 404)
        desk = open_desk(alerts_desk.folder / "desk.db")
        key = secret_keys.get_key(desk, "leave")
        desk.close()
        out = unsubscribe.make_unsubscribe_url(
            "a@example.org", key=key, subscription="puerto", language="en", public_url=site.url
        )
        assert out is not None
        assert client.post(out).status_code == 200
        for path in ("/alerts/../", "/alerts/%2e%2e/news/articles", "/alerts//news"):
            assert client.get(path).status_code in (303, 401, 404)


def alerts_path(alerts_desk: AlertsDesk) -> str:
    """The path of the feed of Puerto."""
    url = json.loads(alerts_desk.run("feeds", "--json").stdout)["feeds"][0]["url"]
    assert isinstance(url, str)
    return url[url.index("/alerts/") :]
