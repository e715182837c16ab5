from __future__ import annotations

import pytest

from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import News, utc

DAILY = Subscription(name="Diario", query="chancay", when="daily 07:30")


async def test_a_daily_digest_collects_the_day_and_is_sent_once(news: News) -> None:
    alerts = news.alerts(DAILY)
    await alerts.run(utc("2026-11-22T06:00"))
    news.article("Chancay 1")
    assert (await alerts.run(utc("2026-11-22T07:00"))).digests == 0
    news.article("Chancay 2")
    assert (await alerts.run(utc("2026-11-22T12:29"))).digests == 0
    run = await alerts.run(utc("2026-11-22T12:30"))
    assert (run.digests, run.sent) == (1, 1)
    assert news.titles() == ["Chancay 1", "Chancay 2"]
    assert (await alerts.run(utc("2026-11-22T12:31"))).digests == 0
    assert alerts.list_subscriptions()[0].next_digest == utc("2026-11-23T12:30")


async def test_a_digest_that_was_missed_while_the_machine_was_off_comes_once_at_start(news: News) -> None:
    await news.alerts(DAILY).run(utc("2026-11-20T00:00"))
    news.article("Chancay")
    runs = [await news.alerts(DAILY).run(utc(f"2026-11-23T18:0{minute}")) for minute in range(3)]
    assert [run.digests for run in runs] == [1, 0, 0]


async def test_a_day_without_alerts_makes_no_message(news: News) -> None:
    alerts = news.alerts(DAILY)
    await alerts.run(utc("2026-11-22T00:00"))
    run = await alerts.run(utc("2026-11-22T13:00"))
    assert (run.digests, run.sent) == (0, 0)
    assert alerts.list_subscriptions()[0].next_digest == utc("2026-11-23T12:30")


async def test_a_changed_schedule_or_zone_moves_the_next_digest(news: News) -> None:
    await news.alerts(DAILY).run(utc("2026-11-22T00:00"))
    later = news.alerts(Subscription(name="Diario", query="chancay", when="daily 09:00"))
    await later.run(utc("2026-11-22T01:00"))
    assert later.list_subscriptions()[0].next_digest == utc("2026-11-22T14:00")
    elsewhere = news.alerts(Subscription(name="Diario", query="chancay", when="daily 09:00"), timezone="Asia/Shanghai")
    await elsewhere.run(utc("2026-11-22T00:30"))
    assert elsewhere.list_subscriptions()[0].next_digest == utc("2026-11-22T01:00")
    news.article("Chancay")
    at_once = news.alerts(Subscription(name="Diario", query="chancay"))
    assert (await at_once.run(utc("2026-11-22T00:40"))).sent == 1


async def test_a_clock_that_ran_ahead_delays_no_digest(news: News) -> None:
    alerts = news.alerts(DAILY)
    await alerts.run(utc("2031-01-01T00:00"))
    news.article("Chancay")
    await alerts.run(utc("2026-11-22T00:00"))
    assert alerts.list_subscriptions()[0].next_digest == utc("2026-11-22T12:30")
    assert (await alerts.run(utc("2026-11-22T12:30"))).sent == 1


async def test_many_alerts_become_several_digests_and_none_is_lost(news: News) -> None:
    alerts = news.alerts(Subscription(name="Todo", query="chancay"))
    await alerts.run(utc("2026-11-22T00:00"))
    for number in range(205):
        news.article(f"Chancay {number}")
    run = await alerts.run(utc("2026-11-22T00:01"))
    assert (run.alerts, run.digests, run.sent) == (205, 5, 5)
    assert news.titles() == [f"Chancay {number}" for number in range(205)]


@pytest.mark.parametrize(
    "when", ["daily 7:30", "daily 24:00", "hourly 5", "weekly 07:30", "weekly monday 07:30", "daily", "immediately "]
)
def test_an_invalid_schedule_is_refused(when: str) -> None:
    if when == "immediately ":
        assert Subscription(name="a", query="b", when=when).when == "immediately"
    else:
        with pytest.raises(ValueError, match='write "immediately", "hourly"'):
            Subscription(name="a", query="b", when=when)
