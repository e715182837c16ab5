"""What the reading of a web archive is made of, whichever archive it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from crawler import urls
from crawler.config.outlet import Outlet
from crawler.crawling.http import list_hosts
from crawler.crawling.source_jobs import SOURCE_LIMITS
from crawler.operations.web_archives.index_answers import TIMESTAMP_FORM, IndexAnswer, IndexForm, Period
from crawler.operations.web_archives.requests import ArchiveAnswer, ArchiveRequests, ArchiveUnavailable
from db.desk.imports.archived_captures import ArchivedCapture
from pipelines.analysis.workers.jobs import JobFailed
from pipelines.analysis.workers.workers import Workers

MAX_INDEX_BYTES = 16_000_000  # of one answer
_READ_INDEX = "crawler.operations.web_archives.index_answers:read_index_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexQuery:
    """One query of an index. `name`: by which the desk knows how far it has come."""

    name: str
    address: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStep:
    """One answer to a query. `position`: where the index goes on; None: this was the end."""

    answer: IndexAnswer
    position: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedCapture:
    """What an archive gave for a capture: a WARC record, or why there is none.

    file, offset: where the record stands, for people. outcome: a SkipReason. problem: why it could not be had this
    time, for people.
    """

    record: bytes = b""
    file: str = ""
    offset: int = 0
    outcome: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReader:
    """Reads answers of an index in a worker, under limits of work."""

    workers: Workers
    outlet: Outlet
    period: Period
    now: dt.datetime

    async def read(self, body: bytes, *, form: IndexForm, host: str) -> IndexAnswer:
        """Read one answer. Raises ArchiveUnavailable if it is none, or passes a limit."""
        try:
            answer: IndexAnswer = await self.workers.run(
                _READ_INDEX,
                body,
                form=form,
                outlet=self.outlet,
                period=self.period,
                now=self.now,
                limits=SOURCE_LIMITS,
                key=self.outlet.id,
                label=f"the index of {host}",
            )
        except JobFailed as error:
            raise ArchiveUnavailable(
                f"{host}: its answer is no index of captures that could be read; try again later"
            ) from error
        return answer


class WebArchive(Protocol):
    """An archive that has an index and gives captures."""

    @property
    def name(self) -> str:
        """The name by which the desk stores what it has read."""
        ...

    @property
    def title(self) -> str:
        """The name for people."""
        ...

    @property
    def pace(self) -> float:
        """The seconds between two requests for captures."""
        ...

    @property
    def hosts(self) -> Sequence[str]:
        """The hosts that are asked."""
        ...

    async def list_queries(
        self, requests: ArchiveRequests, *, hosts: Sequence[str], period: Period
    ) -> list[IndexQuery]:
        """Return the queries that cover the hosts and the period. Raises ArchiveUnavailable."""
        ...

    async def ask_index(
        self, requests: ArchiveRequests, query: IndexQuery, position: str | None, reader: IndexReader
    ) -> IndexStep:
        """Ask for the next part of a query. Raises ArchiveUnavailable."""
        ...

    async def fetch(self, requests: ArchiveRequests, capture: ArchivedCapture, *, max_bytes: int) -> FetchedCapture:
        """Fetch a capture. Raises ArchiveUnavailable."""
        ...


def list_archived_hosts(outlet: Outlet) -> list[str]:
    """Return the hosts whose captures may be the outlet's: of its home, its `hosts`, and its sources on its site."""
    site = {urls.get_host(outlet.home)}
    named = [urls.get_host(outlet.home), *(host.lower() for host in outlet.hosts)]
    others = [host for host in sorted(list_hosts(outlet)) if urls.is_same_site(f"https://{host}/", site)]
    return list(dict.fromkeys(host.removeprefix("www.") for host in (*named, *others)))


def describe_host_query(host: str, period: Period) -> list[tuple[str, str]]:
    """Return the parameters that a query for a host's captures of a period has at each index (CDX)."""
    last = period.until - dt.timedelta(seconds=1)
    return [
        ("url", host),
        ("matchType", "host"),
        ("from", f"{period.since:{TIMESTAMP_FORM}}"),
        *([("to", f"{last:{TIMESTAMP_FORM}}")] if period.is_closed else []),
        ("output", "json"),
    ]


def take_index(answer: ArchiveAnswer) -> bytes | None:
    """Return the body of an index's answer; None: it has no captures of what was asked. Raises ArchiveUnavailable."""
    host = urls.get_host(answer.url)
    if answer.is_too_large:
        raise ArchiveUnavailable(f"{host}: its answer is larger than an index may be; ask for a shorter time")
    if answer.problem:
        raise ArchiveUnavailable(explain_silence(host, answer.problem))
    if answer.status == 404 and _says_nothing_found(answer.body):
        return None
    if answer.status in {401, 403, 451}:
        raise ArchiveUnavailable(
            f"{host}: it does not show captures of this outlet, or has shut out this address for too many requests "
            f"(answered {answer.status}); try again tomorrow"
        )
    if answer.status != 200:
        raise ArchiveUnavailable(explain_silence(host, f"answered {answer.status}"))
    return answer.body


def _says_nothing_found(body: bytes) -> bool:
    """Return True if the answer is the index's own and no page of a server before it: JSON, or these words."""
    return body.lstrip().startswith(b"{") or b"no captures found" in body[:10_000].lower()


def explain_silence(host: str, problem: str) -> str:
    """Return the line that is shown when an archive does not answer as it should."""
    return f"{host}: {problem}; is there a network? What was read is stored: run the same command again to go on"
