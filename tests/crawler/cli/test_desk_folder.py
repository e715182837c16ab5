"""The desk folder that a command uses where --desk names none."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from crawler.cli.main import find_desk_folder, vigia


def write_empty_desk(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "vigia.toml").write_text("")


def test_the_desk_is_in_the_folder_desk_or_is_this_folder(tmp_path: Path) -> None:
    assert find_desk_folder(tmp_path) == tmp_path / "desk"
    write_empty_desk(tmp_path)
    assert find_desk_folder(tmp_path) == tmp_path
    write_empty_desk(tmp_path / "desk")
    assert find_desk_folder(tmp_path) == tmp_path / "desk"


def test_a_command_in_a_desk_s_own_folder_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = "none"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIGIA_DESK", raising=False)
    ended = CliRunner().invoke(vigia, ["outlets", "list"])
    assert ended.exit_code == 0, ended.output
    assert "0 of 0 outlets are watched." in ended.output
