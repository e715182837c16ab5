"""The evidence packs of the reading room are those of `vigia evidence`."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.config.desk import load_desk
from crawler.operations.evidence.check_pack import check_pack
from crawler.service.site_evidence import pack_evidence
from db.site.dossiers.evidence_packs import EvidencePackError
from tests.fixtures.evidence_desk import HOSTILE, TWO_VERSIONS, write_evidence_desk


def test_a_pack_of_the_room_passes_the_check(tmp_path: Path) -> None:
    write_evidence_desk(tmp_path)
    pack_evidence(lambda: load_desk(tmp_path), [TWO_VERSIONS, HOSTILE], tmp_path / "pack.zip")
    assert check_pack(tmp_path / "pack.zip").faults == ()


def test_what_can_t_be_packed_is_told_and_leaves_no_file(tmp_path: Path) -> None:
    write_evidence_desk(tmp_path)
    with pytest.raises(EvidencePackError, match="no article of that address"):
        pack_evidence(lambda: load_desk(tmp_path), ["https://faro.example/none"], tmp_path / "pack.zip")
    assert not (tmp_path / "pack.zip").exists()
