"""Check the WACZ in an evidence pack: digests of its files, of each WARC record, and its index."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from crawler.operations.evidence.evidence_form import MAX_TEXT_BYTES, MAX_UNPACKED_RECORD_BYTES
from crawler.operations.evidence.stored_zip import FilePart, NotStoredZip, StoredEntry, read_entries, read_part
from crawler.operations.evidence.wacz_file import INDEX_NAME, PACKAGE_DIGEST_NAME, PACKAGE_NAME
from crawler.operations.evidence.warc_index import WarcFault, WarcRecord, index_record, read_warc


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedWacz:
    """What a check found: faults, one line each, and the number of WARC records that were read."""

    faults: tuple[str, ...]
    records: int


def check_wacz(file: BinaryIO, start: int, end: int, told: Mapping[str, Any]) -> CheckedWacz:
    """Check a WACZ that lies between two offsets of a file. `told`: the metadata.json of its pack."""
    try:
        entries, faults = read_entries(file, start, end)
    except NotStoredZip as error:
        return CheckedWacz(faults=(str(error),), records=0)
    by_name = {entry.name: entry for entry in entries}
    faults += _check_package(file, by_name)
    index: list[str] = []
    records: dict[tuple[str, int], WarcRecord] = {}
    total, is_whole = 0, True
    for name, entry in by_name.items():
        if not name.startswith("archive/"):
            continue
        try:
            for record in read_warc(_open(file, entry), limit=MAX_UNPACKED_RECORD_BYTES - total):
                total += record.unpacked
                records[name, record.offset] = record
                if not record.is_sound:
                    faults.append(f"{name}: the record at byte {record.offset} does not agree with its digests")
                if record.kind == "response":
                    index.append(index_record(record, file=name.removeprefix("archive/")))
        except WarcFault as fault:
            faults.append(f"{name}: {fault}")
            is_whole = False
    if is_whole:  # else the rest differs anyhow
        if INDEX_NAME not in by_name or _read(file, by_name[INDEX_NAME]) != "".join(sorted(index)).encode():
            faults.append(f"{INDEX_NAME}: does not agree with the records")
        faults += _check_captures(file, by_name, records, told)
    return CheckedWacz(faults=tuple(faults), records=len(records))


def _check_package(file: BinaryIO, entries: Mapping[str, StoredEntry]) -> Iterator[str]:
    try:
        content = _read(file, entries[PACKAGE_NAME])
        resources = {one["path"]: (one["hash"], one["bytes"]) for one in json.loads(content)["resources"]}
        told = json.loads(_read(file, entries[PACKAGE_DIGEST_NAME]))["hash"]
    except (KeyError, ValueError, TypeError, RecursionError):
        yield f"{PACKAGE_NAME} or {PACKAGE_DIGEST_NAME}: is missing or not of the form that Vigía writes"
        return
    if told != f"sha256:{hashlib.sha256(content).hexdigest()}":
        yield f"{PACKAGE_NAME}: its SHA-256 is not that of {PACKAGE_DIGEST_NAME}"
    for name in sorted((entries.keys() - {PACKAGE_NAME, PACKAGE_DIGEST_NAME}) | {str(name) for name in resources}):
        entry = entries.get(name)
        if entry is None:
            yield f"{name!r:.100}: is missing, though {PACKAGE_NAME} names it"
        elif name not in resources:
            yield f"{name}: is not in {PACKAGE_NAME}: it was added"
        elif resources[name] != (f"sha256:{_hash(file, entry.content, entry.end)}", entry.size):
            yield f"{name}: was changed (SHA-256 or size is not that of {PACKAGE_NAME})"


def _check_captures(
    file: BinaryIO,
    entries: Mapping[str, StoredEntry],
    records: Mapping[tuple[str, int], WarcRecord],
    told: Mapping[str, Any],
) -> Iterator[str]:
    for article in told["articles"]:
        for number, capture in enumerate(article["captures"], 1):
            place = f"page {number} of article {article.get('number')!r:.20}"
            entry, record = entries.get(capture["warc"]), records.get((capture["warc"], capture["offset"]))
            if entry is None or record is None or record.kind != "response":
                yield f"{place}: there is no such record"
                continue
            if (record.url, record.digest) != (capture["url"], capture["payload_digest"]):
                yield f"{place}: its address or digest is not that of metadata.json"
            begin = entry.content + capture["offset"]
            end = min(begin + max(0, capture["length"]), entry.end)
            if _hash(file, begin, end) != capture["sha256"]:
                yield f"{place}: its records were changed (SHA-256 is not that of metadata.json)"


def _open(file: BinaryIO, entry: StoredEntry) -> BinaryIO:
    return io.BufferedReader(FilePart(file, entry.content, entry.end))


def _read(file: BinaryIO, entry: StoredEntry) -> bytes:
    return b"".join(read_part(file, entry.content, min(entry.end, entry.content + MAX_TEXT_BYTES)))


def _hash(file: BinaryIO, start: int, end: int) -> str:
    digest = hashlib.sha256()
    for piece in read_part(file, start, end):
        digest.update(piece)
    return digest.hexdigest()
