"""Readers make subscriptions in the reading room; alerts send them as those of vigia.toml."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator

import httpx
import pytest

from crawler.config.desk import load_desk
from crawler.monitoring.problems import find_resting_subscriptions
from crawler.service.service import site_of
from db.connection import open_desk
from db.desk.analysts.reader_subscriptions import MAX_SUBSCRIPTIONS, SubscriptionSettings, add_subscription
from db.desk.notices import Notice
from pipelines.alerts.messages.notice import describe_notice
from pipelines.alerts.messages.wording import MessageWording
from tests.fixtures.subscription_desk import (
    OF_THE_FILE,
    PEOPLE,
    SubscriptionDesk,
    form_of,
    plain_text,
    press,
    subscribe,
    subscription_desk,
)
from tests.fixtures.waiting import DEADLINE_SECONDS

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

ALWAYS = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SubscriptionDesk]:
    with subscription_desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture
def client(desk: SubscriptionDesk) -> Iterator[httpx.Client]:
    desk.configure()
    with desk.browser() as client:
        yield client
    desk.write_private("UPDATE reader_subscriptions SET deleted_at = '2020-01-01T00:00:00Z'")
    desk.mailbox.received.clear()


def make_for(desk: SubscriptionDesk, person: str) -> str:
    """Make a subscription of another person and return the path of its page."""
    private = open_desk(desk.folder / "desk.db")
    settings = SubscriptionSettings(name="Of another", query="chancay", recipient=person)
    number = add_subscription(private, person, settings, last_article=0, now=ALWAYS)
    private.close()
    return f"/subscription/{number}"


def test_a_search_becomes_mail_to_that_person_and_nobody_else(desk: SubscriptionDesk, client: httpx.Client) -> None:
    desk.news.article("Chancay antes")
    page = client.get("/subscribe?q=chancay&country=PE")
    assert "What it would have sent" in page.text
    made = press(client, page.text, "/subscription/make", name="Puerto <b>", recipient="ana")
    assert "Subscribed. New articles are sent from now on." in plain_text(made.text)
    assert "Puerto <b>" not in made.text
    desk.news.article("Chancay recibe una grúa")  # before the next run: it is not missed
    sent = desk.send()
    assert (sent.sent, sent.problems) == (1, ())
    assert desk.mail == [("ana@example.org", "[Vigía] Puerto <b>: 1 noticia nueva — Chancay recibe una grúa")]
    shown = plain_text(client.get(made.url.path).text)
    assert re.search(r"Sent lately \d+ \w+ \d{4}, \d\d:\d\d · 1 article · sent", shown)
    assert "Chancay recibe una grúa" in shown
    assert "Chancay antes" not in shown.partition("Sent lately")[2]


def test_pause_resume_change_and_delete_take_effect_at_the_next_run(
    desk: SubscriptionDesk, client: httpx.Client
) -> None:
    path = subscribe(client, name="Puerto")
    paused = press(client, client.get(path).text, "/subscription/pause")
    assert "Paused. Nothing is sent until you resume it." in plain_text(paused.text)
    desk.news.article("Chancay en pausa")
    assert desk.send().sent == 0
    resumed = press(client, paused.text, "/subscription/resume")
    desk.news.article("Chancay reanudado")
    changed = press(client, resumed.text, "/subscription/change", name="Puerto nuevo", rhythm="daily", time="07:30")
    assert "Your changes are saved." in plain_text(changed.text)
    assert desk.send().alerts == 1
    assert desk.mail == []  # it waits for half past seven
    press(client, changed.text, "/subscription/change", rhythm="immediately")
    assert desk.send().sent == 1
    assert desk.mail == [("ana@example.org", "[Vigía] Puerto nuevo: 1 noticia nueva — Chancay reanudado")]
    deleted = press(client, client.get(path).text, "/subscription/delete")
    assert deleted.url.path == "/subscriptions"
    desk.news.article("Chancay entretanto")
    assert desk.send().sent == 0
    restored = press(client, deleted.text, "/subscription/take-back")
    assert "Taken back, as it was." in plain_text(restored.text)
    assert desk.send().sent == 1, "what came meanwhile is found"


def test_another_person_sees_and_changes_nothing(desk: SubscriptionDesk, client: httpx.Client) -> None:
    own, other = subscribe(client), make_for(desk, "li")
    assert client.get(other).status_code == 404
    assert "Of another" not in client.get("/subscriptions").text
    page = client.get(own).text
    for action in ("change", "test", "pause", "delete"):
        answer = press(client, page, f"/subscription/{action}", subscription=other.rpartition("/")[2])
        assert (answer.status_code, answer.url.path) == (404, other)
    listed = json.loads(desk.command("alerts", "list", "--json").stdout)["subscriptions"]
    assert [(one["name"], one["owner"], one["state"]) for one in listed] == [
        ("Minas", None, "running"),
        ("chancay", "local", "running"),
        ("Of another", "li", "running"),
    ]
    assert desk.mail == []


def test_a_form_without_the_token_changes_nothing(desk: SubscriptionDesk, client: httpx.Client) -> None:
    path = subscribe(client)
    for action in ("make", "change", "test", "pause", "resume", "delete", "take-back"):
        answer = client.post(f"/subscription/{action}", data={"subscription": path.rpartition("/")[2], "token": "x"})
        assert answer.status_code == 403
    assert "chancay" in client.get("/subscriptions").text


@pytest.mark.parametrize(
    ("language", "typed", "sentence"),
    [
        ("en", {"quiet_from": "22:00"}, "Write both hours, such as 22:00 and 07:00, or neither."),
        ("es", {"at_most": "muchas"}, "Escriba un número entero del 1 al 1000, o nada."),
        ("zh", {"query": "(钱凯"}, "无法识别此搜索条件。"),
        ("en", {"query": "tittle:chancay"}, "This search cannot be read."),
        ("es", {"name": " "}, "Póngale un nombre."),
    ],
)
def test_a_field_that_is_wrong_comes_back_with_its_sentence_and_all_that_was_typed(
    client: httpx.Client, language: str, typed: dict[str, str], sentence: str
) -> None:
    client.headers["accept-language"] = language
    page = client.get("/subscribe?q=chancay").text
    filled = {"name": 'Uno "dos"', "time": "06:15", "rhythm": "weekly", "weekday": "fri", "quiet_days": ["sat", "sun"]}
    back = press(client, page, "/subscription/make", **(filled | {"figures": "1", "recipient": "li"} | typed))
    assert back.url.path == "/subscribe"
    assert sentence in plain_text(back.text)
    fields = form_of(back.text, "/subscription/make")
    expected = {name: [value] if isinstance(value, str) else value for name, value in (filled | typed).items()}
    assert {name: [" ".join(one.split()) for one in fields[name]] for name in expected} == expected | (
        {"name": [""]} if typed.get("name") == " " else {}
    )
    assert fields["figures"] == ["1"]
    assert fields["recipient"] == ["li"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "Subscriptions",
                "Set in vigia.toml",
                "weekly, Monday at 07:30 · quiet: 22:00–07:00, Sat Sun · at most 20",
            ],
        ),
        (
            "es",
            ["Suscripciones", "Definidas en vigia.toml", "cada lunes a las 07:30 · en silencio: 22:00–07:00, sáb dom"],
        ),
        ("zh", ["订阅", "vigia.toml中设置的订阅", "每星期一07:30 · 免打扰：22:00–07:00、周六 周日 · 每天最多20个事件"]),
    ],
)
def test_those_of_the_file_stand_beside_and_cannot_be_changed(
    client: httpx.Client, language: str, words: list[str]
) -> None:
    client.headers["accept-language"] = language
    subscribe(client, name="Mía")
    page = client.get("/subscriptions").text
    assert all(word in plain_text(page) for word in [*words, "Minas", "mina OR cobre", "Mía"])
    assert page.count('action="/subscription/delete"') == 1


def test_a_test_message_arrives_and_a_failure_is_told(desk: SubscriptionDesk, client: httpx.Client) -> None:
    path = subscribe(client, name="Puerto", rhythm="weekly")
    tested = press(client, client.get(path).text, "/subscription/test")
    assert "A test message has been sent." in plain_text(tested.text)
    assert desk.mail == [("ana@example.org", "[Vigía] Puerto: prueba")]
    again = press(client, tested.text, "/subscription/test")
    assert "A test was sent a moment ago." in plain_text(again.text)
    assert len(desk.mail) == 1
    desk.write_private("UPDATE reader_subscriptions SET tested_at = NULL")
    address = desk.folder / "ana.txt"
    known = address.read_text()
    address.unlink()
    failed = plain_text(press(client, tested.text, "/subscription/test").text)
    address.write_text(known)
    assert "The test message could not be delivered; the reason is below." in failed
    assert "file:ana.txt: there is no such file in the desk folder" in failed


def test_a_person_who_left_the_file_gets_nothing_and_the_keeper_is_told(
    desk: SubscriptionDesk, client: httpx.Client
) -> None:
    path = subscribe(client, name="Puerto")
    desk.configure(PEOPLE.replace('id = "ana"', 'id = "eva"') + OF_THE_FILE)
    desk.news.article("Chancay sin Ana")
    assert desk.send().alerts == 0
    listed = desk.command("alerts", "list").stdout
    assert "rests: vigia.toml has no person ana" in " ".join(listed.split())
    private = open_desk(desk.folder / "desk.db")
    (condition,) = find_resting_subscriptions(load_desk(desk.folder), private)
    private.close()
    notice = Notice(id=1, kind=condition.kind, subject=condition.subject, detail=condition.detail, first_seen=ALWAYS)
    assert describe_notice(notice, wording=MessageWording("en"), zone="UTC").sentence == (
        "1 subscription of “ana”, made in the reading room, rests: vigia.toml has no such person any more"
    )
    assert client.get(path).status_code == 200
    desk.configure()
    assert desk.send().sent == 1
    assert desk.mail == [("ana@example.org", "[Vigía] Puerto: 1 noticia nueva — Chancay sin Ana")]


def test_commands_work_on_both_and_name_one_of_two_alike_by_its_id(
    desk: SubscriptionDesk, client: httpx.Client
) -> None:
    path = subscribe(client, name="Minas", query="chancay")
    id_ = f"reader:{path.rpartition('/')[2]}"
    told = desk.command("alerts", "preview", "Minas")
    assert told.exit_code != 0
    assert f"minas (vigia.toml), {id_} (local); name one by its id" in told.stderr
    assert desk.command("alerts", "preview", id_).exit_code == 0
    tested = desk.command("alerts", "test", id_)
    assert (tested.exit_code, tested.stdout.strip()) == (0, "ana (es): sent")
    assert id_ in desk.command("alerts", "list").stdout


def test_nobody_has_more_than_a_hundred(
    desk: SubscriptionDesk, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_SUBSCRIPTIONS == 100
    monkeypatch.setattr("db.desk.analysts.reader_subscriptions.MAX_SUBSCRIPTIONS", 1)
    subscribe(client)
    page = client.get("/subscribe?q=grua").text
    back = press(client, page, "/subscription/make", name="Kept")
    assert "You have 100 subscriptions" in plain_text(back.text)
    assert form_of(back.text, "/subscription/make")["name"] == ["Kept"]


def test_without_people_messages_go_to_the_log_and_a_feed_and_the_page_says_how_to_get_mail(
    desk: SubscriptionDesk, client: httpx.Client
) -> None:
    desk.configure("")
    page = client.get("/subscribe?q=chancay").text
    assert "Messages appear in the terminal, in alerts.log and in a feed of their own." in plain_text(page)
    assert "[[person]]" in page
    made = press(client, page, "/subscription/make", name="Puerto")
    assert "[[person]]" not in made.text  # once is enough
    desk.news.article("Chancay al registro")
    assert desk.send().sent == 1
    assert desk.mail == []
    assert "Chancay al registro" in desk.news.titles()
    feed = re.search(r'href="(http[^"]*/alerts/feed/[^"]*)"', made.text)
    assert feed
    assert "Chancay al registro" in client.get(feed[1]).text
    press(client, made.text, "/subscription/delete")
    assert client.get(feed[1]).status_code == 404


def test_a_site_that_does_not_write_has_the_block_for_the_file_alone(desk: SubscriptionDesk) -> None:
    with site_of(load_desk(desk.folder)) as site, httpx.Client(base_url=site.url, timeout=DEADLINE_SECONDS) as reader:
        page = reader.get("/subscribe?q=chancay").text
        assert "[[subscription]]" in page
        assert "/subscription/make" not in page
        assert 'href="/subscriptions"' not in page
        assert {reader.get(path).status_code for path in ("/subscriptions", "/subscription/1")} == {404}
        assert reader.post("/subscription/make", data={"name": "x"}).status_code == 405
