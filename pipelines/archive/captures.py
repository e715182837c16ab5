"""Find every capture of a page in the archive: its records as they were written, byte for byte."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from db.model.article import Place
from pipelines.archive.gzip_members import read_member
from pipelines.archive.warc_files import Archive, get_day
from pipelines.archive.warc_records import Origin, PageDescription, read_capture_members


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """The records of a page that was fetched once; `end` is the offset behind the last of them."""

    place: Place
    end: int
    key: str
    fetched_at: dt.datetime  # aware, UTC
    status: int
    origin: Origin | None = None  # of a page that was imported


def find_captures(archive: Archive, days: Collection[dt.date], keys: Collection[str]) -> Iterator[Capture]:
    """Yield the captures of pages with these keys that were fetched on these days (UTC), file by file.

    Every record of those days is unpacked once. A damaged record hides those behind it in its file; a file
    that is pruned meanwhile has none.
    """
    wanted = {day.isoformat() for day in days}
    for name in archive.files():
        if get_day(name) not in wanted:
            continue
        for response, metadata, description in archive.read_records(name):
            if description["key"] in keys:
                yield _to_capture(Place(file=name, offset=response.start), metadata.end, description)


def read_capture(archive: Archive, place: Place) -> Capture | None:
    """Return the capture at a place. Returns None if it is not there any more, or is damaged.

    Raises ArchiveError if the place names no file of an archive.
    """
    try:
        file = archive.open_file(place.file)
    except FileNotFoundError:
        return None
    with file:
        found = read_capture_members(file, place.offset)
    return _to_capture(place, found[1].end, found[2]) if found else None


def read_first_record(archive: Archive, file: str) -> int:
    """Return the offset behind the record that names the software which wrote a file; 0 if there is none."""
    with archive.open_file(file) as opened:
        member = read_member(opened, 0)
    return member.end if member and member.has_type("warcinfo") else 0


def _to_capture(place: Place, end: int, description: PageDescription) -> Capture:
    return Capture(
        place=place,
        end=end,
        key=description["key"],
        fetched_at=dt.datetime.fromisoformat(description["fetched_at"]).astimezone(dt.UTC),
        status=description["status"],
        origin=Origin(**description["origin"]) if "origin" in description else None,
    )
