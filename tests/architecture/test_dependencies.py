"""Dependencies: every imported package is declared, and every declared one is pinned with hashes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import get_args

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from db import __version__
from db.extras import Extra
from tests.fixtures.paths import ROOT
from tests.fixtures.source_tree import CODE, FLOORS, TESTS, imported_modules, path_name, pyproject

PROJECT = pyproject()["project"]
# Packages that another package brings as part of its interface, and whose version that package decides.
COMES_WITH = {
    "twisted": "scrapy",
    "markupsafe": "jinja2",
    "brotli": "scrapy",
    "backports": "scrapy",
    "requests": "apprise",
    "dask": "distributed",
    "zope": "scrapy",
    "pydantic_core": "pydantic",
}
COMES_WITH["compression"] = "scrapy"  # the standard library's from Python 3.14 on, which replaces backports.zstd
# Declared for others: pyproject.toml says for which beside each.
NOT_IMPORTED = {"lxml-html-clean", "setuptools", "tzdata"}
BENCHMARKS = ROOT / "tests" / "benchmarks"
# What is no distribution's: the standard library, our own rooms, and benchmarks that import each other by their names.
OWN = {*FLOORS, "tests", *sys.stdlib_module_names, *(path.stem for path in BENCHMARKS.glob("*.py"))}


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


def find_imports(paths: Iterable[Path]) -> dict[str, set[str]]:
    """Return the distributions whose modules are imported, with the files; a module of none stands for itself."""
    owners, found = packages_distributions(), dict[str, set[str]]()
    for path in paths:
        for top in {module.partition(".")[0] for module in imported_modules(path)} - OWN:
            for owner in owners.get(COMES_WITH.get(top, top), [top]):
                found.setdefault(canonicalize_name(owner), set()).add(path_name(path))
    return found


def names_of(requirements: Iterable[str]) -> set[str]:
    return {canonicalize_name(Requirement(one).name) for one in requirements}


@pytest.mark.slow
def test_every_imported_package_is_declared_and_every_declared_one_imported() -> None:
    extras = PROJECT["optional-dependencies"]
    declared = names_of([*PROJECT["dependencies"], *(one for extra in get_args(Extra) for one in extras[extra])])
    imported = find_imports(CODE)
    advice = "mend `dependencies` of pyproject.toml and run `make lock`"
    assert {name: files for name, files in imported.items() if name not in declared} == {}, advice
    assert declared - imported.keys() == NOT_IMPORTED, advice


@pytest.mark.slow
def test_every_package_that_tests_import_is_declared() -> None:
    declared = names_of([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]])
    # Programs that Vigía is measured beside stand in an interpreter of their own.
    imported = find_imports(path for path in TESTS if not (path.parent == BENCHMARKS and path.stem.startswith("peers")))
    missing = {name: files for name, files in imported.items() if name not in declared}
    assert missing == {}, "add it to the extra `test` of pyproject.toml and run `make lock`"


def test_every_extra_is_named_as_pyproject_names_it_and_documented() -> None:
    extras = PROJECT["optional-dependencies"].keys() - {"test"}
    guide = (ROOT / "docs" / "install.md").read_text("utf-8")
    assert extras == set(get_args(Extra)) == set(re.findall(r"^\| `(\w+)` \|", guide, re.MULTILINE))


def test_the_version_is_the_same_everywhere() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## \[([^\]]+)\] - \d{4}-\d{2}-\d{2}$", changelog, re.MULTILINE)
    assert newest
    assert newest[1] == __version__
