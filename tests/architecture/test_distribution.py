"""The distribution: wheel and source distribution hold what the repository tracks, and build each other."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from db import __version__
from tests.fixtures.paths import ROOT
from tests.fixtures.source_tree import FLOORS, path_name, tracked_files
from tests.fixtures.waiting import DEADLINE_SECONDS

UNPACKED = (".github/", ".git", ".pre-commit-config.yaml")  # what only a checkout needs
BUILT = ("PKG-INFO", "setup.cfg", "vigia_news.egg-info/")


@pytest.mark.slow
def test_wheel_and_source_distribution_hold_the_tracked_files(tmp_path: Path) -> None:
    """`uv build` makes the source distribution, and the wheel from it alone, with what the lock pins and no network."""
    source = tmp_path / "source"
    for path in tracked_files():
        (to := source / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "build", "--quiet", "--offline", "--no-build-isolation", "--python", sys.executable, source]
    subprocess.run(
        [*command, "--out-dir", tmp_path / "dist"], check=True, capture_output=True, timeout=DEADLINE_SECONDS
    )

    tracked = {path_name(path) for path in tracked_files()}
    with tarfile.open(tmp_path / "dist" / f"vigia_news-{__version__}.tar.gz") as packed:
        names = {member.name.partition("/")[2] for member in packed if member.isfile()}
    wanted = {name for name in tracked if not name.startswith(UNPACKED)}
    assert {name for name in names if not name.startswith(BUILT)} == wanted, "see MANIFEST.in"

    with zipfile.ZipFile(tmp_path / "dist" / f"vigia_news-{__version__}-py3-none-any.whl") as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        manual = f"vigia_news-{__version__}.data/data/share/man/man1/vigia.1"
        assert archive.read(manual) == (ROOT / "packaging/vigia.1").read_bytes()
        names.remove(manual)
        changed = [name for name in names & tracked if archive.read(name) != (ROOT / name).read_bytes()]
        entry_points = next(name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt"))
        scripts = archive.read(entry_points).decode()
    assert names == {name for name in tracked if name.partition("/")[0] in FLOORS}, "see pyproject.toml, package-data"
    assert changed == []
    assert "vigia = crawler.cli:main" in scripts
