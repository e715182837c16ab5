"""Atom feeds of subscriptions, as feed readers request them."""

from __future__ import annotations

import datetime as dt
import json
import re
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import feedparser
import pytest

from db.connection import open_desk
from db.desk import secret_keys
from pipelines.alerts.channels import atom_feed
from tests.fixtures.alert_desk import News
from tests.fixtures.alert_endpoints import BASE, MINA, PUERTO, Desk, alerted

ATOM = "{http://www.w3.org/2005/Atom}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


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


async def test_a_feed_has_the_alerts_of_its_subscription(news: News, now: dt.datetime) -> None:
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


async def test_an_entry_has_the_reasons_and_flags_of_its_article(news: News, now: dt.datetime) -> None:
    alerts = await alerted(news, now)
    reasons = json.dumps(
        [{"sentence": "La naviera china pagará el muelle."}, {"sentence": "Shanghái espera arándanos."}]
    )
    news.article("Chancay", reasons=reasons, paywalled=1, sponsored=1, credited_to="Agencia Costa")
    await alerts.run(now + dt.timedelta(minutes=1))
    desk = Desk(news, PUERTO, MINA)
    root = checked((await desk.get(desk.feed_url(PUERTO))).content)
    content = root.findtext(f"{ATOM}entry/{ATOM}content") or ""
    assert "<p>Por qué es pertinente: «La naviera china pagará el muelle.» «Shanghái espera arándanos.»</p>" in content
    assert "de pago · contenido patrocinado · crédito: Agencia Costa" in content


async def test_a_feed_with_a_renewed_address_keeps_its_ids_and_the_old_address_is_gone(
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


async def test_a_feed_keeps_the_last_fifty_entries_and_an_empty_one_is_valid(news: News, now: dt.datetime) -> None:
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


async def test_an_alert_that_waits_for_its_digest_is_not_in_the_feed(news: News, now: dt.datetime) -> None:
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


async def test_a_feed_is_built_again_only_when_something_in_it_changed(
    news: News, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts = await alerted(news, now, "Chancay abre")
    desk = Desk(news, PUERTO, MINA)
    url = desk.feed_url(PUERTO)
    made: list[int] = []
    written = atom_feed.render_feed
    monkeypatch.setattr(
        atom_feed, "render_feed", lambda entries, **known: (made.append(1), written(entries, **known))[1]
    )
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
    ("published", "precision", "expected"),
    [
        ("2026-11-22T13:30:00Z", "time", ["2026-11-22T13:30:00Z"]),
        ("2026-11-22T00:00:00Z", "day", []),
        ("yesterday", "time", []),
        (None, None, []),
    ],
)
async def test_an_entry_has_a_time_only_if_the_page_gave_one(
    news: News, now: dt.datetime, published: str | None, precision: str | None, expected: list[str]
) -> None:
    alerts = await alerted(news, now)
    news.article("Chancay", published=published, published_precision=precision)
    await alerts.run(now + dt.timedelta(minutes=1))
    desk = Desk(news, PUERTO, MINA)
    root = checked((await desk.get(desk.feed_url(PUERTO))).content)
    assert [moment.text for moment in root.iter(f"{ATOM}published")] == expected


async def test_a_query_too_long_for_an_address_is_left_out_of_the_link(news: News, now: dt.datetime) -> None:
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
    shown = root.findtext(f"{ATOM}entry/{ATOM}title") or ""
    assert shown.startswith("Chancay")
    assert len(shown) <= 300
    assert "\u202e" not in shown
    assert "x-injected" not in answer.headers
    assert not feedparser.parse(answer.content).bozo
