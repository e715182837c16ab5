"""The layers of .importlinter are kept, and every package has a place in them."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

from tests.fixtures.paths import ROOT
from tests.fixtures.source_tree import CODE, FLOORS, imported_modules, module_name, path_name

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def layered_modules() -> dict[str, set[str]]:
    """Return the names of the modules in the layers of each container of a layers contract."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter", encoding="utf-8")
    layered: dict[str, set[str]] = {}
    for section in config.values():
        if section.get("type") == "layers":
            children = section["layers"].replace("|", " ").replace(":", " ").split()
            for container in section.get("containers", "").split() or [""]:
                layered.setdefault(container, set()).update(child.strip("()") for child in children)
    return layered


def test_every_contract_of_importlinter_is_kept() -> None:
    ended = subprocess.run([LINT_IMPORTS, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-4_000:] + ended.stderr[-1_000:]


def test_every_package_has_a_place_in_the_layers_of_the_package_around_it() -> None:
    layered = layered_modules()
    packages = {module_name(path) for path in CODE if path.name == "__init__.py"}
    missing = sorted(
        package
        for package in packages
        if (around := package.rpartition(".")[0]) and package.rpartition(".")[2] not in layered.get(around, set())
    )
    assert missing == [], "name each in the layers of .importlinter"


def test_modules_outside_packages_import_no_higher_layer() -> None:
    # A folder without __init__.py is no package: db/site/plugins, whose files Datasette loads by their paths.
    uphill = [
        f"{path_name(path)} imports {module}"
        for path in CODE
        if not (path.parent / "__init__.py").exists()
        for module in imported_modules(path)
        if module.partition(".")[0] in FLOORS[: FLOORS.index(path_name(path).partition("/")[0])]
    ]
    assert uphill == []
