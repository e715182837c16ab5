"""Arguments name files, folders, patterns and addresses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crawler.config.desk import DeskError
from crawler.operations.imports.sources.find_warcs import find_warcs


def test_files_are_found_once_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.warc.gz", "a.WARC", "below/c.warc", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "odd").touch()
    address = "https://data.example/z/d.warc.gz?version=2"
    named = [str(tmp_path / "odd"), address, str(tmp_path / "*.warc.gz"), str(tmp_path)]
    inside = [str(tmp_path / name) for name in ("a.WARC", "b.warc.gz", "below/c.warc", "odd")]
    for arguments in (named, named[::-1]):
        assert [str(one) for one in find_warcs(arguments)] == [*inside[:3], address, inside[3]]


def test_a_pattern_in_quotes_may_begin_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.warc.gz").touch()
    assert [one.path for one in find_warcs(["~/*.warc.gz", "~/a.warc.gz"])] == [tmp_path / "a.warc.gz"]


@pytest.mark.parametrize("name", ["missing.warc", "*.warc", "empty"])
def test_an_argument_that_names_no_file_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DeskError, match="no WARC file there"):
        find_warcs([str(tmp_path / name)])


def test_hidden_files_of_a_folder_are_passed_over_and_zstandard_is_found(tmp_path: Path) -> None:
    for name in ("._a.warc.gz", "a.warc.zst", "b.WARC.GZ"):
        (tmp_path / name).touch()
    assert [one.name for one in find_warcs([str(tmp_path)])] == ["a.warc.zst", "b.WARC.GZ"]


def test_a_pipe_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.warc")
    with pytest.raises(DeskError, match="a pipe or a device"):
        find_warcs([str(tmp_path / "a.warc")])


def test_a_name_that_is_too_long_is_told() -> None:
    with pytest.raises(DeskError, match="can't be read"):
        find_warcs(["a" * 5_000])
