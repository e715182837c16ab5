"""Errors that a user can correct: one clear line, exit status 1, no incomplete files."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.crawling.lock import lock_desk
from tests.fixtures.demo_desk import VIGIA, DemoDesk
from tests.fixtures.forked_commands import run_vigia
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until


def refused(ended: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Assert exit status 1 and one line on standard error that has these parts."""
    assert ended.returncode == 1, ended.stdout + ended.stderr
    lines = [line for line in ended.stderr.splitlines() if line]
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("vigia: ")
    for part in parts:
        assert part in lines[0]


def test_a_missing_desk_names_the_command_that_creates_one(tmp_path: Path) -> None:
    refused(run_vigia("crawl", cwd=tmp_path), "vigia.toml", "init")
    assert not (tmp_path / "desk").exists()


def test_a_wrong_configuration_names_file_place_and_remedy(desk: DemoDesk) -> None:
    desk.configure(contract="me")
    refused(desk.run("crawl"), "vigia.toml", "[crawl] contract", "there are contact")
    assert desk.web.hits == []


def test_an_unknown_outlet_gives_similar_names(desk: DemoDesk) -> None:
    refused(desk.run("crawl", "cordillera"), 'no outlet "cordillera"', "lacordillera")
    refused(desk.run("crawl", "lacordilera"), 'no outlet "lacordilera"', "did you mean lacordillera?")
    assert desk.web.hits == []


def test_init_never_overwrites_a_desk(desk: DemoDesk) -> None:
    before = (desk.folder / "vigia.toml").read_bytes()
    refused(desk.run("init"), "already exists")
    assert (desk.folder / "vigia.toml").read_bytes() == before


def test_a_second_demo_does_not_change_the_running_one(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    for began in (dt.datetime.now(dt.UTC), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)):  # an old demo desk would be deleted
        (folder / "demo-began").write_text(began.isoformat())
        (folder / "vigia.toml").write_text("# the proxy of the web that runs")
        with lock_desk(folder):
            refused(run_vigia("demo", "--folder", str(folder), cwd=tmp_path), "a demo runs here already", "--folder")
        assert (folder / "vigia.toml").read_text() == "# the proxy of the web that runs"


def test_a_folder_that_can_not_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    refused(run_vigia("--desk", str(tmp_path / "file" / "desk"), "init", cwd=tmp_path), "file/desk", "permissions")
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_port_in_use_is_named_and_nothing_is_crawled(desk: DemoDesk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused(desk.run("up", "--port", str(port)), str(port), "use")
    assert desk.web.hits == []


def test_a_second_vigia_on_one_desk_is_refused(desk: DemoDesk) -> None:
    desk.configure(delay=600)  # the first would go on for hours
    first = desk.start("crawl")
    try:
        locked = desk.folder / "vigia.lock"
        wait_until(lambda: locked.exists() and locked.read_text("utf-8"), what="the first's lock")
        refused(desk.run("crawl"), "already in use by process", str(first.pid))
        assert first.returncode is None, "the first goes on"
    finally:
        first.kill()
        first.communicate(timeout=DEADLINE_SECONDS)


def test_a_database_of_a_newer_vigia_is_not_touched(desk: DemoDesk) -> None:
    desk.crawl("portalcomercio")
    with sqlite3.connect(desk.folder / "news.db") as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('news', 'of_tomorrow', '2030')"
        )
    connection.close()
    before, asked = (desk.folder / "news.db").read_bytes(), len(desk.web.hits)
    refused(desk.run("crawl"), "news.db", "newer Vigía", "of_tomorrow")
    assert (desk.folder / "news.db").read_bytes() == before
    assert len(desk.web.hits) == asked


def test_a_file_that_is_not_a_database_is_named(desk: DemoDesk) -> None:
    text = "hello, I am a text file and not a database at all" * 50
    (desk.folder / "news.db").write_text(text)
    refused(desk.run("crawl"), "news.db", "not a database")
    assert (desk.folder / "news.db").read_text() == text


def test_a_database_that_another_program_locks_is_named(desk: DemoDesk) -> None:
    desk.crawl("portalcomercio")
    asked = len(desk.web.hits)
    connection = sqlite3.connect(desk.folder / "news.db", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        refused(desk.run("crawl", "portalcomercio", limits={"db.connection:BUSY_TIMEOUT_SECONDS": 1}), "locked")
    finally:
        connection.execute("ROLLBACK")
        connection.close()
    assert len(desk.web.hits) == asked


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 900 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=900k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or not mount or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    yield folder
    subprocess.run([str(shutil.which("umount")), "-l", str(folder)], check=True)


def test_a_full_disk_ends_the_crawl_with_one_line_and_a_later_crawl_stores_the_rest(
    desk: DemoDesk, small_disk: Path
) -> None:
    (small_disk / "vigia.toml").write_bytes((desk.folder / "vigia.toml").read_bytes())
    full = DemoDesk(web=desk.web, folder=small_disk)
    ended = full.run("crawl")
    assert ended.returncode == 1, ended.stdout
    complaints = [line for line in ended.stderr.splitlines() if line.startswith("vigia: ")]
    assert len(complaints) == 1
    assert "Traceback" not in ended.stderr
    assert any(word in complaints[0] for word in ("disk is full", "No space left", "make room"))
    # The same desk on a larger disk: every page is stored once.
    for path in small_disk.iterdir():
        (shutil.copytree if path.is_dir() else shutil.copy)(
            path, desk.folder / path.name, **({"dirs_exist_ok": True} if path.is_dir() else {})
        )
    desk.crawl()
    urls = desk.settled()
    assert len(urls) == len(set(urls))
    assert len(urls) >= len(desk.web.expected())


@pytest.mark.parametrize("arguments", [["analyse"], ["crawl", "--nonsense"], ["backfill", "x"], ["alerts", "preview"]])
def test_wrong_usage_exits_with_2(tmp_path: Path, arguments: list[str]) -> None:
    ended = run_vigia(*arguments, cwd=tmp_path)
    assert ended.returncode == 2
    assert "Usage:" in ended.stderr


def test_an_incomplete_first_vigia_toml_is_deleted(tmp_path: Path) -> None:
    full = f"ulimit -f 0; trap '' XFSZ; exec {VIGIA} --desk {tmp_path / 'desk'} init"
    ended = subprocess.run(["bash", "-c", full], capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False)
    refused(ended, "can't be written")
    assert list((tmp_path / "desk").iterdir()) == []
