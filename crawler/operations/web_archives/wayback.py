"""The Wayback Machine: its index (CDX server), and captures as they were (`id_` addresses)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin

from crawler import urls
from crawler.operations.imports.skip_reason import SkipReason
from crawler.operations.web_archives.index_answers import TIMESTAMP_FORM, Period, read_timestamp
from crawler.operations.web_archives.requests import ArchiveAnswer, ArchiveRequests, ArchiveUnavailable
from crawler.operations.web_archives.web_archive import (
    MAX_INDEX_BYTES,
    FetchedCapture,
    IndexQuery,
    IndexReader,
    IndexStep,
    describe_host_query,
    take_index,
)
from db.desk.imports.archived_captures import ArchivedCapture

_ROWS = 5_000  # of one answer
_WHOLE_PAGES = (  # what is asked for of a host's captures: the first of each page, with a key to go on with
    ("fl", "timestamp,original,mimetype,statuscode"),
    ("filter", "statuscode:200"),
    ("filter", "mimetype:text/html|application/(?:x-)?pdf"),
    ("collapse", "urlkey"),
    ("limit", str(_ROWS)),
    ("showResumeKey", "true"),
)
_MAX_REDIRECTS = 2  # of the archive itself, to the capture that it has
_CAPTURE = re.compile(r"https?://[^/]{1,300}/web/([12]\d{13})(?:id_)?/(.{1,4000})", re.DOTALL)
_ORIGINAL = "x-archive-orig-"  # before the name of a header that the outlet had sent


@dataclass(frozen=True, slots=True)
class Wayback:
    """Reads the Wayback Machine at `base`. `pace`: seconds between two requests."""

    base: str = "https://web.archive.org"
    pace: float = 4.0
    name: str = "wayback"
    title: str = "the Wayback Machine"

    @property
    def hosts(self) -> Sequence[str]:
        """The hosts that are asked."""
        return (urls.get_host(self.base),)

    async def list_queries(
        self,
        requests: ArchiveRequests,  # noqa: ARG002 - nothing is to be asked
        *,
        hosts: Sequence[str],
        period: Period,
    ) -> list[IndexQuery]:
        """Return one query for each host."""
        return [
            IndexQuery(
                name=f"{host} {period.name}",
                host=host,
                address=f"{self.base}/cdx/search/cdx?" + urlencode([*describe_host_query(host, period), *_WHOLE_PAGES]),
            )
            for host in hosts
        ]

    async def ask_index(
        self, requests: ArchiveRequests, query: IndexQuery, position: str | None, reader: IndexReader
    ) -> IndexStep:
        """Ask for the next rows of a query. Raises ArchiveUnavailable."""
        address = query.address + (f"&{urlencode({'resumeKey': position})}" if position else "")
        answer = await requests.get(address, pace=self.pace, max_bytes=MAX_INDEX_BYTES, rests_after_errors=True)
        body = take_index(answer) or b""
        rows = await reader.read(body, form="wayback", host=self.hosts[0])
        if rows.resume is not None and rows.resume == position:
            raise ArchiveUnavailable(f"{self.hosts[0]}: its index of {query.host} does not go on; try again later")
        return IndexStep(answer=rows, position=rows.resume)

    async def fetch(self, requests: ArchiveRequests, capture: ArchivedCapture, *, max_bytes: int) -> FetchedCapture:
        """Fetch a capture, or the one next to it that the archive names. Raises ArchiveUnavailable."""
        captured = capture.captured
        address = f"{self.base}/web/{captured:{TIMESTAMP_FORM}}id_/{capture.url}"
        for _ in range(_MAX_REDIRECTS + 1):
            answer = await requests.get(address, pace=self.pace, max_bytes=max_bytes)
            found = _take_capture(answer)
            if found is not None:
                return found
            if answer.status == 200:
                record = _build_record(capture.url, captured, answer)
                return FetchedCapture(record=record, file=address)
            leads = _read_redirect(address, answer.headers.get("location", ""))
            if leads is None or urls.key(leads[1]) != urls.key(capture.url):
                return FetchedCapture(outcome=SkipReason.NOT_ARCHIVED)
            captured, url = leads
            address = f"{self.base}/web/{captured:{TIMESTAMP_FORM}}id_/{url}"
        return FetchedCapture(outcome=SkipReason.NOT_ARCHIVED)


def _read_redirect(address: str, location: str) -> tuple[dt.datetime, str] | None:
    """Return moment and address of the capture that the archive leads to; None if it is none of its captures."""
    try:
        found = _CAPTURE.fullmatch(urljoin(address, location))
    except ValueError:  # urllib raises it for wrong brackets and ports
        return None
    captured = read_timestamp(found[1]) if found else None
    return (captured, found[2]) if found and captured else None


def _take_capture(answer: ArchiveAnswer) -> FetchedCapture | None:
    """Return what an answer is if it is no page and no redirect of the archive to another of its captures.

    Memento-Datetime tells an answer that was captured from one of the archive itself (RFC 7089, 2.1.1).
    """
    is_captured = "memento-datetime" in answer.headers
    if answer.is_too_large:
        return FetchedCapture(outcome=SkipReason.TOO_LARGE)
    if answer.problem:
        return FetchedCapture(problem=answer.problem)
    if is_captured:
        if answer.status != 200:
            return FetchedCapture(outcome=SkipReason.STATUS)
        return FetchedCapture(outcome=SkipReason.TRUNCATED) if _is_cut(answer) else None
    if 300 <= answer.status < 400:
        return None
    if 400 <= answer.status < 500:
        return FetchedCapture(outcome=SkipReason.NOT_ARCHIVED)
    return FetchedCapture(problem=f"answered {answer.status} with a page of its own")


def _is_cut(answer: ArchiveAnswer) -> bool:
    """Whether fewer bytes were captured than the outlet had announced."""
    announced = answer.headers.get(f"{_ORIGINAL}content-length", "")
    is_coded = answer.headers.get(f"{_ORIGINAL}content-encoding", "identity") != "identity"
    return announced.isdecimal() and not is_coded and len(answer.body) < int(announced[:15])


def _build_record(url: str, captured: dt.datetime, answer: ArchiveAnswer) -> bytes:
    """Return a captured answer as a WARC record, with the headers that the outlet had sent."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in _original_headers(answer.headers).items())
    block = f"HTTP/1.1 200 OK\r\n{headers}\r\n".encode("latin-1", "replace") + answer.body
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\n"
        f"WARC-Target-URI: {urls.canonicalize(url) or ''}\r\nWARC-Date: {captured:%Y-%m-%dT%H:%M:%SZ}\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def _original_headers(headers: Mapping[str, str]) -> dict[str, str]:
    original = {name.removeprefix(_ORIGINAL): value for name, value in headers.items() if name.startswith(_ORIGINAL)}
    return {"content-type": headers.get("content-type", ""), **original}
