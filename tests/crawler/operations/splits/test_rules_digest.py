"""The digest of the rules covers all code of Vigía that the analysis of a page loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crawler.operations.splits.rules_digest import _DECIDING

ROOT = Path(__file__).parents[4]
LOAD_ANALYSIS = """
import importlib, sys
from pipelines.analysis.workers.workers import ANALYSIS_MODULES
for name in ANALYSIS_MODULES:
    importlib.import_module(name.partition(":")[0])
print(*(name for name, module in sys.modules.items() if not hasattr(module, "__path__")))  # no packages
"""


@pytest.mark.slow
def test_all_modules_of_the_analysis_are_in_the_digest() -> None:
    command = [sys.executable, "-c", LOAD_ANALYSIS]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    own = {name for name in loaded if name.startswith(("crawler.", "db.", "pipelines."))}
    assert "pipelines.relevance.topic" in own
    assert [name for name in sorted(own) if not name.startswith(_DECIDING)] == []
