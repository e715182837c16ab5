"""No file names a machine, none is missing from its package, and no TODO is left."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.fixtures.paths import ROOT
from tests.fixtures.source_tree import CODE, FLOORS, path_name, pyproject, tracked_files

LATER = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b")
# A folder of a developer's machine, or the package registry that it uses.
MACHINE = re.compile(
    r"(?<![\w.:/-])/(?:home|root|Users|work|mnt)/\w|(?<![\w.:/-])/tmp/\w+/\w|\b(?:pypi\.org|pythonhosted\.org|devpi)\b"
    r"|--(?:extra-)?index-url|--find-links"
)


def test_no_todo_is_left() -> None:
    found = [
        f"{path_name(path)}:{number}"
        for path in CODE
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if LATER.search(line)
    ]
    assert found == []


def test_no_file_names_the_machine_on_which_it_was_written() -> None:
    found = []
    for path in tracked_files():
        if path == Path(__file__).resolve() or path.suffix in {".png", ".gz"}:
            continue
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
            if match := MACHINE.search(line.replace("--no-emit-index-url", "")):
                found.append(f"{path_name(path)}:{number}: {match[0]}")
    assert found == []


def test_every_file_that_the_code_reads_is_in_its_package() -> None:
    globs = pyproject()["tool"]["setuptools"]["package-data"]
    packed = {path for floor, patterns in globs.items() for glob in patterns for path in (ROOT / floor).glob(glob)}
    left_out = [
        path_name(path)
        for path in tracked_files()
        if path_name(path).partition("/")[0] in FLOORS and path.suffix != ".py" and path not in packed
    ]
    assert left_out == [], "add a pattern to [tool.setuptools.package-data] of pyproject.toml"


def test_ruff_reads_every_file_of_code_and_tests() -> None:
    ruff = Path(sys.executable).with_name("ruff")
    listed = subprocess.run([ruff, "check", "--show-files", ROOT], capture_output=True, check=True, text=True).stdout
    left_out = {path for path in tracked_files() if path.suffix == ".py"} - set(map(Path, listed.splitlines()))
    assert sorted(map(path_name, left_out)) == []
