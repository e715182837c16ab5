from __future__ import annotations

import collections
import datetime as dt
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from db.desk import alerts as alerts_db
from db.desk import deliveries
from db.desk import subscriptions as subscriptions_db
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import Mailbox, News
from tests.fixtures.forked_commands import ForkedCommand, start_command
from tests.fixtures.paths import FIXTURES, ROOT
from tests.fixtures.waiting import wait_until

SENDER = FIXTURES / "alert_sender.py"


class Killed(BaseException):
    """The process ends here."""


def start(folder: Path, mailbox: Mailbox) -> ForkedCommand:
    targets = {
        "TEAM_MAIL": mailbox.url("ana@example.org", "li@example.org"),
        "OTHER_MAIL": mailbox.url("bob@example.org"),
    }
    child = start_command(str(SENDER), str(folder), cwd=ROOT, environment=os.environ | targets)
    assert child.stdout.readline() == "began\n"
    return child


def test_a_process_that_is_killed_ten_times_loses_no_alert_and_repeats_only_the_same_message(
    news: News, mailbox: Mailbox
) -> None:
    chance = random.Random(22)

    def slowly() -> str:
        time.sleep(chance.random() * 0.03)  # so that kills fall between the server's answer and our record of it too
        return "250 kept"

    mailbox.answer = slowly
    written = 0
    child = start(news.folder, mailbox)
    try:
        for _ in range(10):
            for _ in range(chance.randint(1, 20)):
                written += 1
                news.article(f"Chancay {written}", "Puerto.")
                time.sleep(chance.random() * 0.05)  # articles come at any moment of a run
            child.kill()
            child.communicate()
            child = start(news.folder, mailbox)
        wait_until(
            lambda: (
                not news.rows("SELECT 1 FROM alerts WHERE digest IS NULL")
                and not news.rows("SELECT 1 FROM deliveries WHERE state <> 'sent'")
            ),
            what="the sending of every alert",
        )
        time.sleep(0.2)  # long enough for a repeated message to arrive
    finally:
        child.kill()
        child.communicate()

    expected = collections.Counter(
        {(name, f"Chancay {number}"): 1 for name in ("Correo", "Dos") for number in range(1, written + 1)}
    )
    for address in ("ana@example.org", "li@example.org", "bob@example.org"):
        mails: dict[str, str] = {}
        repeated = 0
        for receiver, mail in mailbox.received:
            if receiver == address:
                body = mail.get_body(("plain",)).get_content()
                repeated += mail["Message-ID"] in mails
                assert mails.setdefault(mail["Message-ID"], body) == body, "a repeat is the same message"
        logged = collections.Counter(
            (body.partition(":")[0], line.split(". ", 1)[1])
            for body in mails.values()
            for line in set(body.splitlines())  # a headline stands in the list and over its passages
            if ". Chancay" in line
        )
        print(f"{address}: {len(mails)} messages, {repeated} of them twice")
        names = ("Dos",) if address == "bob@example.org" else ("Correo", "Dos")
        assert logged == {key: 1 for key in expected if key[0] in names}
        assert repeated <= 10 * len(names), "only what was on its way at a kill can be repeated"
    logged = [(line[1], line[3]) for line in news.log()]
    assert sorted(logged) == sorted(("Bitacora", f"Chancay {number}") for number in range(1, written + 1))


STEPS = [
    (subscriptions_db, "move_cursors"),
    (subscriptions_db, "set_watermark"),
    (alerts_db, "save_alerts"),
    (alerts_db, "make_digest"),
    (deliveries, "mark_sending"),
    (deliveries, "mark_accepted"),
    (deliveries, "mark_sent"),
]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("module", "step"), STEPS, ids=[step for _, step in STEPS])
@pytest.mark.parametrize("channel", ["mail", "log"])
async def test_a_crash_at_any_recorded_step_loses_nothing(
    news: News,
    mailbox: Mailbox,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    step: str,
    moment: str,
    channel: str,
) -> None:
    wanted = Subscription(name="Puerto", query="chancay", to=("env:TEAM_MAIL",) if channel == "mail" else ())
    await news.alerts(wanted).run(now)
    news.article("Chancay 1")
    done = getattr(module, step)

    def die(*arguments: Any, **options: Any) -> Any:
        if moment == "after":
            done(*arguments, **options)
        raise Killed

    if channel == "log" and step == "mark_accepted":
        return  # the log has no recipients
    with monkeypatch.context() as patched:
        patched.setattr(module, step, die)
        with pytest.raises(Killed):
            await news.alerts(wanted).run(now)
    news.article("Chancay 2")
    await news.alerts(wanted).run(now)
    await news.alerts(wanted).run(now)
    if channel == "log":
        assert news.titles() == ["Chancay 1", "Chancay 2"]
        return
    bodies = {mail["Message-ID"]: mail.get_body(("plain",)).get_content() for _, mail in mailbox.received}
    for address in ("https://diario.example/1", "https://diario.example/2"):
        assert sum(f"   {address}" in body.splitlines() for body in bodies.values()) == 1
    # The one narrow case: the server has answered, and we died before it was written down.
    narrow = (step, moment) == ("mark_accepted", "before")
    assert len(mailbox.received) - len(bodies) == narrow
