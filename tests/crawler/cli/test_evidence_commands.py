"""`vigia evidence` writes a pack and checks it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crawler.cli.main import vigia
from tests.fixtures.evidence_desk import HOSTILE, WITHOUT_PAGE, write_evidence_desk


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    write_evidence_desk(folder)
    return folder


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(vigia, ["--desk", str(folder), "evidence", *arguments])


@pytest.mark.parametrize("is_first", [True, False])
def test_a_pack_is_written_and_checked_wherever_its_name_stands(folder: Path, tmp_path: Path, is_first: bool) -> None:
    target = tmp_path / "pack.zip"
    words = ["--to", str(target)], [HOSTILE, WITHOUT_PAGE]
    written = run(folder, *(word for part in (words if is_first else reversed(words)) for word in part))
    assert written.exit_code == 0, written.output
    assert "2 articles, 2 versions, 1 page as received" in written.stdout
    assert f"{WITHOUT_PAGE}: no page of version 1 was found in the archive" in written.stderr
    checked = run(folder, "check", str(target))
    assert checked.exit_code == 0, checked.output
    assert "sound. 2 articles, 2 versions, 1 without a page, 4 WARC records" in checked.stdout
    assert checked.stdout.split()[-1] == written.stdout.split()[-1]  # the SHA-256


def test_a_check_needs_no_desk_and_exits_with_1_at_a_fault(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "pack.zip"
    run(folder, HOSTILE, "--to", str(target))
    content = bytearray(target.read_bytes())
    content[500] ^= 1
    target.write_bytes(content)
    checked = run(tmp_path / "no-desk", "check", str(target))
    assert checked.exit_code == 1
    (line,) = checked.stdout.splitlines()
    assert line.startswith(f"{target}: data/README.en.txt: was changed")


@pytest.mark.parametrize("arguments", [[HOSTILE], ["--to", "x.zip"], ["check"]])
def test_wrong_usage_exits_with_2(folder: Path, arguments: list[str]) -> None:
    assert run(folder, *arguments).exit_code == 2
