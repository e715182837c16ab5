"""Test messages of subscriptions are sent a few at a time: each may hold a thread for a minute."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from db.connection import open_desk
from db.desk.analysts.reader_subscriptions import LOCAL_PERSON, SubscriptionSettings, add_subscription
from db.site.analysts.forms import AnalystForm
from db.site.analysts.reader import LOCAL_READER
from db.site.subscriptions.alert_desk import AlertDesk
from db.site.subscriptions.subscription_forms import MAX_OPEN_TESTS, TEST, list_subscription_forms

NOW = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)


def test_a_few_test_messages_are_sent_at_a_time(tmp_path: Path) -> None:
    desk_db = tmp_path / "desk.db"
    with closing(open_desk(desk_db)) as private:
        for number in range(MAX_OPEN_TESTS + 1):
            settings = SubscriptionSettings(name=f"Puerto {number}", query="chancay")
            add_subscription(private, LOCAL_PERSON, settings, last_article=0, now=NOW)
    answers: list[str] = []

    def send_test(subscription: str) -> Sequence[str]:
        """Let a reader try the next subscription while this message is being sent."""
        answers.append(press(int(subscription.removeprefix("reader:")) + 1))
        return []

    def press(number: int) -> str:
        form = AnalystForm(
            path=TEST,
            fields={"subscription": (str(number),)},
            reader=LOCAL_READER,
            news_db=tmp_path / "news.db",
            desk_db=desk_db,
            now=NOW,
            host="",
        )
        return forms[TEST](form)

    desk = AlertDesk(list_people=list, list_configured=lambda _: [], send_test=send_test, make_feed_url=str)
    forms = list_subscription_forms(desk)
    assert press(1) == "/subscription/1?done=tested"
    assert answers == [f"/subscription/{MAX_OPEN_TESTS + 1}?done=tests_busy", "/subscription/2?done=tested"]
    assert press(MAX_OPEN_TESTS + 1) == f"/subscription/{MAX_OPEN_TESTS + 1}?done=tested"
