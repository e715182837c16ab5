"""Notices to the operator: one when a problem begins, one when it ends, in few messages, also after a crash."""

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
CHECK_INTERVAL = dt.timedelta(minutes=15)
NO_OPERATOR = make_operator(None, timezone="America/Lima")


@pytest.fixture
def desk(tmp_path: Path) -> Database:
    return open_desk(tmp_path / "desk.db")


def messages(desk: Database) -> list[dict[str, Any]]:
    return list(desk.query("SELECT id, created FROM digests WHERE kind = 'notice' ORDER BY id"))


def reported(desk: Database) -> list[tuple[list[str], list[str]]]:
    """Return for each message the kinds of problems that began, and of those that ended."""
    both = [read_digest_notices(desk, message["id"]) for message in messages(desk)]
    return [([one.kind for one in began], [one.kind for one in ended]) for began, ended in both]


def check(desk: Database, minutes: float, *conditions: Condition, hidden: bool = False) -> int | None:
    now = NOW + dt.timedelta(minutes=minutes)
    return record_conditions(desk, conditions, operator=NO_OPERATOR, now=now, is_hidden=lambda *_: hidden)


def test_a_problem_is_reported_once_when_it_begins_and_once_when_it_ends(desk: Database) -> None:
    for minutes in range(0, 300, 15):
        check(desk, minutes, SILENT)
    assert reported(desk) == [(["silent"], [])]
    for minutes in range(300, 600, 15):
        check(desk, minutes)
    assert reported(desk) == [(["silent"], []), ([], ["silent"])]


def test_a_problem_seen_by_only_one_check_is_not_reported(desk: Database) -> None:
    for minutes in range(0, 600, 30):
        check(desk, minutes, SILENT)
        check(desk, minutes + 15)
    assert reported(desk) == []


def test_a_full_disk_is_reported_at_once(desk: Database) -> None:
    check(desk, 0, FULL)
    assert reported(desk) == [(["disk"], [])]


def test_ninety_problems_at_once_are_one_message(desk: Database) -> None:
    many = [
        Condition(kind=ConditionKind.SOURCE, subject=f"https://{n}.example/", detail=DEAD.detail) for n in range(90)
    ]
    for minutes in range(0, 120, 15):
        check(desk, minutes, *many)
    assert [len(began) for began, _ in reported(desk)] == [90]


def test_a_problem_that_comes_and_goes_within_a_day_is_reported_once(desk: Database) -> None:
    for hour in range(0, 23, 2):
        for quarter in range(8):
            check(desk, hour * 60 + quarter * 15, *([DEAD] if quarter < 4 else []))
    assert reported(desk) == [(["source"], []), ([], ["source"])]


def test_a_problem_that_returns_and_stays_is_reported_again_after_a_day(desk: Database) -> None:
    for quarter in range(8):
        check(desk, quarter * 15, *([DEAD] if quarter < 4 else []))
    for hour in range(3, 40):
        check(desk, hour * 60, DEAD)
    assert reported(desk) == [(["source"], []), ([], ["source"]), (["source"], [])]
    first, second = (dt.datetime.fromisoformat(row["created"]) for row in (messages(desk)[0], messages(desk)[2]))
    assert second - first >= FLAPPING_WINDOW


def test_without_a_network_no_problem_of_an_outlet_begins_or_ends(desk: Database) -> None:
    for minutes in (0, 15):
        check(desk, minutes, DEAD)
    for minutes in range(30, 600, 15):
        check(desk, minutes, hidden=True)
    assert reported(desk) == [(["source"], [])]
    for minutes in range(600, 700, 15):
        check(desk, minutes, DEAD)
    assert reported(desk) == [(["source"], [])]


def test_a_crash_during_a_check_changes_nothing(desk: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    check(desk, 0, SILENT)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("db.desk.notices.mark_told", crash)
        with pytest.raises(KeyboardInterrupt):
            check(desk, 15, SILENT)
    assert messages(desk) == []
    check(desk, 30, SILENT)
    assert reported(desk) == [(["silent"], [])]


presence = st.lists(st.frozensets(st.sampled_from([SILENT.key, DEAD.key, FULL.key])), min_size=1, max_size=60)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(presence, st.lists(st.integers(5, 90), min_size=60, max_size=60))
def test_any_problems_are_reported_in_order_and_with_an_interval_between(
    tmp_path_factory: pytest.TempPathFactory, seen: list[frozenset[tuple[str, str]]], gaps: list[int]
) -> None:
    desk = open_desk(tmp_path_factory.mktemp("desk") / "desk.db")
    known = {one.key: one for one in (SILENT, DEAD, FULL)}
    minutes = 0
    for keys, gap in zip(seen, gaps, strict=False):
        check(desk, minutes, *(known[key] for key in keys))
        minutes += gap
    times = [dt.datetime.fromisoformat(row["created"]) for row in messages(desk)]
    assert all(later - earlier >= MIN_MESSAGE_INTERVAL for earlier, later in pairwise(times))
    for kind in ("silent", "source", "disk"):
        order = "".join("b" * (kind in began) + "e" * (kind in ended) for began, ended in reported(desk))
        assert "bb" not in order
        assert "ee" not in order
        assert not order.startswith("e")
    # A problem that lasts is reported in the end, whatever came before.
    for _ in range(120):
        minutes += 15
        check(desk, minutes, SILENT)
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


def test_the_subject_has_the_counts_and_the_first_problem() -> None:
    message = written(SILENT, DEAD, ended=(FULL,))
    assert message.subject == (
        "[Vigía] 2 new problems, 1 resolved — Gestión has been silent since 19 Nov 2026, 10:00 (Lima); "
        "usually it publishes 6 a day"
    )
    assert "Andina: one of its sources is gone (answered 404): https://andina.example/rss" in message.text
    assert "`vigia outlets check andina`" in message.text
    assert "2.1 GB of 80.0 GB free" in message.text.replace("80 GB", "80.0 GB")
    assert "resolved 22 Nov 2026, 10:00 (Lima)" in message.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("condition", EVERY, ids=lambda one: f"{one.kind} {one.detail.get('problem', '')}")
def test_every_problem_has_its_sentences_in_each_language(condition: Condition, language: Language) -> None:
    message = written(condition, ended=(condition,), language=language)
    assert message.language == language
    for text in (message.text, message.html):
        assert "{" not in text.replace("{ color", "").split("</style>")[-1]
    name = condition.detail.get("outlet") or condition.detail.get("name")
    assert name is None or message.text.count(str(name)) >= 2


def test_hostile_text_in_a_notice_injects_nothing() -> None:
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
        record_conditions(desk, [SILENT, DEAD], operator=operator, now=NOW + number * CHECK_INTERVAL)
    mailbox.answer = lambda: "451 later"
    run = asyncio.run(alerts.run(NOW + 2 * CHECK_INTERVAL))
    assert (run.sent, mailbox.received) == (0, [])
    mailbox.answer = lambda: "250 kept"
    for hours in (2, 3):
        record_conditions(desk, [SILENT, DEAD], operator=operator, now=NOW + dt.timedelta(hours=hours))
        asyncio.run(alerts.run(NOW + dt.timedelta(hours=hours)))
    ((address, mail),) = mailbox.received
    assert address == "ana@example.org"
    assert str(mail["Subject"]).startswith("[Vigía] 2 problemas nuevos — Gestión no publica nada desde 19 nov. 2026")
    assert mail["List-Unsubscribe"] is None  # the operator is set in vigia.toml
    assert "ana@" not in "".join(str(row) for row in news.rows("SELECT * FROM notices"))
    desk.close()


def test_without_an_operator_each_problem_is_a_line_in_the_log_and_the_terminal(news: News) -> None:
    alerts = news.alerts(operator=NO_OPERATOR)
    desk = open_desk(news.desk_path)
    for number in range(3):
        record_conditions(desk, [SILENT, FULL], operator=NO_OPERATOR, now=NOW + number * CHECK_INTERVAL)
    asyncio.run(alerts.run(NOW + CHECK_INTERVAL * 2))
    record_conditions(desk, [SILENT], operator=NO_OPERATOR, now=NOW + MIN_MESSAGE_INTERVAL * 2)
    record_conditions(desk, [SILENT], operator=NO_OPERATOR, now=NOW + MIN_MESSAGE_INTERVAL * 2 + CHECK_INTERVAL)
    record_conditions(desk, [SILENT], operator=NO_OPERATOR, now=NOW + MIN_MESSAGE_INTERVAL * 4)
    asyncio.run(alerts.run(NOW + MIN_MESSAGE_INTERVAL * 4))
    lines = [line[3] for line in news.log()]
    assert [line.partition(" ")[0] for line in lines] == ["The", "Gestión", "The"]
    assert "resolved" in lines[2]
    assert [line.partition(" ")[0] for line in news.printed] == ["The", "Gestión", "The"]
    desk.close()


def test_a_failed_target_is_a_problem_unless_it_is_the_operators(news: News, mailbox: Mailbox) -> None:
    from db.desk.notices import find_failed_targets  # noqa: PLC0415 -- read here alone

    operator = make_operator("env:TEAM_MAIL", timezone="America/Lima")
    alerts = news.alerts(operator=operator)
    desk = open_desk(news.desk_path)
    mailbox.refuse = lambda _: "550 no such user"
    record_conditions(desk, [FULL], operator=operator, now=NOW)
    for hours in range(60):
        asyncio.run(alerts.run(NOW + dt.timedelta(hours=hours)))
    assert [row["state"] for row in news.rows("SELECT state FROM deliveries")] == ["failed"]
    assert find_failed_targets(desk, excluding=OPERATOR) == []
    assert len(find_failed_targets(desk, excluding="")) == 1
    desk.close()


def test_no_subscription_can_have_the_operators_id() -> None:
    from pipelines.alerts.subscriptions.subscription import make_slug  # noqa: PLC0415 -- read here alone

    assert make_slug("@operator") != OPERATOR
    assert notices.make_operator("env:OPS", timezone="UTC").id == OPERATOR
