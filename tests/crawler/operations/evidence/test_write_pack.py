"""An evidence pack holds what the desk has of the articles asked for, in forms that other programs check."""

from __future__ import annotations

import datetime as dt
import errno
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import bagit
import pytest
from cdxj_indexer.main import CDXJIndexer
from wacz.main import main as run_wacz

from crawler.config.desk import Desk, DeskError, load_desk
from crawler.operations.evidence import wacz_file
from crawler.operations.evidence import write_pack as write_pack_module
from crawler.operations.evidence.check_pack import check_pack
from crawler.operations.evidence.evidence_form import EvidenceError
from crawler.operations.evidence.write_pack import write_pack
from db.connection import open_news
from pipelines.archive.warc_files import Archive
from tests.fixtures.archived_pages import NOON, page
from tests.fixtures.evidence_desk import (
    COPIED,
    FIRST,
    HOSTILE,
    OF_ANOTHER,
    SECOND,
    TWO_VERSIONS,
    WITHOUT_PAGE,
    read_files,
)


@pytest.fixture(scope="module")
def bag(pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked pack: the folder of its bag."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(pack) as opened:
        opened.extractall(folder)
    (unpacked,) = folder.iterdir()
    return unpacked


@pytest.fixture(scope="module")
def told(bag: Path) -> list[dict[str, Any]]:
    articles: list[dict[str, Any]] = json.loads((bag / "data/metadata.json").read_bytes())["articles"]
    return articles


def test_the_same_state_of_the_desk_makes_the_same_bytes(desk: Desk, pack: Path, tmp_path: Path) -> None:
    write_pack(desk, [TWO_VERSIONS, HOSTILE, TWO_VERSIONS, WITHOUT_PAGE], tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == pack.read_bytes()


def test_each_version_has_its_text_its_hash_and_the_page_that_it_was_read_from(
    bag: Path, told: list[dict[str, Any]]
) -> None:
    first, second = told[0]["versions"]
    assert [(bag / version["text"]).read_text("utf-8") for version in (first, second)] == [FIRST, SECOND]
    assert first["text_sha256"] == hashlib.sha256(FIRST.encode()).hexdigest()
    assert (first["capture"], second["capture"], len(told[0]["captures"])) == (1, 3, 3)
    assert first["until"] == second["since"] == "2026-11-23T14:00:40Z"
    assert second["changes"]["headline"] == ["Un buque", "Un buque, corrige el puerto"]
    changes = (bag / second["changes"]["file"]).read_text("utf-8")
    assert changes.splitlines()[1:] == ["El puerto recibió el buque con [-900-] {+950+} contenedores, dijo la"]


def test_records_are_in_the_pack_as_they_are_in_the_archive(desk: Desk, bag: Path, told: list[dict[str, Any]]) -> None:
    pages = read_files((bag / "data/pages.wacz").read_bytes())
    for capture in (capture for article in told for capture in article["captures"]):
        packed = pages[capture["warc"]][capture["offset"] :][: capture["length"]]
        kept = (desk.archive / capture["archive_file"]).read_bytes()[capture["archive_offset"] :][: capture["length"]]
        assert packed == kept
        assert hashlib.sha256(packed).hexdigest() == capture["sha256"]


def test_the_wacz_is_valid_for_py_wacz_and_its_index_is_that_of_cdxj_indexer(
    bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_wacz(["validate", "-f", str(bag / "data/pages.wacz")]) == 0, capsys.readouterr().out
    with zipfile.ZipFile(bag / "data/pages.wacz") as opened:
        opened.extractall(tmp_path)
    out = io.StringIO()
    warcs = sorted(str(path) for path in (tmp_path / "archive").iterdir())
    CDXJIndexer(out, warcs, sort=True, records="response").process_all()
    assert (tmp_path / "indexes/index.cdx").read_text("utf-8") == out.getvalue()


def test_the_bag_is_valid_for_bagit_and_for_sha256sum(bag: Path) -> None:
    assert bagit.Bag(str(bag)).validate()
    lists = ["manifest-sha256.txt", "tagmanifest-sha256.txt"]
    subprocess.run(["sha256sum", "--strict", "--quiet", "-c", *lists], cwd=bag, check=True)


def test_a_version_whose_page_is_gone_is_packed_and_marked(bag: Path, told: list[dict[str, Any]]) -> None:
    assert told[2]["captures"] == []
    assert [version["capture"] for version in told[2]["versions"]] == [None]
    marks = {"en": "NONE OF IT WAS FOUND IN THE ARCHIVE", "es": "NO SE HALLÓ NINGUNA", "zh": "存档中未找到其网页"}
    for language, mark in marks.items():
        assert (bag / f"data/README.{language}.txt").read_text("utf-8").count(mark) == 1


def test_a_pack_without_any_page_says_so_and_is_sound(desk: Desk, tmp_path: Path) -> None:
    done = write_pack(desk, [WITHOUT_PAGE], tmp_path / "text.zip")
    assert (done.captures, done.gaps) == (0, ((WITHOUT_PAGE, 1),))
    found = check_pack(tmp_path / "text.zip")
    assert (found.faults, found.without_page, found.records) == ((), 1, 0)


def test_a_page_read_long_before_is_not_given_for_a_version_whose_own_is_gone(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(desk.folder, folder)
    (folder / "archive" / "2026-11-23.warc.gz").unlink()
    done = write_pack(load_desk(folder), [TWO_VERSIONS], tmp_path / "pack.zip")
    assert (done.captures, done.gaps) == (2, ((TWO_VERSIONS, 2),))


def test_a_page_that_has_taken_the_place_of_a_lost_one_is_no_page_of_the_article(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(desk.folder, folder)
    (folder / "archive" / "2026-11-23.warc.gz").unlink()
    archive = Archive(folder / "archive", user_agent="Vigia/0")
    place = archive.write(page(9, fetched_at=NOON + dt.timedelta(hours=26)), rejected=False)
    archive.close()
    assert place.file == "2026-11-23.warc.gz"
    with closing(open_news(folder / "news.db")) as news:  # compressed, the first record has not always the same length
        news.execute(
            "UPDATE articles SET archive_offset = :at WHERE url = :url", {"at": place.offset, "url": TWO_VERSIONS}
        )
        news.conn.commit()
    done = write_pack(load_desk(folder), [TWO_VERSIONS], tmp_path / "pack.zip")
    assert done.gaps == ((TWO_VERSIONS, 2),)
    assert check_pack(tmp_path / "pack.zip").faults == ()


def test_a_time_of_publication_stands_with_who_gave_it(bag: Path) -> None:
    lines = {"en": "by the outlet's feed or sitemap", "es": "según el feed o el mapa del sitio", "zh": "据媒体的订阅源"}
    for language, line in lines.items():
        assert (bag / f"data/README.{language}.txt").read_text("utf-8").count(line) == 3


def test_a_hostile_title_is_one_printable_line_and_names_no_file(bag: Path) -> None:
    for language in ("en", "es", "zh"):
        text = (bag / f"data/README.{language}.txt").read_text("utf-8")
        assert "2. ../../etc/x <script>alert(1)</script> otxet [2J\n" in text
        assert "El Faro del Sur" in text
    names = [str(path.relative_to(bag)) for path in bag.rglob("*")]
    assert all(name.isascii() and "etc" not in name for name in names)


def test_no_text_of_another_article_is_in_the_pack(pack: Path, bag: Path) -> None:
    pages = read_files((bag / "data/pages.wacz").read_bytes())
    records = b"".join(gzip.decompress(content) for name, content in pages.items() if name.startswith("archive/"))
    assert FIRST.encode() in records
    assert OF_ANOTHER.encode() not in records + pack.read_bytes()


def test_the_archive_is_only_read(desk: Desk, tmp_path: Path) -> None:
    before = {name: (desk.archive / name).read_bytes() for name in Archive(desk.archive).files()}
    write_pack(desk, [COPIED], tmp_path / "pack.zip")
    assert {name: (desk.archive / name).read_bytes() for name in Archive(desk.archive).files()} == before
    assert not desk.desk_db.exists()


@pytest.mark.parametrize(
    ("address", "name", "words"),
    [
        ("https://faro.example/99", "x.zip", "https://faro.example/99: there is no article of that address"),
        (TWO_VERSIONS, "there.zip", "is there already"),
        (TWO_VERSIONS, "no-folder/x.zip", "no such folder"),
        ("nonsense", "x.zip", "not an address"),
    ],
)
def test_what_cannot_be_packed_is_said_and_leaves_nothing(
    desk: Desk, tmp_path: Path, address: str, name: str, words: str
) -> None:
    (tmp_path / "there.zip").write_bytes(b"mine")
    with pytest.raises(DeskError, match=words):
        write_pack(desk, [HOSTILE, address], tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["there.zip"]
    assert (tmp_path / "there.zip").read_bytes() == b"mine"


def test_a_pack_of_too_many_files_is_refused_in_one_line(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_pack_module, "MAX_ENTRIES", 10)
    with pytest.raises(EvidenceError, match="files: a pack holds at most 10, so none was written"):
        write_pack(desk, [HOSTILE, TWO_VERSIONS], tmp_path / "x.zip")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "words"), [("MAX_RECORDS", "one more than a pack may hold"), ("MAX_TEXT_BYTES", "index of its pages")]
)
def test_pages_that_could_not_be_checked_later_are_refused(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.setattr(wacz_file, name, 7)
    with pytest.raises(EvidenceError, match=words):
        write_pack(desk, [TWO_VERSIONS], tmp_path / "x.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(EvidenceError, match="No space left on device; no pack was written: free some space"):
        write_pack(desk, [HOSTILE], tmp_path / "x.zip")
    assert list(tmp_path.iterdir()) == []
