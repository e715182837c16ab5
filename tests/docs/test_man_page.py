"""The manual page names what the command line has, and the shell completes it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from crawler.cli.main import vigia
from tests.fixtures.paths import ROOT
from tests.fixtures.waiting import DEADLINE_SECONDS

PAGE = ROOT / "packaging" / "vigia.1"
GUIDE = ROOT / "docs" / "install.md"


def shown_commands(context: click.Context, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    """Return all commands below a group that are shown, by how they are called."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        inner = click.Context(command, info_name=name, parent=context)
        if not command.hidden:
            yield inner.command_path, command
            if isinstance(command, click.Group):
                yield from shown_commands(inner, command)


@pytest.mark.slow
def test_the_manual_page_names_each_command_with_its_options() -> None:
    sections: dict[str, str] = {}
    for section in PAGE.read_text("utf-8").replace("\\-", "-").split('\n.SS "')[1:]:
        usage, _, rest = section.partition("\n")
        sections[usage.partition(" [")[0].rstrip('"')] = rest
    commands = dict(shown_commands(click.Context(vigia, info_name="vigia"), vigia))
    assert sections.keys() == commands.keys(), "run `make man`"
    missing = [
        f"{path} {option}"
        for path, command in commands.items()
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for option in parameter.opts
        if option not in sections[path]
    ]
    assert missing == [], "run `make man`"


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff")
def test_the_manual_page_is_set_without_a_warning() -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-k", "-Tutf8", PAGE], capture_output=True, check=True, timeout=DEADLINE_SECONDS
    )
    assert done.stderr == b""
    assert done.stdout


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "completed"),
    [("vigia hash", "hash-password"), ("vigia init --to", "--topic"), ("vigia crawl gest", "gestion")],
)
def test_bash_completes_commands_options_and_outlets(words: str, completed: str, tmp_path: Path) -> None:
    script = f"""
        eval "$(_VIGIA_COMPLETE=bash_source vigia)"
        COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
        _vigia_completion vigia "${{COMP_WORDS[COMP_CWORD]}}"
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    (tmp_path / "vigia.toml").touch()
    folder = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    command = ["bash", "--norc", "-c", script]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=DEADLINE_SECONDS
    )
    assert (done.stdout.split(), done.stderr) == ([completed], "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shell", "before", "after"),
    [
        ("bash", "", "complete -p vigia"),
        ("zsh", "autoload -Uz compinit && compinit -u", "echo $_comps[vigia]"),
        ("fish", "", "complete -c vigia"),
    ],
)
def test_the_documented_line_of_each_shell_sets_up_completion(
    shell: str, before: str, after: str, tmp_path: Path
) -> None:
    if (program := shutil.which(shell)) is None:
        pytest.skip(f"there is no {shell}")
    (line,) = re.findall(rf"^.*_VIGIA_COMPLETE={shell}_source.*$", GUIDE.read_text("utf-8"), re.MULTILINE)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [program, "-c", f"{before}\n{line}\n{after}"],
        capture_output=True,
        check=True,
        text=True,
        env=os.environ | {"PATH": path, "HOME": str(tmp_path)},
        timeout=DEADLINE_SECONDS,
    )
    assert "_vigia_completion" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("settings", "found"),
    [('[desk]\ndirectory = ["peru"]', ["gestion"]), ('[desk]\ndirectory = "none"', []), ("broken", []), (None, [])],
)
def test_outlets_of_the_named_desk_are_completed(settings: str | None, found: list[str], tmp_path: Path) -> None:
    if settings is not None:
        (tmp_path / "vigia.toml").write_text(settings, "utf-8")
    shell = ShellComplete(vigia, {}, "vigia", "_VIGIA_COMPLETE")
    items = shell.get_completions(["--desk", str(tmp_path), "outlets", "check"], "gestio")
    assert [item.value for item in items] == found
