"""The benchmarks, which no test runs, still import what they name and find their files."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.fixtures.paths import ROOT

# The programs named peers… run in an interpreter that has other people's libraries.
BENCHMARKS = sorted(path for path in (ROOT / "tests" / "benchmarks").glob("*.py") if not path.name.startswith("peers"))
IMPORT_ALL = """
import runpy, sys
from pathlib import Path
root = Path(sys.argv[1])
sys.path[:0] = [str(root), str(root / "tests" / "benchmarks")]
for path in sys.argv[2:]:
    for name, value in runpy.run_path(path, run_name="benchmark").items():
        if isinstance(value, Path) and value.is_relative_to(root) and not value.exists():
            sys.exit(f"{path}: {name} names {value}, which is not there")
"""


@pytest.mark.slow
def test_benchmarks_import_and_their_files_exist() -> None:
    command = [sys.executable, "-c", IMPORT_ALL, str(ROOT), *map(str, BENCHMARKS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
