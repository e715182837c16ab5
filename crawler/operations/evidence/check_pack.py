"""Check an evidence pack: container, bag, texts, pages. Nothing is unpacked to the disk, and the work is bounded."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from crawler.operations.evidence.check_wacz import check_wacz
from crawler.operations.evidence.evidence_form import (
    BAG_DECLARATION,
    BAG_MANIFEST_NAME,
    EVIDENCE_FORMAT,
    MAX_FAULTS,
    MAX_PACK_BYTES,
    MAX_TEXT_BYTES,
    METADATA_NAME,
    TAG_MANIFEST_NAME,
    TOP_FOLDER,
    WACZ_NAME,
    EvidenceError,
    make_oxum,
    read_manifest_lines,
)
from crawler.operations.evidence.stored_zip import NotStoredZip, StoredEntry, read_entries, read_part

_TAG_FILES = {"bagit.txt", "bag-info.txt", BAG_MANIFEST_NAME}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPack:
    """What a check found. `faults`: one line each, MAX_FAULTS at most; none if every byte is as it was written."""

    faults: tuple[str, ...]
    files: int
    articles: int = 0
    versions: int = 0
    records: int = 0  # of the WARC files
    without_page: int = 0  # versions of which the archive had no page when the pack was made
    sha256: str = ""  # of the whole file


@dataclass(slots=True)
class _OpenPack:
    """A pack that is read: its file, and its entries by their names in the bag."""

    file: BinaryIO
    entries: dict[str, StoredEntry]
    digests: dict[str, str] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)  # files whose digest is not that of a manifest

    def read(self, name: str) -> bytes:
        """Return the content of a small file, b"" if it is missing or too large."""
        entry = self.entries.get(name)
        if entry is None or entry.size > MAX_TEXT_BYTES:
            return b""
        return b"".join(read_part(self.file, entry.content, entry.end))


def check_pack(path: Path) -> CheckedPack:
    """Check every byte of a pack. Raises EvidenceError if the file can't be read or is no pack."""
    try:
        with path.open("rb") as file:
            return _check(file, path)
    except NotStoredZip as error:
        raise EvidenceError(f"{path}: {error}; get the file again") from error
    except OSError as error:
        raise EvidenceError(f"{path}: {error.strerror or error}; name a file that `vigia evidence` wrote") from error


def _check(file: BinaryIO, path: Path) -> CheckedPack:
    size = file.seek(0, 2)
    if size > MAX_PACK_BYTES + MAX_TEXT_BYTES:
        raise EvidenceError(f"{path}: {size / 1e6:,.0f} MB: larger than Vigía writes packs; it was not read")
    entries, faults = read_entries(file, 0, size)
    folders = {entry.name.partition("/")[0] for entry in entries}
    if len(folders) != 1 or not TOP_FOLDER.fullmatch(folder := next(iter(folders))):
        raise EvidenceError(f"{path}: is a zip file, but no evidence pack; name a file that `vigia evidence` wrote")
    faults = [fault.removeprefix(f"{folder}/") for fault in faults]
    pack = _OpenPack(file, {entry.name.removeprefix(f"{folder}/"): entry for entry in entries})
    for name, entry in pack.entries.items():
        crc, digest = 0, hashlib.sha256()
        for piece in read_part(file, entry.content, entry.end):
            crc = zlib.crc32(piece, crc)
            digest.update(piece)
        pack.digests[name] = digest.hexdigest()
        # Of every other file the manifests say more.
        if crc != entry.crc and name == TAG_MANIFEST_NAME:
            faults.append(f"{name}: was changed since it was packed (CRC-32)")
    faults += islice(_check_bag(pack, folder), MAX_FAULTS)
    told = _read_metadata(pack)
    if told is None:
        faults.append(f"{METADATA_NAME}: is missing or not of the form that Vigía writes")
        told = {"articles": []}
    faults += islice(_check_texts(pack, told), MAX_FAULTS)
    records = 0
    if wacz := pack.entries.get(WACZ_NAME):
        found = check_wacz(file, wacz.content, wacz.end, told)
        records = found.records
        faults += [f"{WACZ_NAME}: {fault}" for fault in found.faults]
    elif told.get("pages"):
        faults.append(f"{WACZ_NAME}: is missing, though {METADATA_NAME} names it")
    versions = [version for article in told["articles"] for version in article["versions"]]
    return CheckedPack(
        faults=tuple(islice(dict.fromkeys(faults), MAX_FAULTS)),
        files=len(entries),
        articles=len(told["articles"]),
        versions=len(versions),
        records=records,
        without_page=sum(version["capture"] is None for version in versions),
        sha256=_hash_whole(file, size),
    )


def _check_bag(pack: _OpenPack, folder: str) -> Iterator[str]:
    if pack.read("bagit.txt") != BAG_DECLARATION:
        yield "bagit.txt: is missing or was changed"
    manifest = pack.read(BAG_MANIFEST_NAME)
    if folder != f"vigia-evidence-{hashlib.sha256(manifest).hexdigest()[:12]}":
        yield f"{folder}: the folder is named after {BAG_MANIFEST_NAME}, and does not agree with it"
    payload = {name for name in pack.entries if name.startswith("data/")}
    tags = pack.entries.keys() - payload - {TAG_MANIFEST_NAME}
    yield from _check_manifest(pack, BAG_MANIFEST_NAME, manifest, payload)
    yield from _check_manifest(pack, TAG_MANIFEST_NAME, pack.read(TAG_MANIFEST_NAME), tags | _TAG_FILES)
    oxum = f"Payload-Oxum: {make_oxum({name: pack.entries[name].size for name in payload})}\n"
    if oxum not in pack.read("bag-info.txt").decode("utf-8", "replace"):
        yield "bag-info.txt: its Payload-Oxum does not agree with the size and number of the files in data/"


def _check_manifest(pack: _OpenPack, name: str, content: bytes, files: set[str]) -> Iterator[str]:
    listed = read_manifest_lines(content)
    if listed is None:
        yield f"{name}: is missing or not of the form that Vigía writes"
        return
    for file in sorted(files | listed.keys()):
        if file not in pack.entries:
            yield f"{file}: is missing"
        elif file not in listed:
            yield f"{file}: is not in {name}: it was added"
        elif pack.digests[file] != listed[file]:
            pack.changed.add(file)
            yield f"{file}: was changed since it was packed (SHA-256 is not that of {name})"


def _read_metadata(pack: _OpenPack) -> dict[str, Any] | None:
    """Return metadata.json with what is checked by it, None if it is of another form."""
    try:
        told: dict[str, Any] = json.loads(pack.read(METADATA_NAME))
        is_known = told["format"] == EVIDENCE_FORMAT
        for article in told["articles"]:
            for version in article["versions"]:
                is_known &= isinstance(version["text"], str) and isinstance(version["text_sha256"], str)
                is_known &= isinstance(version["capture"], int | None)
            for capture in article["captures"]:
                is_known &= all(isinstance(capture[name], int) for name in ("offset", "length"))
                is_known &= all(isinstance(capture[name], str) for name in ("warc", "sha256", "url", "payload_digest"))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return told if is_known else None


def _check_texts(pack: _OpenPack, told: Mapping[str, Any]) -> Iterator[str]:
    """Compare texts with their digests in metadata.json, where the manifest found no change of either."""
    for article in told["articles"]:
        for version in article["versions"]:
            if version["text"] not in pack.entries:
                yield f"{version['text']!r:.100}: is missing, though {METADATA_NAME} names it"
            elif pack.digests[version["text"]] != version["text_sha256"] and not pack.changed & {
                version["text"],
                METADATA_NAME,
            }:
                yield f"{version['text']}: is not the text whose SHA-256 {METADATA_NAME} gives"
            if version["capture"] is not None and not 1 <= version["capture"] <= len(article["captures"]):
                yield f"{METADATA_NAME}: names a page for {version['text']} that it does not list"


def _hash_whole(file: BinaryIO, size: int) -> str:
    digest = hashlib.sha256()
    for piece in read_part(file, 0, size):
        digest.update(piece)
    return digest.hexdigest()
