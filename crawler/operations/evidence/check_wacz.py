"""Check the WACZ in an evidence pack: digests of its files, of each WARC record, and its index."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, BinaryIO

from crawler.operations.evidence.evidence_form import MAX_FAULTS, MAX_RECORDS, MAX_TEXT_BYTES, MAX_UNPACKED_RECORD_BYTES
from crawler.operations.evidence.stored_zip import FilePart, NotStoredZip, StoredEntry, read_entries, read_part
from crawler.operations.evidence.wacz_file import INDEX_NAME, PACKAGE_DIGEST_NAME, PACKAGE_NAME
from crawler.operations.evidence.warc_index import WarcFault, WarcRecord, index_record, read_warc


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedWacz:
    """What a check found: faults, one line each, and the number of WARC records that were read.

    Of a kind of fault MAX_FAULTS are listed at most.
    """

    faults: tuple[str, ...]
    records: int


def check_wacz(file: BinaryIO, start: int, end: int, told: Mapping[str, Any]) -> CheckedWacz:
    """Check a WACZ that lies between two offsets of a file. `told`: the metadata.json of its pack."""
    try:
        entries, faults = read_entries(file, start, end)
    except NotStoredZip as error:
        return CheckedWacz(faults=(str(error),), records=0)
    by_name = {entry.name: entry for entry in entries}
    faults += islice(_check_package(file, by_name), MAX_FAULTS)
    index: list[str] = []
    responses: dict[str, dict[int, WarcRecord]] = {}  # by file and offset
    total = count = index_size = 0
    is_whole = True
    for name, entry in by_name.items():
        if not name.startswith("archive/"):
            continue
        found = responses.setdefault(name, {})
        rest = {"limit": MAX_UNPACKED_RECORD_BYTES - total, "most": MAX_RECORDS - count}
        try:
            for record in read_warc(_open(file, entry), **rest):
                total, count = total + record.unpacked, count + 1
                if not record.is_sound:
                    faults.append(f"{name}: the record at byte {record.offset} does not agree with its digests")
                if record.kind == "response":
                    found[record.offset] = record
                    index.append(index_record(record, file=name.removeprefix("archive/")))
                    index_size += len(index[-1])
                if index_size > MAX_TEXT_BYTES:
                    raise WarcFault(
                        f"record {count} makes the index longer than a pack may hold; the rest was not read"
                    )
                if len(faults) >= MAX_FAULTS:
                    return CheckedWacz(faults=tuple(faults), records=count)
        except WarcFault as fault:
            faults.append(f"{name}: {fault}")
            is_whole = False
            break  # what was unpacked of the record is not in `total`
    if is_whole:  # else the rest differs anyhow
        if INDEX_NAME not in by_name or _read(file, by_name[INDEX_NAME]) != "".join(sorted(index)).encode():
            faults.append(f"{INDEX_NAME}: does not agree with the records")
        faults += islice(_check_captures(file, by_name, responses, told), MAX_FAULTS)
    return CheckedWacz(faults=tuple(faults), records=count)


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
    responses: Mapping[str, Mapping[int, WarcRecord]],
    told: Mapping[str, Any],
) -> Iterator[str]:
    """Compare the captures of metadata.json with their records, of which each byte is read once."""
    ends = {
        (name, offset): end
        for name, found in responses.items()
        for offset, end in pairwise(
            [*found, entries[name].size]
        )  # a page ends where the next one begins, at the latest
    }
    seen: set[tuple[str, int]] = set()
    for article in told["articles"]:
        for number, capture in enumerate(article["captures"], 1):
            place = f"page {number} of article {article.get('number')!r:.20}"
            key = capture["warc"], capture["offset"]
            if key not in ends:
                yield f"{place}: there is no such record"
                continue
            if key in seen:
                yield f"{place}: its records are those of another page"
                continue
            seen.add(key)
            entry, record = entries[capture["warc"]], responses[capture["warc"]][capture["offset"]]
            if (record.url, record.digest) != (capture["url"], capture["payload_digest"]):
                yield f"{place}: its address or digest is not that of metadata.json"
            if not 0 < capture["length"] <= ends[key] - capture["offset"]:
                yield f"{place}: its length is not that of its records"
                continue
            begin = entry.content + capture["offset"]
            if _hash(file, begin, begin + capture["length"]) != capture["sha256"]:
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
