"""Subscriptions of readers in desk.db: whose they are, pause, deletion that can be taken back, and their end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.connection import open_desk
from db.desk import alerts, deliveries, subscriptions
from db.desk.alerts import NewAlert
from db.desk.analysts import reader_subscriptions
from db.desk.analysts.reader_subscriptions import (
    DELETED_SUBSCRIPTION_RETENTION,
    MAX_DELETED_SUBSCRIPTIONS,
    SubscriptionSettings,
    add_subscription,
    begin_test,
    change_subscription,
    delete_subscription,
    find_reader_subscription,
    list_reader_subscriptions,
    list_subscriptions_of,
    parse_reader_subscription_id,
    pause_subscription,
    prune_reader_subscriptions,
    restore_subscription,
    resume_subscription,
)
from db.desk.analysts.sent_messages import find_last_sent, list_sent_messages
from pipelines.alerts.subscriptions.subscription import make_slug

NOW = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)
PORT = SubscriptionSettings(name="Puerto", query="chancay")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Database]:
    db = open_desk(tmp_path / "desk.db")
    yield db
    db.close()


def add(desk: Database, person: str = "ana", *, last_article: int = 0) -> int:
    number = add_subscription(desk, person, PORT, last_article=last_article, now=NOW)
    assert number is not None
    return number


def test_two_people_may_give_the_same_name_and_each_sees_their_own(desk: Database) -> None:
    first, second = add(desk, "ana"), add(desk, "li")
    assert [one.number for one in list_subscriptions_of(desk, "ana")] == [first]
    assert [one.number for one in list_subscriptions_of(desk, "li")] == [second]
    assert not change_subscription(desk, first, "li", SubscriptionSettings(name="Mine now", query="x"))
    assert [one.settings for one in list_reader_subscriptions(desk)] == [PORT, PORT]


def test_its_id_is_none_that_a_name_in_the_file_gives(desk: Database) -> None:
    number = add(desk)
    stored = find_reader_subscription(desk, number)
    assert stored is not None
    assert parse_reader_subscription_id(stored.id) == number
    assert parse_reader_subscription_id(make_slug(stored.id)) is None
    assert parse_reader_subscription_id("@operator") is None


def test_all_settings_are_read_as_they_were_written(desk: Database) -> None:
    settings = SubscriptionSettings(
        name="钱凯 «puerto»",
        query='"钱凯" OR x',
        recipient="ana",
        language="zh",
        when="weekly mon 07:30",
        quiet="22:00-07:00, sat sun",
        at_most=20,
        once_per_story=True,
        figures=True,
        revisions=True,
        borderline=True,
        copies=True,
    )
    number = add(desk)
    assert change_subscription(desk, number, "ana", settings)
    stored = find_reader_subscription(desk, number)
    assert stored is not None
    assert stored.settings == settings


def test_it_begins_after_the_last_article_when_it_is_made_and_when_it_is_resumed(desk: Database) -> None:
    number = add(desk, last_article=7)
    pause_subscription(desk, number, now=NOW)
    assert subscriptions.read_subscription_states(desk)[f"reader:{number}"].cursor == 7
    resume_subscription(desk, number, last_article=12)
    resume_subscription(desk, number, last_article=20)  # pressed twice: it runs already
    state = subscriptions.read_subscription_states(desk)[f"reader:{number}"]
    assert (state.cursor, state.since, state.revised) == (12, 12, None)


def test_a_deleted_one_comes_back_as_it_was_and_cannot_be_changed_before(desk: Database) -> None:
    number = add(desk)
    pause_subscription(desk, number, now=NOW)
    delete_subscription(desk, number, now=NOW)
    assert list_reader_subscriptions(desk) == []
    assert not change_subscription(desk, number, "ana", PORT)
    assert restore_subscription(desk, number)
    (stored,) = list_reader_subscriptions(desk)
    assert (stored.settings, stored.paused_at, stored.deleted_at) == (PORT, NOW, None)


def test_a_person_has_a_hundred_at_most_and_deleted_ones_do_not_count(
    desk: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_subscriptions, "MAX_SUBSCRIPTIONS", 2)
    first, _ = add(desk), add(desk)
    assert add_subscription(desk, "ana", PORT, last_article=0, now=NOW) is None
    assert add(desk, "li")
    delete_subscription(desk, first, now=NOW)
    assert add(desk)
    assert not restore_subscription(desk, first)


def test_what_was_deleted_a_week_ago_is_gone_with_its_messages_and_its_number(desk: Database) -> None:
    gone, kept = add(desk), add(desk)
    for number in (gone, kept):
        alerts.save_alerts(desk, f"reader:{number}", [NewAlert(1, "a.example/1")], now=NOW)
        alerts.make_digest(desk, f"reader:{number}", targets=["log"], token=f"t{number}", now=NOW, limit=1)
    delete_subscription(desk, gone, now=NOW)
    prune_reader_subscriptions(desk, before=NOW)
    assert find_reader_subscription(desk, gone) is not None
    prune_reader_subscriptions(desk, before=NOW + DELETED_SUBSCRIPTION_RETENTION)
    assert find_reader_subscription(desk, gone) is None
    assert list(subscriptions.read_subscription_states(desk)) == [f"reader:{kept}"]
    assert [row["subscription"] for row in desk.query("SELECT subscription FROM digests")] == [f"reader:{kept}"]
    assert desk.execute("SELECT count(*) FROM alerts").fetchone() == (1,)
    assert desk.execute("SELECT count(*) FROM deliveries").fetchone() == (1,)
    delete_subscription(desk, kept, now=NOW)
    prune_reader_subscriptions(desk, before=NOW + DELETED_SUBSCRIPTION_RETENTION)
    assert add(desk) > kept, "an address of a feed that somebody kept leads to no other subscription"


def test_a_second_test_waits_half_a_minute_unless_the_clock_was_ahead(desk: Database) -> None:
    number = add(desk)
    seconds = dt.timedelta(seconds=1)
    assert begin_test(desk, number, now=NOW)
    assert not begin_test(desk, number, now=NOW + 29 * seconds)
    assert begin_test(desk, number, now=NOW + 30 * seconds)
    assert begin_test(desk, number, now=NOW - dt.timedelta(days=1))


def test_a_test_that_was_cut_off_is_not_told_as_arrived(desk: Database) -> None:
    number = add(desk)
    begin_test(desk, number, now=NOW)
    stored = find_reader_subscription(desk, number)
    assert stored is not None
    assert stored.test_error == ""


def test_its_messages_say_whether_they_arrived(desk: Database) -> None:
    number = add(desk)
    id_ = f"reader:{number}"
    for key in ("1", "2"):
        alerts.save_alerts(desk, id_, [NewAlert(int(key), f"a.example/{key}")], now=NOW)
        alerts.make_digest(desk, id_, targets=["person:ana"], token=f"t{key}", now=NOW, limit=1)
    first, second = (row["id"] for row in desk.query("SELECT id FROM deliveries ORDER BY id"))
    deliveries.mark_sent(desk, first, now=NOW)
    deliveries.mark_ended(desk, second, state="failed", error="refused")
    messages = list_sent_messages(desk, id_, limit=10)
    assert [(message.articles, message.state, message.error) for message in messages] == [
        (1, "failed", "refused"),
        (1, "sent", None),
    ]
    assert list_sent_messages(desk, id_, limit=1) == messages[:1]
    assert find_last_sent(desk, [id_, "reader:99"]) == {id_: NOW}


def test_a_person_who_makes_and_deletes_many_leaves_the_latest_alone(desk: Database) -> None:
    standing, of_another = add(desk), add(desk, "li")
    delete_subscription(desk, of_another, now=NOW)
    made = [add(desk) for _ in range(MAX_DELETED_SUBSCRIPTIONS + 2)]
    for number in made:
        delete_subscription(desk, number, now=NOW)
    kept = [*reversed(made[2:]), standing]
    assert [one.number for one in list_subscriptions_of(desk, "ana")] == kept
    assert [one.number for one in list_subscriptions_of(desk, "li")] == [of_another]
    assert len(subscriptions.read_subscription_states(desk)) == len(kept) + 1
