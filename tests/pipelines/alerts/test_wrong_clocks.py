"""Each table of alerts under a clock that is wrong for some hours and then set right: nothing is lost or repeated.

The rows of the table in docs/server.md, "When the clock was wrong", that concern alerts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

import pytest

from db.connection import open_desk
from db.desk.notices import read_digest_notices
from db.model.times import read_stamp
from pipelines.alerts.notices import MIN_MESSAGE_INTERVAL, Condition, make_operator, record_conditions
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.alerts.subscriptions.timing import find_next_moment
from tests.fixtures.alert_conditions import DEAD, FULL, SILENT
from tests.fixtures.alert_desk import Mailbox, News

NOON = dt.datetime(2026, 11, 22, 17, tzinfo=dt.UTC)  # in Lima
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
WRONG = {"a day ahead": DAY, "a year ahead": 365 * DAY, "a day back": -DAY, "begun in 1970": -20_780 * DAY}
WRONG_HOURS = 6

pytestmark = pytest.mark.slow

wrong_clocks = pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
# Zero hours: the clock is wrong from the start, as where a machine has lost its clock's battery.
right_before = pytest.mark.parametrize("hours", [0, 3], ids=["at boot", "while it runs"])


def moments(hours: int, wrong: dt.timedelta) -> Iterator[dt.datetime]:
    """The desk's clock each hour: right for some hours, then wrong, then right again."""
    for hour in range(hours + WRONG_HOURS + 3):
        yield NOON + hour * HOUR + (wrong if hours <= hour < hours + WRONG_HOURS else dt.timedelta())


async def publish_hourly(news: News, subscription: Subscription, *, hours: int, wrong: dt.timedelta) -> dt.datetime:
    """An article and a run of alerts in each hour; returns the last moment, by the right clock."""
    alerts = news.alerts(subscription)
    now = next(moments(hours, wrong))
    await alerts.run(now)
    for number, now in enumerate(moments(hours, wrong)):
        news.article(f"Chancay {number}")
        await alerts.run(now)
    return now


def published(hours: int) -> list[str]:
    return [f"Chancay {number}" for number in range(hours + WRONG_HOURS + 3)]


@right_before
@wrong_clocks
@pytest.mark.parametrize("when", ["immediately", "hourly", "daily 07:30", "weekly mon 07:30"])
async def test_digests_list_each_article_once_and_the_next_comes_by_its_rhythm(
    news: News, when: str, wrong: dt.timedelta, hours: int
) -> None:
    subscription = Subscription(name="Puerto", query="chancay", when=when)
    now = await publish_hourly(news, subscription, hours=hours, wrong=wrong)
    rhythm_due = find_next_moment(when, now, zone="America/Lima")
    planned = news.alerts(subscription).list_subscriptions(now)[0].next_digest
    assert planned == rhythm_due
    await news.alerts(subscription).run(rhythm_due or now)
    assert sorted(news.titles()) == sorted(published(hours))


@right_before
@wrong_clocks
async def test_heartbeats_come_again_by_their_rhythm(news: News, wrong: dt.timedelta, hours: int) -> None:
    subscription = Subscription(name="Puerto", query="chancay", heartbeat="daily 08:00")
    now = await publish_hourly(news, subscription, hours=hours, wrong=wrong)
    assert sorted(news.titles()) == sorted(published(hours))
    told = []
    for hour in range(1, 80):
        run = await news.alerts(subscription).run(now + hour * HOUR)
        told += [now + hour * HOUR] * run.digests
    # None on the day after the articles, nor on the next where the wrong clock stamped a message with that day.
    third = dt.datetime(2026, 11, 25, 13, tzinfo=dt.UTC)
    assert told in ([third - DAY, third], [third])


@right_before
@wrong_clocks
async def test_deliveries_that_a_target_refused_meanwhile_arrive_once(
    news: News, mailbox: Mailbox, wrong: dt.timedelta, hours: int
) -> None:
    mailbox.answer = lambda: "451 not now"
    subscription = Subscription(name="Puerto", query="chancay", to=("env:TEAM_MAIL",))
    now = await publish_hourly(news, subscription, hours=hours, wrong=wrong)
    mailbox.answer = lambda: "250 kept"
    for minutes in (60, 61, 62):
        await news.alerts(subscription).run(now + dt.timedelta(minutes=minutes))
    assert {row["state"] for row in news.rows("SELECT state FROM deliveries")} == {"sent"}
    assert sorted(subject.partition(" — ")[2] for subject in mailbox.subjects) == sorted(published(hours))


@right_before
@wrong_clocks
async def test_daily_limits_list_as_many_as_they_allow_and_count_the_others(
    news: News, wrong: dt.timedelta, hours: int
) -> None:
    subscription = Subscription(name="Puerto", query="chancay", at_most=2)
    now = await publish_hourly(news, subscription, hours=hours, wrong=wrong)
    for day in (1, 2, 3):
        await news.alerts(subscription).run(now + day * DAY)
    rows = news.rows("SELECT digest, over FROM alerts")
    assert len(rows) == len(published(hours))
    assert all(row["digest"] is not None for row in rows), "each is listed or counted"
    listed = [title for title in news.titles() if title.startswith("Chancay")]
    assert len(listed) == len(set(listed))
    days = dict.fromkeys(listed)
    assert 2 <= len(days) <= 4, "two of the right day, two of the wrong one"
    news.article("Chancay 99")
    await news.alerts(subscription).run(now + 5 * DAY)
    assert news.titles()[-1] == "Chancay 99"


@right_before
@wrong_clocks
def test_notices_report_each_beginning_and_end_once_and_one_message_an_hour(
    news: News, wrong: dt.timedelta, hours: int
) -> None:
    operator = make_operator(None, timezone="America/Lima")
    desk = open_desk(news.desk_path)
    minutes: list[tuple[dt.datetime, tuple[Condition, ...]]] = []
    for number, moment in enumerate(moments(hours, wrong)):
        for quarter in range(4):
            there = (SILENT,) if number < hours + 2 else (SILENT, DEAD) if number < hours + WRONG_HOURS else (FULL,)
            minutes.append((moment + quarter * dt.timedelta(minutes=15), there))
    for now, conditions in minutes:
        record_conditions(desk, conditions, operator=operator, now=now)
    rows = list(desk.query("SELECT id, created FROM digests WHERE kind = 'notice' ORDER BY id"))
    told = [read_digest_notices(desk, row["id"]) for row in rows]
    assert sorted(one.kind for began, _ in told for one in began) == ["disk", "silent", "source"]
    assert sorted(one.kind for _, ended in told for one in ended) == ["silent", "source"]
    times = [read_stamp(row["created"]) for row in rows]
    assert all(not dt.timedelta() <= after - before < MIN_MESSAGE_INTERVAL for before, after in pairwise(times))
    desk.close()


def test_a_message_of_a_wrong_year_neither_prevents_heartbeats_nor_lifts_the_hour_between_notices(news: News) -> None:
    operator = make_operator(None, timezone="America/Lima")
    desk = open_desk(news.desk_path)
    record_conditions(desk, [FULL], operator=operator, now=NOON + 365 * DAY)
    made = [
        record_conditions(desk, conditions, operator=operator, now=NOON + number * dt.timedelta(minutes=15))
        for number, conditions in enumerate([[FULL], [FULL, SILENT], [FULL, SILENT], [FULL, SILENT, DEAD]] + [[]] * 2)
    ]
    desk.close()
    assert [number for number, digest in enumerate(made) if digest is not None] == [2]


def test_a_problem_that_came_back_under_a_clock_ahead_is_reported_after_a_day(news: News) -> None:
    operator = make_operator(None, timezone="America/Lima")
    desk = open_desk(news.desk_path)
    quarter = dt.timedelta(minutes=15)
    ahead = NOON + 365 * DAY
    for number, conditions in enumerate([[DEAD], [DEAD], [], [], [DEAD]]):
        record_conditions(desk, conditions, operator=operator, now=ahead + number * quarter)
    for number in range(4 * 26):
        record_conditions(desk, [DEAD], operator=operator, now=NOON + number * quarter)
    told = desk.execute("SELECT count(DISTINCT began_in) FROM notices").fetchone()[0]
    desk.close()
    assert told == 2
