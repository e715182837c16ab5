"""`vigia briefing` writes files, lists briefings, and says in one line what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crawler.cli.main import vigia
from db.connection import open_news

PERIOD = ("--since", "2020-03-02", "--until", "2020-03-08")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty desk."""
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = "none"\n', "utf-8")
    open_news(tmp_path / "news.db").conn.close()
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(vigia, ["--desk", str(folder), "briefing", *arguments])


def test_a_briefing_is_written_again_and_listed(folder: Path) -> None:
    made = run(folder, *PERIOD, "--language", "es", "--to", str(folder / "a.docx"))
    assert made.exit_code == 0
    assert "0 stories, 0 notes. Informe 1, elaborado el" in made.output
    assert run(folder, "again", "1", "--to", str(folder / "b.docx")).exit_code == 0
    assert (folder / "a.docx").read_bytes() == (folder / "b.docx").read_bytes()
    assert run(folder, "list").output.startswith("1  2020-03-02 to 2020-03-08  es")
    row = json.loads(run(folder, "list", "--json").output)
    assert (row["number"], row["since"], row["until"], row["language"]) == (1, "2020-03-02", "2020-03-08", "es")
    assert (folder / "desk.db").stat().st_mode & 0o077 == 0


def test_a_file_that_is_there_is_replaced_only_where_that_is_asked(folder: Path) -> None:
    target = folder / "a.md"
    target.write_text("mine", "utf-8")
    refused = run(folder, *PERIOD, "--to", str(target))
    assert (refused.exit_code, target.read_text("utf-8")) == (1, "mine")
    assert "add --replace" in refused.output
    assert run(folder, *PERIOD, "--to", str(target), "--replace").exit_code == 0
    assert target.read_text("utf-8").startswith("# News briefing")
    assert run(folder, "list").output.count("\n") == 1  # what was refused is not kept


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--since", "2020-13-02", "--until", "2020-03-08", "--to", "a.md"), 2, "2020-13-02"),
        (("--since", "2020-03-08", "--until", "2020-03-02", "--to", "a.md"), 1, "is before --since 2020-03-08"),
        (("--since", "9020-03-08", "--until", "9020-03-09", "--to", "a.md"), 1, "is in the future"),
        ((*PERIOD, "--to", "a.pdf"), 1, "a briefing is written as .docx, .html, .md"),
        ((*PERIOD, "--to", "nowhere/a.md"), 1, "there is no such folder"),
        ((*PERIOD, "--query", "lang:klingon", "--to", "a.md"), 1, "--query:"),
        (PERIOD, 2, "Missing option '--to'"),
        (("--to", "a.md"), 2, "Missing option '--since'"),
        (("again", "7", "--to", "a.md"), 1, "there is no briefing 7"),
        (("again", "0", "--to", "a.md"), 2, "0"),
    ],
)
def test_a_wrong_command_gets_one_clear_line_and_no_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], status: int, said: str
) -> None:
    monkeypatch.chdir(folder)
    answer = run(folder, *arguments)
    assert (answer.exit_code, list(folder.rglob("a.*"))) == (status, [])
    assert said in " ".join(answer.output.split())
    assert "Traceback" not in answer.output


def test_a_desk_that_has_crawled_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = "none"\n', "utf-8")
    answer = run(tmp_path, *PERIOD, "--to", str(tmp_path / "a.md"))
    assert (answer.exit_code, "there is no such database yet" in answer.output) == (1, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["vigia.toml"]
