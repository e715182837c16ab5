from __future__ import annotations

import datetime as dt
import tempfile
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.connection import open_desk
from db.desk import alerts, subscriptions
from db.desk.alerts import NewAlert
from pipelines.alerts import digests
from pipelines.alerts.subscriptions.subscription import Subscription
from pipelines.alerts.subscriptions.timing import (
    WEEKDAYS,
    find_local_day,
    find_next_moment,
    find_quiet_end,
    is_quiet,
    read_quiet_hours,
)
from tests.fixtures.alert_desk import Mailbox, News, utc

ZONES = ["America/Lima", "America/New_York", "Europe/Madrid", "Asia/Shanghai", "Asia/Kathmandu", "Australia/Lord_Howe"]
QUIET = ["22:00-07:00", "00:00-12:00", "sat sun", "fri 18:00-09:00, sat sun", "02:00-03:00", "02:30-02:29"]

moments = st.integers(1_577_836_800, 2_051_222_400).map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC))


@given(after=moments, hour=st.integers(0, 23), minute=st.integers(0, 59), zone=st.sampled_from(ZONES))
def test_a_daily_hour_comes_after_now_and_within_25_hours(
    after: dt.datetime, hour: int, minute: int, zone: str
) -> None:
    due = find_next_moment(f"daily {hour:02}:{minute:02}", after, zone=zone)
    assert due is not None
    assert dt.timedelta(0) < due - after <= dt.timedelta(hours=25)
    there = due.astimezone(ZoneInfo(zone))
    before = (due - dt.timedelta(hours=3)).astimezone(ZoneInfo(zone))
    assert (there.hour, there.minute) == (hour, minute) or before.utcoffset() != there.utcoffset()


def test_a_daily_hour_stays_the_local_hour_when_summer_time_begins_and_ends() -> None:
    due = [find_next_moment("daily 07:30", utc(f"2026-03-{day}T12:00"), zone="Europe/Madrid") for day in (27, 28, 29)]
    assert due == [utc("2026-03-28T06:30"), utc("2026-03-29T05:30"), utc("2026-03-30T05:30")]
    autumn = [
        find_next_moment("daily 07:30", utc(f"2026-10-{day}T12:00"), zone="Europe/Madrid") for day in (23, 24, 25)
    ]
    assert autumn == [utc("2026-10-24T05:30"), utc("2026-10-25T06:30"), utc("2026-10-26T06:30")]


@given(after=moments, day=st.sampled_from(WEEKDAYS), hour=st.integers(0, 23), zone=st.sampled_from(ZONES))
def test_a_weekly_hour_comes_on_its_day_within_a_week_and_an_hour(
    after: dt.datetime, day: str, hour: int, zone: str
) -> None:
    due = find_next_moment(f"weekly {day} {hour:02}:30", after, zone=zone)
    assert due is not None
    assert dt.timedelta(0) < due - after <= dt.timedelta(days=7, hours=1)
    there = due.astimezone(ZoneInfo(zone))
    before = (due - dt.timedelta(hours=3)).astimezone(ZoneInfo(zone))
    assert WEEKDAYS[there.weekday()] == day or there.utcoffset() != before.utcoffset()
    assert (there.hour, there.minute) == (hour, 30) or there.utcoffset() != before.utcoffset()


@given(after=moments, zone=st.sampled_from(ZONES))
def test_an_hourly_moment_is_the_next_full_local_hour(after: dt.datetime, zone: str) -> None:
    due = find_next_moment("hourly", after, zone=zone)
    assert due is not None
    assert dt.timedelta(0) < due - after <= dt.timedelta(hours=1)
    same_clock = due.astimezone(ZoneInfo(zone)).utcoffset() == after.astimezone(ZoneInfo(zone)).utcoffset()
    assert not same_clock or due.astimezone(ZoneInfo(zone)).minute == 0


def test_every_hour_of_a_day_with_a_clock_change_has_its_hourly_moment() -> None:
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25)):
        _, at, end = find_local_day(utc(f"{day}T12:00"), zone="Europe/Madrid")
        seen = 0
        while at < end:
            at = find_next_moment("hourly", at, zone="Europe/Madrid") or end
            seen += 1
        assert seen == hours


@pytest.mark.parametrize(
    ("when", "after", "due"),
    [
        ("daily 02:30", "2026-03-28T12:00", ["2026-03-29T01:30", "2026-03-30T00:30"]),
        ("daily 02:30", "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
        ("weekly sun 02:30", "2026-03-25T12:00", ["2026-03-29T01:30", "2026-04-05T00:30"]),
        ("weekly sun 02:30", "2026-10-21T12:00", ["2026-10-25T00:30", "2026-11-01T01:30"]),
    ],
)
def test_an_hour_that_the_clock_skips_or_repeats_comes_once(when: str, after: str, due: list[str]) -> None:
    first = find_next_moment(when, utc(after), zone="Europe/Madrid")
    assert first == utc(due[0])
    assert find_next_moment(when, first, zone="Europe/Madrid") == utc(due[1])


def test_immediately_has_no_next_moment() -> None:
    assert find_next_moment("immediately", utc("2026-11-22T12:00"), zone="America/Lima") is None


@given(at=moments, quiet=st.sampled_from(QUIET), zone=st.sampled_from(ZONES))
def test_quiet_hours_end_at_the_first_minute_that_is_not_quiet(at: dt.datetime, quiet: str, zone: str) -> None:
    end = find_quiet_end(quiet, at, zone=zone)
    assert not is_quiet(quiet, end, zone=zone)
    if end != at:
        assert at < end < at + dt.timedelta(days=4)
        assert is_quiet(quiet, end - dt.timedelta(minutes=1), zone=zone)
        assert is_quiet(quiet, at + (end - at) / 2, zone=zone) or "," in quiet


@pytest.mark.parametrize(
    ("quiet", "on_the_wall", "holds"),
    [
        ("22:00-07:00", "2026-11-22T21:59", False),
        ("22:00-07:00", "2026-11-22T22:00", True),
        ("22:00-07:00", "2026-11-23T06:59", True),
        ("22:00-07:00", "2026-11-23T07:00", False),
        ("sat sun", "2026-11-22T23:59", True),
        ("sat sun", "2026-11-23T00:00", False),
        ("fri 22:00-07:00", "2026-11-21T06:00", True),
        ("fri 22:00-07:00", "2026-11-20T06:00", False),
        ("mon 08:00-09:00, sun", "2026-11-23T08:30", True),
        ("", "2026-11-22T23:00", False),
    ],
)
def test_quiet_hours_are_local_hours(quiet: str, on_the_wall: str, holds: bool) -> None:
    at = dt.datetime.fromisoformat(on_the_wall).replace(tzinfo=ZoneInfo("America/Lima"))
    assert is_quiet(quiet, at, zone="America/Lima") == holds


def test_quiet_hours_follow_the_local_clock_on_days_of_a_clock_change() -> None:
    # 02:00 becomes 03:00: the end 02:30 never shows, and the night ends when the clock jumps over it.
    assert find_quiet_end("22:00-02:30", utc("2026-03-29T00:00"), zone="Europe/Madrid") == utc("2026-03-29T01:00")
    # 03:00 becomes 02:00: from 02:00 to 02:30 is quiet both times.
    night = [
        is_quiet("22:00-02:30", utc(f"2026-10-25T{at}"), zone="Europe/Madrid") for at in ("00:20", "00:40", "01:20")
    ]
    assert night == [True, False, True]


@pytest.mark.parametrize(
    "quiet", ["22:00", "22:00-", "25:00-07:00", "22:00-22:00", "samstag", "sat,", "sun-sat", "22:00 - 07:00", "\n"]
)
def test_invalid_quiet_hours_are_refused(quiet: str) -> None:
    if quiet.strip():
        with pytest.raises(ValueError, match="22:00"):
            Subscription(name="a", query="b", quiet=quiet)
    else:
        assert Subscription(name="a", query="b", quiet=quiet).quiet == ""


@pytest.mark.parametrize("quiet", [" ".join(WEEKDAYS), "00:00-12:00, 12:00-00:00", "22:00-21:00, 20:00-23:00"])
def test_a_subscription_that_is_always_quiet_is_refused(quiet: str) -> None:
    with pytest.raises(ValueError, match="always quiet"):
        Subscription(name="a", query="b", quiet=quiet)


@given(st.text(max_size=40))
def test_any_text_is_read_as_quiet_hours_or_refused(text: str) -> None:
    pieces, said = (), ""
    try:
        pieces = read_quiet_hours(text)
    except ValueError as error:
        said = str(error)
    assert bool(pieces or said) is bool(text.strip())
    assert not (pieces and said)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="not a time zone"):
        Subscription(name="a", query="b", timezone="Lima")


@lru_cache
def empty_desk() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        open_desk(Path(folder) / "desk.db").close()
        return (Path(folder) / "desk.db").read_bytes()


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    when=st.sampled_from(["immediately", "hourly", "daily 02:30", "weekly sun 02:30"]),
    quiet=st.sampled_from(["", "22:00-07:00", "sat sun"]),
    at_most=st.sampled_from([None, 1, 3]),
    steps=st.lists(
        st.tuples(
            st.integers(-400 * 24 * 60, 400 * 24 * 60) | st.integers(-2000, 2000) | st.integers(0, 90),  # minutes
            st.integers(0, 4),  # new alerts
        ),
        max_size=12,
    ),
)
def test_however_the_clock_jumps_each_alert_is_in_exactly_one_digest(
    when: str, quiet: str, at_most: int | None, steps: list[tuple[int, int]]
) -> None:
    one = Subscription(name="Uno", query="x", when=when, quiet=quiet, at_most=at_most, timezone="Europe/Madrid")
    now = utc("2026-03-28T12:00")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "desk.db").write_bytes(empty_desk())
        desk = open_desk(Path(folder) / "desk.db")
        desk.execute("PRAGMA synchronous = OFF")
        with desk.atomic():
            subscriptions.enrol(desk, one.id, name=one.name, query=one.query, cursor=0, now=now)
        number = 0
        sent: dict[int, list[int]] = {}
        calm = [(5 * 60, 0)] * 80  # sixteen days, two weekly digests at least, on which the clock goes as it should
        for minutes, new in [*steps, *calm]:
            now += dt.timedelta(minutes=minutes)
            with desk.atomic():
                for _ in range(new):
                    number += 1
                    alerts.save_alerts(desk, one.id, [NewAlert(number, str(number))], now=now)
            before = {row["id"] for row in desk.query("SELECT id FROM digests")}
            made = digests.make_due_digests(desk, [one], zone="America/Lima", now=now)
            after = [row["id"] for row in desk.query("SELECT id FROM digests") if row["id"] not in before]
            assert len(after) == made
            assert not (made and is_quiet(quiet, now, zone="Europe/Madrid"))
            for digest in after:
                rows = desk.query("SELECT article FROM alerts WHERE digest = :digest", {"digest": digest})
                for row in rows:
                    sent.setdefault(row["article"], []).append(digest)
                assert desk.execute("SELECT count(*) FROM deliveries WHERE digest = ?", [digest]).fetchone() == (1,)
        desk.close()
    assert sorted(sent) == list(range(1, number + 1)), "no alert is lost"
    assert all(len(where) == 1 for where in sent.values()), "no alert is in two digests"


async def test_alerts_of_quiet_hours_are_sent_as_one_digest_when_they_end(news: News) -> None:
    for when, minute in (("immediately", 0), ("hourly", 0)):
        one = Subscription(name=f"Noche {when}", query="chancay", when=when, quiet="22:00-07:00")
        alerts_ = news.alerts(one)
        await alerts_.run(utc("2026-11-23T02:59"))  # 21:59 in Lima
        before = len(news.log())
        for hour in range(3, 12):
            news.article(f"Chancay {when} {hour}")
            assert (await alerts_.run(utc(f"2026-11-23T{hour:02}:30"))).digests == 0
        assert alerts_.list_subscriptions(utc("2026-11-23T05:00"))[0].due == utc("2026-11-23T12:00")
        run = await alerts_.run(utc(f"2026-11-23T12:{minute:02}"))
        assert (run.digests, run.sent) == (1, 1)
        assert len(news.log()) - before == 9


async def test_a_delivery_that_failed_is_not_tried_again_in_quiet_hours(news: News, mailbox: Mailbox) -> None:
    one = Subscription(name="Noche", query="chancay", quiet="22:00-07:00", to=("env:TEAM_MAIL",))
    alerts_ = news.alerts(one)
    await alerts_.run(utc("2026-11-23T02:00"))
    news.article("Chancay")
    mailbox.answer = lambda: "451 not now"
    await alerts_.run(utc("2026-11-23T02:59"))
    mailbox.answer = lambda: "250 kept"
    assert [(await alerts_.run(utc(f"2026-11-23T{hour:02}:05"))).sent for hour in range(3, 12)] == [0] * 9
    assert (await alerts_.run(utc("2026-11-23T12:00"))).sent == 1
    assert len(mailbox.received) == 1


async def test_a_subscription_keeps_its_own_time_zone(news: News, mailbox: Mailbox) -> None:
    one = Subscription(
        name="Diario", query="chancay", when="daily 07:30", timezone="Asia/Shanghai", to=("env:TEAM_MAIL",)
    )
    alerts_ = news.alerts(one, timezone="America/Lima")
    await alerts_.run(utc("2026-11-22T00:00"))
    assert alerts_.list_subscriptions(utc("2026-11-22T00:00"))[0].due == utc("2026-11-22T23:30")
    news.article("Chancay")
    assert (await alerts_.run(utc("2026-11-22T12:30"))).sent == 0
    assert (await alerts_.run(utc("2026-11-22T23:30"))).sent == 1
    assert "21:30 (Shanghai)" in mailbox.received[0][1].get_body(("plain",)).get_content()
