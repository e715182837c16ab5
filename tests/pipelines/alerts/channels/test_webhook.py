"""Signed webhooks against real servers on loopback; signatures are checked by the specification's own package."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import json
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook, WebhookVerificationError

from pipelines.alerts.channels import webhook
from pipelines.alerts.errors import SendError
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import News
from tests.fixtures.digest_example import trial_message
from tests.fixtures.paths import ROOT
from tests.fixtures.waiting import DEADLINE_SECONDS

KEY = "whsec_" + base64.b64encode(bytes(range(200, 232))).decode()  # holds "/" and "+" among others
HOOK = Subscription(name="Gancho", query="chancay", to=("env:SIGNED",))
SCHEMA = Draft202012Validator(webhook.load_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)

Write = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """A server that reads a whole request and answers with `answer`, or as `way` does."""

    port: int = 0
    answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
    way: Write | None = None
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def address(self, key: str = KEY, path: str = "/hooks/s3cr3t-path?k=s3cr3t-query") -> str:
        return f"signed+http://{key}@127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append((first, headers, body))
        try:
            if self.way is not None:
                await self.way(reader, writer)
            else:
                writer.write(self.answer)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    server = Server()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    monkeypatch.setenv("SIGNED", server.address())
    yield server
    listener.close()


async def begin(news: News, now: dt.datetime, *, limit: float = DEADLINE_SECONDS) -> Any:
    alerts = news.alerts(HOOK, limit=limit)
    await alerts.run(now)
    news.outlet("diario", country="PE", kind="press", ownership="private")
    news.article("Chancay ¡abre! 钱凯港", paywalled=1)
    return alerts


def delivery(news: News) -> tuple[str, str | None]:
    (row,) = news.rows("SELECT state, last_error FROM deliveries")
    return row["state"], row["last_error"]


async def test_a_receiver_verifies_the_signature_and_finds_plain_fields(
    news: News, server: Server, now: dt.datetime
) -> None:
    alerts = await begin(news, now)
    assert (await alerts.run(now)).sent == 1
    ((first, headers, body),) = server.requests
    assert first == "POST /hooks/s3cr3t-path?k=s3cr3t-query HTTP/1.1"
    message = Webhook(KEY).verify(body, headers)
    SCHEMA.validate(message)
    assert message["type"] == "alerts.digest"
    assert headers["webhook-id"] == message["data"]["digest"]
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert "authorization" not in headers, "the key stays here"
    assert message["data"]["subscription"] == {"id": "gancho", "name": "Gancho", "query": "chancay"}
    (story,) = message["data"]["stories"]
    wanted = {
        "title": "Chancay ¡abre! 钱凯港",
        "url": "https://diario.example/1",
        "outlet": "Diario",
        "country": "PE",
        "kind": "press",
        "ownership": "private",
        "published": "2026-11-22T13:30:00Z",
        "language": "es",
        "flags": ["paywalled"],
        "also": [],
        "updated": None,
        "revision": None,
    }
    assert {name: story[name] for name in wanted} == wanted
    assert any("Chancay" in snippet for snippet in story["snippets"])


async def test_a_changed_body_or_another_key_does_not_verify(server: Server) -> None:
    await webhook.post_message(webhook.parse_webhook_address(server.address()), trial_message(), limit=5)
    ((_, headers, body),) = server.requests
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY).verify(body.replace(b"Puerto", b"Puerta"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY).verify(body, headers | {"webhook-id": "b" * 24})


async def test_a_message_signed_with_two_keys_is_verified_with_either(server: Server) -> None:
    other = "whsec_" + base64.b64encode(b"x" * 24).decode()
    await webhook.post_message(
        webhook.parse_webhook_address(server.address(f"{KEY},{other}")), trial_message(), limit=5
    )
    ((_, headers, body),) = server.requests
    for key in (KEY, other):
        assert Webhook(key).verify(body, headers)["type"] == "alerts.test"
    SCHEMA.validate(json.loads(body))


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "204 No Content"])
async def test_any_2xx_is_accepted_and_its_body_is_not_read(
    news: News, server: Server, now: dt.datetime, status: str
) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\n\r\n".encode())
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    server.way = endless
    alerts = await begin(news, now)
    assert (await alerts.run(now)).sent == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 500 No\r\n\r\ns3cr3t-answer", "the webhook did not take the message: it answered 500"),
        (b"HTTP/1.1 404 No\r\n\r\n", "the webhook did not take the message: it answered 404"),
        (b"HTTP/1.1 429 No\r\nRetry-After: 9\r\n\r\n", "the webhook did not take the message: it answered 429"),
        (b"s3cr3t-answer, and no HTTP at all\r\n\r\n", "the webhook's answer is no HTTP, or broke off"),
        (b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 2_000_000, "the webhook's answer is no HTTP, or broke off"),
        (b"\x16\x03\x01\x00\x00\xff\xff\r\n\r\n", "the webhook's answer is no HTTP, or broke off"),
        (b"HTTP/1.1 2", "the webhook's answer is no HTTP, or broke off"),
        (b"", "the webhook's answer is no HTTP, or broke off"),
    ],
)
async def test_a_refused_message_is_sent_again_with_the_same_id(
    news: News, server: Server, now: dt.datetime, answer: bytes, error: str
) -> None:
    server.answer = answer
    alerts = await begin(news, now)
    assert (await alerts.run(now)).waiting == 1
    assert delivery(news) == ("waiting", error)
    server.answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    assert (await alerts.run(now + dt.timedelta(minutes=1))).sent == 1
    assert len({headers["webhook-id"] for _, headers, _ in server.requests}) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(server: Server, status: int) -> None:
    server.answer = f"HTTP/1.1 {status} Go\r\nLocation: http://127.0.0.1:{server.port}/elsewhere\r\n\r\n".encode()
    with pytest.raises(SendError, match=f"redirects \\(it answered {status}\\)"):
        await webhook.post_message(webhook.parse_webhook_address(server.address()), trial_message(), limit=5)
    assert [first.split()[1] for first, _, _ in server.requests] == ["/hooks/s3cr3t-path?k=s3cr3t-query"]


@pytest.mark.parametrize(
    "host",
    ["a" * 70 + ".example", ".".join(["a" * 60] * 5), "127.0.0.1:1", "[::1]:1", "host.invalid", "ex..ample", "-._"],
)
async def test_an_unreachable_or_invalid_host_is_an_error_without_its_name(host: str) -> None:
    with pytest.raises(SendError) as caught:
        await webhook.post_message(
            webhook.parse_webhook_address(f"signed+http://{KEY}@{host}/hook"), trial_message(), limit=5
        )
    assert str(caught.value) == webhook._ADDRESS_HELP or str(caught.value).startswith("no connection to the webhook (")
    assert host not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_dropped_connection_is_an_error_and_tried_again(news: News, server: Server, now: dt.datetime) -> None:
    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    server.way = drop
    alerts = await begin(news, now)
    assert (await alerts.run(now)).waiting == 1
    state, error = delivery(news)
    assert state == "waiting"
    assert error in ("no connection to the webhook (ReadError)", "the webhook's answer is no HTTP, or broke off")


@pytest.mark.parametrize("dribbles", [False, True])
async def test_an_attempt_ends_at_its_time_limit_if_the_receiver_hangs_or_is_slow(
    news: News, server: Server, now: dt.datetime, dribbles: bool
) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        letter = b"H"
        while not reader.at_eof():  # until the client leaves
            if dribbles:
                writer.write(letter)
                await writer.drain()
                letter = b"T"
            await asyncio.sleep(0.05)  # a receiver that is slow

    server.way = hang
    alerts = await begin(news, now, limit=0.5)
    async with asyncio.timeout(DEADLINE_SECONDS):
        assert (await alerts.run(now)).waiting == 1
    assert delivery(news)[1] in ("the webhook gave no answer in time", "no answer within 0.5 s")


async def test_a_receiver_that_answers_410_is_given_up_at_once_with_an_error(
    news: News, server: Server, now: dt.datetime, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer = b"HTTP/1.1 410 Gone\r\n\r\n"
    alerts = await begin(news, now)
    run = await alerts.run(now)
    assert (run.failed, run.waiting) == (1, 0)
    assert delivery(news)[0] == "failed"
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == (
        'subscription "Gancho", env:SIGNED: gave up after 1 attempt: '
        "the webhook is gone (it answered 410); take it out of the subscription"
    )
    await alerts.run(now + dt.timedelta(hours=2))
    assert len(server.requests) == 1


async def test_no_secret_of_a_webhook_reaches_a_log_an_error_or_a_database(
    news: News, server: Server, now: dt.datetime, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    alerts = await begin(news, now)
    ways = (b"HTTP/1.1 500 No\r\n\r\ns3cr3t-answer", b"garbage s3cr3t-answer\r\n\r\n", b"HTTP/1.1 204 Yes\r\n\r\n")
    for hour, server.answer in enumerate(ways):
        await alerts.run(now + dt.timedelta(hours=hour))
    monkeypatch.setenv("SIGNED", server.address("whsec_tooshort"))
    tested = await alerts.send_test("gancho")
    said = caplog.text + repr(tested) + repr(alerts.list_subscriptions()) + "\n".join(news.printed)
    said += "\n".join(news.db.conn.iterdump()) + repr(news.rows("SELECT * FROM deliveries"))
    stored = b"".join(path.read_bytes() for path in news.folder.glob("*.db*"))
    for secret in ("s3cr3t", KEY[6:20], "tooshort", str(server.port)):
        assert secret not in said
    for secret in ("s3cr3t", KEY[6:20], "tooshort"):
        assert secret.encode() not in stored
    assert delivery(news)[0] == "sent"


def documented(language: str) -> str:
    text = (ROOT / "docs" / "channels.md").read_text("utf-8")
    (block,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return str(block)


async def test_the_documented_example_is_valid_and_the_documented_code_reads_a_message(server: Server) -> None:
    example = json.loads(documented("json"))
    SCHEMA.validate(example)
    Draft202012Validator.check_schema(webhook.load_schema())
    fields = webhook.load_schema()["$defs"]["story"]
    assert set(example["data"]["stories"][0]) == set(fields["required"]) == set(fields["properties"])
    await webhook.post_message(webhook.parse_webhook_address(server.address()), trial_message(), limit=5)
    ((_, headers, body),) = server.requests
    known: dict[str, Any] = {}
    exec(documented("python"), known)
    message = known["read"](KEY, headers, body)
    SCHEMA.validate(message)
    assert (message["type"], message["data"]["stories"]) == ("alerts.test", [])


def test_a_message_without_facts_is_sent_as_a_notice() -> None:
    notice = replace(trial_message(), kind="notice", facts=None, text="Gestión is silent")
    message = json.loads(webhook.build_payload(notice))
    SCHEMA.validate(message)
    assert (message["type"], message["data"]["text"]) == ("alerts.notice", "Gestión is silent")
