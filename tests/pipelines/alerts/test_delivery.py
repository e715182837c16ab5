from __future__ import annotations

import asyncio
import datetime as dt
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.alerts.delivery import MAX_RETRY_DELAY, compute_retry_delay
from pipelines.alerts.errors import AlertError
from pipelines.alerts.run_lock import hold_run_lock
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import Mailbox, News, Receiver
from tests.fixtures.waiting import DEADLINE_SECONDS

MAIL = Subscription(name="Puerto", query="chancay", to=("env:TEAM_MAIL",))


async def begin(
    news: News, now: dt.datetime, *subscriptions: Subscription, limit: float = DEADLINE_SECONDS, articles: int = 1
) -> Any:
    """Alerts of these subscriptions, with articles that all of them match."""
    alerts = news.alerts(*subscriptions, limit=limit)
    await alerts.run(now)
    for number in range(articles):
        news.article(f"Chancay {number + 1}")
    return alerts


def states(news: News) -> list[str]:
    return [row["state"] for row in news.rows("SELECT state FROM deliveries ORDER BY id")]


async def test_a_mail_arrives_once_with_both_parts_and_headers_of_automatic_mail(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = await begin(news, now, MAIL, articles=2)
    run = await alerts.run(now)
    assert (run.alerts, run.digests, run.sent, run.waiting) == (2, 1, 1, 0)
    assert (await alerts.run(now)).sent == 0
    ((address, mail),) = mailbox.received
    assert address == "ana@example.org"
    assert mail["Subject"] == "[Vigía] Puerto: 2 new — Chancay 1"
    assert mail["From"].addresses[0].display_name == "Vigía"
    assert str(mail["To"]) == "ana@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@desk.example>")
    assert mail["References"] == "<puerto.subscription@desk.example>"
    for kind in ("plain", "html"):
        part = mail.get_body((kind,)).get_content()
        assert all(f"https://diario.example/{number}" in part for number in (1, 2)), kind
        assert "22 Nov 2026, 08:30 (Lima)" in part
    assert alerts.list_subscriptions()[0].standing.last_sent == now


async def test_a_target_that_was_down_gets_each_alert_once_when_it_is_up(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = await begin(news, now, MAIL)
    mailbox.stop()
    tries = 0
    for minute in range(0, 360, 5):
        run = await alerts.run(now + dt.timedelta(minutes=minute))
        assert (run.sent, run.failed, run.waiting) == (0, 0, 1)
    (row,) = news.rows("SELECT attempts, last_error FROM deliveries")
    tries = row["attempts"]
    assert 10 <= tries <= 14, "1, 2, 4, 8, 16, 32 minutes, then once an hour"
    assert row["last_error"] == "no connection to the mail server (SMTPConnectError)"
    mailbox.start()
    run = await alerts.run(now + dt.timedelta(hours=7))
    assert (run.sent, run.waiting) == (1, 0)
    assert len(mailbox.received) == 1


async def test_after_a_day_a_delivery_is_given_up_with_an_error_in_the_log(
    news: News, mailbox: Mailbox, now: dt.datetime, caplog: pytest.LogCaptureFixture
) -> None:
    alerts = await begin(news, now, MAIL)
    mailbox.answer = lambda: "451 <ana@example.org> not now"
    failed = [(await alerts.run(now + dt.timedelta(hours=hour))).failed for hour in range(27)]
    assert sum(failed) == 1
    assert failed.index(1) == 24
    assert states(news) == ["failed"]
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == (
        'subscription "Puerto", env:TEAM_MAIL: gave up after 25 attempts: '
        "the mail server refused 1 of 1 recipients (451)"
    )


async def test_after_a_day_of_sleep_a_delivery_is_still_tried_again(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = await begin(news, now, MAIL)
    mailbox.answer = lambda: "451 not now"
    await alerts.run(now)
    assert (await alerts.run(now + dt.timedelta(hours=30))).failed == 0
    mailbox.answer = lambda: "250 kept"
    assert (await alerts.run(now + dt.timedelta(hours=31))).sent == 1


async def test_a_refused_recipient_delays_no_other_and_none_gets_it_twice(
    news: News, mailbox: Mailbox, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM_MAIL", mailbox.url("ana@example.org", "gone@example.org", "li@example.org"))
    mailbox.refuse = lambda address: "550 no such person" if address.startswith("gone") else None
    alerts = await begin(news, now, MAIL)
    await alerts.run(now)
    assert [address for address, _ in mailbox.received] == ["ana@example.org", "li@example.org"]
    assert states(news) == ["waiting"]
    mailbox.refuse = lambda address: None
    await alerts.run(now + dt.timedelta(minutes=2))
    assert sorted(address for address, _ in mailbox.received) == [
        "ana@example.org",
        "gone@example.org",
        "li@example.org",
    ]
    assert len({mail["Message-ID"] for _, mail in mailbox.received}) == 1
    assert all(str(mail["To"]) == address for address, mail in mailbox.received), "no reader sees the others"


async def test_a_failing_target_does_not_delay_others(
    news: News, mailbox: Mailbox, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # a server that never answers

    listener = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    monkeypatch.setenv("SILENT", f"mailto://127.0.0.1:{port}/x@example.org?from=vigia@desk.example")
    both = Subscription(name="Puerto", query="chancay", to=("env:SILENT", "env:MISSING", "env:TEAM_MAIL"))
    alerts = await begin(news, now, both, limit=4)
    run = await alerts.run(now)
    assert (run.sent, run.waiting) == (1, 2)
    assert [row["last_error"] for row in news.rows("SELECT last_error FROM deliveries ORDER BY id")] == [
        "no answer within 4 s",
        "env:MISSING: there is no environment variable MISSING; set it where Vigía is started",
        None,
    ]
    listener.close()


async def test_a_server_that_drops_in_the_middle_is_tried_again_with_the_same_message(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = await begin(news, now, MAIL)
    seen: list[str] = []

    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            if line.startswith(b"EHLO"):
                writer.write(b"250 hello\r\n")
            elif line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                seen.append((await reader.readuntil(b"Message-ID: ") + await reader.readline()).decode()[-60:])
                break
            else:
                writer.write(b"250 well\r\n")
        writer.close()

    mailbox.stop()
    server = await asyncio.start_server(drop, "127.0.0.1", mailbox.port)
    assert (await alerts.run(now)).waiting == 1
    server.close()
    await server.wait_closed()
    mailbox.start()
    assert (await alerts.run(now + dt.timedelta(minutes=1))).sent == 1
    assert mailbox.received[0][1]["Message-ID"] in seen[0]


async def test_pending_deliveries_of_a_removed_subscription_are_not_sent(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = await begin(news, now, MAIL)
    mailbox.answer = lambda: "451 not now"
    await alerts.run(now)
    mailbox.answer = lambda: "250 kept"
    run = await news.alerts().run(now + dt.timedelta(hours=1))
    assert (run.sent, run.waiting, mailbox.received) == (0, 0, [])
    assert states(news) == ["waiting"]


async def test_nothing_is_sent_to_a_removed_target(
    news: News, mailbox: Mailbox, now: dt.datetime, receiver: Receiver
) -> None:
    alerts = await begin(news, now, MAIL)
    mailbox.answer = lambda: "451 not now"
    await alerts.run(now)
    mailbox.answer = lambda: "250 kept"
    moved = news.alerts(Subscription(name="Puerto", query="chancay", to=("env:HOOK",)))
    run = await moved.run(now + dt.timedelta(hours=1))
    assert (run.sent, run.waiting, mailbox.received) == (1, 0, [])
    assert states(news) == ["withdrawn", "sent"]
    assert len(receiver.requests) == 1, "the alert is sent to the new target"


async def test_no_secret_reaches_a_log_an_error_or_a_database(
    news: News,
    mailbox: Mailbox,
    receiver: Receiver,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = ["ana@example.org", "hunter2", "s3cr3t-path", "t0ken", "from=vigia"]
    monkeypatch.setenv("TEAM_MAIL", mailbox.url("ana@example.org").replace("//", "//bob:hunter2@"))
    monkeypatch.setenv("HOOK", receiver.url + "?+Authorization=t0ken")
    monkeypatch.setenv("WRONG", "hunter2 is not an address t0ken")
    (news.folder / "mail.txt").write_text(mailbox.url("ana@example.org"))
    everyone = Subscription(
        name="Puerto", query="chancay", to=("env:TEAM_MAIL", "env:HOOK", "env:WRONG", "file:mail.txt")
    )
    alerts = await begin(news, now, everyone)
    mailbox.refuse = lambda address: f"550 <{address}> is unknown; hunter2"
    receiver.status = 500
    await alerts.run(now)
    tested = await alerts.send_test("Puerto")
    mailbox.refuse, receiver.status = (lambda address: None), 200
    await alerts.run(now + dt.timedelta(minutes=2))
    assert len(mailbox.received) == 1
    assert news.rows("SELECT count(*) AS sent FROM deliveries WHERE state = 'sent'") == [{"sent": 2}]
    said = caplog.text + repr(tested) + repr(alerts.list_subscriptions()) + "\n".join(news.printed)
    stored = b"".join(path.read_bytes() for path in news.folder.glob("*.db*"))
    for secret in secrets:
        assert secret not in said
        assert secret.encode() not in stored
    assert "env:TEAM_MAIL" in said


async def test_a_test_message_says_for_each_target_whether_it_arrived(
    news: News, mailbox: Mailbox, receiver: Receiver
) -> None:
    both = Subscription(name="Puerto", query="chancay", to=("env:TEAM_MAIL", "env:HOOK", "env:NONE"))
    receiver.status = 500
    results = await news.alerts(both).send_test("puerto")
    assert [(result.target, result.error) for result in results] == [
        ("env:TEAM_MAIL", None),
        ("env:HOOK", "JSON did not take the message: it answered 500"),
        ("env:NONE", "env:NONE: there is no environment variable NONE; set it where Vigía is started"),
    ]
    assert mailbox.subjects == ["[Vigía] Puerto: a test"]
    assert news.rows("SELECT * FROM deliveries") == []


async def test_two_processes_do_not_send_for_one_desk_at_a_time(
    news: News, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.alerts.alerts.LOCK_WAIT_SECONDS", 0.2)
    second = news.alerts(MAIL)
    async with hold_run_lock(news.folder, wait_seconds=0.2):
        with pytest.raises(AlertError, match="another process sends the alerts of this desk just now"):
            await second.run(now)
    assert (await second.run(now)).waiting == 0


async def test_attempts_scheduled_by_a_clock_far_ahead_are_made_now(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = await begin(news, now, MAIL)
    mailbox.answer = lambda: "451 not now"
    await alerts.run(now + dt.timedelta(days=900))
    mailbox.answer = lambda: "250 kept"
    assert (await alerts.run(now)).sent == 1


async def test_a_log_that_cannot_be_written_keeps_its_alerts_for_later(news: News, now: dt.datetime) -> None:
    alerts = await begin(news, now, Subscription(name="Puerto", query="chancay"))
    (news.folder / "alerts.log").mkdir()
    assert (await alerts.run(now)).waiting == 1
    (news.folder / "alerts.log").rmdir()
    assert (await alerts.run(now + dt.timedelta(minutes=1))).sent == 1
    assert len(news.log()) == len(news.printed) == 1


async def test_an_alert_that_cannot_be_printed_is_logged_once(news: News, now: dt.datetime) -> None:
    def closed(line: str) -> None:
        raise BrokenPipeError

    alerts = news.alerts(Subscription(name="Puerto", query="chancay"))
    object.__setattr__(alerts._context, "announce", closed)
    await alerts.run(now)
    news.article("Chancay")
    assert (await alerts.run(now)).sent == 1
    await alerts.run(now + dt.timedelta(hours=1))
    assert len(news.log()) == 1


@given(attempts=st.integers(1, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_the_pause_between_attempts_doubles_up_to_an_hour(attempts: int, chance: float) -> None:
    wait = compute_retry_delay(attempts, chance=lambda: chance)
    full = min(dt.timedelta(minutes=2 ** min(attempts - 1, 20)), MAX_RETRY_DELAY)
    assert full * 0.75 <= wait <= full
