"""Write captures as a WACZ 1.1.1, which ReplayWeb.page opens (https://specs.webrecorder.net/wacz/1.1.1/).

The package `wacz` writes one too, but brings frictionless and 20 more packages, names the current time in the file,
and takes whole WARC files; tests let it validate what is written here.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from crawler.operations.evidence.evidence_form import (
    MAX_RECORDS,
    MAX_TEXT_BYTES,
    MAX_UNPACKED_RECORD_BYTES,
    WACZ_VERSION,
)
from crawler.operations.evidence.stored_zip import FilePart, StoredZipWriter, read_part
from crawler.operations.evidence.warc_index import WarcFault, WarcRecord, index_record, read_warc
from pipelines.archive.captures import Capture, read_first_record
from pipelines.archive.warc_files import Archive

INDEX_NAME, PAGES_NAME = "indexes/index.cdx", "pages/pages.jsonl"
PACKAGE_NAME, PACKAGE_DIGEST_NAME = "datapackage.json", "datapackage-digest.json"


class WaczWriter:
    """Writes one WACZ into an empty file that can be read, too."""

    def __init__(self, file: BinaryIO, archive: Archive) -> None:
        """Remember the file to write and the archive to read."""
        self._file, self._archive = file, archive
        self._zip = StoredZipWriter(file)
        self._resources: list[dict[str, object]] = []

    def add_captures(self, captures: Sequence[Capture]) -> dict[Capture, tuple[str, WarcRecord]]:
        """Write the records of captures with their index; return each with its file and its response in that file.

        Each file of the archive becomes a file of the same name, with the record that names the software first.
        Raises WarcFault if records are damaged, or too large or too many to be checked later.
        """
        files: dict[str, list[Capture]] = {}
        for capture in sorted(captures, key=lambda one: (one.place.file, one.place.offset)):
            files.setdefault(capture.place.file, []).append(capture)
        found: dict[Capture, tuple[str, WarcRecord]] = {}
        index = []
        unpacked = count = 0
        for name, wanted in files.items():
            path, head = f"archive/{name}", read_first_record(self._archive, name)
            with self._archive.open_file(name) as source:
                parts = [(0, head), *((capture.place.offset, capture.end) for capture in wanted)]
                size = self._add(path, (piece for part in parts for piece in read_part(source, *part)))
            end = self._file.tell()
            stream = io.BufferedReader(FilePart(self._file, end - size, end))
            rest = {"limit": MAX_UNPACKED_RECORD_BYTES - unpacked, "most": MAX_RECORDS - count}
            records = list(read_warc(stream, **rest))
            unpacked, count = unpacked + sum(record.unpacked for record in records), count + len(records)
            responses = [record for record in records if record.kind == "response"]
            self._file.seek(end)
            index += [index_record(record, file=name) for record in responses]
            found |= {capture: (path, record) for capture, record in zip(wanted, responses, strict=True)}
        content = "".join(sorted(index)).encode()
        if len(content) > MAX_TEXT_BYTES:
            raise WarcFault(f"the index of its pages has more than {MAX_TEXT_BYTES:,} bytes")
        self._add(INDEX_NAME, [content])
        return found

    def finish(self, pages: Sequence[dict[str, str]], *, title: str, created: str, software: str) -> None:
        """Write the list of pages (`id`, `url`, `ts` and `title` of each) and the digests of all files."""
        head: dict[str, str] = {"format": "json-pages-1.0", "id": "pages", "title": "Pages"}
        self._add(PAGES_NAME, ["".join(json.dumps(line) + "\n" for line in (head, *pages)).encode()])
        package = {
            "profile": "data-package",
            "wacz_version": WACZ_VERSION,
            "title": title,
            "created": created,
            "software": software,
            "resources": self._resources,
        }
        content = json.dumps(package, ensure_ascii=False, indent=1).encode()
        self._zip.add(PACKAGE_NAME, [content])
        digest = {"path": PACKAGE_NAME, "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
        self._zip.add(PACKAGE_DIGEST_NAME, [json.dumps(digest, indent=1).encode()])
        self._zip.close()

    def _add(self, name: str, content: Iterable[bytes]) -> int:
        size, digest = self._zip.add(name, content)
        short = name.rpartition("/")[2]
        self._resources.append({"name": short, "path": name, "hash": f"sha256:{digest}", "bytes": size})
        return size
