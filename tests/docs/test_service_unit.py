"""The systemd unit is valid and restricts the service."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from crawler.cli.main import vigia
from tests.fixtures.paths import ROOT
from tests.fixtures.waiting import DEADLINE_SECONDS

UNIT = ROOT / "packaging" / "vigia.service"
MAX_EXPOSURE = 20  # exposure by `systemd-analyze security`, 0 to 100; a service without restrictions has 96

with_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine"
)


def unit() -> dict[str, list[tuple[str, str]]]:
    """Read the unit's sections, each with its lines in order; a key may occur several times."""
    sections: dict[str, list[tuple[str, str]]] = {}
    lines: list[tuple[str, str]] = []
    for line in UNIT.read_text("utf-8").splitlines():
        if match := re.fullmatch(r"\[(\w+)\]", line):
            lines = sections.setdefault(match[1], [])
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            lines.append((key, value))
    return sections


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Write the unit as it is installed, with the paths of this test."""
    program = Path(sys.executable).with_name("vigia")
    assert program.is_file()
    path = tmp_path / "vigia.service"
    path.write_text(UNIT.read_text("utf-8").replace("/opt/vigia/.venv/bin/vigia", str(program)), encoding="utf-8")
    return path


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False
    )


@with_systemd
def test_systemd_accepts_the_unit_without_warnings(installed: Path) -> None:
    verified = analyze("verify", "--man=no", str(installed))
    about_it = [line for line in (verified.stdout + verified.stderr).splitlines() if "vigia" in line]
    assert about_it == []
    assert verified.returncode == 0


@with_systemd
def test_the_service_is_sandboxed(installed: Path) -> None:
    checked = analyze("security", "--offline=true", f"--threshold={MAX_EXPOSURE}", str(installed))
    if "unrecognized option" in checked.stderr:
        pytest.skip("this systemd-analyze can't judge a unit that is not loaded")
    assert checked.returncode == 0, checked.stdout[-2000:] + checked.stderr


def test_the_unit_starts_an_existing_command_and_ends_it_with_a_signal() -> None:
    service = dict(unit()["Service"])
    words = service["ExecStart"].split()
    assert words[0].endswith("/bin/vigia")
    assert vigia.get_command(click.Context(vigia), words[1])
    assert service["KillSignal"] == "SIGTERM"
    assert service["KillMode"] == "mixed"  # the main process ends the workers after their last page
    assert service["Restart"] == "on-failure"


def test_the_unit_writes_only_into_the_desk_folder() -> None:
    lines = unit()["Service"]
    assert ("ProtectSystem", "strict") in lines
    assert ("StateDirectory", "vigia") in lines
    assert ("Environment", "VIGIA_DESK=/var/lib/vigia") in lines
    assert not [value for key, value in lines if key in {"ReadWritePaths", "BindPaths"}]
