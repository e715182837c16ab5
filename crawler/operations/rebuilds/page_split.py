"""Divide the list of archived pages into splits that stay the same while the archive grows.

A split has the pages that begin in one part of a file. One digest for each page stands for what decides on its
outcome: its place, the beginning of its record with its WARC-Record-ID, its outlet's profile, its mark, the rules and
the topic. The repeated lines of its outlet decide as far as the page has them, which its result tells.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from crawler.operations.rebuilds.page_inputs import PageInputs
from crawler.operations.splits.split_job import SplitJob
from db.model.article import Place
from db.news.rebuilds.archived_pages import ArchivedPage
from pipelines.archive.warc_files import Archive, ArchiveError

_PART_BYTES = 2_000_000  # of a file, in which the pages of a split begin
_UNKNOWN_PAGES = 100  # of a split of pages that lie in the archive alone, which come in no order of places
_HEAD_BYTES = 1_024  # of a record, with its WARC-Record-ID


class RebuildJob(SplitJob):
    """How pages of the archive in the folder `archive` are analysed."""

    archive: Path
    inputs: PageInputs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PageSplit:
    """What a worker is asked for: the results of these pages, each with the digest of its inputs.

    folder: where the job lies. repeated: a digest of the outlets' repeated lines. part: names the part of the archive,
    and its folder of results below `folder`.
    """

    folder: Path
    job_digest: str
    repeated: str
    part: str
    pages: tuple[tuple[ArchivedPage, str], ...]

    @property
    def key(self) -> str:
        """What the results are known by."""
        return hashlib.sha256("".join((self.repeated, *(inputs for _, inputs in self.pages))).encode()).hexdigest()

    @property
    def target(self) -> Path:
        """Where the results go."""
        return self.folder / self.part / f"{self.key[:32]}.parquet"


class SplitMaker:
    """Makes the splits of a job. Their results go below `folder`."""

    def __init__(self, archive: Archive, job: RebuildJob, folder: Path) -> None:
        self._archive = archive
        self._job = job
        self._job_digest = job.digest
        self._folder = folder
        self._outlets: dict[str, str] = {}  # the digest of what is known of each
        self._lines = {outlet: _digest_values(lines) for outlet, lines in job.inputs.lines.items() if lines}

    def make_splits(self, pages: Iterable[ArchivedPage]) -> Iterator[PageSplit]:
        """Yield splits of pages in their order."""
        numbers = itertools.count()  # of unknown pages

        def find_part(page: ArchivedPage) -> str:
            if page.is_stored:
                return f"{page.place.file}/{page.place.offset // _PART_BYTES}"
            return f"unknown/{next(numbers) // _UNKNOWN_PAGES}"

        for part, together in itertools.groupby(pages, find_part):
            of_part = tuple((page, self._digest(page)) for page in together)
            yield PageSplit(
                folder=self._folder,
                job_digest=self._job_digest,
                repeated=self._digest_lines({page.outlet for page, _ in of_part}),
                part=part,
                pages=of_part,
            )

    def _digest_lines(self, outlets: Iterable[str]) -> str:
        return _digest_values([self._lines.get(outlet) for outlet in sorted(outlets)])

    def _digest(self, page: ArchivedPage) -> str:
        outlet = self._outlets.get(page.outlet)
        if outlet is None:
            outlet = self._outlets[page.outlet] = self._digest_outlet(page.outlet)
        decides = f"{page.place.file} {page.place.offset} {self._job.inputs.marks.get(page.key)} {outlet} "
        return hashlib.sha256(decides.encode() + self._read_head(page.place)).hexdigest()

    def _digest_outlet(self, outlet: str) -> str:
        inputs = self._job.inputs
        return _digest_values([self._job.rules, self._job.topic_digest, inputs.find_profile(outlet)])

    def _read_head(self, place: Place) -> bytes:
        """Return the beginning of a page's record; b"" if it can't be read: analysis reports that."""
        try:
            with self._archive.open_file(place.file) as file:
                file.seek(place.offset)
                return file.read(_HEAD_BYTES)
        except (ArchiveError, OSError):
            return b""


def _digest_values(values: Iterable[object]) -> str:
    return hashlib.sha256(repr([*values]).encode("utf-8", "surrogatepass")).hexdigest()
