"""Editing vigia.toml while the desk runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawler.config.desk import Desk, load_desk
from crawler.config.reload import ConfigWatcher
from tests.fixtures.demo_desk import LIMITED_VIGIA, DemoDesk
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until

PUERTO = '[[subscription]]\nname = "Puerto"\nquery = "chancay"\n'
MINA = '[[subscription]]\nname = "Mina"\nquery = "mina"\n'
OUTLET = """[[outlet]]
id = "diario"
name = "Diario"
home = "https://diario.example/"
country = "PE"
languages = ["es"]
kind = "press"
feeds = ["https://diario.example/feed/"]
"""
HEAD = '[desk]\ndirectory = "none"\n\n'


class Running:
    """A ConfigWatcher that is checked like in the service, with the lines that it said."""

    def __init__(self, folder: Path, text: str = HEAD, *, port: int | None = None) -> None:
        self.path = folder / "vigia.toml"
        self.said: list[str] = []
        self.writes = 0
        self.write(text)
        desk = load_desk(folder)
        if port is not None:
            desk = desk.model_copy(update={"desk": desk.desk.model_copy(update={"port": port})})
        self.configuration = ConfigWatcher(desk, say=self.said.append)
        self.look()

    def write(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")
        self.writes += 1
        os.utime(self.path, ns=(self.writes, self.writes * 1_000_000_000))  # the file system's clock may be coarse

    def look(self) -> Desk | None:
        found = None
        for _ in range(4):
            found = self.configuration.check() or found
        return found

    def edit(self, text: str) -> tuple[Desk | None, list[str]]:
        self.said.clear()
        self.write(text)
        return self.look(), [line.removeprefix(f"{self.path}: ") for line in self.said]


def test_an_unchanged_file_changes_nothing(tmp_path: Path) -> None:
    running = Running(tmp_path, HEAD + PUERTO, port=0)
    assert (running.look(), running.said) == (None, [])
    assert running.edit("# a comment\n" + HEAD + PUERTO) == (None, [])


def test_added_changed_and_removed_subscriptions_take_effect(tmp_path: Path) -> None:
    running = Running(tmp_path)
    desk, said = running.edit(HEAD + PUERTO + MINA)
    assert desk is not None
    assert [one.name for one in desk.subscriptions] == ["Puerto", "Mina"]
    assert said == ["2 subscriptions new: Puerto, Mina"]
    desk, said = running.edit(HEAD + PUERTO + 'when = "hourly"\n')
    assert desk is not None
    assert [one.when for one in desk.subscriptions] == ["hourly"]
    assert said == ["1 subscription changed: Puerto; 1 subscription gone: Mina"]


def test_added_changed_and_removed_people_take_effect(tmp_path: Path) -> None:
    running = Running(tmp_path)
    ana, theirs = '[[person]]\nid = "ana"\nto = ["env:ANA"]\n', PUERTO + 'people = ["ana"]\n'
    desk, said = running.edit(HEAD + ana + theirs)
    assert desk is not None
    assert said == ["1 person new: ana; 1 subscription new: Puerto"]
    desk, said = running.edit(HEAD + ana + 'language = "es"\n' + theirs)
    assert desk is not None
    assert [one.language for one in desk.subscriptions[0].persons] == ["es"]
    assert said == ["1 person changed: ana"]
    assert running.edit(HEAD + theirs)[1] == [
        'subscription "Puerto" people: no person "ana"; there is none: add a [[person]] (the desk goes on as it was)'
    ]
    assert running.edit(HEAD + PUERTO)[1] == ["mended; 1 person gone: ana; 1 subscription changed: Puerto"]


def test_added_changed_and_removed_outlets_take_effect(tmp_path: Path) -> None:
    running = Running(tmp_path)
    desk, said = running.edit(HEAD + OUTLET)
    assert desk is not None
    assert [outlet.id for outlet in desk.enabled_outlets] == ["diario"]
    assert said == ["1 outlet new: diario"]
    assert running.edit(HEAD + OUTLET + 'every = "1h"\n')[1] == ["1 outlet changed: diario"]
    desk, said = running.edit(HEAD + OUTLET + "enabled = false\n")
    assert desk is not None
    assert (desk.enabled_outlets, said) == ((), ["1 outlet gone: diario"])


def test_more_than_five_names_are_counted(tmp_path: Path) -> None:
    many = "".join(f'[[subscription]]\nname = "S{number}"\nquery = "x"\n' for number in range(8))
    assert Running(tmp_path).edit(HEAD + many)[1] == ["8 subscriptions new: S0, S1, S2, S3, S4 and 3 more"]


def test_changes_of_desk_and_crawl_are_named_and_wait_for_the_next_start(tmp_path: Path) -> None:
    running = Running(tmp_path, port=0)
    desk, said = running.edit('[desk]\ndirectory = "none"\nport = 9000\n[crawl]\nworkers = 3\ndelay = 2\n' + PUERTO)
    assert desk is not None
    assert (desk.desk.port, desk.crawl.workers, len(desk.subscriptions)) == (0, 2, 1)
    assert said == ["1 subscription new: Puerto; [desk] port, [crawl] delay, workers: takes effect at the next start"]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("[[subscription]\n", "not TOML"),
        (PUERTO + 'when = "yearly"\n', 'subscription "Puerto" when: write "immediately"'),
        (PUERTO + PUERTO.replace("Puerto", "PUERTO"), "the same to the desk"),
        (OUTLET + "evry = 1\n", "unknown key"),
    ],
)
def test_a_file_with_an_error_changes_nothing_and_is_reported_once(tmp_path: Path, broken: str, says: str) -> None:
    running = Running(tmp_path, HEAD + MINA)
    desk, said = running.edit(HEAD + broken)
    assert desk is None
    assert len(said) == 1
    assert says in said[0]
    assert "\n" not in said[0]
    assert said[0].endswith("(the desk goes on as it was)")
    assert running.edit("\n" * 3 + HEAD + broken.replace("chancay", "puerto"))[0] is None
    assert [one.name for one in running.configuration.desk.subscriptions] == ["Mina"]
    assert running.edit(HEAD + MINA) == (None, ["mended; nothing to change"])
    running.edit(HEAD + broken)
    assert running.edit(HEAD + PUERTO)[1] == ["mended; 1 subscription new: Puerto; 1 subscription gone: Mina"]


def test_a_deleted_file_is_reported_as_an_error(tmp_path: Path) -> None:
    running = Running(tmp_path, HEAD + MINA)
    running.path.unlink()
    assert running.look() is None
    assert running.said == [
        f"{running.path}: no such file; `vigia --desk {tmp_path} init` writes one (the desk goes on as it was)"
    ]
    assert running.edit(HEAD + MINA) == (None, ["mended; nothing to change"])


def test_a_file_is_read_only_when_it_no_longer_changes(tmp_path: Path) -> None:
    running = Running(tmp_path, HEAD + MINA)
    running.said.clear()
    for text in ("", HEAD, HEAD + PUERTO[:20], HEAD + PUERTO):
        running.write(text)
        assert running.configuration.check() is None
        assert running.said == []
    assert running.configuration.check() is not None


def test_a_running_desk_reloads_a_valid_file_and_survives_an_invalid_one(desk: DemoDesk, tmp_path: Path) -> None:
    path, output = desk.folder / "vigia.toml", tmp_path / "output"
    desk.configure(workers=1)
    head, first, *_ = path.read_text(encoding="utf-8").split("[[outlet]]")
    path.write_text(head, encoding="utf-8")
    limits = json.dumps({"crawler.service.scheduler:TICK_INTERVAL": 0.5})
    command = [sys.executable, LIMITED_VIGIA, limits, "--desk", str(desk.folder), "up", "--port", "0"]
    with output.open("w") as file:
        running = subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True)
    try:
        wait_until(lambda: "Reading room" in output.read_text())
        wait_until(lambda: desk.desk("SELECT 1 FROM schedule WHERE task = 'alerts'"))
        time.sleep(2.1)  # four ticks: it has read the file as it was
        path.write_text("[desk\n", encoding="utf-8")
        wait_until(lambda: "as it was" in output.read_text())
        path.write_text(f"{head}[[outlet]]{first.partition('[[subscription]]')[0]}\n{PUERTO}", encoding="utf-8")
        wait_until(lambda: "mended; 1 subscription new: Puerto; 1 outlet new" in output.read_text().replace("\n", " "))
        wait_until(lambda: desk.news("SELECT 1 FROM crawls WHERE finished IS NOT NULL"))
    finally:
        running.send_signal(signal.SIGINT)
        try:
            running.wait(timeout=DEADLINE_SECONDS)
        finally:
            running.kill()
    assert running.returncode == 0
    assert desk.desk("SELECT query FROM subscriptions WHERE name = 'Puerto'") == [("chancay",)]
    assert output.read_text().count("as it was") == 1


def test_a_desk_ends_on_a_signal_while_a_crawl_starts(desk: DemoDesk) -> None:
    running = desk.start("up", "--port", "0")
    try:
        wait_until(
            lambda: (
                (desk.folder / "news.db").exists() and desk.news("SELECT 1 FROM sqlite_master WHERE name = 'crawls'")
            )
        )
        wait_until(lambda: desk.news("SELECT 1 FROM crawls"))
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=DEADLINE_SECONDS)
    finally:
        running.kill()
    assert running.returncode == 0
