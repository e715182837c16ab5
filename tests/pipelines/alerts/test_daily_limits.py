from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import Mailbox, News

MORNING = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)  # 10:00 in Lima
MIDNIGHT = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)


async def test_alerts_over_the_daily_limit_are_counted_in_the_message_that_reaches_it(
    news: News, mailbox: Mailbox
) -> None:
    alerts = news.alerts(Subscription(name="Puerto", query="chancay", at_most=20, to=("env:TEAM_MAIL",)))
    await alerts.run(MORNING)
    for number in range(34):
        news.article(f"Chancay {number + 1}")
    run = await alerts.run(MORNING)
    assert (run.alerts, run.digests, run.sent) == (34, 1, 1)
    ((_, mail),) = mailbox.received
    assert mail["Subject"] == "[Vigía] Puerto: 20 new and 14 more — Chancay 1"
    for kind in ("plain", "html"):
        part = mail.get_body((kind,)).get_content()
        assert "and 14 more, over this subscription" in part
        assert ("/20" in part, "/21" in part) == (True, False)
    assert (await alerts.run(MIDNIGHT + dt.timedelta(hours=9))).digests == 0, "they are not told later"


async def test_later_alerts_of_that_day_are_counted_when_the_day_is_over(news: News) -> None:
    alerts = news.alerts(Subscription(name="Puerto", query="chancay", at_most=2))
    await alerts.run(MORNING)
    for number in range(5):
        news.article(f"Chancay {number + 1}")
        await alerts.run(MORNING + dt.timedelta(minutes=number))
    assert news.titles() == ["Chancay 1", "Chancay 2"]
    assert (await alerts.run(MIDNIGHT - dt.timedelta(seconds=1))).digests == 0
    assert (await alerts.run(MIDNIGHT)).digests == 1
    news.article("Chancay 6")
    await alerts.run(MIDNIGHT + dt.timedelta(minutes=1))
    assert news.titles() == ["Chancay 1", "Chancay 2", "and 3 more, over the ceiling of a day", "Chancay 6"]
    assert news.printed[2] == "Puerto: and 3 more, over the ceiling of a day"
    assert (await alerts.run(MIDNIGHT + dt.timedelta(days=2))).digests == 0


async def test_the_count_is_in_the_first_message_after_the_next_quiet_hours(news: News) -> None:
    alerts = news.alerts(Subscription(name="Puerto", query="chancay", at_most=1, quiet="22:00-07:00"))
    await alerts.run(MORNING)
    for number in range(3):
        news.article(f"Chancay {number + 1}")
        await alerts.run(MORNING + dt.timedelta(minutes=number))
    news.article("Chancay 4")
    assert (await alerts.run(MIDNIGHT + dt.timedelta(hours=1))).digests == 0
    assert (await alerts.run(MIDNIGHT + dt.timedelta(hours=7))).digests == 1
    assert news.titles() == ["Chancay 1", "Chancay 4", "and 2 more, over the ceiling of a day"]


async def test_a_daily_digest_over_the_daily_limit_says_how_many_more(news: News) -> None:
    alerts = news.alerts(Subscription(name="Diario", query="chancay", at_most=3, when="daily 07:30"))
    await alerts.run(MORNING)
    for number in range(5):
        news.article(f"Chancay {number + 1}")
    run = await alerts.run(MIDNIGHT + dt.timedelta(hours=8))
    assert run.digests == 1
    assert news.titles() == [*(f"Chancay {number + 1}" for number in range(3)), "and 2 more, over the ceiling of a day"]


async def test_with_a_high_daily_limit_the_last_of_several_messages_has_the_count(news: News) -> None:
    alerts = news.alerts(Subscription(name="Todo", query="chancay", at_most=150))
    await alerts.run(MORNING)
    for number in range(160):
        news.article(f"Chancay {number}")
    assert (await alerts.run(MORNING)).digests == 3
    assert news.titles()[149:] == ["Chancay 149", "and 10 more, over the ceiling of a day"]


async def test_after_the_daily_limit_is_raised_earlier_alerts_over_it_are_only_counted(news: News) -> None:
    await news.alerts(Subscription(name="Puerto", query="chancay", at_most=1)).run(MORNING)
    for number in range(2):
        news.article(f"Chancay {number + 1}")
        await news.alerts(Subscription(name="Puerto", query="chancay", at_most=1)).run(MORNING)
    news.article("Chancay 3")
    await news.alerts(Subscription(name="Puerto", query="chancay")).run(MORNING)
    assert news.titles() == ["Chancay 1", "Chancay 3", "and 1 more, over the ceiling of a day"]


@pytest.mark.parametrize("at_most", [0, -1, 2.5, "viel"])
def test_an_invalid_daily_limit_is_refused(at_most: Any) -> None:
    with pytest.raises(ValueError, match="at_most"):
        Subscription(name="a", query="b", at_most=at_most)
