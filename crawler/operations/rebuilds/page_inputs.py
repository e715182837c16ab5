"""What a page of the archive is analysed with, beside its bytes, the rules and the topic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict

from crawler.crawling.session import CrawlSession
from db.model.article import Article
from db.model.rejection import Rejection
from db.model.verdict import Mark
from db.news.marks import read_marked_verdicts
from db.news.rebuilds.archived_pages import ArchivedPage
from pipelines.archive.warc_files import Archive
from pipelines.page import OutletProfile, Page


@dataclass(frozen=True, slots=True)
class LostPage:
    """A page that can't be read in the archive. `problem` is one line: place, problem, remedy."""

    row: ArchivedPage
    problem: str


@dataclass(frozen=True, slots=True)
class AnalysedPage:
    """A row of the list, its page without body and headers, and the outcome."""

    row: ArchivedPage
    page: Page
    outcome: Article | Rejection


Analysed = AnalysedPage | LostPage


class PageInputs(BaseModel):
    """The outlets' profiles and repeated lines by outlet, and analysts' marks by the page's key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profiles: Mapping[str, OutletProfile]
    marks: Mapping[str, Mark]
    lines: Mapping[str, tuple[str, ...]] = {}

    def find_profile(self, outlet: str) -> OutletProfile:
        """Return the profile of an outlet; nothing is known of one that was taken off the desk."""
        return self.profiles.get(outlet) or OutletProfile(id=outlet, name=outlet)

    def read_page(self, archive: Archive, row: ArchivedPage) -> Page:
        """Return a page as it is to be analysed. Raises ArchiveError."""
        page = archive.read(row.place).to_page(self.find_profile(row.outlet))
        return replace(page, mark=self.marks.get(row.key))


def make_page_inputs(session: CrawlSession, lines: Mapping[str, tuple[str, ...]]) -> PageInputs:
    """Return what the pages of a desk are analysed with now, and with these repeated lines."""
    return PageInputs(
        profiles={known.id: known.profile for known in session.desk.outlets},
        marks=read_marked_verdicts(session.stores.news),
        lines=lines,
    )
