"""The evidence packs of the reading room are those of `vigia evidence`."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import httpx
import pytest

from crawler.config.desk import load_desk
from crawler.operations.evidence.check_pack import check_pack
from crawler.service.service import site_of
from crawler.service.site_evidence import pack_evidence
from db.site.dossiers.evidence_packs import EvidencePackError
from tests.fixtures.evidence_desk import HOSTILE, TWO_VERSIONS, write_evidence_desk


def test_a_pack_of_the_room_passes_the_check(tmp_path: Path) -> None:
    write_evidence_desk(tmp_path)
    pack_evidence(lambda: load_desk(tmp_path), [TWO_VERSIONS, HOSTILE], tmp_path / "pack.zip")
    assert check_pack(tmp_path / "pack.zip").faults == ()


def test_a_reader_downloads_a_pack_of_a_search(tmp_path: Path) -> None:
    write_evidence_desk(tmp_path)
    with (tmp_path / "vigia.toml").open("a", encoding="utf-8") as settings:
        settings.write("port = 0\n")
    with site_of(load_desk(tmp_path), may_write=True) as site:
        answer = httpx.get(f"{site.url}/search.zip?q=segundo&desde=2026")
        forwarded = httpx.get(f"{site.url}/search.zip?q=segundo", headers={"x-forwarded-for": "192.0.2.1"})
    assert forwarded.status_code == 404
    assert "desde" in answer.headers["vigia-mistake"]
    (tmp_path / "got.zip").write_bytes(answer.content)
    checked = check_pack(tmp_path / "got.zip")
    assert checked.faults == ()
    with zipfile.ZipFile(tmp_path / "got.zip") as pack:
        (metadata,) = (json.loads(pack.read(name)) for name in pack.namelist() if name.endswith("metadata.json"))
    assert [article["url"] for article in metadata["articles"]] == [HOSTILE]


def test_what_can_t_be_packed_is_told_and_leaves_no_file(tmp_path: Path) -> None:
    write_evidence_desk(tmp_path)
    with pytest.raises(EvidencePackError, match="no article of that address"):
        pack_evidence(lambda: load_desk(tmp_path), ["https://faro.example/none"], tmp_path / "pack.zip")
    assert not (tmp_path / "pack.zip").exists()
