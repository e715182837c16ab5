"""Too little memory is one line at the start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pipelines.analysis.workers.memory_check import read_group_limit
from tests.fixtures.paths import ROOT

SCRIPT = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (300_000_000, 300_000_000))
from pipelines.analysis.workers.memory_check import check_memory
check_memory()
"""


def test_a_limit_of_300_mb_is_said_in_one_line_with_its_remedy() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, cwd=ROOT)
    last = ended.stderr.strip().splitlines()[-1]
    assert "too little memory: `ulimit -v` allows 300 MB of address space; allow 700 MB or more" in last


def test_the_least_limit_of_all_groups_counts(tmp_path: Path) -> None:
    inner = tmp_path / "system.slice" / "vigia.service"
    inner.mkdir(parents=True)
    (inner / "memory.max").write_text("max\n")
    (inner.parent / "memory.max").write_text("300000000\n")
    membership = tmp_path / "cgroup"
    membership.write_text("0::/system.slice/vigia.service\n")
    assert read_group_limit(tmp_path, membership) == 300_000_000
    assert read_group_limit(tmp_path / "none", tmp_path / "none") is None
