"""WARC files are taken out of a WACZ, or any other zip file."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from crawler.operations.imports.sources import zip_files
from crawler.operations.imports.sources.zip_files import ZipError, is_zip, list_warcs, open_zip, unpack_warc

WACZ = {
    "datapackage.json": b"{}",
    "archive/b.warc.gz": b"second",
    "archive/a.warc": b"first" * 1_000,
    "indexes/index.cdx.gz": b"cdx",
    "__MACOSX/._a.warc": b"",
}


def write_zip(path: Path, files: Mapping[str, bytes] = WACZ, *, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_the_warc_files_are_found_and_unpacked(tmp_path: Path, compression: int) -> None:
    path = write_zip(tmp_path / "a.wacz", compression=compression)
    assert is_zip(path)
    with open_zip(path) as archive:
        names = list_warcs(archive)
        assert names == ["archive/a.warc", "archive/b.warc.gz"]
        for name in names:
            assert unpack_warc(archive, name, tmp_path / "below" / "one")
            assert (tmp_path / "below" / "one").read_bytes() == WACZ[name]
        assert not unpack_warc(archive, names[0], tmp_path / "one", is_ending=lambda: True)


def test_what_is_no_zip_file_is_known_by_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "a.wacz").write_bytes(b"WARC/1.0")
    assert not is_zip(tmp_path / "a.wacz")


def test_a_zip_file_without_warc_files_and_a_torn_one_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = write_zip(tmp_path / "none.zip", {"a.txt": b""})
    with open_zip(nothing) as archive, pytest.raises(ZipError, match="without WARC files"):
        list_warcs(archive)
    path = write_zip(tmp_path / "a.wacz")
    monkeypatch.setattr(zip_files, "_MAX_WARCS", 1)
    with open_zip(path) as archive, pytest.raises(ZipError, match="more than 1 WARC files"):
        list_warcs(archive)
    monkeypatch.setattr(zip_files, "_MAX_DIRECTORY_BYTES", 100)
    with pytest.raises(ZipError, match="too many files"), open_zip(path):
        pass
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ZipError, match="a damaged zip file"), open_zip(path):
        pass


def test_a_damaged_and_an_encrypted_file_in_it_are_told(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.wacz")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"first", b"worst", 1))
    with open_zip(path) as archive, pytest.raises(ZipError, match="damaged or encrypted"):
        unpack_warc(archive, "archive/a.warc", tmp_path / "one")
    entry = whole.index(b"PK\x01\x02", whole.index(b"PK\x01\x02") + 46 + len("datapackage.json"))
    encrypted = bytearray(whole)
    encrypted[entry + 8] |= 1
    path.write_bytes(bytes(encrypted))
    with open_zip(path) as archive, pytest.raises(ZipError, match="damaged or encrypted"):
        unpack_warc(archive, "archive/b.warc.gz", tmp_path / "one")


def test_a_file_that_is_packed_in_a_rare_way_is_told_before_it_is_unpacked(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.wacz", compression=zipfile.ZIP_LZMA)
    with open_zip(path) as archive, pytest.raises(ZipError, match="unpack it yourself"):
        unpack_warc(archive, "archive/a.warc", tmp_path / "one")
    assert not (tmp_path / "one").exists()


def test_a_file_that_the_disk_has_no_room_for_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_files, "MIN_FREE_BYTES", 1 << 60)
    path = write_zip(tmp_path / "a.wacz")
    with open_zip(path) as archive, pytest.raises(ZipError, match="no room; free some space"):
        unpack_warc(archive, "archive/a.warc", tmp_path / "one")
