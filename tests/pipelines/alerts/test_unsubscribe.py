"""Unsubscribing with the link of a mail that came over a real SMTP server; the next mail is not sent."""

from __future__ import annotations

import datetime as dt
import re
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from db.connection import open_desk
from db.desk.analysts.reader_subscriptions import SubscriptionSettings, add_subscription, resume_subscription
from db.site.security import guard
from pipelines.alerts import http_endpoints, unsubscribe
from pipelines.alerts.channels import mail as mails
from pipelines.alerts.channels.send import _make_service
from pipelines.alerts.delivery import make_unsubscribe_links
from pipelines.alerts.subscriptions.person import Person
from pipelines.alerts.subscriptions.reader_subscription import DeskReaders
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import Mailbox, News, Receiver
from tests.fixtures.digest_example import trial_message

BASE = "https://vigia.example.org"
TEAM = Subscription(name="Puerto", query="chancay", to=("env:TEAM_MAIL",))


@pytest.fixture
def two(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A mailbox whose address has two recipients."""
    monkeypatch.setenv("TEAM_MAIL", mailbox.url("ana@example.org", "li@example.org"))
    return mailbox


async def sent(news: News, now: dt.datetime, *subscriptions: Subscription, **options: Any) -> Any:
    alerts = news.alerts(*(subscriptions or (TEAM,)), **{"public_url": BASE} | options)
    await alerts.run(now)
    news.article("Chancay 1")
    await alerts.run(now)
    return alerts


async def post(news: News, url: str, *subscriptions: Subscription) -> httpx.Response:
    """What a mail program does on one click (RFC 8058, 3.2)."""
    app = http_endpoints.build_alerts_application(
        news=news.path,
        desk=news.desk_path,
        name="Vigía",
        timezone="UTC",
        subscriptions=lambda: {one.id: one for one in subscriptions or (TEAM,)},
        base_url=lambda: BASE,
    )
    transport = httpx.ASGITransport(app=guard(app))  # type: ignore[arg-type] -- the same shape, other names
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.post(url, data={"List-Unsubscribe": "One-Click"})


def link(mail: EmailMessage) -> str:
    found = re.fullmatch(r"<(https://[!-~]+)>", mail["List-Unsubscribe"])
    assert found
    return found[1]


async def test_each_recipient_has_their_own_address_in_the_headers_and_both_parts(
    news: News, two: Any, now: dt.datetime
) -> None:
    await sent(news, now)
    assert [address for address, _ in two.received] == ["ana@example.org", "li@example.org"]
    links = []
    for _, mail in two.received:
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        links.append(link(mail))
        assert links[-1].startswith(f"{BASE}{unsubscribe.UNSUBSCRIBE_PATH}")
        assert re.search(rf"Unsubscribe:\s*{links[-1]}\s", mail.get_body(("plain",)).get_content())
        assert (
            f'<a href="{links[-1]}" rel="noopener noreferrer">Unsubscribe</a>' in mail.get_body(("html",)).get_content()
        )
        raw = mail.as_bytes()
        assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in raw
    assert len(set(links)) == 2
    assert len({mail["Message-ID"] for _, mail in two.received}) == 1


async def test_the_address_is_unchanged_in_the_header_and_no_line_is_too_long(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    await sent(news, now)
    desk = open_desk(news.desk_path)
    out = make_unsubscribe_links(desk, "puerto", news.alerts(TEAM, public_url=BASE)._context)
    desk.close()
    message = trial_message("秘鲁")
    raw = mails.build_mail(_make_service(mailbox.url("ana@example.org"), 5), message, to="ana@example.org", links=out)
    head = raw.partition(b"\r\n\r\n")[0]
    assert re.search(
        rb"^List-Unsubscribe: <https://vigia\.example\.org/alerts/unsubscribe/[\w-]{56}>\r$", head, re.MULTILINE
    )
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    parsed = message_from_bytes(raw)
    assert parsed["List-Unsubscribe"].count("<") == 1


async def test_after_a_recipient_unsubscribes_only_the_others_get_mail(news: News, two: Any, now: dt.datetime) -> None:
    alerts = await sent(news, now)
    assert (await post(news, link(two.received[0][1]))).status_code == 200
    news.article("Chancay 2")
    assert (await alerts.run(now + dt.timedelta(minutes=1))).sent == 1
    assert [address for address, _ in two.received][2:] == ["li@example.org"]
    assert alerts.list_subscriptions()[0].unsubscribed == 1
    assert alerts.list_subscriptions()[0].as_dict()["unsubscribed"] == 1
    stored = b"".join(path.read_bytes() for path in news.folder.glob("*.db*"))
    assert b"example.org" not in stored


async def test_a_delivery_without_recipients_is_withdrawn_and_one_added_again_gets_mail(
    news: News, two: Any, now: dt.datetime
) -> None:
    alerts = await sent(news, now)
    for _, mail in list(two.received):
        await post(news, link(mail))
    news.article("Chancay 2")
    run = await alerts.run(now + dt.timedelta(minutes=1))
    assert (run.sent, run.failed, run.waiting) == (0, 0, 0)
    assert news.rows("SELECT state, last_error FROM deliveries ORDER BY id DESC LIMIT 1") == [
        {"state": "withdrawn", "last_error": "all its recipients have unsubscribed"}
    ]
    (tested,) = await alerts.send_test("Puerto")
    assert tested.error == "all its recipients have unsubscribed"
    assert alerts.resubscribe("Puerto") == 2
    assert alerts.resubscribe("Puerto") == 0
    news.article("Chancay 3")
    assert (await alerts.run(now + dt.timedelta(minutes=2))).sent == 1
    assert [address for address, _ in two.received][2:] == ["ana@example.org", "li@example.org"]


async def test_unsubscribing_from_one_subscription_keeps_the_others(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    other = Subscription(name="Otra", query="chancay", to=("env:TEAM_MAIL",))
    alerts = await sent(news, now, TEAM, other)
    await post(news, link(mailbox.received[0][1]), TEAM, other)
    news.article("Chancay 2")
    await alerts.run(now + dt.timedelta(minutes=1))
    assert len(mailbox.received) == 3
    assert "Otra" in mailbox.subjects[2] or "Puerto" in mailbox.subjects[2]
    assert len(set(mailbox.subjects[:2])) == 2


async def test_a_recipient_who_unsubscribes_between_two_attempts_gets_no_mail(
    news: News, two: Any, now: dt.datetime
) -> None:
    two.refuse = lambda address: "451 later" if address.startswith("li") else None
    alerts = await sent(news, now)
    (row,) = news.rows("SELECT state FROM deliveries")
    assert row["state"] == "waiting"
    two.refuse = lambda address: None
    desk = open_desk(news.desk_path)
    out = make_unsubscribe_links(desk, "puerto", alerts._context)
    desk.close()
    assert out is not None
    url = out.url("li@example.org", language="en")
    assert url is not None
    await post(news, url)
    run = await alerts.run(now + dt.timedelta(minutes=2))
    assert (run.sent, run.waiting) == (1, 0)
    assert [address for address, _ in two.received] == ["ana@example.org"]


async def test_the_link_and_the_page_are_in_the_persons_language(
    news: News, mailbox: Mailbox, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LI", mailbox.url("li@example.org"))
    li = Person(id="li", to=("env:LI",), language="zh")
    subscription = Subscription(name="Puerto", query="chancay", people=("li",)).with_people({"li": li})
    await sent(news, now, subscription)
    ((_, mail),) = mailbox.received
    assert re.search(rf"退订：\s*{link(mail)}\s", mail.get_body(("plain",)).get_content())
    answer = await post(news, link(mail), subscription)
    assert "已退订" in answer.text


async def test_without_https_there_is_a_link_and_no_header(news: News, mailbox: Mailbox, now: dt.datetime) -> None:
    await sent(news, now, public_url="http://vigia.example.org:8001")
    ((_, mail),) = mailbox.received
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None
    assert f"http://vigia.example.org:8001{unsubscribe.UNSUBSCRIBE_PATH}" in mail.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("contact", "says"),
    [
        ("desk@example.org", "To unsubscribe, write to desk@example.org."),
        (None, "To unsubscribe, write to whoever runs this desk."),
    ],
)
async def test_without_a_public_address_the_footer_says_whom_to_ask(
    news: News, mailbox: Mailbox, now: dt.datetime, contact: str | None, says: str
) -> None:
    await sent(news, now, public_url=None, contact=contact)
    ((_, mail),) = mailbox.received
    assert mail["List-Unsubscribe"] is None
    for kind in ("plain", "html"):
        assert says in mail.get_body((kind,)).get_content()
        assert unsubscribe.FOOT_MARK not in mail.get_body((kind,)).get_content()


async def test_messages_to_chats_and_webhooks_have_no_unsubscribe_link(
    news: News, receiver: Receiver, now: dt.datetime
) -> None:
    await sent(news, now, Subscription(name="Puerto", query="chancay", to=("env:HOOK",)))
    ((_, _, body),) = receiver.requests
    assert unsubscribe.UNSUBSCRIBE_PATH not in body["message"]
    assert "nsubscribe" not in body["message"]


async def test_the_link_of_a_reader_s_own_subscription_pauses_it(
    news: News, mailbox: Mailbox, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANA", mailbox.url("ana@example.org"))
    ana = Person(id="ana", to=("env:ANA",), language="es")
    desk = open_desk(news.desk_path)
    own = SubscriptionSettings(name="Puerto", query="chancay", recipient="ana")
    number = add_subscription(desk, "ana", own, last_article=0, now=now)
    alerts = news.alerts(public_url=BASE, readers=DeskReaders(people=(ana,)))
    news.article("Chancay 1")
    await alerts.run(now)
    ((_, mail),) = mailbox.received
    answer = await post(news, link(mail))
    assert answer.status_code == 200
    assert "La suscripción está en pausa. Puede reanudarla en la sala de lectura." in answer.text
    news.article("Chancay 2")
    await alerts.run(now)
    assert len(mailbox.received) == 1
    assert number is not None
    resume_subscription(desk, number, last_article=2)
    news.article("Chancay 3")
    await alerts.run(now)
    desk.close()
    assert [str(mail["Subject"]) for _, mail in mailbox.received[1:]] == ["[Vigía] Puerto: 1 noticia nueva — Chancay 3"]
