"""Dependencies: every imported package is declared, and every declared one is pinned with hashes."""

from __future__ import annotations

import re
import sys
from importlib.metadata import packages_distributions
from typing import get_args

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from db import __version__
from db.extras import Extra
from tests.fixtures.paths import ROOT
from tests.fixtures.source_tree import CODE, FLOORS, imported_modules, path_name, pyproject

PROJECT = pyproject()["project"]
# Packages that another package brings as part of its interface, and whose version that package decides.
COMES_WITH = {
    "twisted": "scrapy",
    "markupsafe": "jinja2",
    "brotli": "scrapy",
    "backports": "scrapy",
    "requests": "apprise",
    "dask": "distributed",
}
COMES_WITH["compression"] = "scrapy"  # the standard library's from Python 3.14 on, which replaces backports.zstd


def locked_versions(file: str) -> dict[str, str]:
    """Read the versions of a lock by package name; fail for a line that is not a pinned version with its hashes."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / file).read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    versions: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        entry = re.match(
            r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)\s*(?:;[^\\]*?)?\s--hash=sha256:[0-9a-f]{64}\b", line
        )
        assert entry, f"{file}: {line[:80]}: not a pinned version with its hash; run `make lock`"
        versions[canonicalize_name(entry[1])] = entry[2]
    return versions


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-test.lock"])
def test_the_lock_pins_all_dependencies_of_pyproject(file: str) -> None:
    versions = locked_versions(file)
    asked = [*PROJECT["dependencies"], *(PROJECT["optional-dependencies"]["test"] if "test" in file else ())]
    wrong = [
        f"{requirement} (locked: {versions.get(canonicalize_name(requirement.name))})"
        for requirement in map(Requirement, asked)
        if not requirement.specifier.contains(versions.get(canonicalize_name(requirement.name), "0"), prereleases=True)
    ]
    assert wrong == [], "run `make lock`"


def test_tests_run_with_the_versions_of_the_lock() -> None:
    shipped, tested = locked_versions("requirements.lock"), locked_versions("requirements-test.lock")
    assert {package: tested.get(package) for package in shipped} == shipped, "run `make lock`"


@pytest.mark.slow
def test_every_imported_package_is_declared() -> None:
    declared = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["train"]]
    declared += [*PROJECT["optional-dependencies"]["parquet"], *PROJECT["optional-dependencies"]["cluster"]]
    asked = {canonicalize_name(Requirement(one).name) for one in declared}
    owners = packages_distributions()
    missing = set()
    for path in CODE:
        for module in imported_modules(path):
            top = module.partition(".")[0]
            if top not in FLOORS and top not in sys.stdlib_module_names:
                packages = {canonicalize_name(owner) for owner in owners.get(COMES_WITH.get(top, top), ())}
                if not packages & asked:
                    missing.add(f"{path_name(path)} imports {top}")
    assert missing == set(), "add it to `dependencies` of pyproject.toml and run `make lock`"


def test_every_extra_is_named_as_pyproject_names_it_and_documented() -> None:
    extras = PROJECT["optional-dependencies"].keys() - {"test"}
    guide = (ROOT / "docs" / "install.md").read_text("utf-8")
    assert extras == set(get_args(Extra)) == set(re.findall(r"^\| `(\w+)` \|", guide, re.MULTILINE))


def test_the_version_is_the_same_everywhere() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## \[([^\]]+)\] - \d{4}-\d{2}-\d{2}$", changelog, re.MULTILINE)
    assert newest
    assert newest[1] == __version__
