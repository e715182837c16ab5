"""Store every fetched page in WARC files: one per day, and a second one for rejected pages.

A page is on the disk before `write` returns. If a process was killed while it wrote, the incomplete end is cut off when
the file is opened again. Only one process writes, which the desk's lock ensures. Any number of processes may read.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import heapq
import logging
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from db import __version__
from db.model.article import Place
from pipelines.archive.held_folder import HeldFolder, NoFile
from pipelines.archive.warc_records import (
    GZIP_MAGIC,
    GzipMember,
    PageDescription,
    WarcPage,
    build_info_record,
    build_page_records,
    read_description,
    read_member,
    read_members,
    read_page,
    rebuild_page,
)
from pipelines.page import Page

__all__ = ["Archive", "ArchiveError", "WarcPage"]

# With a number where a folder or another program's file has taken the day's first name.
_NAME = re.compile(r"(?P<rejected>rejected-)?(?P<date>\d{4}-\d{2}-\d{2})(\.(?P<number>[1-9]))?\.warc\.gz")
_TAIL_BYTES = 64 << 20  # from the end of a file, in which the last complete page is searched; pages are much smaller


_log = logging.getLogger(__name__)
_MAX_INFO_BYTES = 2000  # of a warcinfo record that this archive writes


class ArchiveError(Exception):
    """The archive can't write or read a page. The message is one line: place, problem, remedy."""


class NameTaken(ArchiveError):  # noqa: N818 - a state, not a fault
    """Something else lies where a file of the archive would be."""


@dataclass(slots=True)
class _OpenFile:
    """A file that is being written, and the offset of its next page."""

    file: BinaryIO
    end: int


class Archive:
    """The WARC files of one desk in `folder`, which `open_folder` or the first `write` creates."""

    def __init__(self, folder: Path, *, user_agent: str | None = None) -> None:
        """Remember the folder, and the User-Agent that the request records name."""
        self._folder = folder
        self._user_agent = user_agent
        self._lock = threading.Lock()  # pages are written from threads
        self._held = HeldFolder(folder)
        self._open: dict[str, _OpenFile] = {}
        self._taken: set[str] = set()  # names at which something else lies

    def open_folder(self) -> None:
        """Create the folder and hold it open: files are written to this folder even when it is moved.

        Raises ArchiveError if that fails.
        """
        with self._lock:
            try:
                self._held.open()
            except OSError as error:
                raise ArchiveError(
                    f"{self._folder}: {error.strerror or error}; mend the permissions, then start again"
                ) from error

    def write(self, page: Page, *, rejected: bool) -> Place:
        """Write a page to the disk and return its place.

        Raises ArchiveError if that fails; then no part of the page stays in the file.
        """
        day = page.fetched_at.astimezone(dt.UTC).date().isoformat()
        with self._lock:
            for number in ("", *(f".{number}" for number in range(1, 10))):
                name = f"{'rejected-' if rejected else ''}{day}{number}.warc.gz"
                if name in self._taken:
                    continue
                try:
                    return self._append(name, page)
                except NameTaken as taken:
                    self._taken.add(name)
                    _log.warning("%s", taken)
                except OSError as error:
                    self._forget(name)
                    raise ArchiveError(
                        f"{self._folder / name}: {error.strerror or error}; the page was not kept: "
                        "make room or mend the permissions, then start again"
                    ) from error
        raise ArchiveError(f"{self._folder}: other files have all names of {day}; move them out of this folder")

    def read(self, place: Place) -> WarcPage:
        """Return the page at a place. Raises ArchiveError if it was pruned or is damaged."""
        path = self._path(place.file)
        try:
            with path.open("rb") as file:
                found = read_page(file, place.offset)
        except FileNotFoundError as error:
            raise ArchiveError(f"{path}: no such file; rejected pages are kept for `keep_rejected` only") from error
        except OSError as error:
            raise ArchiveError(f"{path}: {error.strerror}; check the file's permissions") from error
        if found is None:
            raise ArchiveError(f"{path}: no whole page at byte {place.offset}; restore the file from a backup")
        return found[0]

    def pages(self, outlet: str | None = None) -> Iterator[tuple[Place, WarcPage]]:
        """Yield every page, or those of one outlet, with its place, in the order of fetching.

        So of several pages with one address the last is the latest.
        """
        names: dict[str, list[str]] = {}
        for name in self.files():
            if match := _NAME.fullmatch(name):
                names.setdefault(match["date"], []).append(name)
        for day in sorted(names):
            streams = [self._pages(name, outlet) for name in names[day]]
            yield from heapq.merge(*streams, key=lambda found: found[1].fetched_at)

    def files(self) -> tuple[str, ...]:
        """Return the names of the archive's files, sorted; what else lies in the folder is ignored."""
        if not self._folder.is_dir():
            return ()
        named = (path for path in self._folder.iterdir() if _NAME.fullmatch(path.name))
        return tuple(sorted(path.name for path in named if path.is_file()))

    def open_file(self, name: str) -> BinaryIO:
        """Open a file of the archive for reading. Raises ArchiveError for another name, OSError if it can't be read."""
        return self._path(name).open("rb")

    def read_records(self, name: str) -> Iterator[tuple[GzipMember, GzipMember, PageDescription]]:
        """Yield response, metadata and description of each page of a file; none if it was pruned since it was listed.

        Raises ArchiveError for a name that no file of the archive has, OSError if it can't be read.
        """
        try:
            file = self.open_file(name)
        except FileNotFoundError:
            return
        with file:
            response: GzipMember | None = None
            for member in read_members(file):
                if member.has_type("response"):
                    response = member
                elif response and member.has_type("metadata") and (description := read_description(member)):
                    yield response, member, description
                    response = None

    def foreign_names(self) -> tuple[str, ...]:
        """Return what else lies in the folder, sorted. Vigía leaves it alone."""
        if not self._folder.is_dir():
            return ()
        own = set(self.files())
        return tuple(sorted(path.name for path in self._folder.iterdir() if path.name not in own))

    def size(self) -> int:
        """Return the size of all files in bytes."""
        return sum((self._folder / name).stat().st_size for name in self.files())

    def sizes_by_day(self) -> dict[dt.date, int]:
        """Return the size of each day's files in bytes, kept and rejected pages together."""
        sizes: dict[dt.date, int] = {}
        for name in self.files():
            if match := _NAME.fullmatch(name):
                with contextlib.suppress(FileNotFoundError, ValueError):  # pruned meanwhile, or no valid date
                    day = dt.date.fromisoformat(match["date"])
                    sizes[day] = sizes.get(day, 0) + (self._folder / name).stat().st_size
        return sizes

    def prune(self, before: dt.date) -> tuple[str, ...]:
        """Delete the files of rejected pages of days before `before`; return their names."""
        with self._lock:
            gone = tuple(
                name
                for name in self.files()
                if (match := _NAME.fullmatch(name)) and match["rejected"] and match["date"] < before.isoformat()
            )
            for name in gone:
                self._forget(name)
                (self._folder / name).unlink(missing_ok=True)
        return gone

    def close(self) -> None:
        """Close the files and the folder; a later `write` opens them again."""
        with self._lock:
            for name in tuple(self._open):
                self._forget(name)
            self._held.close()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):  # it comes from a database and must not lead out of the folder
            raise ArchiveError(f"{name!r:.80} is no file of the archive; names are like 2026-11-22.warc.gz")
        return self._folder / name

    def _pages(self, name: str, outlet: str | None) -> Iterator[tuple[Place, WarcPage]]:
        for response, _, description in self.read_records(name):
            if outlet is None or description["outlet"] == outlet:
                yield Place(file=name, offset=response.start), rebuild_page(response, description)

    def _append(self, name: str, page: Page) -> Place:
        target = self._opened(name)
        head = b"" if target.end else build_info_record(file=name, software=_software(), when=page.fetched_at)
        offset = target.end + len(head)
        records = head + build_page_records(page, offset=offset, user_agent=self._user_agent)
        descriptor = target.file.fileno()
        try:
            rest = memoryview(records)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, target.end)
            raise
        target.end += len(records)
        return Place(file=name, offset=offset)

    def _opened(self, name: str) -> _OpenFile:
        """Return the file, opened at the end of its last complete page."""
        target = self._open.get(name)
        if target is not None:
            status = os.fstat(target.file.fileno())
            if status.st_nlink and status.st_size == target.end:
                return target
            self._forget(name)  # it was deleted, or another program changed it: open it again
        for old in sorted(self._open)[:-3]:
            self._forget(old)
        path = self._path(name)
        try:
            descriptor = self._held.open_file(name)
        except NoFile as error:
            raise NameTaken(
                f"{path}: no file; move it out of the archive folder. Pages go into another file meanwhile"
            ) from error
        file = os.fdopen(descriptor, "r+b", buffering=0)
        try:
            end = find_whole_end(file)
            if end is None:
                raise NameTaken(
                    f"{path}: holds no page of ours; move it out of the archive folder. Pages go into another file "
                    "meanwhile"
                )
            if end < os.fstat(descriptor).st_size:
                os.ftruncate(descriptor, end)
                os.fsync(descriptor)
        except BaseException:  # close the file after any error, and pass the error on
            file.close()
            raise
        self._open[name] = _OpenFile(file, end)
        return self._open[name]

    def _forget(self, name: str) -> None:
        target = self._open.pop(name, None)
        if target is not None:
            target.file.close()


def find_whole_end(file: BinaryIO) -> int | None:
    """Return the end of a file's last complete page; None if another program wrote the file.

    Bytes after it are from a write that was killed. Only the tail is read, backwards to the last metadata record whose
    page is complete: all pages before it are complete, because each is on the disk before the next is begun.
    """
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return 0
    for start in _starts_backwards(file, size):
        member = read_member(file, start)
        if member is None:
            continue
        if member.has_type("metadata") and (description := read_description(member)):
            page = read_page(file, description["offset"])
            if page is not None and page[1] == member.end:
                return member.end
        if start == 0 and member.has_type("warcinfo") and len(tuple(islice(read_members(file, member.end), 3))) < 3:
            return 0  # the first write (an info record and a page's three records) was killed: start again
    file.seek(0)
    begin = file.read(_MAX_INFO_BYTES + 1)
    return 0 if len(begin) <= _MAX_INFO_BYTES and GZIP_MAGIC.startswith(begin[: len(GZIP_MAGIC)]) else None


def _starts_backwards(file: BinaryIO, size: int) -> Iterator[int]:
    """Yield the offsets where gzip members may begin, from the end of the file backwards."""
    end = size
    while end > max(0, size - _TAIL_BYTES):
        start = max(0, end - (1 << 18))
        file.seek(start)
        block = file.read(end - start + len(GZIP_MAGIC) - 1)  # the magic bytes may lie across two blocks
        at = block.rfind(GZIP_MAGIC)
        while at >= 0:
            if start + at < end:
                yield start + at
            at = block.rfind(GZIP_MAGIC, 0, at + len(GZIP_MAGIC) - 1)
        end = start


def _software() -> str:
    return f"vigia/{__version__}"
