"""People: each gets messages at their own targets, in their language and time zone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from pipelines.alerts import digests
from pipelines.alerts.subscriptions.person import Person
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import Mailbox, News

ANA = Person(id="ana", to=("env:ANA",), language="es", timezone="America/Lima")
LI = Person(id="li", to=("env:LI", "env:LI_OFFICE"), language="zh", timezone="Asia/Shanghai")
TOM = Person(id="tom", to=("env:TOM",))


def wanted(*people: Person, **keys: Any) -> Subscription:
    subscription = Subscription(name="Puerto", query="chancay", people=tuple(one.id for one in people), **keys)
    return subscription.with_people({one.id: one for one in people})


def test_each_person_has_their_targets_language_and_zone() -> None:
    there = digests.list_recipients(wanted(ANA, LI, TOM, to=("env:TEAM",), language="es"), zone="Europe/Madrid")
    assert [(one.target, one.reference, one.language, one.zone, str(one)) for one in there] == [
        ("env:TEAM", "env:TEAM", "es", "Europe/Madrid", "env:TEAM"),
        ("person:ana", "env:ANA", "es", "America/Lima", "ana (es)"),
        ("person:li", "env:LI", "zh", "Asia/Shanghai", "li (zh)"),
        ("person:li#2", "env:LI_OFFICE", "zh", "Asia/Shanghai", "li#2 (zh)"),
        ("person:tom", "env:TOM", "en", "Europe/Madrid", "tom (en)"),
    ]


def test_an_address_listed_directly_and_for_a_person_gets_one_message() -> None:
    there = digests.list_recipients(wanted(ANA, to=("env:ANA", "env:TEAM", "env:TEAM")), zone="UTC")
    assert [one.target for one in there] == ["env:TEAM", "person:ana"]


def test_a_person_named_twice_gets_one_message() -> None:
    twice = Subscription(name="Puerto", query="chancay", people=("ana", "ana")).with_people({"ana": ANA})
    assert digests.list_targets(twice) == ("person:ana",)


@pytest.mark.parametrize(
    ("people", "own", "zone"),
    [
        ((), None, "Europe/Madrid"),
        ((ANA,), None, "America/Lima"),
        ((ANA, LI), None, "Europe/Madrid"),
        ((LI,), "America/Bogota", "America/Bogota"),
        ((TOM,), None, "Europe/Madrid"),
        ((ANA, TOM), None, "Europe/Madrid"),
    ],
    ids=["no people", "one", "two zones", "its own", "no zone", "one without a zone"],
)
def test_the_schedule_uses_the_subscriptions_zone_or_the_one_its_people_share(
    people: tuple[Person, ...], own: str | None, zone: str
) -> None:
    assert digests.choose_zone(wanted(*people, timezone=own), "Europe/Madrid") == zone


def test_listing_targets_before_people_are_loaded_is_an_error() -> None:
    with pytest.raises(AssertionError, match="with_people"):
        digests.list_targets(Subscription(name="Puerto", query="chancay", people=("ana",)))


async def test_a_waiting_delivery_goes_to_the_changed_address_of_its_person(
    news: News, mailbox: Mailbox, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLD", mailbox.url("old@example.org"))
    monkeypatch.setenv("NEW", mailbox.url("new@example.org"))
    mailbox.refuse = lambda address: "550 gone" if address.startswith("old") else None
    old, new = (Person(id="ana", to=(reference,)) for reference in ("env:OLD", "env:NEW"))
    await news.alerts(wanted(old)).run(now)
    news.article("Un muelle en Chancay")
    await news.alerts(wanted(old)).run(now)
    assert [(row["target"], row["state"]) for row in news.rows("SELECT * FROM deliveries")] == [
        ("person:ana", "waiting")
    ]
    done = await news.alerts(wanted(new)).run(now + dt.timedelta(hours=1))
    assert done.sent == 1
    assert [address for address, _ in mailbox.received] == ["new@example.org"]
    assert [row["attempts"] for row in news.rows("SELECT * FROM deliveries")] == [2]


async def test_a_waiting_delivery_of_a_removed_person_goes_to_the_others(
    news: News, mailbox: Mailbox, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOM", "mailto://127.0.0.1:1/tom@example.org?from=vigia@desk.example")
    monkeypatch.setenv("ANA", mailbox.url("ana@example.org"))
    await news.alerts(wanted(TOM)).run(now)
    news.article("Un muelle en Chancay")
    await news.alerts(wanted(TOM)).run(now)
    done = await news.alerts(wanted(ANA)).run(now + dt.timedelta(minutes=5))
    assert done.sent == 1
    assert [address for address, _ in mailbox.received] == ["ana@example.org"]


async def test_no_address_of_a_person_enters_desk_db(
    news: News, mailbox: Mailbox, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANA", mailbox.url("ana.secreta@example.org"))
    alerts = news.alerts(wanted(ANA))
    await alerts.run(now)
    news.article("Un muelle en Chancay")
    await alerts.run(now)
    assert len(mailbox.received) == 1
    for path in news.folder.glob("*.db*"):
        assert b"secreta" not in path.read_bytes()
    (row,) = news.rows("SELECT target, accepted FROM deliveries")
    assert row["target"] == "person:ana"


async def test_one_digest_reaches_each_person_in_their_language_and_time(
    news: News, mailbox: Mailbox, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANA", "LI", "LI_OFFICE", "TOM"):
        monkeypatch.setenv(name, mailbox.url(f"{name.lower()}@example.org"))
    news.db["concepts"].insert({"id": "chancay-port", "name_en": "Port of Chancay", "name_zh": "钱凯港"})
    subscription = wanted(ANA, LI, TOM).model_copy(update={"query": "chancay OR concept:chancay-port"})
    alerts = news.alerts(subscription, timezone="Europe/Madrid", watched_outlets=["diario", "otro"])
    await alerts.run(now)
    first = news.article("Un muelle en Chancay")
    news.db["mentions"].insert({"article": first, "concept": "chancay-port", "count": 1})
    news.article("Lo mismo", outlet="otro", original=first, published="2026-11-22T15:30:00Z")
    assert (await alerts.run(now)).sent == 4
    by_person = {address.partition("@")[0]: mail for address, mail in mailbox.received}
    said = {name: mail.get_body(("plain",)).get_content() for name, mail in by_person.items()}
    assert by_person["ana"]["Subject"] == "[Vigía] Puerto: 1 noticia nueva — Un muelle en Chancay"
    assert by_person["li"]["Subject"] == "[Vigía] Puerto：1 篇新报道 — Un muelle en Chancay"
    assert by_person["tom"]["Subject"] == "[Vigía] Puerto: 1 new — Un muelle en Chancay"
    assert "22 nov. 2026, 08:30 (Lima) · español" in said["ana"]
    assert "También en 1 medio: Otro (2 h después)" in said["ana"]
    assert "Fuentes: respondieron 0 de 2 medios" in said["ana"]
    assert "2026年11月22日 21:30（上海）" in said["li"]
    assert "主题“钱凯港”" in said["li"]
    assert said["li"] == said["li_office"].replace("li_office", "li")
    assert "22 Nov 2026, 14:30 (Madrid)" in said["tom"]
    assert "Matches: “chancay” in the headline, the concept Port of Chancay" in said["tom"]
    assert len({mail["Message-ID"] for mail in by_person.values()}) == 1, "one digest"


async def test_a_test_message_reaches_each_person_in_their_language(
    news: News, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANA", "TOM"):
        monkeypatch.setenv(name, mailbox.url(f"{name.lower()}@example.org"))
    tested = await news.alerts(wanted(ANA, TOM)).send_test("Puerto")
    assert [(one.target, one.error) for one in tested] == [("ana (es)", None), ("tom (en)", None)]
    assert mailbox.subjects == ["[Vigía] Puerto: prueba", "[Vigía] Puerto: a test"]
