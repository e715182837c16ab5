"""Planned briefings: made once at their time, mailed with their file, and never lost or made twice."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import io
import json
import logging
import shutil
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import docx
import pytest
from jsonschema import Draft202012Validator

from crawler.config.desk import Desk, load_desk
from crawler.operations.check_desk import check_desk
from crawler.operations.make_briefing import list_briefings
from crawler.runner import CrawlRunner
from crawler.service.due_briefings import list_planned_briefings, make_due_briefings
from crawler.service.scheduler import Scheduler
from crawler.service.service import alerts_of
from db.connection import open_desk, open_news
from db.desk import alerts as alerts_db
from db.desk import deliveries
from db.desk.analysts import briefings, planned_briefings
from db.desk.schedule import read_due_times
from db.site.briefings.briefing_error import BriefingError
from pipelines.alerts.channels import webhook
from pipelines.archive.warc_files import Archive
from tests.fixtures.alert_desk import Mailbox, Receiver, free_port
from tests.fixtures.briefing_desk import NOW, write_briefing_desk
from tests.fixtures.forked_commands import run_vigia
from tests.fixtures.waiting import wait_until_async

SUNDAY = NOW - dt.timedelta(hours=20)
MINUTE, DAY, WEEK = dt.timedelta(minutes=1), dt.timedelta(days=1), dt.timedelta(weeks=1)
BLOCK = """
[[person]]
id = "ana"
to = ["env:ANA"]
language = "es"

[[person]]
id = "li"
to = ["env:LI"]
language = "zh"

[[briefing]]
name = "Semana"
when = "weekly mon 07:30"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The desk of a week, not to be changed."""
    folder = tmp_path_factory.mktemp("planned") / "desk"
    write_briefing_desk(folder)
    return folder


@pytest.fixture
def place(folder: Path, tmp_path: Path) -> Path:
    """A copy of that desk's folder."""
    return shutil.copytree(folder, tmp_path / "desk")


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    mailbox = Mailbox(port=free_port())
    mailbox.start()
    monkeypatch.setenv("ANA", mailbox.url("ana@example.org"))
    monkeypatch.setenv("LI", mailbox.url("li@example.org"))
    monkeypatch.setattr(logging.getLogger("mail.log"), "disabled", True)
    yield mailbox
    mailbox.stop()


def configure(place: Path, briefing: str, *, settings: str = "") -> Desk:
    text = f'[desk]\nname = "Puertos"\ndirectory = "none"\n{settings}{BLOCK}{briefing}\n'
    (place / "vigia.toml").write_text(text, "utf-8")
    return load_desk(place)


def send(desk: Desk, now: dt.datetime) -> int:
    """Make what is due and send it, as the service does; return how many briefings were made."""
    made = make_due_briefings(desk, now=now)
    asyncio.run(alerts_of(desk, announce=lambda _: None).run(now))
    return made


async def run_schedule(desk: Desk, moments: list[dt.datetime]) -> None:
    """Run the real scheduler, with the tasks of alerts and briefings, at each moment of a clock."""
    clock = [moments[0]]

    async def send_alerts() -> None:
        await alerts_of(desk, announce=lambda _: None).run(clock[0])

    async def make_briefings() -> None:
        if await asyncio.to_thread(make_due_briefings, desk, now=clock[0]):
            await send_alerts()

    async def do_nothing() -> None:
        """Stop no crawl, for there is none, and check nothing."""

    with (
        contextlib.closing(open_desk(desk.desk_db)) as desk_db,
        contextlib.closing(open_news(desk.news_db)) as news,
        contextlib.closing(Archive(desk.archive)) as archive,
    ):
        archive.open_folder()
        session: Any = SimpleNamespace(
            desk=desk,
            now=lambda: clock[0],
            fatal_error=None,
            is_in_place=lambda: True,
            abort_on_store_error=contextlib.nullcontext,
            stores=SimpleNamespace(desk=desk_db, news=news, archive=archive),
        )
        schedule = Scheduler(
            session,
            cast("CrawlRunner", SimpleNamespace(stop=do_nothing, stopping=False)),
            alerts=send_alerts,
            briefings=make_briefings,
            health=do_nothing,
            on_end=lambda _: None,
            on_fatal_error=lambda: None,
            tick=dt.timedelta(seconds=0.05),
        )
        schedule.start()
        for clock[0] in moments:
            await wait_until_async(
                lambda: not schedule.tasks and read_due_times(desk_db).get("briefings", clock[0]) > clock[0]
            )
        await schedule.stop()
    assert schedule.failing_tasks == {}


def body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


@pytest.mark.slow
async def test_the_schedule_makes_and_mails_a_briefing_and_makes_up_for_missed_ones_once(
    place: Path, mailbox: Mailbox
) -> None:
    desk = configure(place, 'people = ["ana", "li"]', settings='public_url = "https://desk.test"\n')
    # Sunday; Monday 07:36 and 07:42; after three weeks off.
    await run_schedule(desk, [SUNDAY, NOW + 6 * MINUTE, NOW + 12 * MINUTE, NOW + 3 * WEEK, NOW + 3 * WEEK + 2 * MINUTE])
    by_reader: dict[str, list[EmailMessage]] = {}
    for address, mail in mailbox.received:
        by_reader.setdefault(address, []).append(mail)
    assert {address: len(mails) for address, mails in by_reader.items()} == {"ana@example.org": 2, "li@example.org": 2}
    spanish, chinese = by_reader["ana@example.org"][0], by_reader["li@example.org"][0]
    assert spanish["Subject"].startswith("[Puertos] Semana: 16–23 de noviembre de 2026 — Cae una grúa")
    assert "1. Cae una grúa en el puerto de Chancay" in body(spanish)
    assert "https://desk.test/briefing/1" in body(spanish)
    assert "1. 钱凯港一台起重机倒塌" in body(chinese)
    assert "https://desk.test/briefing/2" in body(chinese)
    (file,) = spanish.iter_attachments()
    assert file.get_filename() == "vigia-briefing-1.docx"
    title = docx.Document(io.BytesIO(file.get_payload(decode=True))).paragraphs[0].text  # type: ignore[arg-type]
    assert title == "Informe de prensa · Puertos"
    periods = [(one.recipe.since.isoformat(), one.recipe.until.isoformat()) for one in list_briefings(load_desk(place))]
    assert periods == [("2026-11-23", "2026-12-14")] * 2 + [("2026-11-16", "2026-11-23")] * 2


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "step", "moment", "repeated"),
    [
        (planned_briefings, "claim_due_briefing", "after", 0),
        (alerts_db, "make_digest", "after", 0),
        (briefings, "save_briefing", "after", 0),
        (deliveries, "mark_sending", "after", 0),
        (deliveries, "mark_accepted", "before", 1),
        (deliveries, "mark_sent", "before", 0),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_kill_at_any_step_loses_no_briefing(
    place: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, module: Any, step: str, moment: str, repeated: int
) -> None:
    desk = configure(place, 'people = ["ana"]\nformats = ["md"]')
    send(desk, SUNDAY)
    done = getattr(module, step)

    def die(*arguments: Any, **options: Any) -> Any:
        if moment == "after":
            done(*arguments, **options)
        raise Killed

    with monkeypatch.context() as patched:
        for user in (module, "crawler.service.due_briefings", "crawler.operations.make_briefing"):
            if isinstance(user, str):
                patched.setattr(f"{user}.{step}", die, raising=False)
            else:
                patched.setattr(user, step, die)
        with pytest.raises(Killed):
            send(desk, NOW)
    send(desk, NOW + MINUTE)
    send(desk, NOW + 2 * MINUTE)
    assert len({mail["Message-ID"] for _, mail in mailbox.received}) == 1
    assert len(mailbox.received) == 1 + repeated
    assert len(list_briefings(desk)) == 1


def test_channels_without_files_get_the_headlines_and_where_the_file_is(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = Receiver()
    hook.start()
    key = "whsec_YSBrZXkgb2YgdHdlbnR5LWZvdXIgYnl0ZXM="
    monkeypatch.setenv("HOOK", f"signed+http://{key}@127.0.0.1:{hook.port}/x")
    try:
        desk = configure(place, 'to = ["env:HOOK"]\nquery = "puente"\nlanguage = "en"')
        send(desk, SUNDAY)
        assert send(desk, NOW) == 1
    finally:
        hook.stop()
    ((_, _, message),) = hook.requests
    Draft202012Validator(webhook.load_schema()).validate(message)
    assert message["type"] == "alerts.briefing"
    assert "1. El puente a Chancay abrirá en marzo" in message["data"]["text"]
    assert "The file goes out by mail alone. In the reading room this is briefing No. 1." in message["data"]["text"]
    assert "Attached" not in message["data"]["text"]


def test_without_recipients_a_line_of_the_log_says_how_to_write_the_file(place: Path) -> None:
    desk = configure(place, 'formats = ["html"]')
    send(desk, SUNDAY)
    send(desk, NOW)
    (line,) = (place / "alerts.log").read_text("utf-8").splitlines()
    assert "`vigia briefing again 1 --to FILE.html` writes it" in line


def test_plans_are_listed_and_a_changed_rhythm_or_a_clock_that_was_ahead_is_planned_anew(place: Path) -> None:
    desk = configure(place, "")
    assert [plan.schedule.due for plan in list_planned_briefings(desk, now=SUNDAY)] == [NOW]
    assert make_due_briefings(desk, now=SUNDAY + 500 * DAY) == 0
    assert make_due_briefings(desk, now=SUNDAY) == 0
    assert [plan.schedule.due for plan in list_planned_briefings(desk, now=SUNDAY)] == [NOW]
    text = (place / "vigia.toml").read_text("utf-8").replace("weekly mon 07:30", "daily 18:00")
    (place / "vigia.toml").write_text(text, "utf-8")
    assert make_due_briefings(load_desk(place), now=NOW) == 0
    (plan,) = list_planned_briefings(load_desk(place), now=NOW)
    assert plan.schedule.due == dt.datetime(2026, 11, 23, 23, tzinfo=dt.UTC)


def test_a_briefing_that_was_taken_out_and_put_back_is_not_made_up_for(place: Path) -> None:
    with_it = configure(place, "")
    make_due_briefings(with_it, now=SUNDAY)
    make_due_briefings(with_it.model_copy(update={"briefings": ()}), now=SUNDAY)
    assert make_due_briefings(with_it, now=NOW + DAY) == 0


def test_a_briefing_that_cannot_be_made_is_told_in_one_line_and_stays_due(place: Path) -> None:
    desk = configure(place, 'query = "outlet:nowhere"')
    assert make_due_briefings(desk, now=SUNDAY) == 0
    with pytest.raises(BriefingError, match=r'^briefing "Semana": query: [^\n]+$'):
        make_due_briefings(desk, now=NOW)
    mended = configure(place, 'query = "puente"')
    assert make_due_briefings(mended, now=NOW + MINUTE) == 1


def test_two_briefings_that_are_the_same_to_the_desk_are_told_by_the_check(place: Path) -> None:
    configure(place, '[[briefing]]\nname = "Semana!"\nwhen = "daily 08:00"')
    (line,) = [line for line in check_desk(place, now=NOW).problems if "are the same to the desk" in line]
    assert 'briefings "Semana" and "Semana!"' in line


def test_the_check_of_a_desk_names_a_wrong_query_and_a_missing_secret(place: Path) -> None:
    configure(place, 'query = "(puente"\nto = ["env:NO_SUCH_SECRET"]')
    problems = check_desk(place, now=NOW).problems
    assert [line for line in problems if 'briefing "Semana": ' in line]
    assert [line for line in problems if 'briefing "Semana" to: ' in line and "NO_SUCH_SECRET" in line]


@pytest.mark.slow
def test_the_command_lists_planned_briefings(place: Path) -> None:
    configure(place, 'people = ["ana"]\nquery = "puente"')
    ended = run_vigia("--desk", str(place), "briefing", "list", "--json")
    assert ended.returncode == 0, ended.stderr
    row = json.loads(ended.stdout.splitlines()[0])
    assert (row["planned"], row["when"], row["to"], row["query"]) == (
        "Semana",
        "weekly mon 07:30",
        ["ana (es)"],
        "puente",
    )
