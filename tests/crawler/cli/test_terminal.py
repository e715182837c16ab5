"""The command line: escaping of control characters, help texts, and which modules a command imports."""

from __future__ import annotations

import importlib
import io
import logging
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from crawler.cli import main
from crawler.cli.main import COMMAND_MODULES, COMMAND_SUMMARIES, EXPECTED_ERRORS, vigia
from crawler.cli.terminal import EscapingFormatter, Terminal, escape_controls, pluralize


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b]0;title\x07Chancay", "\\x1b]0;title\\x07Chancay"),
        ("\x9b31mChancay", "\\x9b31mChancay"),
        ("over\rwritten", "over\\rwritten"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("Perú 秘鲁\tdos\nlíneas", "Perú 秘鲁\tdos\nlíneas"),
    ],
)
def test_control_characters_are_escaped(hostile: str, shown: str) -> None:
    assert escape_controls(hostile) == shown


@pytest.mark.slow
def test_an_output_whose_encoding_lacks_chinese_gets_escapes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = ["china"]\n', "utf-8")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="iso-8859-1"))
    monkeypatch.setattr(sys, "argv", ["vigia", "--desk", str(tmp_path), "outlets", "list"])
    with pytest.raises(SystemExit) as ended:
        main()
    sys.stdout.flush()
    assert ended.value.code == 0
    assert b"Caixin \\u8d22\\u65b0" in written.getvalue()


@given(st.text())
def test_no_text_leaves_control_characters(text: str) -> None:
    assert not any((ord(sign) < 32 and sign not in "\t\n") or 127 <= ord(sign) < 160 for sign in escape_controls(text))


def test_a_table_cell_is_printed_literally(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    console = Terminal()
    console.file = io.StringIO()
    table = Table("reason")
    table.add_row("broken XML: [/foo] [red]a:100:b\x1b[2J")
    console.print(table)
    console.print("[/foo] :smile: \x1b[2J", soft_wrap=True)
    shown = console.file.getvalue()
    assert "[/foo] [red]a:100:b\\x1b[2J" in shown
    assert "[/foo] :smile: \\x1b[2J" in shown
    assert "\x1b[2J" not in shown


def test_a_log_line_with_a_traceback_is_escaped() -> None:
    try:
        raise ValueError("\x1b[2J")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "%s", ("\x07",), (ValueError, error, None))
    line = EscapingFormatter("%(message)s").format(record)
    assert line.startswith("\\x07\n")
    assert "\x1b" not in line


def test_command_modules_lists_every_command() -> None:
    folder = Path(importlib.import_module("crawler.cli").__file__ or "").parent
    for room in folder.rglob("*.py"):
        importlib.import_module(".".join(("crawler.cli", *room.relative_to(folder).with_suffix("").parts)))
    assert set(vigia.commands) == set(COMMAND_MODULES)
    assert {name: (c.callback or c).__module__ for name, c in vigia.commands.items()} == {
        name: f"crawler.cli.{room}" for name, room in COMMAND_MODULES.items()
    }


def test_command_summaries_are_the_beginning_of_each_help() -> None:
    assert set(COMMAND_SUMMARIES) == set(COMMAND_MODULES)
    context = click.Context(vigia)
    for name, line in COMMAND_SUMMARIES.items():
        command = vigia.get_command(context, name)
        assert command is not None
        own = " ".join((command.help or "").split())
        assert own.startswith(line.removesuffix(".")), name


def test_pluralize_writes_singular_and_plural() -> None:
    assert [pluralize(n, "revision") for n in (0, 1, 1200)] == ["0 revisions", "1 revision", "1,200 revisions"]
    assert [pluralize(n, "copy", "copies") for n in (1, 2)] == ["1 copy", "2 copies"]


def test_an_unknown_command_gives_similar_names() -> None:
    # In a new process, because other tests have imported all commands in this one.
    script = "import sys; from crawler.cli import main; sys.argv = ['vigia', 'stauts']; main()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "Error: No such command 'stauts'. Did you mean 'status'?"


def test_a_groups_help_has_whole_sentences() -> None:
    for name in ("alerts", "outlets", "topics"):
        _, _, listed = CliRunner().invoke(vigia, [name, "--help"]).output.partition("Commands:\n")
        assert listed, name
        assert "..." not in listed, name


def test_every_class_of_expected_errors_exists() -> None:
    for module, name in EXPECTED_ERRORS.items():
        assert issubclass(getattr(importlib.import_module(module), name), Exception)


def test_a_command_imports_no_crawler_and_no_site_that_it_does_not_need() -> None:
    modules = "sys, crawler.cli.main, crawler.config.desk, db.connection"
    script = f"import {modules}; print(*{{'scrapy', 'datasette', 'trafilatura', 'lxml'}} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "\n"


def test_help_imports_only_the_command_line() -> None:
    script = (
        "import sys; from crawler.cli import main; sys.argv = ['vigia', '--help']\n"
        "try: main()\n"
        "except SystemExit: print("
        "*{'crawler.config.desk', 'pydantic', 'sqlite_utils', 'asyncio', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "hash-password" in done
    assert done.endswith("\n\n"), done.splitlines()[-1]
