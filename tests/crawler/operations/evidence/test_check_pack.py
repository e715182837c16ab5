"""A check finds every changed byte, and stays within bounds whatever it is given."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.operations.evidence import check_pack as check_pack_module
from crawler.operations.evidence import check_wacz
from crawler.operations.evidence.check_pack import check_pack
from crawler.operations.evidence.evidence_form import EvidenceError
from pipelines.archive.gzip_members import read_members
from tests.fixtures.evidence_desk import SECOND, forge, forge_pages, read_files, write_files

WARC = "archive/2026-11-22.warc.gz"


def faults_of(content: bytes, path: Path) -> tuple[str, ...]:
    """Return what is wrong with a pack; the error counts as a fault."""
    path.write_bytes(content)
    try:
        return check_pack(path).faults
    except EvidenceError as error:
        return (str(error),)


def test_a_pack_is_sound_as_it_was_written(pack: Path) -> None:
    found = check_pack(pack)
    assert found.faults == ()
    assert (found.articles, found.versions, found.without_page, found.records) == (3, 4, 1, 14)


@pytest.mark.slow
def test_a_flipped_bit_is_found_wherever_it_is(pack: Path, tmp_path: Path) -> None:
    content = bytearray(pack.read_bytes())
    for position in (*range(0, len(content), 89), *range(len(content) - 400, len(content))):
        content[position] ^= 1 << position % 8
        faults = faults_of(bytes(content), tmp_path / "pack.zip")
        assert faults, f"byte {position}"
        assert all(fault.isprintable() for fault in faults)
        content[position] ^= 1 << position % 8


def test_a_fault_names_the_file_that_was_changed(pack: Path, tmp_path: Path) -> None:
    content = pack.read_bytes()
    changed = content.replace(SECOND.encode(), SECOND.replace("950", "850").encode(), 1)
    assert faults_of(changed, tmp_path / "pack.zip") == (
        "data/articles/1/version-2.txt: was changed since it was packed (SHA-256 is not that of manifest-sha256.txt)",
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"",
        lambda content: b"PK" * 20,
        lambda content: content[:-1],
        lambda content: content[:1000],
        lambda content: content[1:],
        lambda content: content + b"\n",
        lambda content: content + content,
    ],
)
def test_a_file_that_was_cut_or_grew_is_one_line(pack: Path, tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    (fault,) = faults_of(change(pack.read_bytes()), tmp_path / "pack.zip")
    assert "zip file" in fault


def test_a_pack_that_was_packed_anew_and_another_zip_file_are_refused(pack: Path, tmp_path: Path) -> None:
    packed_anew = io.BytesIO()
    with zipfile.ZipFile(packed_anew, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in read_files(pack.read_bytes()).items():
            opened.writestr(name, content)
    assert faults_of(packed_anew.getvalue(), tmp_path / "a.zip")
    assert "but no evidence pack" in faults_of(write_files({"folder/file": b"x"}), tmp_path / "b.zip")[0]


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../x", "a//x", "a\\..\\x", "C:x", "a\nb", "", "x" * 5000, "ñ"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        opened.writestr(zipfile.ZipInfo(name or "x"), b"x")
    content = out.getvalue() if name else out.getvalue().replace(b"x", b"/")
    (fault,) = faults_of(content, tmp_path / "pack.zip")
    assert "names a file" in fault
    assert fault.isprintable()
    assert len(fault) < 400


def test_a_name_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        opened.writestr("a/x", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            opened.writestr("a/x", b"2")
    assert "holds a/x twice" in faults_of(out.getvalue(), tmp_path / "pack.zip")[0]


def change_text(files: dict[str, bytes]) -> None:
    files["data/articles/1/version-2.txt"] += b"!"


def drop_pages(files: dict[str, bytes]) -> None:
    del files["data/pages.wacz"]


def break_metadata(files: dict[str, bytes]) -> None:
    files["data/metadata.json"] = b'{"format": 1, "articles": [' + b"[" * 100_000


def name_other_page(files: dict[str, bytes]) -> None:
    told = json.loads(files["data/metadata.json"])
    told["articles"][0]["captures"][0]["url"] = "https://elsewhere.example/"
    files["data/metadata.json"] = json.dumps(told).encode()


def name_page_twice(files: dict[str, bytes]) -> None:
    told = json.loads(files["data/metadata.json"])
    told["articles"][1]["captures"] *= 2
    files["data/metadata.json"] = json.dumps(told).encode()


def lengthen_page(files: dict[str, bytes]) -> None:
    told = json.loads(files["data/metadata.json"])
    told["articles"][0]["captures"][0]["length"] = 10**12
    files["data/metadata.json"] = json.dumps(told).encode()


def spoil_wacz(files: dict[str, bytes]) -> None:
    files["data/pages.wacz"] = b"no zip file"


def change_page(files: dict[str, bytes]) -> None:
    unpacked = gzip.decompress(files[WARC]).replace(b"900 contenedores", b"100 contenedores")
    members = [record + b"\r\n\r\n" for record in unpacked.split(b"\r\n\r\nWARC/1.1")]
    files[WARC] = b"".join(
        gzip.compress(member if number == 0 else b"WARC/1.1" + member) for number, member in enumerate(members)
    )


def drop_record(files: dict[str, bytes]) -> None:
    info = next(read_members(io.BytesIO(files[WARC])))
    files[WARC] = files[WARC][: info.end]


def change_index(files: dict[str, bytes]) -> None:
    files["indexes/index.cdx"] = files["indexes/index.cdx"].replace(b'"200"', b'"404"')


def add_file(files: dict[str, bytes]) -> None:
    files["archive/more.warc.gz"] = b""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_text, "data/articles/1/version-2.txt: is not the text whose SHA-256"),
        (drop_pages, "data/pages.wacz: is missing, though data/metadata.json names it"),
        (break_metadata, "data/metadata.json: is missing or not of the form"),
        (name_other_page, "page 1 of article 1: its address or digest is not that of metadata.json"),
        (name_page_twice, "page 2 of article 2: its records are those of another page"),
        (lengthen_page, "page 1 of article 1: its length is not that of its records"),
        (spoil_wacz, "data/pages.wacz: is no zip file"),
        (forge_pages(change_page), "does not agree with its digests"),
        (forge_pages(drop_record), "there is no such record"),
        (forge_pages(change_index), "indexes/index.cdx: does not agree with the records"),
        (forge_pages(add_file), "archive/more.warc.gz: is not in datapackage.json"),
    ],
)
def test_a_change_is_found_also_where_all_lists_were_made_anew(
    pack: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None], words: str
) -> None:
    faults = faults_of(forge(pack.read_bytes(), change), tmp_path / "pack.zip")
    assert any(words in fault for fault in faults), faults


def test_lists_made_anew_without_a_change_are_sound(pack: Path, tmp_path: Path) -> None:
    assert forge(pack.read_bytes(), lambda files: None) == pack.read_bytes()


def test_a_record_that_unpacks_to_very_much_is_not_read_to_its_end(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_wacz, "MAX_UNPACKED_RECORD_BYTES", 1 << 20)

    def swell(files: dict[str, bytes]) -> None:
        files[WARC] += gzip.compress(b"WARC/1.1\r\n" + bytes(5 << 20))

    faults = faults_of(forge(pack.read_bytes(), forge_pages(swell)), tmp_path / "pack.zip")
    assert any("unpacks to more than a pack may hold" in fault for fault in faults), faults


def test_behind_a_damaged_warc_file_no_other_is_unpacked(pack: Path, tmp_path: Path) -> None:
    def add_damaged(files: dict[str, bytes]) -> None:
        for number in range(5):
            files[f"archive/{number}.warc.gz"] = gzip.compress(bytes(1 << 20))

    faults = faults_of(forge(pack.read_bytes(), forge_pages(add_damaged)), tmp_path / "pack.zip")
    assert sum("no head" in fault for fault in faults) == 1


def test_not_more_records_are_read_than_a_pack_may_hold(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_wacz, "MAX_RECORDS", 100)

    def repeat(files: dict[str, bytes]) -> None:
        first = next(read_members(io.BytesIO(files[WARC])))
        files[WARC] = files[WARC][: first.end] * 500

    (tmp_path / "pack.zip").write_bytes(forge(pack.read_bytes(), forge_pages(repeat)))
    found = check_pack(tmp_path / "pack.zip")
    assert f"data/pages.wacz: {WARC}: record 101 is one more than a pack may hold, and was not read" in found.faults
    assert found.records == 100


def test_not_more_faults_are_listed_than_a_reader_needs(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (check_pack_module, check_wacz):
        monkeypatch.setattr(module, "MAX_FAULTS", 20)
    unsound = gzip.compress(b"WARC/1.1\r\nContent-Length: 0\r\n\r\n\r\n\r\n")

    def add_unsound(files: dict[str, bytes]) -> None:
        files[WARC] += unsound * 500

    (tmp_path / "pack.zip").write_bytes(forge(pack.read_bytes(), forge_pages(add_unsound)))
    found = check_pack(tmp_path / "pack.zip")
    assert len(found.faults) == 20
    assert found.records < 50

    def name_other_texts(files: dict[str, bytes]) -> None:
        told = json.loads(files["data/metadata.json"])
        version = told["articles"][0]["versions"][0]
        told["articles"][0]["versions"] = [version | {"text": f"data/{number}.txt"} for number in range(500)]
        files["data/metadata.json"] = json.dumps(told).encode()

    assert len(faults_of(forge(pack.read_bytes(), name_other_texts), tmp_path / "pack.zip")) == 20
