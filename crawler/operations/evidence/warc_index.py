"""Read the WARC records of a pack with their digests, and index them as CDXJ (https://specs.webrecorder.net/cdxj/0.1.0/).

A pack may come from anywhere. warcio decodes what a record's headers ask for, without a bound, and stops with errors of
many kinds at a hostile record; here only records as `pipelines.archive.warc_records` writes them are read.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

from crawler.operations.evidence.evidence_form import MAX_RECORD_BYTES
from crawler.operations.evidence.stored_zip import CHUNK_BYTES
from pipelines.archive.gzip_members import GzipMember

_WWW = re.compile(r"www\d{0,3}\.")
_MAX_HEAD_BYTES = 1 << 20
_DATE_SIGNS = str.maketrans("", "", "-:TZ")


class WarcFault(Exception):  # noqa: N818 - a state, not a fault of the program
    """A WARC file can't be read to its end. The text says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcRecord:
    """One record of a WARC file. `is_sound`: it has digests, and they are those of its content."""

    kind: str
    url: str
    date: str  # ISO 8601, UTC
    status: str
    media_type: str
    digest: str  # of the payload
    offset: int
    length: int
    unpacked: int  # bytes
    is_sound: bool

    @property
    def page_date(self) -> str:
        """The date in whole seconds, as a list of pages has it."""
        return f"{self.date[:19]}Z"


def read_warc(stream: BinaryIO, *, limit: int, most: int) -> Iterator[WarcRecord]:
    """Yield the records of a WARC file of which each is a gzip member.

    Raises WarcFault if one is damaged or no record, holds more than MAX_RECORD_BYTES, or all more than `limit`, or if
    there are more than `most`.
    """
    for number, member in enumerate(_read_members(stream, limit), 1):
        if number > most:
            raise WarcFault(f"record {number} is one more than a pack may hold, and was not read")
        content = memoryview(member.content)  # its slices are no copies
        first, fields, start = _read_head(member.content, 0, number)
        block = content[start:-4]
        if (
            first != "WARC/1.1"
            or not member.content.endswith(b"\r\n\r\n", start)
            or fields.get("content-length") != str(len(block))
        ):
            raise WarcFault(f"record {number} is no WARC record as Vigía writes it")
        http: dict[str, str] = {}
        status, payload = "", block
        if fields.get("content-type", "").startswith("application/http"):
            answer, http, payload_start = _read_head(member.content, start, number)
            payload = content[payload_start:-4]
            status = answer.split(" ")[1] if answer.startswith("HTTP/") and " " in answer else ""
        digest = fields.get("warc-payload-digest", "")
        is_sound = fields.get("warc-block-digest") == _digest(block) and digest in (_digest(payload), "")
        kind = fields.get("warc-type", "")
        yield WarcRecord(
            kind=kind,
            url=fields.get("warc-target-uri", ""),
            date=fields.get("warc-date", ""),
            status=status,
            media_type=http.get("content-type", "").partition(";")[0].strip(),
            digest=digest,
            offset=member.start,
            length=member.end - member.start,
            unpacked=len(member.content),
            is_sound=is_sound and bool(digest or kind == "warcinfo"),
        )


def index_record(record: WarcRecord, *, file: str) -> str:
    """Return the CDXJ line of a response. `file`: the name of its WARC file."""
    fields = {
        "url": record.url,
        "mime": record.media_type,
        "status": record.status,
        "digest": record.digest,
        "length": str(record.length),
        "offset": str(record.offset),
        "filename": file,
    }
    moment = record.date.translate(_DATE_SIGNS).partition(".")[0]
    return f"{make_url_key(record.url)} {moment} {json.dumps(fields)}\n"


def make_url_key(url: str) -> str:
    """Return the sort-friendly form of an address (SURT): `pe,andina)/noticia?id=1`. What is no address stays."""
    try:
        parts = urlsplit(url.lower())
    except ValueError:
        return url.lower()
    name, colon, port = parts.netloc.rpartition("@")[2].partition(":")
    host = ",".join(reversed(_WWW.sub("", name, count=1).split("."))) if name else ""
    path = parts.path.rstrip("/") or "/"
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    return f"{host}{colon}{port}){path}{f'?{query}' if query else ''}"


def _read_head(content: bytes, start: int, number: int) -> tuple[str, dict[str, str], int]:
    """Return the first line and the fields of a record's or an answer's head, and the offset behind it.

    Names of fields are in small letters.
    """
    end = content.find(b"\r\n\r\n", start, start + _MAX_HEAD_BYTES)
    if end < 0:
        raise WarcFault(f"record {number} has no head that ends within {_MAX_HEAD_BYTES:,} bytes")
    first, *lines = content[start:end].decode("utf-8", "replace").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return first, fields, end + 4


def _read_members(stream: BinaryIO, limit: int) -> Iterator[GzipMember]:
    """Yield the members of a file, each within the bounds of `read_warc`."""
    total, number, start, read = 0, 1, 0, 0
    rest = b""
    while True:
        if not rest:
            rest = stream.read(CHUNK_BYTES)
            read += len(rest)
        if not rest:
            return
        decompressor, unpacked, size = zlib.decompressobj(zlib.MAX_WBITS + 16), io.BytesIO(), 0
        while not decompressor.eof:
            if not rest:
                rest = stream.read(CHUNK_BYTES)
                read += len(rest)
            try:
                piece = decompressor.decompress(rest, CHUNK_BYTES)
            except zlib.error as error:
                raise WarcFault(f"record {number} can't be unpacked ({error})") from error
            if not piece and not rest and not decompressor.eof:
                raise WarcFault(f"record {number} is cut off")
            unpacked.write(piece)
            size += len(piece)
            if size > MAX_RECORD_BYTES or total + size > limit:
                raise WarcFault(f"record {number} unpacks to more than a pack may hold, and was not read further")
            rest = decompressor.unconsumed_tail or decompressor.unused_data
        end = read - len(rest)
        yield GzipMember(start, end, unpacked.getvalue())
        total, number, start = total + size, number + 1, end


def _digest(content: memoryview) -> str:
    return f"sha1:{base64.b32encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()}"
