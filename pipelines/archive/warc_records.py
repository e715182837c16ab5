"""Convert fetched pages to WARC records and back. Pure: warc_files.py reads and writes the files.

The format is WARC/1.1 (ISO 28500:2017,
https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/). Each record is one gzip member, so
that it can be read from its offset alone. A page has three records: the response, its request, and a JSON metadata
record from which the same Page can be built again. An imported page has no request.
"""

from __future__ import annotations

import datetime as dt
import http
import io
import json
import re
from dataclasses import dataclass, field
from typing import BinaryIO, NotRequired, TypedDict
from urllib.parse import quote

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipelines.archive.gzip_members import GzipMember, read_member
from pipelines.page import Hint, OutletProfile, Page

METADATA_CONTENT_TYPE = "application/json; vigia=page"

# Scrapy has decoded the body, so these headers no longer describe it. They are kept under another name, as pywb and
# browsertrix do, and Content-Length is that of the decoded body.
_DECODED_HEADERS = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a header name (RFC 9110, 5.6.2)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an imported page was read: the name of another program's WARC file, and its record in it."""

    file: str
    offset: int
    record_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcPage:
    """A page in the archive: all of Page, but with the outlet's id instead of its profile."""

    url: str
    key: str
    outlet: str
    body: bytes = field(repr=False)
    fetched_at: dt.datetime  # aware, UTC
    answered_url: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    hint: Hint = field(default_factory=Hint)

    def to_page(self, outlet: OutletProfile) -> Page:
        """Return the fetched page with the outlet's current profile."""
        return Page(
            url=self.url,
            key=self.key,
            body=self.body,
            outlet=outlet,
            fetched_at=self.fetched_at,
            answered_url=self.answered_url,
            status=self.status,
            headers=self.headers,
            hint=self.hint,
        )


class HintDescription(TypedDict):
    """What the source listed about a page."""

    title: str | None
    published: str | None  # ISO 8601
    language: str | None
    summary: str | None


class OriginDescription(TypedDict):
    """The place of an imported page in another program's file, see Origin."""

    file: str
    offset: int
    record_id: str


class PageDescription(TypedDict):
    """The JSON of a page's metadata record."""

    offset: int  # of the response, so that find_whole_end can check the whole page from this record
    url: str
    key: str
    outlet: str
    answered_url: str
    fetched_at: str  # ISO 8601
    status: int
    headers: list[list[str]]  # name and value of each
    hint: HintDescription
    origin: NotRequired[OriginDescription]  # of an imported page


def build_page_records(
    page: Page, *, offset: int, user_agent: str | None = None, origin: Origin | None = None
) -> bytes:
    """Return the three records of a page, to be written at `offset` of their file.

    An imported page (with `origin`) has no record of a request, because Vigía sent none.
    """
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    common = {"WARC-Date": _instant(page.fetched_at)}
    target = _target(page.answered_url or page.url)
    response = writer.create_warc_record(
        target,
        "response",
        payload=io.BytesIO(page.body),
        length=len(page.body),
        warc_headers_dict=common,
        http_headers=StatusAndHeaders(_status(page.status), _response_headers(page), protocol="HTTP/1.1"),
    )
    concurrent = {**common, "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID")}
    request = writer.create_warc_record(
        target, "request", warc_headers_dict=dict(concurrent), http_headers=_request(target, user_agent)
    )
    about = _description(page, offset)
    if origin is not None:
        about["origin"] = {"file": origin.file, "offset": origin.offset, "record_id": origin.record_id}
    description = json.dumps(about, separators=(",", ":")).encode()
    metadata = writer.create_warc_record(
        target,
        "metadata",
        payload=io.BytesIO(description),
        length=len(description),
        warc_content_type=METADATA_CONTENT_TYPE,
        warc_headers_dict=dict(concurrent),
    )
    for record in (response, request, metadata) if origin is None else (response, metadata):
        writer.write_record(record)
    return out.getvalue()


def build_info_record(*, file: str, software: str, when: dt.datetime) -> bytes:
    """Return a file's first record, which names the software that wrote it."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    record = writer.create_warcinfo_record(
        file,
        {
            "software": software,
            "format": "WARC File Format 1.1",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "robots": "obey",
        },
    )
    record.rec_headers.replace_header("WARC-Date", _instant(when))
    writer.write_record(record)
    return out.getvalue()


def read_page(file: BinaryIO, start: int) -> tuple[WarcPage, int] | None:
    """Return (page, end of its records) for the response record at `start`.

    Returns None if one of its records is missing or incomplete.
    """
    found = read_capture_members(file, start)
    if found is None:
        return None
    response, metadata, description = found
    return rebuild_page(response, description), metadata.end


def read_capture_members(file: BinaryIO, start: int) -> tuple[GzipMember, GzipMember, PageDescription] | None:
    """Return response, metadata and description of the page whose response record is at `start`.

    Between the two is the record of the request, which an imported page has not. Returns None if one is missing or
    incomplete.
    """
    response = read_member(file, start)
    if response is None or not response.has_type("response"):
        return None
    request = read_member(file, response.end)
    if request is None:
        return None
    metadata = read_member(file, request.end) if request.has_type("request") else request
    if metadata is None or not metadata.has_type("metadata"):
        return None
    description = read_description(metadata)
    if description is None or (metadata is request) != ("origin" in description):
        return None
    return response, metadata, description


def read_description(member: GzipMember) -> PageDescription | None:
    """Return the JSON of a metadata record; None if another program wrote the record."""
    if METADATA_CONTENT_TYPE.encode() not in member.header:
        return None
    description: PageDescription = json.loads(member.block)
    return description


def _description(page: Page, offset: int) -> PageDescription:
    hint = page.hint
    return {
        "offset": offset,
        "url": page.url,
        "key": page.key,
        "outlet": page.outlet.id,
        "answered_url": page.answered_url,
        "fetched_at": page.fetched_at.isoformat(),
        "status": page.status,
        "headers": [list(header) for header in page.headers],
        "hint": {
            "title": hint.title,
            "published": hint.published.isoformat() if hint.published else None,
            "language": hint.language,
            "summary": hint.summary,
        },
    }


def rebuild_page(response: GzipMember, description: PageDescription) -> WarcPage:
    """Build a page from its response record and the JSON of its metadata record."""
    hint = description["hint"]
    published = hint["published"]
    return WarcPage(
        url=description["url"],
        key=description["key"],
        outlet=description["outlet"],
        body=response.block.partition(b"\r\n\r\n")[2],
        fetched_at=dt.datetime.fromisoformat(description["fetched_at"]),
        answered_url=description["answered_url"],
        status=description["status"],
        headers=tuple((name, value) for name, value in description["headers"]),
        hint=Hint(
            title=hint["title"],
            published=dt.datetime.fromisoformat(published) if published else None,
            language=hint["language"],
            summary=hint["summary"],
        ),
    )


def _instant(when: dt.datetime) -> str:
    return when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _target(url: str) -> str:
    """Escape an address for a header line, so that a hostile one can't begin a new line."""
    return quote(url.encode("utf-8", "surrogatepass"), safe="!#$%&'()*+,/:;=?@[]~")


def _status(status: int) -> str:
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _response_headers(page: Page) -> list[tuple[str, str]]:
    """Return the received headers without those that are wrong for the decoded body or break lines.

    The metadata record has all headers as received.
    """
    headers = [
        (f"X-Archive-Orig-{name}" if name.lower() in _DECODED_HEADERS else name, _CONTROL.sub(" ", value).strip())
        for name, value in page.headers
        if _TOKEN.fullmatch(name)
    ]
    return [*headers, ("Content-Length", str(len(page.body)))]


def _request(target: str, user_agent: str | None) -> StatusAndHeaders:
    """Return the request as far as it is known from the page.

    Validators and the other headers that Scrapy sent are missing.
    """
    parts = re.match(r"[^:/?#]*://([^/?#]*)([^#]*)", target)
    host, path = parts.groups() if parts else ("", target)
    path = path if path.startswith("/") else f"/{path}"
    headers = [("Host", host)]
    if user_agent:
        headers.append(("User-Agent", _CONTROL.sub(" ", user_agent)))
    return StatusAndHeaders(f"GET {path} HTTP/1.1", headers, is_http_request=True)
