"""The digest of the rules covers the code of Vigía that the analysis of a page loads, and the libraries of that."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest

from crawler.operations.splits import rules_digest
from crawler.operations.splits.rules_digest import _DECIDING
from tests.fixtures.paths import ROOT
from tests.fixtures.source_tree import CODE, imported_modules, module_name

# They fetch, store, learn or distribute.
NOT_DECIDING = {"dask", "distributed", "pyarrow", "scikit-learn", "scrapy", "sqlite-utils", "twisted", "warcio"}
NOT_DECIDING |= {"vigia-news"}
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


def test_all_libraries_that_the_deciding_code_imports_are_in_the_digest() -> None:
    names = packages_distributions()
    imported = {
        library.lower().replace("_", "-")
        for path in CODE
        if module_name(path).startswith(rules_digest._DECIDING)
        and not path.is_relative_to(ROOT / rules_digest._NOT_DECIDING)
        for module in imported_modules(path)
        for library in names.get(module.partition(".")[0], ())
    }
    assert "trafilatura" in imported
    assert sorted(imported - rules_digest._find_libraries().keys() - NOT_DECIDING) == []


def test_the_digest_is_another_with_another_version_of_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    libraries = rules_digest._find_libraries()
    assert {"trafilatura", "htmldate", "pypdf"} <= libraries.keys()
    digest = rules_digest.digest_rules.__wrapped__
    before = digest()
    assert digest() == before
    monkeypatch.setattr(rules_digest, "_find_libraries", lambda: {**libraries, "htmldate": "0"})
    assert digest() != before
