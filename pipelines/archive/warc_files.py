"""Store every fetched page in WARC files: one per day, a second one for rejected and a third for imported pages.

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
from pathlib import Path
from typing import BinaryIO

from db import __version__
from db.model.article import Place
from pipelines.archive.gzip_members import GzipMember, read_members
from pipelines.archive.held_folder import HeldFolder, NoFile
from pipelines.archive.warc_records import (
    Origin,
    PageDescription,
    WarcPage,
    build_info_record,
    build_page_records,
    read_description,
    read_page,
    rebuild_page,
)
from pipelines.archive.whole_end import find_whole_end
from pipelines.page import Page

__all__ = ["Archive", "ArchiveError", "WarcPage"]

# With a number where a folder or another program's file has taken the day's first name.
_NAME = re.compile(r"(?P<group>rejected-|imported-)?(?P<date>\d{4}-\d{2}-\d{2})(\.(?P<number>[1-9]))?\.warc\.gz")


_log = logging.getLogger(__name__)


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

    def write(self, page: Page, *, rejected: bool = False, origin: Origin | None = None) -> Place:
        """Write a page to the disk and return its place. `origin`: of a page that was read in another archive.

        Raises ArchiveError if that fails; then no part of the page stays in the file.
        """
        day = page.fetched_at.astimezone(dt.UTC).date().isoformat()
        group = "imported-" if origin else "rejected-" if rejected else ""
        with self._lock:
            for number in ("", *(f".{number}" for number in range(1, 10))):
                name = f"{group}{day}{number}.warc.gz"
                if name in self._taken:
                    continue
                try:
                    return self._append(name, page, origin)
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
                if (match := _NAME.fullmatch(name))
                and match["group"] == "rejected-"
                and match["date"] < before.isoformat()
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

    def _append(self, name: str, page: Page, origin: Origin | None) -> Place:
        target = self._opened(name)
        head = b"" if target.end else build_info_record(file=name, software=_software(), when=page.fetched_at)
        offset = target.end + len(head)
        records = head + build_page_records(page, offset=offset, user_agent=self._user_agent, origin=origin)
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


def is_warc_name(name: str) -> bool:
    """Whether a file is named as WARC files are, by whatever program."""
    return name.lower().endswith((".warc", ".warc.gz", ".warc.zst"))


def get_day(name: str) -> str:
    """Return the day in the name of a file of the archive, as YYYY-MM-DD. Raises ValueError for another name."""
    if not (match := _NAME.fullmatch(name)):
        raise ValueError(name)
    return match["date"]


def is_imported(place: Place) -> bool:
    """Whether a page lies in a file of imported pages."""
    return place.file.startswith("imported-")


def _software() -> str:
    return f"vigia/{__version__}"
