"""One desk and one pack of it for all tests of the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.config.desk import Desk, load_desk
from crawler.operations.evidence.write_pack import write_pack
from tests.fixtures.evidence_desk import HOSTILE, TWO_VERSIONS, WITHOUT_PAGE, write_evidence_desk


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk, which no test changes."""
    folder = tmp_path_factory.mktemp("desk")
    write_evidence_desk(folder)
    return load_desk(folder)


@pytest.fixture(scope="package")
def pack(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of three articles, which no test changes."""
    target = tmp_path_factory.mktemp("packs") / "pack.zip"
    write_pack(desk, [TWO_VERSIONS, HOSTILE, WITHOUT_PAGE], target)
    return target
