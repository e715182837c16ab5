"""What the operator is told: once when it begins, once when it ends, in few messages, whatever breaks."""

from __future__ import annotations

import asyncio
import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db.connection import open_desk
from db.desk.notices import Notice, read_digest_notices, read_open_notices
from db.i18n.languages import LANGUAGES, Language
from pipelines.alerts import notices
from pipelines.alerts.messages.notice import compose_notice
from pipelines.alerts.messages.wording import MessageWording
from pipelines.alerts.notices import (
    FLAPPING_WINDOW,
    MIN_MESSAGE_INTERVAL,
    OPERATOR,
    Condition,
    ConditionKind,
    make_operator,
    record_conditions,
)
from tests.fixtures.alert_conditions import DEAD, EVERY, FULL, SILENT
from tests.fixtures.alert_desk import Mailbox, News

NOW = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)
LOOK = dt.timedelta(minutes=15)
NOBODY = make_operator(None, timezone="America/Lima")


@pytest.fixture
def desk(tmp_path: Path) -> Database:
    return open_desk(tmp_path / "desk.db")


def messages(desk: Database) -> list[dict[str, Any]]:
    return list(desk.query("SELECT id, created FROM digests WHERE kind = 'notice' ORDER BY id"))


def told(desk: Database) -> list[tuple[list[str], list[str]]]:
    """For each message the kinds that began, and those that ended."""
    both = [read_digest_notices(desk, message["id"]) for message in messages(desk)]
    return [([one.kind for one in began], [one.kind for one in ended]) for began, ended in both]


def look(desk: Database, minutes: float, *conditions: Condition, hidden: bool = False) -> int | None:
    now = NOW + dt.timedelta(minutes=minutes)
    return record_conditions(desk, conditions, operator=NOBODY, now=now, is_hidden=lambda *_: hidden)


def test_a_trouble_is_told_once_when_it_begins_and_once_when_it_ends(desk: Database) -> None:
    for minutes in range(0, 300, 15):
        look(desk, minutes, SILENT)
    assert told(desk) == [(["silent"], [])]
    for minutes in range(300, 600, 15):
        look(desk, minutes)
    assert told(desk) == [(["silent"], []), ([], ["silent"])]


def test_what_one_look_saw_and_the_next_did_not_is_nothing(desk: Database) -> None:
    for minutes in range(0, 600, 30):
        look(desk, minutes, SILENT)
        look(desk, minutes + 15)
    assert told(desk) == []


def test_a_disk_that_fills_up_is_told_at_once(desk: Database) -> None:
    look(desk, 0, FULL)
    assert told(desk) == [(["disk"], [])]


def test_ninety_troubles_at_once_are_one_message(desk: Database) -> None:
    many = [
        Condition(kind=ConditionKind.SOURCE, subject=f"https://{n}.example/", detail=DEAD.detail) for n in range(90)
    ]
    for minutes in range(0, 120, 15):
        look(desk, minutes, *many)
    assert [len(began) for began, _ in told(desk)] == [90]


def test_what_comes_and_goes_within_a_day_is_told_once(desk: Database) -> None:
    for hour in range(0, 23, 2):
        for quarter in range(8):
            look(desk, hour * 60 + quarter * 15, *([DEAD] if quarter < 4 else []))
    assert told(desk) == [(["source"], []), ([], ["source"])]


def test_what_comes_back_and_stays_is_told_again_after_a_day(desk: Database) -> None:
    for quarter in range(8):
        look(desk, quarter * 15, *([DEAD] if quarter < 4 else []))
    for hour in range(3, 40):
        look(desk, hour * 60, DEAD)
    assert told(desk) == [(["source"], []), ([], ["source"]), (["source"], [])]
    first, second = (dt.datetime.fromisoformat(row["created"]) for row in (messages(desk)[0], messages(desk)[2]))
    assert second - first >= FLAPPING_WINDOW


def test_without_a_network_no_outlet_is_judged(desk: Database) -> None:
    for minutes in (0, 15):
        look(desk, minutes, DEAD)
    for minutes in range(30, 600, 15):
        look(desk, minutes, hidden=True)
    assert told(desk) == [(["source"], [])]
    for minutes in range(600, 700, 15):
        look(desk, minutes, DEAD)
    assert told(desk) == [(["source"], [])]


def test_a_crash_within_a_look_changes_nothing(desk: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    look(desk, 0, SILENT)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("db.desk.notices.mark_told", crash)
        with pytest.raises(KeyboardInterrupt):
            look(desk, 15, SILENT)
    assert messages(desk) == []
    look(desk, 30, SILENT)
    assert told(desk) == [(["silent"], [])]


presence = st.lists(st.frozensets(st.sampled_from([SILENT.key, DEAD.key, FULL.key])), min_size=1, max_size=60)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(presence, st.lists(st.integers(5, 90), min_size=60, max_size=60))
def test_whatever_comes_and_goes_it_is_told_in_order_and_seldom(
    tmp_path_factory: pytest.TempPathFactory, seen: list[frozenset[tuple[str, str]]], gaps: list[int]
) -> None:
    desk = open_desk(tmp_path_factory.mktemp("desk") / "desk.db")
    known = {one.key: one for one in (SILENT, DEAD, FULL)}
    minutes = 0
    for keys, gap in zip(seen, gaps, strict=False):
        look(desk, minutes, *(known[key] for key in keys))
        minutes += gap
    times = [dt.datetime.fromisoformat(row["created"]) for row in messages(desk)]
    assert all(later - earlier >= MIN_MESSAGE_INTERVAL for earlier, later in pairwise(times))
    for kind in ("silent", "source", "disk"):
        order = "".join("b" * (kind in began) + "e" * (kind in ended) for began, ended in told(desk))
        assert "bb" not in order
        assert "ee" not in order
        assert not order.startswith("e")
    # What lasts is told in the end, whatever was before.
    for _ in range(120):
        minutes += 15
        look(desk, minutes, SILENT)
    assert [(one.kind, one.began_in is not None) for one in read_open_notices(desk)] == [("silent", True)]
    desk.close()


def as_notice(condition: Condition, number: int = 1) -> Notice:
    kind, subject = condition.key
    return Notice(id=number, kind=kind, subject=subject, detail=condition.detail, first_seen=NOW, ended=NOW)


def written(*began: Condition, ended: tuple[Condition, ...] = (), language: Language = "en") -> Any:
    return compose_notice(
        [as_notice(one) for one in began],
        [as_notice(one) for one in ended],
        [as_notice(FULL)],
        desk="Vigía",
        token="t",
        thread=OPERATOR,
        created=NOW,
        wording=MessageWording(language),
        zone="America/Lima",
    )


def test_the_subject_counts_and_names_the_first() -> None:
    message = written(SILENT, DEAD, ended=(FULL,))
    assert message.subject == (
        "[Vigía] 2 troubles began, 1 ended — Gestión has been silent since 19 Nov 2026, 10:00 (Lima); "
        "usually it publishes 6 a day"
    )
    assert "Andina: one of its sources is gone (answered 404): https://andina.example/rss" in message.text
    assert "`vigia outlets check andina`" in message.text
    assert "2.1 GB of 80.0 GB are free" in message.text.replace("80 GB", "80.0 GB")
    assert "over since 22 Nov 2026, 10:00 (Lima)" in message.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("condition", EVERY, ids=lambda one: f"{one.kind} {one.detail.get('problem', '')}")
def test_every_trouble_has_its_words_in_each_language(condition: Condition, language: Language) -> None:
    message = written(condition, ended=(condition,), language=language)
    assert message.language == language
    for text in (message.text, message.html):
        assert "{" not in text.replace("{ color", "").split("</style>")[-1]
    name = condition.detail.get("outlet") or condition.detail.get("name")
    assert name is None or message.text.count(str(name)) >= 2


def test_words_of_strangers_stay_words() -> None:
    hostile = "<script>alert(1)</script>\r\nBcc: all@example.org\u202e"
    message = written(
        Condition(kind=ConditionKind.SOURCE, subject="x", detail=DEAD.detail | {"detail": hostile, "outlet": hostile})
    )
    assert "<script>" not in message.html
    assert "\n" not in message.subject
    assert "\r" not in message.text
    assert "\u202e" not in message.subject + message.text + message.html


def test_a_notice_reaches_the_operator_by_mail_once_and_is_tried_again(news: News, mailbox: Mailbox) -> None:
    operator = make_operator("env:TEAM_MAIL", language="es", timezone="America/Lima")
    alerts = news.alerts(operator=operator)
    desk = open_desk(news.desk_path)
    for number in range(2):
        record_conditions(desk, [SILENT, DEAD], operator=operator, now=NOW + number * LOOK)
    mailbox.answer = lambda: "451 later"
    run = asyncio.run(alerts.run(NOW + 2 * LOOK))
    assert (run.sent, mailbox.received) == (0, [])
    mailbox.answer = lambda: "250 kept"
    for hours in (2, 3):
        record_conditions(desk, [SILENT, DEAD], operator=operator, now=NOW + dt.timedelta(hours=hours))
        asyncio.run(alerts.run(NOW + dt.timedelta(hours=hours)))
    ((address, mail),) = mailbox.received
    assert address == "ana@example.org"
    assert str(mail["Subject"]).startswith("[Vigía] empezaron 2 problemas — Gestión guarda silencio desde 19 nov. 2026")
    assert mail["List-Unsubscribe"] is None  # whoever keeps the desk is named in its file
    assert "ana@" not in "".join(str(row) for row in news.rows("SELECT * FROM notices"))
    desk.close()


def test_without_an_operator_each_trouble_is_a_line_of_the_log_and_of_the_terminal(news: News) -> None:
    alerts = news.alerts(operator=NOBODY)
    desk = open_desk(news.desk_path)
    for number in range(3):
        record_conditions(desk, [SILENT, FULL], operator=NOBODY, now=NOW + number * LOOK)
    asyncio.run(alerts.run(NOW + LOOK * 2))
    record_conditions(desk, [SILENT], operator=NOBODY, now=NOW + MIN_MESSAGE_INTERVAL * 2)
    record_conditions(desk, [SILENT], operator=NOBODY, now=NOW + MIN_MESSAGE_INTERVAL * 2 + LOOK)
    record_conditions(desk, [SILENT], operator=NOBODY, now=NOW + MIN_MESSAGE_INTERVAL * 4)
    asyncio.run(alerts.run(NOW + MIN_MESSAGE_INTERVAL * 4))
    lines = [line[3] for line in news.log()]
    assert [line.partition(" ")[0] for line in lines] == ["The", "Gestión", "The"]
    assert "over since" in lines[2]
    assert [line.partition(" ")[0] for line in news.printed] == ["The", "Gestión", "The"]
    desk.close()


def test_a_target_that_was_given_up_is_a_trouble_and_the_operators_own_is_not(news: News, mailbox: Mailbox) -> None:
    from db.desk.notices import find_failed_targets  # noqa: PLC0415 -- read here alone

    operator = make_operator("env:TEAM_MAIL", timezone="America/Lima")
    alerts = news.alerts(operator=operator)
    desk = open_desk(news.desk_path)
    mailbox.refuse = lambda _: "550 nobody of that name"
    record_conditions(desk, [FULL], operator=operator, now=NOW)
    for hours in range(60):
        asyncio.run(alerts.run(NOW + dt.timedelta(hours=hours)))
    assert [row["state"] for row in news.rows("SELECT state FROM deliveries")] == ["failed"]
    assert find_failed_targets(desk, excluding=OPERATOR) == []
    assert len(find_failed_targets(desk, excluding="")) == 1
    desk.close()


def test_the_operators_id_is_that_of_no_subscription() -> None:
    from pipelines.alerts.subscriptions.subscription import make_slug  # noqa: PLC0415 -- read here alone

    assert make_slug("@operator") != OPERATOR
    assert notices.make_operator("env:OPS", timezone="UTC").id == OPERATOR
