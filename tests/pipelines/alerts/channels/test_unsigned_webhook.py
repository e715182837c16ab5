"""Webhooks without a signature, which Apprise sends: against a real server on loopback."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest

from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import News, Receiver
from tests.fixtures.waiting import DEADLINE_SECONDS

HOOK = Subscription(name="Gancho", query="chancay", to=("env:HOOK",))


async def begin(
    news: News, now: dt.datetime, *subscriptions: Subscription, limit: float = DEADLINE_SECONDS, articles: int = 1
) -> Any:
    """Alerts of these subscriptions, with articles that all of them match."""
    alerts = news.alerts(*subscriptions, limit=limit)
    await alerts.run(now)
    for number in range(articles):
        news.article(f"Chancay {number + 1}")
    return alerts


async def test_a_webhook_gets_the_text_with_addresses_and_an_idempotency_key(
    news: News, receiver: Receiver, now: dt.datetime
) -> None:
    alerts = await begin(news, now, HOOK)
    assert (await alerts.run(now)).sent == 1
    ((path, headers, body),) = receiver.requests
    assert path == "/hooks/s3cr3t-path"
    assert body["title"] == "[Vigía] Gancho: 1 new — Chancay 1"
    assert "https://diario.example/1" in body["message"]
    assert len(headers["Idempotency-Key"]) == 24


@pytest.mark.parametrize("asked", ["", "?redirect=yes"])
async def test_a_redirecting_webhook_is_refused(
    news: News, receiver: Receiver, now: dt.datetime, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setenv("HOOK", receiver.url + asked)
    receiver.status, receiver.headers = 302, {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
    alerts = await begin(news, now, HOOK)
    run = await alerts.run(now)
    assert (run.sent, run.waiting) == (0, 1)
    assert [path for path, _, _ in receiver.requests] == ["/hooks/s3cr3t-path"]
    assert news.rows("SELECT last_error FROM deliveries") == [
        {"last_error": "JSON did not take the message: it answered 302"}
    ]


@pytest.mark.parametrize("status", [400, 404, 500, 503])
async def test_a_webhook_that_answers_an_error_is_tried_again(
    news: News, receiver: Receiver, now: dt.datetime, status: int
) -> None:
    receiver.status = status
    alerts = await begin(news, now, HOOK)
    assert (await alerts.run(now)).waiting == 1
    receiver.status = 204
    assert (await alerts.run(now + dt.timedelta(minutes=1))).sent == 1
    assert len({headers["Idempotency-Key"] for _, headers, _ in receiver.requests}) == 1


async def test_an_attempt_ends_at_its_time_limit_if_the_webhook_hangs(
    news: News, receiver: Receiver, now: dt.datetime
) -> None:
    receiver.wait = threading.Event()
    alerts = await begin(news, now, HOOK, limit=0.5)
    assert (await alerts.run(now)).waiting == 1  # the receiver would accept it after DEADLINE_SECONDS
    receiver.wait.set()
