"""A desk with invented news, a real SMTP server and a real webhook receiver on loopback."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.alert_desk import Mailbox, News, Receiver, free_port
from tests.fixtures.forked_children import fork_children

NOW = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def forked_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that send start as forks."""
    fork_children(monkeypatch)


@pytest.fixture
def news(tmp_path: Path) -> Iterator[News]:
    news = News(tmp_path)
    yield news
    news.db.close()


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    mailbox = Mailbox(port=free_port())
    mailbox.start()
    monkeypatch.setenv("TEAM_MAIL", mailbox.url("ana@example.org"))
    # The server's own log is not ours: it holds every word of every mail.
    monkeypatch.setattr(logging.getLogger("mail.log"), "disabled", True)
    yield mailbox
    mailbox.stop()


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    server = Receiver()
    server.start()
    monkeypatch.setenv("HOOK", server.url)
    yield server
    server.stop()


@pytest.fixture
def now() -> dt.datetime:
    return NOW
