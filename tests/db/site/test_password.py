"""The password of the reading room: login, logout, cookies, and the limit of wrong attempts."""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from datasette_auth_passwords.utils import hash_password, verify_password

from db.connection import open_news
from db.site import password
from db.site.password import AccessError, FailedAttempts, check_hash, hash_new_password
from db.site.readers import sessions
from db.site.server import ReaderAccess, SiteError, SiteServer, is_loopback
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until_async

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

PASSWORD = "un puerto, dos grúas"
HASH = hash_password(PASSWORD, iterations=10_000)  # few, so that the tests are quick
LOCK = ReaderAccess(password_hash=HASH, secret="s" * 64)
HTML = {"accept": "text/html"}
PLACES = [
    "/", "/?q=china", "/article/1", "/outlets", "/news", "/news/articles", "/news/articles.json", "/news/articles.csv",
    "/news/search?words=china", "/news/articles/1.json", "/-/versions.json", "/-/actor.json", "/-/static/app.css",
    "/search.atom", "/search.csv", "/search.json", "/article/1.ris", "/subscribe", "/concept/china", "/robots.txt",
    "/site/../news", "/-/login/", "/.json", "/nothing",
]  # fmt: skip


@pytest.fixture(scope="module")
def news_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "news.db"
    open_news(path).close()
    return path


@pytest.fixture
def site(news_db: Path) -> Iterator[SiteServer]:
    with SiteServer(news_db, port=0, name="Mesa", access=LOCK) as server:
        yield server


@pytest.fixture
def reader(site: SiteServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url) as client:
        yield client


def enter(client: httpx.Client, password: str = PASSWORD, **more: Any) -> httpx.Response:
    return client.post("/-/login", data={"password": password, "next": more.pop("onward", "/")}, **more)


def test_no_page_can_be_read_without_the_password(reader: httpx.Client) -> None:
    for place in PLACES:
        assert reader.get(place).status_code in (401, 404), place
        turned = reader.get(place, headers=HTML)
        assert turned.status_code in (303, 404), place
        assert turned.headers.get("location", "/-/login").startswith("/-/login"), place
        assert "content-security-policy" in turned.headers
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        assert reader.request(method, "/news").status_code in (401, 405)
    assert reader.get("/", headers={"authorization": "Basic !!"}).status_code == 401
    assert reader.get("/site/login.css").status_code == 200
    assert reader.get("/-/password-tool").status_code == 404


def test_the_right_password_leads_to_the_page_that_was_asked_for(reader: httpx.Client) -> None:
    turned = reader.get("/?q=Chancay&language=es", headers=HTML)
    page = reader.get(turned.headers["location"], headers=HTML)
    assert page.status_code == 200
    assert 'name="next" value="/?q=Chancay&amp;language=es"' in page.text
    assert "<style" not in page.text
    assert "style=" not in page.text
    opened = enter(reader, onward="/?q=Chancay&language=es")
    assert (opened.status_code, opened.headers["location"]) == (303, "/?q=Chancay&language=es")
    cookie = opened.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    seen = reader.get("/")
    assert seen.status_code == 200
    assert "private" in seen.headers["cache-control"]
    assert 'action="/-/logout"' in seen.text
    assert reader.get("/-/login", headers=HTML).headers["location"] == "/"
    assert reader.post("/").status_code == 405


def test_after_logging_out_the_password_is_asked_for_again(reader: httpx.Client) -> None:
    enter(reader)
    assert reader.get("/-/logout").status_code == 405  # a picture on another page must not log anybody out
    assert reader.post("/-/logout", headers={"sec-fetch-site": "cross-site"}).status_code == 405
    assert reader.get("/outlets").status_code == 200
    assert reader.post("/-/logout").headers["location"] == "/-/login"
    assert reader.get("/outlets").status_code == 401


def test_a_wrong_password_gives_no_cookie(reader: httpx.Client) -> None:
    for wrong in ("", "UN PUERTO, DOS GRÚAS", PASSWORD + " ", HASH, "x" * 5000):
        answer = enter(reader, wrong)
        assert answer.status_code == 403, wrong
        assert "set-cookie" not in answer.headers
        assert "Wrong password." in answer.text
    assert reader.post("/-/login", content=b"&".join(b"a=1" for _ in range(30))).status_code == 403
    assert reader.get("/").status_code == 401


@pytest.mark.parametrize(
    "onward",
    ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "/\r\nA: b", "/-/logout", ""],
)  # fmt: skip
def test_login_redirects_to_no_other_site(reader: httpx.Client, onward: str) -> None:
    answer = enter(reader, onward=onward)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_form_sent_by_another_site_is_refused(reader: httpx.Client, site: SiteServer) -> None:
    assert enter(reader, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert enter(reader, headers={"origin": "https://evil.test"}).status_code == 403
    assert enter(reader, headers={"origin": site.url}).status_code == 303
    assert enter(reader, headers={"sec-fetch-site": "same-origin", "origin": "null"}).status_code == 303


def test_cookies_of_another_key_password_or_time_open_nothing(
    reader: httpx.Client, news_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(reader)
    cookie = reader.cookies["ds_actor"]
    others = [
        ReaderAccess(password_hash=HASH, secret="t" * 64),
        ReaderAccess(password_hash=hash_password("otra contraseña", iterations=10_000), secret=LOCK.secret),
    ]
    for lock in others:
        with SiteServer(news_db, port=0, access=lock) as other:
            assert httpx.get(other.url, cookies={"ds_actor": cookie}).status_code == 401
    with SiteServer(news_db, port=0, access=LOCK) as again:  # a restart keeps people in
        assert httpx.get(again.url, cookies={"ds_actor": cookie}).status_code == 200
        for forged in ("", "a.b", cookie[:-1], cookie + "x", "e30.abc"):
            assert httpx.get(again.url, cookies={"ds_actor": forged}).status_code == 401
        now = sessions.time.time()
        monkeypatch.setattr(sessions.time, "time", lambda: now + sessions.SESSION_SECONDS + 1)
        assert httpx.get(again.url, cookies={"ds_actor": cookie}).status_code == 401


def test_after_ten_wrong_passwords_an_address_has_to_wait(reader: httpx.Client) -> None:
    for number in range(password.MAX_WRONG_PASSWORDS):
        forged = {"x-forwarded-for": f"198.51.100.{number}", "forwarded": f"for=198.51.100.{number}"}
        assert enter(reader, "wrong", headers=forged).status_code == 403
    waiting = enter(reader)
    assert waiting.status_code == 429  # the right one too: else a guesser would know
    assert int(waiting.headers["retry-after"]) == 15 * 60
    assert "Try again in 15 minutes." in waiting.text
    assert reader.get("/").status_code == 401


def test_attempts_are_counted_by_address_forgiven_one_by_one_and_forgotten_with_time() -> None:
    now = 1000.0
    attempts = FailedAttempts(clock=lambda: now)
    for _ in range(password.MAX_WRONG_PASSWORDS):
        assert attempts.wait("a") == 0
        attempts.count("a")
    assert attempts.wait("a") == password.ATTEMPT_WINDOW_SECONDS
    assert attempts.wait("b") == 0
    attempts.forgive("a")
    assert attempts.wait("a") == 0
    attempts.count("a")
    now += password.ATTEMPT_WINDOW_SECONDS - 1
    assert attempts.wait("a") == 1
    now += 1
    assert attempts.wait("a") == 0
    for number in range(password.MAX_COUNTED_ADDRESSES + 5):
        attempts.count(f"address {number}")
    assert len(attempts._wrong) == password.MAX_COUNTED_ADDRESSES


def test_many_guesses_at_once_do_not_hold_up_the_readers(news_db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checking, answer = threading.Event(), threading.Event()

    def verify(password: str, password_hash: str) -> bool:
        if password != PASSWORD:
            checking.set()
            answer.wait(DEADLINE_SECONDS)
        return bool(verify_password(password, password_hash))

    async def main(url: str) -> None:
        async with httpx.AsyncClient(base_url=url, timeout=DEADLINE_SECONDS) as client:
            data = {"password": PASSWORD, "next": "/"}
            assert (await client.post("/-/login", data=data)).status_code == 303
            assert (await client.get("/help")).status_code == 200  # its templates are read
            guesses = [asyncio.create_task(client.post("/-/login", data={"password": "x"})) for _ in range(14)]
            await wait_until_async(checking.is_set, what="the check of a guess")
            assert (await client.get("/help")).status_code == 200
            assert not all(guess.done() for guess in guesses)
            answer.set()
            codes = [answer.status_code for answer in await asyncio.gather(*guesses)]
            assert codes.count(403) <= password.MAX_WRONG_PASSWORDS
            assert set(codes) == {403, 429}

    monkeypatch.setattr("db.site.password_gate.verify_password", verify)
    with SiteServer(news_db, port=0, access=LOCK) as site:
        asyncio.run(main(site.url))


def test_without_a_password_login_and_the_plugins_pages_are_closed(news_db: Path) -> None:
    with SiteServer(news_db, port=0) as site, httpx.Client(base_url=site.url) as client:
        assert client.get("/").status_code == 200
        for place in ("/-/login", "/-/logout", "/-/password-tool", "/-/login.json"):
            assert client.get(place).status_code == 404, place
            assert client.post(place).status_code in (404, 405), place
        assert client.get("/", headers={"authorization": "Basic !!"}).status_code == 200
        assert "/-/log" not in client.get("/").text


def test_mounted_addresses_with_their_own_key_need_no_password(news_db: Path) -> None:
    async def feed(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": scope["method"].encode()})

    with SiteServer(news_db, port=0, access=LOCK, mounts={"/alerts/": feed}) as site:
        assert httpx.get(f"{site.url}/alerts/feed/token.atom").text == "GET"
        assert httpx.post(f"{site.url}/alerts/unsubscribe/token").text == "POST"
        assert httpx.post(f"{site.url}/alerts/feed/token.atom").status_code == 405
        for place in ("/", "/alerts", "/alertsfeed", "/news/alerts/feed/"):
            assert httpx.get(site.url + place).status_code == 401, place


def test_the_cookie_of_a_site_with_tls_is_sent_through_tls_alone(news_db: Path) -> None:
    with SiteServer(news_db, port=0, access=LOCK, public_url="https://vigia.example.org") as site:
        answer = httpx.post(f"{site.url}/-/login", data={"password": PASSWORD})
        assert "; Secure" in answer.headers["set-cookie"]
        assert httpx.get(site.url, headers={"host": "vigia.example.org"}).status_code == 401
        assert httpx.get(site.url, headers={"host": "rebound.example"}).status_code == 421


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "vigia.example.org", ""])
def test_a_server_on_the_network_does_not_start_without_a_password(news_db: Path, host: str) -> None:
    with pytest.raises(SiteError, match="set \\[desk\\] password"):
        SiteServer(news_db, host=host, port=0)
    SiteServer(news_db, host=host, port=0, access=LOCK)
    assert not is_loopback(host)


def test_a_hash_is_the_plugins_and_short_passwords_have_none() -> None:
    made = hash_new_password("correct horse battery")
    assert check_hash(made) == made
    assert verify_password("correct horse battery", made)
    with pytest.raises(AccessError, match="fewer than 12"):
        hash_new_password("short")
    for no_hash in ("", "correct horse battery", "md5$1$2$3", made[:-20], f"{made}\nmore"):
        with pytest.raises(AccessError, match="vigia hash-password") as told:
            check_hash(no_hash)
        assert not no_hash or no_hash not in str(told.value)


def test_reader_access_shows_neither_hash_nor_secret() -> None:
    assert HASH not in repr(LOCK)
    assert LOCK.secret not in repr(LOCK)
    assert importlib.util.find_spec("datasette_auth_passwords")
