"""Feeds and unsubscribe pages, as feed readers, mail programs, link scanners and strangers request them."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.i18n.languages import LANGUAGES
from db.site.security import guard
from pipelines.alerts import http_endpoints, unsubscribe
from pipelines.alerts.channels import atom_feed
from tests.fixtures.alert_desk import News
from tests.fixtures.alert_endpoints import BASE, MINA, PUERTO, Desk, alerted


async def test_all_addresses_that_the_desk_did_not_make_get_the_same_404(news: News, now: dt.datetime) -> None:
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
            for path in (atom_feed.FEED_PATH, unsubscribe.UNSUBSCRIBE_PATH)
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


async def test_before_the_first_crawl_every_address_gets_a_404(tmp_path: Path) -> None:
    app = http_endpoints.build_alerts_application(
        news=tmp_path / "news.db",
        desk=tmp_path / "desk.db",
        name="Vigía",
        timezone="UTC",
        subscriptions=lambda: {PUERTO.id: PUERTO},
        base_url=lambda: BASE,
    )
    transport = httpx.ASGITransport(app=guard(app))  # type: ignore[arg-type] -- the same shape, other names
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        for path in (f"{atom_feed.FEED_PATH}{'A' * 32}.atom", f"{unsubscribe.UNSUBSCRIBE_PATH}{'A' * 56}"):
            assert (await client.get(path)).status_code == 404
    assert not (tmp_path / "news.db").exists()
    assert not (tmp_path / "desk.db").exists()


async def test_following_a_link_does_not_unsubscribe(news: News, now: dt.datetime) -> None:
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
    assert "¿Desea dejar de recibir los correos de la suscripción «Puerto» de Vigía?" in page.text
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
    assert row["recipient"] == unsubscribe.hash_recipient(desk.key("leave"), "puerto", "ana@example.org")
    stored = b"".join(path.read_bytes() for path in news.folder.glob("desk.db*"))
    assert b"example.org" not in stored.lower()


async def test_a_post_to_another_address_is_refused(news: News, now: dt.datetime) -> None:
    await alerted(news, now)
    desk = Desk(news, PUERTO, MINA)
    for url in (desk.feed_url(PUERTO), f"{BASE}/alerts/page.css", f"{BASE}/alerts/other"):
        assert (await desk.client.post(url)).status_code == 405
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert (await desk.client.request(method, desk.leave_url("ana@example.org"))).status_code == 405
    assert (await desk.client.post(f"{BASE}{unsubscribe.UNSUBSCRIBE_PATH}{'A' * 56}")).status_code == 404
    assert news.rows("SELECT * FROM departures") == []


async def test_a_link_of_a_removed_subscription_still_unsubscribes(news: News, now: dt.datetime) -> None:
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


async def test_a_damaged_database_gives_an_answer_without_a_path(news: News, now: dt.datetime) -> None:
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
def test_an_unsubscribe_address_can_be_read_by_this_desk_only(
    key: bytes, address: str, name: str, language: str
) -> None:
    url = unsubscribe.make_unsubscribe_url(
        address, key=key, subscription=name, language=language, public_url=BASE + "/"
    )
    assert url is not None
    token = url.removeprefix(f"{BASE}{unsubscribe.UNSUBSCRIBE_PATH}")
    assert re.fullmatch(r"[A-Za-z0-9_-]{56}", token)
    read = unsubscribe.read_unsubscribe_token(token, key=key, subscriptions=["other", name])
    assert read is not None
    assert (read.subscription, read.language) == (name, language)
    assert read.recipient == unsubscribe.hash_recipient(key, name, address)
    assert unsubscribe.read_unsubscribe_token(token, key=bytes(31) + b"x", subscriptions=[name]) is None
    assert unsubscribe.read_unsubscribe_token(token, key=key, subscriptions=["other"]) is None


@settings(deadline=None)  # a busy machine is no fault
@given(token=st.text(max_size=100), at=st.integers(0, 55), other=st.characters())
def test_an_invented_or_changed_token_is_not_read(token: str, at: int, other: str) -> None:
    key = bytes(32)
    assert unsubscribe.read_unsubscribe_token(token, key=key, subscriptions=["puerto"]) is None
    assert atom_feed.read_feed_token(token, key=key, subscriptions=["puerto"]) is None
    url = unsubscribe.make_unsubscribe_url("a@b.c", key=key, subscription="puerto", language="en", public_url=BASE)
    assert url is not None
    right = url.rpartition("/")[2]
    changed = right[:at] + other + right[at + 1 :]
    assert (unsubscribe.read_unsubscribe_token(changed, key=key, subscriptions=["puerto"]) is None) == (
        changed != right
    )


def test_an_address_in_an_unsupported_language_leads_to_an_english_page() -> None:
    url = unsubscribe.make_unsubscribe_url(
        "ana@example.org", key=bytes(32), subscription="puerto", language="fr", public_url=BASE
    )
    assert url is not None
    read = unsubscribe.read_unsubscribe_token(url.rpartition("/")[2], key=bytes(32), subscriptions=["puerto"])
    assert read is not None
    assert read.language == "en"
