"""Feeds and unsubscribe pages: as a feed reader, a mail program, a scanner of links and a stranger meet them."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import feedparser
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.connection import open_desk
from db.desk import secret_keys
from db.i18n.languages import LANGUAGES
from db.site.security import guard
from pipelines.alerts import http_endpoints, unsubscribe
from pipelines.alerts.channels import atom_feed
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import News

BASE = "https://vigia.example.org"
PUERTO = Subscription(name="Puerto", query="chancay", to=("env:TEAM_MAIL",), language="es")
MINA = Subscription(name="Mina <b>", query='"las bambas"')
ATOM = "{http://www.w3.org/2005/Atom}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Desk:
    """The pages of a desk's alerts behind the guard that the reading room has."""

    def __init__(self, news: News, *subscriptions: Subscription) -> None:
        self.wanted: dict[str, Subscription] = {one.id: one for one in subscriptions}
        self.path = news.desk_path
        app = http_endpoints.application(
            news=news.path,
            desk=news.desk_path,
            name="Vigía",
            timezone="America/Lima",
            wanted=lambda: self.wanted,
            base=lambda: BASE,
        )
        transport = httpx.ASGITransport(app=guard(app))  # type: ignore[arg-type] -- the same shape, other names
        self.client = httpx.AsyncClient(transport=transport, base_url=BASE)

    def key(self, purpose: secret_keys.Purpose) -> bytes:
        desk = open_desk(self.path)
        try:
            return secret_keys.get_key(desk, purpose)
        finally:
            desk.close()

    def feed_url(self, subscription: Subscription) -> str:
        return atom_feed.url(self.key("feeds"), subscription.id, base=BASE)

    def leave_url(self, recipient: str, subscription: Subscription = PUERTO, language: str = "es") -> str:
        url = unsubscribe.unsubscribe_url(
            recipient, key=self.key("leave"), subscription=subscription.id, language=language, public_url=BASE
        )
        assert url is not None
        return url

    async def get(self, url: str, **headers: str) -> httpx.Response:
        return await self.client.get(url, headers=headers)


async def alerted(news: News, now: dt.datetime, *titles: str, to: tuple[str, ...] = ()) -> Any:
    """A desk whose subscription Puerto was alerted to these articles, one minute after the other."""
    alerts = news.alerts(PUERTO.model_copy(update={"to": to}), MINA)
    await alerts.run(now)
    news.outlet("diario", country="PE", kind="state-media", ownership="state")
    for minute, title in enumerate(titles, 1):
        news.article(title)
        await alerts.run(now + dt.timedelta(minutes=minute))
    return alerts


def checked(xml: bytes) -> ET.Element:
    """The root of a feed that keeps RFC 4287's rules on what must be there, once, and in which form."""
    root = ET.fromstring(xml)
    assert root.tag == f"{ATOM}feed"
    for parent in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            (one,) = parent.findall(f"{ATOM}{name}")
            assert one.text
        assert urlsplit(parent.findtext(f"{ATOM}id")).scheme, "an absolute IRI"
        for moment in [*parent.findall(f"{ATOM}updated"), *parent.findall(f"{ATOM}published")]:
            assert RFC3339.fullmatch(moment.text or "")
        assert parent.find(f"{ATOM}author/{ATOM}name") is not None
        alternates = [link for link in parent.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"]
        assert len(alternates) <= 1
        if parent is not root:
            assert alternates or parent.find(f"{ATOM}content") is not None
    (own,) = [link for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own.get("type") == "application/atom+xml"
    ids = [entry.findtext(f"{ATOM}id") for entry in root.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)
    return root


async def test_a_feed_reader_gets_what_the_subscription_was_alerted_to(news: News, now: dt.datetime) -> None:
    await alerted(news, now, "Chancay abre", "Chancay <script>alert(1)</script> & más")
    desk = Desk(news, PUERTO, MINA)
    url = desk.feed_url(PUERTO)
    answer = await desk.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    root = checked(answer.content)
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo
    assert parsed.version == "atom10"
    assert parsed.feed.title == "Vigía: Puerto"
    assert [link.href for link in parsed.feed.links if link.rel == "self"] == [url]
    assert parsed.feed.updated == "2026-11-22T15:02:00Z"
    assert [entry.link for entry in parsed.entries] == ["https://diario.example/2", "https://diario.example/1"]
    newest = parsed.entries[0]
    assert newest.author == "Diario"
    assert newest.published == "2026-11-22T13:30:00Z"
    assert newest.updated == "2026-11-22T15:02:00Z"
    assert {tag.term for tag in newest.tags} == {"country:PE", "kind:state-media", "ownership:state"}
    content = root.findtext(f"{ATOM}entry/{ATOM}content")
    assert content is not None
    assert "medio estatal" in content.lower(), "in the subscription's language"
    assert "<script" not in content
    title = root.findtext(f"{ATOM}entry/{ATOM}title")
    assert title == "Chancay <script>alert(1)</script> & más", "text, not markup (type is text by default)"


async def test_a_story_in_a_feed_says_what_it_has_to_say(news: News, now: dt.datetime) -> None:
    alerts = await alerted(news, now)
    reasons = json.dumps(
        [{"sentence": "La naviera china pagará el muelle."}, {"sentence": "Shanghái espera arándanos."}]
    )
    news.article("Chancay", reasons=reasons, paywalled=1, sponsored=1, credited_to="Agencia Costa")
    await alerts.run(now + dt.timedelta(minutes=1))
    desk = Desk(news, PUERTO, MINA)
    root = checked((await desk.get(desk.feed_url(PUERTO))).content)
    content = root.findtext(f"{ATOM}entry/{ATOM}content") or ""
    assert "<p>Trata del tema: “La naviera china pagará el muelle.” “Shanghái espera arándanos.”</p>" in content
    assert "de pago · contenido patrocinado · crédito: Agencia Costa" in content


async def test_ids_stay_when_the_feeds_address_is_renewed_and_the_old_address_is_gone(
    news: News, now: dt.datetime
) -> None:
    await alerted(news, now, "Chancay abre")
    desk = Desk(news, PUERTO, MINA)
    before = desk.feed_url(PUERTO)
    first = checked((await desk.get(before)).content)
    database = open_desk(news.desk_path)
    secret_keys.renew_key(database, "feeds")
    database.close()
    after = desk.feed_url(PUERTO)
    assert after != before
    assert (await desk.get(before)).status_code == 404
    second = checked((await desk.get(after)).content)
    for path in (f"{ATOM}id", f"{ATOM}entry/{ATOM}id"):
        assert first.findtext(path) == second.findtext(path)


async def test_a_feed_keeps_the_last_fifty_and_one_that_told_nothing_is_valid(news: News, now: dt.datetime) -> None:
    alerts = await alerted(news, now)
    for number in range(60):
        news.article(f"Chancay {number}")
    await alerts.run(now + dt.timedelta(minutes=1))
    desk = Desk(news, PUERTO, MINA)
    full = checked((await desk.get(desk.feed_url(PUERTO))).content)
    titles = [title.text for title in full.findall(f"{ATOM}entry/{ATOM}title")]
    assert titles == [f"Chancay {number}" for number in range(59, 9, -1)]
    empty = checked((await desk.get(desk.feed_url(MINA))).content)
    assert empty.findall(f"{ATOM}entry") == []
    assert empty.findtext(f"{ATOM}updated") == "2026-11-22T15:00:00Z", "when the subscription began"


async def test_what_waits_for_its_hour_is_not_in_the_feed_yet(news: News, now: dt.datetime) -> None:
    daily = PUERTO.model_copy(update={"when": "daily 07:30", "to": ()})
    alerts = news.alerts(daily)
    await alerts.run(now)
    news.article("Chancay abre")
    await alerts.run(now + dt.timedelta(minutes=5))
    desk = Desk(news, daily)
    assert checked((await desk.get(desk.feed_url(daily))).content).findall(f"{ATOM}entry") == []
    await alerts.run(now + dt.timedelta(days=1))
    assert len(checked((await desk.get(desk.feed_url(daily))).content).findall(f"{ATOM}entry")) == 1


async def test_a_feed_that_has_not_changed_is_not_sent_again(news: News, now: dt.datetime) -> None:
    await alerted(news, now, "Chancay abre")
    desk = Desk(news, PUERTO, MINA)
    url = desk.feed_url(PUERTO)
    tag = (await desk.get(url)).headers["etag"]
    again = await desk.get(url, **{"if-none-match": f'"other", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert (await desk.get(url, **{"if-none-match": '"other"'})).status_code == 200
    head = await desk.client.head(url)
    assert (head.status_code, head.content) == (200, b"")


async def test_a_feed_is_made_once_and_anew_when_something_in_it_changed(
    news: News, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts = await alerted(news, now, "Chancay abre")
    desk = Desk(news, PUERTO, MINA)
    url = desk.feed_url(PUERTO)
    made: list[int] = []
    written = atom_feed.atom
    monkeypatch.setattr(atom_feed, "atom", lambda entries, **known: (made.append(1), written(entries, **known))[1])
    bodies = [(await desk.get(url)).content for _ in range(3)]
    assert (len(made), len(set(bodies))) == (1, 1)
    with news.db.atomic():
        news.db.execute("UPDATE articles SET paywalled = 1")
    assert "de pago" in (await desk.get(url)).text
    news.article("Chancay otra vez")
    await alerts.run(now + dt.timedelta(minutes=9))
    assert "Chancay otra vez" in (await desk.get(url)).text
    desk.wanted[PUERTO.id] = PUERTO.model_copy(update={"language": "zh"})
    assert 'xml:lang="zh' in (await desk.get(url)).text
    assert len(made) == 4


@pytest.mark.parametrize(
    ("published", "precision", "told"),
    [
        ("2026-11-22T13:30:00Z", "time", ["2026-11-22T13:30:00Z"]),
        ("2026-11-22T00:00:00Z", "day", []),
        ("yesterday", "time", []),
        (None, None, []),
    ],
)
async def test_a_feed_gives_no_time_but_one_that_a_page_gave(
    news: News, now: dt.datetime, published: str | None, precision: str | None, told: list[str]
) -> None:
    alerts = await alerted(news, now)
    news.article("Chancay", published=published, published_precision=precision)
    await alerts.run(now + dt.timedelta(minutes=1))
    desk = Desk(news, PUERTO, MINA)
    root = checked((await desk.get(desk.feed_url(PUERTO))).content)
    assert [moment.text for moment in root.iter(f"{ATOM}published")] == told


async def test_a_query_too_long_for_an_address_leaves_the_link_to_the_reading_room(
    news: News, now: dt.datetime
) -> None:
    long = PUERTO.model_copy(update={"query": " OR ".join(f"palabra{number}ñ" for number in range(500))})
    desk = Desk(news, long)
    await news.alerts(long.model_copy(update={"to": ()})).run(now)
    root = checked((await desk.get(desk.feed_url(long))).content)
    assert [link.get("href") for link in root.findall(f"{ATOM}link")][1] == f"{BASE}/"


@pytest.mark.parametrize(
    "title",
    [
        "Chancay \x00\x0b\x1f\ufffe\uffff control",
        "Chancay \u202egnirts\u202c",
        "Chancay ]]> <!-- & &amp; &#0;",
        "Chancay\r\nX-Injected: yes",
        "Chancay " + "😀" * 5000,
        "Chancay <b onclick=x>",
    ],
)
async def test_a_hostile_headline_leaves_the_feed_well_formed(news: News, now: dt.datetime, title: str) -> None:
    await alerted(news, now, title)
    desk = Desk(news, PUERTO, MINA)
    answer = await desk.get(desk.feed_url(PUERTO))
    root = checked(answer.content)
    told = root.findtext(f"{ATOM}entry/{ATOM}title") or ""
    assert told.startswith("Chancay")
    assert len(told) <= 300
    assert "\u202e" not in told
    assert "x-injected" not in answer.headers
    assert not feedparser.parse(answer.content).bozo


async def test_no_address_but_those_that_the_desk_made_opens_anything_and_none_differs(
    news: News, now: dt.datetime
) -> None:
    await alerted(news, now, "Chancay abre")
    desk = Desk(news, PUERTO, MINA)
    right_feed, right_leave = desk.feed_url(PUERTO), desk.leave_url("ana@example.org")
    other = desk.feed_url(MINA)
    del desk.wanted[PUERTO.id]  # taken out of the file
    wrong = [
        right_feed,
        right_feed.replace("/feed/", "/unsubscribe/").removesuffix(".atom"),
        right_leave.replace("/unsubscribe/", "/feed/") + ".atom",
        other[:-6] + ("B" if other[-6] == "A" else "A") + ".atom",
        desk.feed_url(MINA).removesuffix(".atom"),
        right_leave[:-1],
        right_leave + "=",
        right_leave + "/",
        *(
            f"{BASE}{path}{token}"
            for path in (atom_feed.PATH, unsubscribe.PATH)
            for token in ("", ".atom", "A" * 32, "%00", "é")
        ),
        f"{BASE}/alerts/",
        f"{BASE}/alerts/page.css/../x",
    ]
    answers = [await desk.get(url) for url in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert (await desk.get(desk.feed_url(MINA))).status_code == 200


async def test_before_the_first_crawl_there_is_nothing_at_any_address(tmp_path: Path) -> None:
    app = http_endpoints.application(
        news=tmp_path / "news.db",
        desk=tmp_path / "desk.db",
        name="Vigía",
        timezone="UTC",
        wanted=lambda: {PUERTO.id: PUERTO},
        base=lambda: BASE,
    )
    transport = httpx.ASGITransport(app=guard(app))  # type: ignore[arg-type] -- the same shape, other names
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        for path in (f"{atom_feed.PATH}{'A' * 32}.atom", f"{unsubscribe.PATH}{'A' * 56}"):
            assert (await client.get(path)).status_code == 404
    assert not (tmp_path / "news.db").exists()
    assert not (tmp_path / "desk.db").exists()


async def test_a_link_that_a_scanner_follows_unsubscribes_nobody(news: News, now: dt.datetime) -> None:
    await alerted(news, now)
    desk = Desk(news, PUERTO, MINA)
    url = desk.leave_url("ana@example.org")
    for _ in range(3):
        page = await desk.get(url)
        assert page.status_code == 200
        assert (await desk.client.head(url)).status_code == 200
    assert news.rows("SELECT * FROM departures") == []
    assert page.headers["cache-control"] == "private, no-store"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert '<html lang="es-PE">' in page.text
    assert "¿Desea dejar de recibir los correos de la suscripción “Puerto” de Vigía?" in page.text
    assert '<form method="post">' in page.text
    assert "ana@" not in page.text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (
            b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (b"", "text/plain"),
        (b"x" * 200_000, "application/octet-stream"),
    ],
)
async def test_one_click_unsubscribes_and_a_second_changes_nothing(
    news: News, now: dt.datetime, body: bytes, kind: str
) -> None:
    await alerted(news, now)
    desk = Desk(news, PUERTO, MINA)
    url = desk.leave_url("Ana@Example.org", language="zh")
    answers = [await desk.client.post(url, content=body, headers={"content-type": kind}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert "已退订" in answers[0].text
    assert '<html lang="zh-Hans">' in answers[0].text
    (row,) = news.rows("SELECT * FROM departures")
    assert row["subscription"] == "puerto"
    assert row["recipient"] == unsubscribe.recipient_hash(desk.key("leave"), "puerto", "ana@example.org")
    stored = b"".join(path.read_bytes() for path in news.folder.glob("desk.db*"))
    assert b"example.org" not in stored.lower()


async def test_posting_elsewhere_is_refused(news: News, now: dt.datetime) -> None:
    await alerted(news, now)
    desk = Desk(news, PUERTO, MINA)
    for url in (desk.feed_url(PUERTO), f"{BASE}/alerts/page.css", f"{BASE}/alerts/other"):
        assert (await desk.client.post(url)).status_code == 405
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert (await desk.client.request(method, desk.leave_url("ana@example.org"))).status_code == 405
    assert (await desk.client.post(f"{BASE}{unsubscribe.PATH}{'A' * 56}")).status_code == 404
    assert news.rows("SELECT * FROM departures") == []


async def test_a_link_of_a_subscription_that_was_taken_out_still_unsubscribes(news: News, now: dt.datetime) -> None:
    await alerted(news, now)
    desk = Desk(news, MINA)
    assert (await desk.client.post(desk.leave_url("ana@example.org"))).status_code == 200
    assert len(news.rows("SELECT * FROM departures")) == 1


async def test_a_name_with_markup_is_shown_as_it_is_written(news: News, now: dt.datetime) -> None:
    await alerted(news, now)
    desk = Desk(news, PUERTO, MINA)
    page = await desk.get(desk.leave_url("ana@example.org", MINA, "en"))
    assert "“Mina &lt;b&gt;”" in page.text
    assert "<b>" not in page.text


async def test_a_database_that_is_no_database_is_an_answer_without_a_path(news: News, now: dt.datetime) -> None:
    await alerted(news, now, "Chancay abre")
    desk = Desk(news, PUERTO, MINA)
    url = desk.feed_url(PUERTO)
    news.db.close()
    news.path.write_bytes(b"no database " * 100)
    for path in news.folder.glob("news.db-*"):
        path.unlink()
    answer = await desk.get(url)
    assert answer.status_code == 503
    assert str(news.folder) not in answer.text


@settings(deadline=None)  # a busy machine is no fault
@given(
    key=st.binary(min_size=32, max_size=32),
    address=st.text(max_size=80),
    name=st.text(min_size=1, max_size=40),
    language=st.sampled_from(list(LANGUAGES)),
)
def test_an_unsubscribe_address_says_what_it_was_made_of_to_this_desk_alone(
    key: bytes, address: str, name: str, language: str
) -> None:
    url = unsubscribe.unsubscribe_url(address, key=key, subscription=name, language=language, public_url=BASE + "/")
    assert url is not None
    token = url.removeprefix(f"{BASE}{unsubscribe.PATH}")
    assert re.fullmatch(r"[A-Za-z0-9_-]{56}", token)
    read = unsubscribe.read_token(token, key=key, subscriptions=["other", name])
    assert read is not None
    assert (read.subscription, read.language) == (name, language)
    assert read.recipient == unsubscribe.recipient_hash(key, name, address)
    assert unsubscribe.read_token(token, key=bytes(31) + b"x", subscriptions=[name]) is None
    assert unsubscribe.read_token(token, key=key, subscriptions=["other"]) is None


@settings(deadline=None)  # a busy machine is no fault
@given(token=st.text(max_size=100), at=st.integers(0, 55), other=st.characters())
def test_no_token_but_the_right_one_is_read(token: str, at: int, other: str) -> None:
    key = bytes(32)
    assert unsubscribe.read_token(token, key=key, subscriptions=["puerto"]) is None
    assert atom_feed.read_token(token, key=key, subscriptions=["puerto"]) is None
    url = unsubscribe.unsubscribe_url("a@b.c", key=key, subscription="puerto", language="en", public_url=BASE)
    assert url is not None
    right = url.rpartition("/")[2]
    changed = right[:at] + other + right[at + 1 :]
    assert (unsubscribe.read_token(changed, key=key, subscriptions=["puerto"]) is None) == (changed != right)


def test_an_address_in_a_language_that_messages_have_not_leads_to_an_english_page() -> None:
    url = unsubscribe.unsubscribe_url(
        "ana@example.org", key=bytes(32), subscription="puerto", language="fr", public_url=BASE
    )
    assert url is not None
    read = unsubscribe.read_token(url.rpartition("/")[2], key=bytes(32), subscriptions=["puerto"])
    assert read is not None
    assert read.language == "en"
