"""Forms of subscriptions: how many test messages are sent at a time, and who may choose who gets the messages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from db.connection import open_desk
from db.desk.analysts.reader_subscriptions import (
    LOCAL_PERSON,
    StoredSubscription,
    SubscriptionSettings,
    add_subscription,
)
from db.site.analysts.forms import AnalystForm
from db.site.analysts.reader import LOCAL_READER, Reader
from db.site.subscriptions.alert_desk import Addressee, AlertDesk
from db.site.subscriptions.form_view import list_possible_recipients
from db.site.subscriptions.subscription_forms import MAX_OPEN_TESTS, TEST, list_subscription_forms
from pipelines.alerts.subscriptions.person import Person
from pipelines.alerts.subscriptions.reader_subscription import DeskReaders, join_reader_subscriptions

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


def test_a_person_with_the_id_of_the_unnamed_reader_has_their_subscriptions_and_not_their_choice() -> None:
    person = Person(id=LOCAL_PERSON, to=("env:LOCAL",))
    reader = Reader(id=person.id, name="Lo", language="es")
    addressees = [Addressee(id=id_, name=id_, addresses=1, language="en", zone="UTC") for id_ in (LOCAL_PERSON, "ana")]
    desk = AlertDesk(
        list_people=lambda: addressees, list_configured=lambda _: [], send_test=lambda _: [], make_feed_url=str
    )
    assert list_possible_recipients(desk, reader) == (LOCAL_PERSON,)
    assert list_possible_recipients(desk, LOCAL_READER) == ("", LOCAL_PERSON, "ana")
    settings = SubscriptionSettings(name="Puerto", query="chancay")
    stored = StoredSubscription(number=1, person=LOCAL_PERSON, settings=settings, created=NOW)
    for people, state in (((person,), "running"), ((), "resting")):
        (joined,) = join_reader_subscriptions([stored], DeskReaders(people=people, has_local=False)).values()
        assert joined.state == state
