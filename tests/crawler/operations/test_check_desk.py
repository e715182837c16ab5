"""`vigia check` names everything that a desk lacks, once each, and tells no secret."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crawler.cli.main import vigia
from crawler.crawling.lock import lock_desk
from crawler.operations.check_desk import check_desk
from db.connection import open_news
from db.site.password import hash_new_password

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

NOW = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)

CONFIGURATION = """\
[desk]
directory = ["think_tanks"]
operator = "env:CHECK_OPERATOR"
password = "file:password-hash"

[crawl]
contact = "mailto:desk@example.org"
proxy = "env:CHECK_PROXY"

[[person]]
id = "ana"
to = ["env:CHECK_ANA", "file:ana"]

[[subscription]]
name = "Chancay"
query = "Chancay"
to = ["env:CHECK_TEAM"]
people = ["ana"]
"""

SETTLED = '[desk]\ndirectory = ["think_tanks"]\n\n[crawl]\ncontact = "mailto:desk@example.org"\n'  # nothing is remarked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vigia.toml").write_text(CONFIGURATION, encoding="utf-8")
    return tmp_path


def ran(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(vigia, ["--desk", str(folder), "check", *words])


def test_a_desk_that_has_everything_is_well(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPERATOR", "ANA", "TEAM"):
        monkeypatch.setenv(f"CHECK_{name}", "mailto://user:s3cret@smtp.example.org?to=ana@example.org")
    monkeypatch.setenv("CHECK_PROXY", "http://proxy.example:3128")
    (folder / "ana").write_text("json://example.org/hook", encoding="utf-8")
    (folder / "password-hash").write_text(hash_new_password("correct horse battery"), encoding="utf-8")
    before = sorted(path.name for path in folder.iterdir())
    ended = ran(folder)
    assert ended.exit_code == 0, ended.output
    assert ended.output.startswith("The desk can start and send: ")
    assert "6 secrets" in ended.output
    assert sorted(path.name for path in folder.iterdir()) == before  # it changes nothing


def test_a_desk_without_contact_and_outlets_starts_and_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = "none"\n', encoding="utf-8")
    ended = ran(tmp_path)
    first, second, last = ended.output.splitlines()
    assert ended.exit_code == 0
    assert first.startswith(f"{tmp_path / 'vigia.toml'}: [crawl] contact is not set, so outlets can't reach you; ")
    assert "no outlet is enabled" in second
    assert last.startswith("The desk can start and send: 0 outlets, ")
    assert json.loads(ran(tmp_path, "--json").output)["remarks"] == [first, second]


def test_every_missing_secret_has_its_line_with_place_and_remedy(folder: Path) -> None:
    ended = ran(folder)
    assert ended.exit_code == 1
    lines = ended.output.splitlines()
    places = ('person "ana" to', "file:ana", 'subscription "Chancay" to', "operator", "[crawl] proxy", "password-hash")
    for place in places:
        assert [line for line in lines if place in line and "there is no" in line and "; " in line], place
    assert len(lines) == 6
    told = json.loads(ran(folder, "--json").output)
    assert told["well"] is False
    assert told["problems"] == lines


def test_a_secret_of_the_wrong_form_is_named_and_not_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPERATOR", "ANA", "TEAM", "PROXY"):
        monkeypatch.setenv(f"CHECK_{name}", "hunter2-is-no-address")
    (folder / "ana").write_text("hunter2", encoding="utf-8")
    (folder / "password-hash").write_text("hunter2", encoding="utf-8")
    ended = ran(folder)
    assert ended.exit_code == 1
    assert "hunter2" not in ended.output
    assert len(ended.output.splitlines()) == 6


@pytest.mark.parametrize("has_database", [False, True])
def test_an_unreadable_query_is_named(tmp_path: Path, has_database: bool) -> None:
    text = '[desk]\ndirectory = "none"\n[[subscription]]\nname = "Open"\nquery = "(Chancay"\n'
    (tmp_path / "vigia.toml").write_text(text, encoding="utf-8")
    if has_database:
        open_news(tmp_path / "news.db").close()
    (problem,) = check_desk(tmp_path, now=NOW).problems
    assert 'subscription "Open"' in problem


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('topic = "moon"', "[desk] topic"),
        ('topic = "moon.toml"', "moon.toml"),
        ('host = "0.0.0.0"', "has no password"),
        ("port = many", "not TOML"),
    ],
)
def test_what_keeps_vigia_from_starting_is_named(tmp_path: Path, lines: str, said: str) -> None:
    (tmp_path / "vigia.toml").write_text(f'[desk]\ndirectory = "none"\n{lines}\n', encoding="utf-8")
    (problem,) = check_desk(tmp_path, now=NOW).problems
    assert said in problem
    assert "\n" not in problem


def test_a_full_disk_and_a_damaged_database_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = "none"\n', encoding="utf-8")
    (tmp_path / "news.db").write_bytes(b"x" * 5000)
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    problems = check_desk(tmp_path, now=NOW).problems
    assert any("is not a database" in problem for problem in problems)
    assert any("1.0 MB free" in problem for problem in problems)
    assert len(problems) == 2


def test_a_desk_in_use_is_said_and_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = "none"\n', encoding="utf-8")
    with lock_desk(tmp_path):
        checked = check_desk(tmp_path, now=NOW)
    assert checked.is_well
    assert checked.used_by is not None
    assert checked.used_by.startswith("process ")
    assert check_desk(tmp_path, now=NOW).used_by is None


def test_what_vigia_did_not_make_in_the_archive_is_named_and_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "vigia.toml").write_text(SETTLED, encoding="utf-8")
    (tmp_path / "archive" / "2026-11-22.warc.gz").mkdir(parents=True)
    (tmp_path / "archive" / "2026-11-23.warc.gz").write_bytes(b"")
    (tmp_path / "archive" / "notes.txt").write_text("ours", encoding="utf-8")
    checked = check_desk(tmp_path, now=NOW)
    assert checked.is_well
    assert [remark.partition(": ")[0] for remark in checked.remarks] == [
        str(tmp_path / "archive" / "2026-11-22.warc.gz"),
        str(tmp_path / "archive" / "notes.txt"),
    ]


def test_a_foreign_warc_file_is_named_with_the_command_that_reads_it(tmp_path: Path) -> None:
    (tmp_path / "vigia.toml").write_text(SETTLED, encoding="utf-8")
    (tmp_path / "archive").mkdir()
    for name in ("a.txt", "CC-NEWS-20190603.warc.gz", "imported-2019-06-03.warc.gz"):
        (tmp_path / "archive" / name).write_bytes(b"")
    remarks = check_desk(tmp_path, now=NOW).remarks
    assert len(remarks) == 2
    assert f"`vigia import {tmp_path / 'archive' / 'CC-NEWS-20190603.warc.gz'}`" in remarks[0]


def test_many_foreign_files_are_counted(tmp_path: Path) -> None:
    (tmp_path / "vigia.toml").write_text(SETTLED, encoding="utf-8")
    (tmp_path / "archive").mkdir()
    for number in range(30):
        (tmp_path / "archive" / f"{number}.jpg").write_bytes(b"")
    *told, rest = check_desk(tmp_path, now=NOW).remarks
    assert len(told) == 5
    assert "25 more" in rest
