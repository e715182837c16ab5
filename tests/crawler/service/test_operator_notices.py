"""The operator's notices by mail: the real scheduler with a test's clock, real crawls and real SMTP."""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.config.desk import load_desk
from crawler.service.housekeeping import prune_desk
from db.connection import open_desk, open_news
from db.model.times import stamp
from pipelines.archive.warc_files import Archive
from tests.fixtures.alert_desk import Mailbox, free_port
from tests.fixtures.demo_desk import DemoDesk
from tests.fixtures.forked_commands import run_command
from tests.fixtures.paths import FIXTURES
from tests.fixtures.waiting import DEADLINE_SECONDS

SCRIPT = FIXTURES / "scheduled.py"
NOW = dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def operator() -> Iterator[Mailbox]:
    mailbox = Mailbox(port=free_port())
    mailbox.start()
    yield mailbox
    mailbox.stop()


def go_on(desk: DemoDesk, operator: Mailbox, start: dt.datetime, *hours: float) -> list[dict[str, int]]:
    known = os.environ | {"OPERATOR": operator.url("keeper@example.org"), "SCHEDULED_ALERTS": "1"}
    ended = run_command(str(SCRIPT), str(desk.folder), start.isoformat(), *map(str, hours), environment=known)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def watch(desk: DemoDesk, *outlets: str) -> None:
    """Reduce the desk to these outlets, crawled every hour, and set its operator."""
    path = desk.folder / "vigia.toml"
    head, *blocks = path.read_text(encoding="utf-8").partition("[[subscription]]")[0].split("[[outlet]]")
    kept = [
        "\n".join(['\nevery = "1h"', *(line for line in block.splitlines() if "every" not in line), ""])
        for block in blocks
        if any(f'id = "{id_}"' in block for id_ in outlets)
    ]
    head = head.replace("[desk]", '[desk]\noperator = "env:OPERATOR"')
    path.write_text("[[outlet]]".join([head, *kept]), encoding="utf-8")


def was_lively(desk: DemoDesk, outlet: str, *, until: dt.datetime) -> None:
    """Record five weeks of crawls in which the outlet had a new page in each working hour."""
    hours = (until - 35 * DAY + dt.timedelta(hours=hour) for hour in range(35 * 24))
    rows = [(outlet, stamp(at), stamp(at), 2) for at in hours if 10 <= at.hour < 20]
    with sqlite3.connect(desk.folder / "news.db") as news:
        news.executemany(
            "INSERT INTO crawls (outlet, started, finished, outcome, rejected) VALUES (?, ?, ?, 'ok', ?)", rows
        )
    news.close()


def test_the_operator_gets_one_message_for_each_problem_and_one_for_its_end(desk: DemoDesk, operator: Mailbox) -> None:
    desk.configure(revisit=["400d"], workers=1)
    watch(desk, "lacordillera", "portalcomercio", "mineriaypuertos")
    (first,) = go_on(desk, operator, NOW - 40 * DAY)
    assert first["health"] == 1  # after the first round
    was_lively(desk, "portalcomercio", until=NOW - 4 * DAY)
    desk.web.fail("lacordillera.test", "403")
    go_on(desk, operator, NOW, *[0.5, 2, 2, 2, 2, 2])
    assert len(operator.subjects) == 2
    silent, refused = operator.subjects
    assert silent.startswith("[Vigía demo] 1 new problem — ")
    assert "has been silent since 12 Nov 2026" in silent
    assert "usually it publishes 20 a day" in silent
    assert "none of its sources has answered since 16 Nov 2026" in refused
    assert desk.news("SELECT id FROM outlets WHERE silent_since IS NOT NULL") == [("portalcomercio",)]
    # Restarted while the problem lasts: no second message.
    go_on(desk, operator, NOW + dt.timedelta(hours=12), 1, 1, 1)
    assert len(operator.subjects) == 2
    desk.web.fail("lacordillera.test", "none")
    go_on(desk, operator, NOW + 2 * DAY, 0.5, 1, 1)
    assert len(operator.subjects) == 3
    assert operator.subjects[2].startswith("[Vigía demo] 1 problem resolved — ")
    status = desk.run("status")
    assert "Problem since" in status.stdout
    assert "Portal de Comercio Exterior has been silent since 12 Nov 2026" in status.stdout
    found = json.loads(desk.run("status", "--json").stdout)
    assert found["silent"] == ["portalcomercio"]
    assert [(notice["kind"], notice["told"]) for notice in found["notices"]] == [("silent", True)]
    assert "keeper@" not in json.dumps(found) + silent + "".join(map(str, desk.desk("SELECT * FROM notices")))


def test_a_night_without_a_network_is_one_message(desk: DemoDesk, operator: Mailbox) -> None:
    desk.configure(revisit=["400d"], workers=1)
    watch(
        desk,
        "lacordillera",
        "portalcomercio",
        "mineriaypuertos",
        "agenciaquipu",
        "elcorreodechancay",
        "pacificdispatch",
    )
    go_on(desk, operator, NOW - DAY)
    desk.web.fail("*", "drop")
    go_on(desk, operator, NOW, 0.5, 2, 4, 4, 4)
    assert [subject.partition(":")[0] for subject in operator.subjects] == [
        "[Vigía demo] 1 new problem — No outlet answers (6 are watched)"
    ]
    desk.web.fail("*", "none")
    go_on(desk, operator, NOW + DAY, 0.5, 1, 1)
    assert [subject.partition("—")[0] for subject in operator.subjects[1:]] == ["[Vigía demo] 1 problem resolved "]


def test_housekeeping_deletes_old_crawls_and_unused_child_sitemaps(desk: DemoDesk) -> None:
    open_news(desk.folder / "news.db").close()
    news, private = open_news(desk.folder / "news.db"), open_desk(desk.folder / "desk.db")
    for outlet, days in (("a", 500), ("a", 450), ("a", 10), ("b", 900)):
        news["outlets"].insert({"id": outlet, "name": outlet}, pk="id", ignore=True)
        news["crawls"].insert({"outlet": outlet, "started": stamp(NOW - days * DAY)})
    for url, parent, days in (
        ("index", None, 200),
        ("old", "index", 100),
        ("new", "index", 10),
        ("unread", "index", 0),
    ):
        at = None if url == "unread" else stamp(NOW - days * DAY)
        private["sources"].insert({"url": url, "outlet": "a", "parent": parent, "fetched_at": at})
    loaded = load_desk(desk.folder)
    outcome = prune_desk(loaded, Archive(loaded.archive), now=NOW, statistics={"news": ["ANALYZE"], "desk": []})
    assert outcome == "ok"
    assert desk.news("SELECT outlet, started FROM crawls ORDER BY id") == [
        ("a", stamp(NOW - 10 * DAY)),
        ("b", stamp(NOW - 900 * DAY)),
    ]
    assert [row[0] for row in desk.desk("SELECT url FROM sources ORDER BY url")] == ["index", "new", "unread"]
    news.close()
    private.close()


def test_a_desk_without_enabled_outlets_says_so(tmp_path: Path) -> None:
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = "none"\nport = 0\n[crawl]\nworkers = 1\n', "utf-8")
    command = [str(Path(sys.executable).with_name("vigia")), "--desk", str(tmp_path), "up"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert "Reading room" in running.stdout.readline()
    running.terminate()
    printed, complained = running.communicate(timeout=DEADLINE_SECONDS)
    assert "no outlet is enabled, so nothing is crawled; set [desk] directory" in complained
    assert "No outlet is due" not in printed
