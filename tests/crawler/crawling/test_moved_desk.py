"""A desk folder that is moved away under a running Vigía: it ends, and writes nothing where it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crawler.crawling.lock import LOCK_FILE, DeskMoved, check_place, lock_desk
from tests.fixtures.demo_desk import DemoDesk
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("is_replaced", [True, False], ids=["replaced", "moved away"])
@pytest.mark.parametrize("command", [("crawl",), ("up", "--port", "0")], ids=["crawl", "up"])
@pytest.mark.slow
def test_it_ends_with_one_line_and_the_moved_desk_goes_on(
    desk: DemoDesk, command: tuple[str, ...], is_replaced: bool
) -> None:
    desk.configure(delay=0.5)
    running = desk.start(*command)
    wait_until(lambda: (desk.folder / "news.db").exists() and len(desk.web.hits) > 30, what="some pages")
    moved = desk.folder.with_name("moved")
    desk.folder.rename(moved)
    if is_replaced:
        desk.folder.mkdir()
        shutil.copy(moved / "vigia.toml", desk.folder)
    out, errors = running.communicate(timeout=DEADLINE_SECONDS)
    assert running.returncode == 1, out + errors
    assert "Traceback" not in out + errors
    assert errors.strip().splitlines()[-1].startswith(f"vigia: {desk.folder}: no longer the folder")
    assert names_in(desk.folder) == (["vigia.toml"] if is_replaced else [])
    again = DemoDesk(web=desk.web, folder=moved)
    stored = again.settled()
    assert again.news("PRAGMA integrity_check") == [("ok",)]
    again.configure(delay=0.01)
    again.crawl()
    assert set(stored) <= set(again.settled())
    assert len(again.settled()) >= len(desk.web.expected())


def test_a_lock_that_is_gone_or_another_is_noticed(tmp_path: Path) -> None:
    with lock_desk(tmp_path) as lock:
        check_place(tmp_path, lock)
        (tmp_path / LOCK_FILE).unlink()
        with pytest.raises(DeskMoved, match="start again"):
            check_place(tmp_path, lock)
        (tmp_path / LOCK_FILE).touch()
        with pytest.raises(DeskMoved, match="nothing more is written"):
            check_place(tmp_path, lock)
