"""Mail over TLS and with a login: an unknown certificate and a wrong password send nothing."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import Mailbox, News
from tests.fixtures.own_certificate import load_server_tls, write_certificate

MAIL = Subscription(name="Puerto", query="chancay", to=("env:TEAM_MAIL",))
Server = Callable[..., int]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's TLS with a certificate that it signed itself."""
    return load_server_tls(write_certificate(tmp_path_factory.mktemp("tls") / "both.pem", "127.0.0.1"))


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[Server]:
    """Start a server with these options of aiosmtpd that keeps its mail in `mailbox`; gives its port."""
    running: list[Controller] = []

    def start(**options: Any) -> int:
        mailbox.stop()
        controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port, **options)
        controller.start()
        running.append(controller)
        return int(mailbox.port)

    yield start
    for controller in running:
        controller.stop()


async def outcome(news: News, now: dt.datetime) -> Any:
    alerts = news.alerts(MAIL)
    await alerts.run(now)
    news.article("Chancay")
    await alerts.run(now)
    (row,) = news.rows("SELECT state, last_error FROM deliveries")
    return row["state"], row["last_error"]


async def test_a_server_with_an_untrusted_certificate_gets_no_mail(
    news: News,
    mailbox: Mailbox,
    server: Server,
    context: ssl.SSLContext,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = server(tls_context=context, require_starttls=True)
    monkeypatch.setenv("TEAM_MAIL", f"mailtos://127.0.0.1:{port}/ana@example.org?from=vigia@desk.example")
    state, error = await outcome(news, now)
    assert state == "waiting"
    assert error.startswith("no connection to the mail server (")
    assert mailbox.received == []


async def test_mail_goes_over_starttls_when_the_address_accepts_the_certificate(
    news: News,
    mailbox: Mailbox,
    server: Server,
    context: ssl.SSLContext,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = server(tls_context=context, require_starttls=True)
    monkeypatch.setenv("TEAM_MAIL", f"mailtos://127.0.0.1:{port}/ana@example.org?from=vigia@desk.example&verify=no")
    assert await outcome(news, now) == ("sent", None)
    assert len(mailbox.received) == 1


async def test_mail_goes_over_tls_from_the_first_byte_where_the_address_says_so(
    news: News,
    mailbox: Mailbox,
    server: Server,
    context: ssl.SSLContext,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = server(ssl_context=context)
    address = f"mailtos://127.0.0.1:{port}/ana@example.org?from=vigia@desk.example&mode=ssl"
    monkeypatch.setenv("TEAM_MAIL", address)
    state, error = await outcome(news, now)
    assert (state, mailbox.received) == ("waiting", []), error
    monkeypatch.setenv("TEAM_MAIL", f"{address}&verify=no")
    assert (await news.alerts(MAIL).run(now + dt.timedelta(minutes=2))).sent == 1


async def test_an_address_that_requires_tls_gets_nothing_without_it(
    news: News, mailbox: Mailbox, server: Server, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM_MAIL", f"mailtos://127.0.0.1:{server()}/ana@example.org?from=vigia@desk.example")
    state, error = await outcome(news, now)
    assert (state, error) == ("waiting", "the mail server offers no such TLS or login as the address asks for")
    assert mailbox.received == []


async def test_a_signed_webhook_is_not_sent_to_a_server_with_an_untrusted_certificate(
    news: News, context: ssl.SSLContext, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[bytes] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(100))
        writer.close()

    listener = await asyncio.start_server(receive, "127.0.0.1", 0, ssl=context)
    port = listener.sockets[0].getsockname()[1]
    key = base64.b64encode(bytes(32)).decode()
    monkeypatch.setenv("TEAM_MAIL", f"signed+https://{key}@127.0.0.1:{port}/hook")
    assert await outcome(news, now) == ("waiting", "no connection to the webhook (ConnectError)")
    assert received == []
    listener.close()


@pytest.mark.parametrize(("password", "state"), [("right", "sent"), ("wr0ng", "waiting")])
async def test_a_login_is_sent_and_its_refusal_is_an_error(
    news: News,
    mailbox: Mailbox,
    server: Server,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
    password: str,
    state: str,
) -> None:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
        assert isinstance(login, LoginPassword)
        return AuthResult(success=login == LoginPassword(b"vigia", b"right"), handled=False)

    port = server(authenticator=check, auth_required=True, auth_require_tls=False)
    address = f"mailto://vigia:{password}@desk.example:{port}/ana@example.org?smtp=127.0.0.1"
    monkeypatch.setenv("TEAM_MAIL", address)
    assert await outcome(news, now) == (
        state,
        None if state == "sent" else "the mail server refused the login (535)",
    )
    assert len(mailbox.received) == (state == "sent")
