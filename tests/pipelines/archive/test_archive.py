"""The archive on a real disk: what is written can be read, by us and by any WARC tool, whatever ended the writer."""

from __future__ import annotations

import datetime as dt
import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.cli import main as warcio

from db.model.article import Place
from pipelines.archive.warc_files import Archive, ArchivedPage, ArchiveError, whole_end
from pipelines.page import Hint, OutletProfile, Page
from tests.fixtures.paths import ROOT

OUTLET = OutletProfile(id="faro", name="El Faro del Sur", country="PE", languages=("es",))
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def page(number: int = 1, **fields: object) -> Page:
    given_: dict[str, object] = {
        "url": f"https://faro.example/{number}",
        "key": f"faro.example/{number}",
        "body": f"<p>El puerto recibió el buque número {number}.</p>".encode(),
        "outlet": OUTLET,
        "fetched_at": NOON,
        "answered_url": f"https://www.faro.example/{number}/",
        "headers": (("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "br"), ("Content-Length", "9")),
        "hint": Hint(title="Un buque", published=NOON, language="es-PE", summary="Llegó."),
    }
    return Page(**{**given_, **fields})  # type: ignore[arg-type]


def records(path: Path) -> list[tuple[str, str, bytes]]:
    with path.open("rb") as file:
        return [
            (record.rec_type, record.rec_headers.get_header("WARC-Target-URI") or "", record.content_stream().read())
            for record in ArchiveIterator(file, check_digests=True)
        ]


@pytest.mark.parametrize("rejected", [False, True])
def test_a_page_comes_back_as_it_was(tmp_path: Path, rejected: bool) -> None:
    archive = Archive(tmp_path / "archive")
    places = [archive.write(page(number), rejected=rejected) for number in range(3)]
    assert {place.file for place in places} == {f"{'rejected-' * rejected}2026-11-22.warc.gz"}
    for number, place in enumerate(places):
        assert archive.read(place).page(OUTLET) == page(number)


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
        assert archive.read(place).page(OUTLET) == one
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


def written(folder: Path, *, pages: int) -> tuple[Path, list[Place]]:
    archive = Archive(folder)
    places = [
        archive.write(page(number, body=os.urandom(300) + b"x" * 5000), rejected=False) for number in range(pages)
    ]
    archive.close()
    return folder / places[0].file, places


@pytest.mark.parametrize("pages", [1, 3])
def test_a_tail_torn_at_any_byte_is_cut_off_and_costs_no_other_page(tmp_path: Path, pages: int) -> None:
    path, places = written(tmp_path, pages=pages)
    whole = path.read_bytes()
    last = places[-1].offset if pages > 1 else 0
    for size in [*range(last + 1, len(whole), 7), len(whole) - 1]:
        path.write_bytes(whole[:size])
        assert [place for place, _ in Archive(tmp_path).pages()] == places[:-1]  # a reader sees whole pages only
        archive = Archive(tmp_path)
        again = archive.write(page(77), rejected=False)
        archive.close()
        assert pages == 1 or again.offset == places[-1].offset
        assert [one.url for _, one in archive.pages()] == [
            *(f"https://faro.example/{n}" for n in range(pages - 1)),
            "https://faro.example/77",
        ]
    assert len(records(path)) == 1 + 3 * pages


@pytest.mark.parametrize("garbage", [b"\0" * 5000, b"\x1f\x8b\x08\0\0\0\0\0\x02\x03" * 50, os.urandom(400_000)])
def test_garbage_after_the_last_page_is_cut_off(tmp_path: Path, garbage: bytes) -> None:
    path, _ = written(tmp_path, pages=2)
    whole = path.read_bytes()
    path.write_bytes(whole + garbage)
    assert len(list(Archive(tmp_path).pages())) == 2
    assert Archive(tmp_path).write(page(3), rejected=False).offset == len(whole)


def test_a_hole_in_the_last_page_takes_that_page_only(tmp_path: Path) -> None:
    """After a power cut a file's end can be on the disk and what lies before it not."""
    path, places = written(tmp_path, pages=3)
    whole = bytearray(path.read_bytes())
    whole[places[2].offset + 50 : places[2].offset + 150] = bytes(100)
    path.write_bytes(whole)
    assert Archive(tmp_path).write(page(77), rejected=False).offset == places[2].offset


def test_a_file_of_someone_else_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "2026-11-22.warc.gz"
    for content in (b"no gzip at all", b"\x1f\x8b\x08\0\0\0\0\0" + os.urandom(5000)):
        path.write_bytes(content)
        with pytest.raises(ArchiveError, match="move it out of the archive folder"):
            Archive(tmp_path).write(page(), rejected=False)
        assert path.read_bytes() == content


def test_a_torn_tail_is_found_without_reading_the_file(tmp_path: Path) -> None:
    path, places = written(tmp_path, pages=2)
    with path.open("r+b") as file:
        tail = path.read_bytes()[places[0].offset :]
        file.truncate(0)
        file.seek(3 << 30)  # three gigabytes of nothing, then a page
        start = file.tell()
        file.write(tail)
    archive = Archive(tmp_path)
    began = time.monotonic()
    with pytest.raises(ArchiveError):
        archive.write(page(), rejected=False)  # its offset doesn't fit: this is not what we wrote
    assert time.monotonic() - began < 10
    assert path.stat().st_size == start + len(tail)


def test_threads_write_whole_pages(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    with ThreadPoolExecutor(4) as threads:
        places = list(threads.map(lambda n: archive.write(page(n), rejected=n % 2 == 0), range(40)))
    for number, place in enumerate(places):
        assert archive.read(place).url == f"https://faro.example/{number}"


def test_a_file_deleted_under_us_is_begun_again(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    place = archive.write(page(1), rejected=False)
    (tmp_path / place.file).unlink()
    assert archive.read(archive.write(page(2), rejected=False)).url == page(2).url


FULL = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.path.insert(0, {tests!r})
import importlib.util
spec = importlib.util.spec_from_file_location("t", {me!r})
t = importlib.util.module_from_spec(spec); spec.loader.exec_module(t)
archive = t.Archive(Path({folder!r}))
archive.write(t.page(1), rejected=False)
before = archive.size()
resource.setrlimit(resource.RLIMIT_FSIZE, (before + 1000, resource.RLIM_INFINITY))
import os
try:
    archive.write(t.page(2, body=os.urandom(100_000)), rejected=False)
except t.ArchiveError as error:
    print(error)
assert archive.size() == before, archive.size()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
archive.write(t.page(3), rejected=False)
print(*(page.url for _, page in archive.pages()))
"""


def test_a_full_disk_is_one_clear_error_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    script = FULL.format(tests=str(ROOT), me=__file__, folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    error, urls = done.stdout.splitlines()
    assert "2026-11-22.warc.gz: File too large; the page was not kept" in error
    assert urls == "https://faro.example/1 https://faro.example/3"


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("a file where the folder should be")
    with pytest.raises(ArchiveError, match="the page was not kept"):
        Archive(tmp_path / "archive").write(page(), rejected=False)


WRITER = """
import sys
sys.path.insert(0, {root!r})
import importlib.util, os
from pathlib import Path
spec = importlib.util.spec_from_file_location("t", {me!r})
t = importlib.util.module_from_spec(spec); spec.loader.exec_module(t)
archive = t.Archive(Path({folder!r}))
for number in range(100000):
    place = archive.write(t.page(number, body=os.urandom(60_000)), rejected=False)
    print(number, place.offset, flush=True)
"""


@pytest.mark.parametrize("after", [5, 12, 23])
def test_kill_9_loses_no_page_that_was_written(tmp_path: Path, after: int) -> None:
    script = WRITER.format(root=str(ROOT), me=__file__, folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(after)]
        time.sleep(0.0007 * after)
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    told = [tuple(map(int, line.split())) for line in said if line.endswith("\n")]
    archive = Archive(tmp_path)
    for number, offset in told:
        assert archive.read(Place(file="2026-11-22.warc.gz", offset=offset)).url == f"https://faro.example/{number}"
    archive.write(page(555), rejected=False)
    urls = [one.url for _, one in archive.pages()]
    assert urls[-1] == "https://faro.example/555"
    assert len(urls) - 1 in {len(told), len(told) + 1}
    assert len(records(tmp_path / "2026-11-22.warc.gz")) == 1 + 3 * len(urls)


def test_an_empty_file_has_its_end_at_the_start() -> None:
    assert whole_end(io.BytesIO()) == 0


def test_an_archived_page_does_not_show_its_body() -> None:
    assert "secret" not in repr(ArchivedPage(url="u", key="k", outlet="o", body=b"secret", fetched_at=NOON))
