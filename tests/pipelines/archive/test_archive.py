"""The archive on a real disk: pages can be read by Vigía and by other WARC tools."""

from __future__ import annotations

import datetime as dt
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.cli import main as warcio

from db.model.article import Place
from pipelines.archive.captures import find_captures
from pipelines.archive.warc_files import Archive, ArchiveError, WarcPage
from pipelines.page import Hint, OutletProfile, Page
from tests.fixtures.archived_pages import NOON, OUTLET, page, records


@pytest.mark.parametrize("rejected", [False, True])
def test_a_page_comes_back_as_it_was(tmp_path: Path, rejected: bool) -> None:
    archive = Archive(tmp_path / "archive")
    places = [archive.write(page(number), rejected=rejected) for number in range(3)]
    assert {place.file for place in places} == {f"{'rejected-' * rejected}2026-11-22.warc.gz"}
    for number, place in enumerate(places):
        assert archive.read(place).to_page(OUTLET) == page(number)


text = st.text(max_size=40)
address = text.map("https://faro.example/{}".format)
anything = st.builds(
    page,
    url=address,
    key=text,
    answered_url=address | st.just(""),
    body=st.binary(max_size=3000),
    status=st.integers(100, 999),
    headers=st.lists(st.tuples(text, text), max_size=4).map(tuple),
    fetched_at=st.timedeltas(-dt.timedelta(days=3000), dt.timedelta(days=3000)).map(lambda ago: NOON + ago),
    hint=st.builds(Hint, title=st.none() | text, language=st.none() | text, summary=st.none() | text),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(anything, min_size=1, max_size=3))
def test_any_page_comes_back_as_it_was_and_hostile_text_makes_no_record_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, pages: list[Page]
) -> None:
    archive = Archive(tmp_path_factory.mktemp("archive"))
    for one in pages:
        place = archive.write(one, rejected=False)
        assert archive.read(place).to_page(OUTLET) == one
    files = [archive._folder / name for name in archive.files()]
    kinds = [kind for file in files for kind, _target, _body in records(file)]
    assert kinds.count("response") == kinds.count("request") == kinds.count("metadata") == len(pages)
    assert kinds.count("warcinfo") == len(files)
    assert len(kinds) == 3 * len(pages) + len(files)


def test_a_hostile_server_injects_neither_header_nor_record(tmp_path: Path) -> None:
    evil = "x\r\nSet-Cookie: a=b\r\n\r\n\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\n"
    archive = Archive(tmp_path)
    place = archive.write(
        page(answered_url=f"https://faro.example/{evil}", headers=(("X-One", evil), (evil, "two"), ("Ünï", "ñ"))),
        rejected=False,
    )
    with (tmp_path / place.file).open("rb") as file:
        file.seek(place.offset)
        record = next(iter(ArchiveIterator(file)))
        assert [name for name, _ in record.http_headers.headers] == ["X-One", "Content-Length"]
        assert not record.rec_headers.get_header("Set-Cookie")


def test_any_warc_tool_reads_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = Archive(tmp_path, user_agent="Vigia/0.1 (+https://desk.example)")
    for number in range(3):
        place = archive.write(page(number), rejected=False)
    path = tmp_path / place.file
    first, *rest = records(path)
    assert first[0] == "warcinfo"
    assert b"vigia/" in first[2]
    assert [kind for kind, *_ in rest] == ["response", "request", "metadata"] * 3
    assert rest[0] == ("response", "https://www.faro.example/0/", page(0).body)
    with pytest.raises(SystemExit) as checked:
        warcio(["check", str(path)])
    assert checked.value.code == 0
    assert capsys.readouterr().out == ""
    warcio(["index", "-f", "offset,warc-type,warc-target-uri,http:status", str(path)])
    assert str(place.offset) in capsys.readouterr().out


def test_the_body_is_described_as_it_lies_there(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    place = archive.write(page(), rejected=False)
    with (tmp_path / place.file).open("rb") as file:
        file.seek(place.offset)
        record = next(iter(ArchiveIterator(file)))
        assert record.http_headers.statusline == "200 OK"
        assert record.http_headers.get_header("Content-Encoding") is None
        assert record.http_headers.get_header("X-Archive-Orig-Content-Encoding") == "br"
        assert record.http_headers.get_header("Content-Length") == str(len(page().body))
        assert record.rec_headers.get_header("WARC-Date") == "2026-11-22T12:00:00.000000Z"


def test_a_day_is_a_day_in_utc(tmp_path: Path) -> None:
    lima = dt.timezone(dt.timedelta(hours=-5))
    place = Archive(tmp_path).write(page(fetched_at=dt.datetime(2026, 11, 22, 20, tzinfo=lima)), rejected=False)
    assert place.file == "2026-11-23.warc.gz"


def test_pages_come_in_order_with_the_latest_capture_last(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for hour, rejected in [(30, False), (2, True), (3, False), (1, False), (4, True)]:
        archive.write(page(fetched_at=NOON + dt.timedelta(hours=hour)), rejected=rejected)
    other = OutletProfile(id="otro", name="Otro")
    archive.write(page(9, outlet=other, fetched_at=NOON + dt.timedelta(hours=40)), rejected=False)
    found = list(archive.pages())
    assert found[-1][1].outlet == "otro"
    assert found[-2][1].fetched_at == NOON + dt.timedelta(hours=30)
    assert [one.outlet for _, one in archive.pages("otro")] == ["otro"]
    for place, one in found:
        assert archive.read(place) == one


def test_rejected_pages_are_pruned_by_day_and_kept_ones_never(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for day in range(3):
        for rejected in (True, False):
            archive.write(page(fetched_at=NOON + dt.timedelta(days=day)), rejected=rejected)
    (tmp_path / "notes.txt").touch()
    before = archive.size()
    assert archive.prune(dt.date(2026, 11, 24)) == ("rejected-2026-11-22.warc.gz", "rejected-2026-11-23.warc.gz")
    assert archive.size() < before
    assert archive.files() == (
        "2026-11-22.warc.gz",
        "2026-11-23.warc.gz",
        "2026-11-24.warc.gz",
        "rejected-2026-11-24.warc.gz",
    )
    place = archive.write(page(fetched_at=NOON), rejected=True)  # its file was open when it was pruned
    assert archive.read(place).url == page().url


def test_captures_in_a_file_that_is_pruned_meanwhile_are_left_out(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    kept = archive.write(page(), rejected=False)
    archive.write(page(), rejected=True)
    captures = find_captures(archive, [NOON.date()], [page().key])
    assert next(captures).place == kept
    archive.prune(dt.date(2026, 11, 23))
    assert list(captures) == []


def test_a_pruned_page_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no such file; rejected pages are kept for `keep_rejected` only"):
        Archive(tmp_path).read(Place(file="rejected-2020-01-01.warc.gz", offset=0))


@pytest.mark.parametrize(
    "name", ["../news.db", "/etc/passwd", "2026-11-22.warc.gz/../../x", "", "2026-11-22.warc.gz\n"]
)
def test_a_place_never_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveError, match="no file of the archive"):
        Archive(tmp_path).read(Place(file=name, offset=0))


@pytest.mark.parametrize("offset", [0, 1, 10_000_000])
def test_a_wrong_offset_is_a_clear_error(tmp_path: Path, offset: int) -> None:
    archive = Archive(tmp_path)
    place = archive.write(page(), rejected=False)
    with pytest.raises(ArchiveError, match=f"no whole page at byte {offset}"):
        archive.read(Place(file=place.file, offset=offset))


def test_threads_write_whole_pages(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    with ThreadPoolExecutor(4) as threads:
        places = list(threads.map(lambda n: archive.write(page(n), rejected=n % 2 == 0), range(40)))
    for number, place in enumerate(places):
        assert archive.read(place).url == f"https://faro.example/{number}"


def test_an_archived_page_does_not_show_its_body() -> None:
    assert "secret" not in repr(WarcPage(url="u", key="k", outlet="o", body=b"secret", fetched_at=NOON))


def test_a_folder_that_was_moved_gets_the_pages_and_the_old_path_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    archive.open_folder()
    (tmp_path / "archive").rename(tmp_path / "moved")
    archive.write(page(), rejected=False)
    archive.write(page(), rejected=True)
    assert not (tmp_path / "archive").exists()
    assert len(list(Archive(tmp_path / "moved").pages())) == 2


def test_a_folder_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    archive.write(page(), rejected=False)
    shutil.rmtree(tmp_path / "archive")
    archive.write(page(), rejected=False)
    archive.write(page(), rejected=True)
    assert len(list(Archive(tmp_path / "archive").pages())) == 2
