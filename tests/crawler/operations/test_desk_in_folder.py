"""A desk in another folder, by which outlets are searched and checked, has the topic of the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.config.desk import load_desk
from crawler.crawling.session import locate_topic
from crawler.operations.check_outlets import desk_in_folder


@pytest.mark.parametrize(("topic", "file"), [("mine.toml", "{desk}/mine.toml"), ("china_chile", "china_chile")])
def test_the_topic_file_of_a_desk_is_found_from_another_folder(
    topic: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder := tmp_path / "desk").mkdir()
    (folder / "vigia.toml").write_text(f'[desk]\ndirectory = "none"\ntopic = "{topic}"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    there = desk_in_folder(load_desk(Path("desk")), tmp_path / "other", [])  # as `vigia` names it without --desk
    assert locate_topic(there).file == file.format(desk=folder)
