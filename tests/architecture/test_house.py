"""The rules of the house that a machine can check."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.fixtures.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
FLOORS = {"crawler": {"crawler", "pipelines", "db"}, "pipelines": {"pipelines", "db"}, "db": {"db"}}
CODE = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]
LONGEST = 320  # lines: what can't be held in the head is split
SQL = re.compile(
    r"\s*(SELECT\s.*\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|REPLACE\s+INTO\s"
    r"|(CREATE|ALTER|DROP)\s+(VIRTUAL\s+)?(TABLE|INDEX|VIEW|TRIGGER)\s|PRAGMA\s|ATTACH\s|VACUUM\b)",
    re.DOTALL,
)
VAGUE = re.compile(r"(?i)(^|_|[a-z])(manager|handler|processor|helper|util)s?($|_|[A-Z])")
# Packages that are part of another's interface: its version decides theirs.
WITH = {"twisted": "scrapy", "markupsafe": "jinja2"}
# A folder of somebody's machine, or the registry that it happens to use.
MACHINE = re.compile(
    r"(?<![\w.:/-])/(?:home|root|Users|work|mnt)/\w|(?<![\w.:/-])/tmp/\w+/\w|\b(?:pypi\.org|pythonhosted\.org|devpi)\b"
    r"|--(?:extra-)?index-url|--find-links"
)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=name(path))


def imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def tracked() -> list[Path]:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return [ROOT / line for line in listed.split("\0") if line and (ROOT / line).is_file()]


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_run_one_way(floor: str) -> None:
    upwards = [
        f"{name(path)} imports {module}"
        for path in CODE
        if name(path).startswith(f"{floor}/")
        for module in imported(tree(path))
        if (top := module.partition(".")[0]) in FLOORS and top not in FLOORS[floor]
    ]
    assert upwards == []


def test_sql_stands_in_db_alone() -> None:
    found = [
        f"{name(path)}:{node.lineno}: {node.value.strip()[:60]}"
        for path in CODE
        if not name(path).startswith("db/")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert found == []


def test_no_room_is_too_large_to_be_held_in_the_head() -> None:
    lengths = {name(path): len(path.read_text("utf-8").splitlines()) for path in CODE}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_whoever_catches_every_exception_says_why() -> None:
    silent = []
    for path in CODE:
        lines = path.read_text("utf-8").splitlines()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler) and _catches_everything(node):
                line = lines[node.lineno - 1]
                reraises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
                if not reraises and not re.search(r"#\s*(noqa: BLE001\s*-+\s*)?(?!noqa)\w.{10,}", line):
                    silent.append(f"{name(path)}:{node.lineno}")
    assert silent == []


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    named = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(one, ast.Name) and one.id in {"Exception", "BaseException"} for one in named)


def test_names_say_what_a_thing_is() -> None:
    vague = [name(path) for path in CODE if VAGUE.search(path.stem)]
    vague += [
        f"{name(path)}:{node.lineno}: {node.name}"
        for path in CODE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and VAGUE.search(node.name)
    ]
    assert vague == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b")
    found = [
        f"{name(path)}:{number}"
        for path in CODE
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if later.search(line)
    ]
    assert found == []


def test_no_file_knows_the_machine_that_it_was_written_on() -> None:
    found = []
    for path in tracked():
        if path == Path(__file__).resolve() or path.suffix in {".png", ".gz"}:
            continue
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
            if match := MACHINE.search(line.replace("--no-emit-index-url", "")):
                found.append(f"{name(path)}:{number}: {match[0]}")
    assert found == []


def locked(file: str) -> dict[str, str]:
    """Name → version of a lock. Every entry has its hashes, and nothing else stands there."""
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
def test_the_lock_pins_what_pyproject_asks_for(file: str) -> None:
    versions = locked(file)
    asked = [*PROJECT["dependencies"], *(PROJECT["optional-dependencies"]["test"] if "test" in file else ())]
    wrong = [
        f"{requirement} (locked: {versions.get(canonicalize_name(requirement.name))})"
        for requirement in map(Requirement, asked)
        if not requirement.specifier.contains(versions.get(canonicalize_name(requirement.name), "0"), prereleases=True)
    ]
    assert wrong == [], "run `make lock`"


def test_tests_run_with_the_versions_that_are_shipped() -> None:
    shipped, tested = locked("requirements.lock"), locked("requirements-test.lock")
    assert {package: tested.get(package) for package in shipped} == shipped, "run `make lock`"


def test_what_is_imported_is_asked_for() -> None:
    asked = {canonicalize_name(Requirement(one).name) for one in PROJECT["dependencies"]}
    owners = packages_distributions()
    missing = set()
    for path in CODE:
        for module in imported(tree(path)):
            top = module.partition(".")[0]
            if top not in FLOORS and top not in sys.stdlib_module_names:
                packages = {canonicalize_name(owner) for owner in owners.get(WITH.get(top, top), ())}
                if not packages & asked:
                    missing.add(f"{name(path)} imports {top}")
    assert missing == set()


def test_the_version_is_the_same_everywhere() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## \[([^\]]+)\] - \d{4}-\d{2}-\d{2}$", changelog, re.MULTILINE)
    assert newest
    assert newest[1] == PROJECT["version"] == version("vigia")


def test_every_file_that_the_code_reads_is_in_its_package() -> None:
    globs = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    packed = {path for floor, patterns in globs.items() for glob in patterns for path in (ROOT / floor).glob(glob)}
    left_out = [
        name(path)
        for path in tracked()
        if name(path).partition("/")[0] in FLOORS and path.suffix != ".py" and path not in packed
    ]
    assert left_out == []
