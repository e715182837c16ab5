"""The archive after a crash, on a full disk and with damage: only the page being written may be lost."""

from __future__ import annotations

import datetime as dt
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db.model.article import Place
from pipelines.archive.warc_files import Archive, ArchiveError
from pipelines.archive.whole_end import find_whole_end
from tests.fixtures.archived_pages import NOON, page, records
from tests.fixtures.paths import ROOT


class CountingFile(io.FileIO):
    """A file that counts what is read of it."""

    bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        block = super().read(size)
        self.bytes_read += len(block)
        return block

    def readinto(self, buffer: Any, /) -> int:
        size = super().readinto(buffer)
        self.bytes_read += size
        return size


def written(folder: Path, *, pages: int) -> tuple[Path, list[Place]]:
    archive = Archive(folder)
    places = [
        archive.write(page(number, body=os.urandom(300) + b"x" * 5000), rejected=False) for number in range(pages)
    ]
    archive.close()
    return folder / places[0].file, places


@pytest.mark.parametrize("pages", [1, 3])
def test_an_incomplete_end_is_cut_off_and_no_other_page_is_lost(tmp_path: Path, pages: int) -> None:
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


def test_a_hole_in_the_last_page_loses_only_that_page(tmp_path: Path) -> None:
    """After a power cut a file's end can be on the disk and what lies before it not."""
    path, places = written(tmp_path, pages=3)
    whole = bytearray(path.read_bytes())
    whole[places[2].offset + 50 : places[2].offset + 150] = bytes(100)
    path.write_bytes(whole)
    assert Archive(tmp_path).write(page(77), rejected=False).offset == places[2].offset


STRANGERS: dict[str, Callable[[Path], object]] = {
    "text": lambda path: path.write_bytes(b"no gzip at all"),
    "gzip of another program": lambda path: path.write_bytes(b"\x1f\x8b\x08\0\0\0\0\0" + os.urandom(5000)),
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a link to nowhere": lambda path: path.symlink_to("nowhere/there"),
}


@pytest.mark.parametrize("rejected", [False, True])
@pytest.mark.parametrize("make", STRANGERS.values(), ids=STRANGERS)
def test_what_has_taken_a_name_is_told_once_and_left_alone(
    tmp_path: Path, make: Callable[[Path], object], rejected: bool, caplog: pytest.LogCaptureFixture
) -> None:
    name = "rejected-2026-11-22.warc.gz" if rejected else "2026-11-22.warc.gz"
    (tmp_path / "notes.txt").write_text("no file of the archive")
    (tmp_path / "old").mkdir()
    make(tmp_path / name)
    before = (tmp_path / name).lstat()
    archive = Archive(tmp_path)
    places = [archive.write(page(number), rejected=rejected) for number in range(3)]
    assert {place.file for place in places} == {name.replace("-22", "-22.1")}
    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith(f"{tmp_path / name}: ")
    assert "move it out of the archive folder" in told
    after = (tmp_path / name).lstat()
    assert (before.st_ino, before.st_size, before.st_mtime) == (after.st_ino, after.st_size, after.st_mtime)
    again = Archive(tmp_path)
    assert [again.read(place).url for place in places] == [page(number).url for number in range(3)]
    assert [place for place, _ in again.pages()] == places
    assert again.size() >= sum(again.sizes_by_day().values()) > 0
    assert (places[0].file in again.prune(NOON.date() + dt.timedelta(days=1))) == rejected


def test_a_day_whose_names_are_all_taken_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    for number in ("", *(f".{number}" for number in range(1, 10))):
        (tmp_path / f"2026-11-22{number}.warc.gz").mkdir()
    with pytest.raises(ArchiveError, match="have all names of 2026-11-22; move them out"):
        Archive(tmp_path).write(page(), rejected=False)


def test_a_torn_tail_is_found_without_reading_the_file(tmp_path: Path) -> None:
    path, places = written(tmp_path, pages=2)
    with path.open("r+b") as file:
        tail = path.read_bytes()[places[0].offset :]
        file.truncate(0)
        file.seek(3 << 30)  # three gigabytes of nothing, then a page
        start = file.tell()
        file.write(tail)
    archive = Archive(tmp_path)
    # Its offset doesn't fit: this is not what we wrote.
    assert archive.write(page(), rejected=False).file == path.name.replace("-22", "-22.1")
    assert path.stat().st_size == start + len(tail)
    with CountingFile(path) as counted:
        assert find_whole_end(counted) is None
        assert 0 < counted.bytes_read < 100 << 20


def test_a_file_that_was_deleted_while_open_is_created_again(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    place = archive.write(page(1), rejected=False)
    (tmp_path / place.file).unlink()
    assert archive.read(archive.write(page(2), rejected=False)).url == page(2).url


FULL = """
import resource, signal, sys
from pathlib import Path
from typing import Any
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
import time
sys.path.insert(0, {root!r})
import importlib.util, os
from pathlib import Path
from typing import Any
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
        time.sleep(0.0007 * after)  # the kill falls at another moment of a page each time
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
    assert find_whole_end(io.BytesIO()) == 0
