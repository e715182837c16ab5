"""Heartbeats: a message for a subscription without matches, which says how the sources are."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from pydantic import ValidationError

from db.model.times import stamp
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import Mailbox, News

SATURDAY = dt.datetime(2026, 11, 21, 15, tzinfo=dt.UTC)  # 10:00 in Lima
MONDAY = dt.datetime(2026, 11, 23, 13, tzinfo=dt.UTC)  # 8:00 in Lima
DAY = dt.timedelta(days=1)


def ports(**keys: object) -> Subscription:
    known = {"name": "Ports", "query": "Chancay", "to": ("env:TEAM_MAIL",), "heartbeat": "weekly mon 08:00"}
    return Subscription.model_validate(known | keys)


def run(news: News, *subscriptions: Subscription, at: dt.datetime) -> None:
    asyncio.run(news.alerts(*subscriptions).run(at))


def test_a_week_without_matches_gives_one_heartbeat(news: News, mailbox: Mailbox) -> None:
    run(news, ports(), at=SATURDAY)
    assert mailbox.subjects == []
    for minutes in range(3):
        run(news, ports(), at=MONDAY + dt.timedelta(minutes=minutes))
    assert mailbox.subjects == ["[Vigía] Ports: nothing since 21 November 2026"]
    run(news, ports(), at=MONDAY + 7 * DAY)
    assert mailbox.subjects[1:] == ["[Vigía] Ports: nothing since 23 November 2026"]


def test_a_week_with_a_message_needs_no_heartbeat(news: News, mailbox: Mailbox) -> None:
    run(news, ports(), at=SATURDAY)
    news.article("Chancay recibe un buque")
    run(news, ports(), at=SATURDAY + DAY)
    run(news, ports(), at=MONDAY)
    assert len(mailbox.subjects) == 1
    assert "Chancay recibe un buque" in mailbox.subjects[0]
    run(news, ports(), at=MONDAY + 7 * DAY)
    assert mailbox.subjects[1:] == ["[Vigía] Ports: nothing since 23 November 2026"]


def test_an_alert_that_waits_for_its_digest_prevents_a_heartbeat(news: News, mailbox: Mailbox) -> None:
    weekly = ports(when="weekly tue 07:30")
    run(news, weekly, at=SATURDAY)
    news.article("Chancay recibe un buque")
    run(news, weekly, at=MONDAY)
    assert mailbox.subjects == []
    run(news, weekly, at=MONDAY + DAY)
    assert len(mailbox.subjects) == 1


def test_missed_weeks_give_one_heartbeat_after_quiet_hours(news: News, mailbox: Mailbox) -> None:
    quiet = ports(quiet="22:00-07:00")
    run(news, quiet, at=SATURDAY)
    night = MONDAY + 22 * DAY + dt.timedelta(hours=15)  # 23:00 in Lima
    run(news, quiet, at=night)
    assert mailbox.subjects == []
    run(news, quiet, at=night + dt.timedelta(hours=9))
    assert mailbox.subjects == ["[Vigía] Ports: nothing since 21 November 2026"]


def test_a_heartbeat_says_how_the_sources_are(news: News, mailbox: Mailbox) -> None:
    for name, outcome in (("andina", "ok"), ("gestion", "failed: answered 404")):
        news.outlet(name)
        at = stamp(SATURDAY)
        news.db["crawls"].insert({"outlet": name, "started": at, "finished": at, "outcome": outcome})
    alerts = news.alerts(ports(language="es"), watched_outlets={"andina", "gestion"})
    asyncio.run(alerts.run(SATURDAY))
    asyncio.run(alerts.run(MONDAY))
    ((_, mail),) = mailbox.received
    body = mail.get_body(("plain",))
    assert body is not None
    assert "1 de 2" in body.get_content()


def test_a_heartbeat_that_is_removed_and_added_again_starts_anew(news: News, mailbox: Mailbox) -> None:
    run(news, ports(), at=SATURDAY)
    run(news, ports(heartbeat=None), at=MONDAY)
    run(news, ports(), at=MONDAY + DAY)
    run(news, ports(), at=MONDAY + 7 * DAY)
    assert mailbox.subjects == ["[Vigía] Ports: nothing since 24 November 2026"]


def test_a_clock_that_ran_ahead_prevents_no_heartbeat(news: News, mailbox: Mailbox) -> None:
    run(news, ports(), at=SATURDAY + 400 * DAY)
    run(news, ports(), at=SATURDAY)
    run(news, ports(), at=MONDAY)
    assert mailbox.subjects == ["[Vigía] Ports: nothing since 21 November 2026"]


def test_a_heartbeat_cannot_be_immediate() -> None:
    with pytest.raises(ValidationError, match="nothing matched for so long"):
        ports(heartbeat="immediately")
