"""Write an evidence pack: a BagIt bag (RFC 8493) in a zip file. The same state of the desk makes the same bytes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from crawler.config.desk import Desk
from crawler.operations.evidence.describe_pack import Description, PackedCapture, describe_pack, list_gaps, list_pages
from crawler.operations.evidence.evidence_form import (
    BAG_DECLARATION,
    BAG_MANIFEST_NAME,
    MAX_PACK_BYTES,
    MAX_TEXT_BYTES,
    METADATA_NAME,
    TAG_MANIFEST_NAME,
    WACZ_NAME,
    EvidenceError,
    make_oxum,
    write_manifest,
)
from crawler.operations.evidence.gather import Evidence, gather_evidence
from crawler.operations.evidence.stored_zip import MAX_ENTRIES, StoredZipWriter, read_part
from crawler.operations.evidence.wacz_file import WaczWriter
from crawler.operations.evidence.warc_index import WarcFault
from db.draft_files import is_disk_full, settle_file
from db.site.exports.citations import printable_line
from pipelines.archive.captures import Capture
from pipelines.archive.warc_files import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class PackSummary:
    """What was written. `gaps`: address and number of each version whose page the archive does not hold."""

    articles: int
    versions: int
    captures: int
    size: int
    sha256: str
    gaps: tuple[tuple[str, int], ...]


def write_pack(desk: Desk, addresses: Sequence[str], target: Path) -> PackSummary:
    """Write the evidence of the articles at these addresses to a new file.

    Raises EvidenceError if an address is no article's, `target` is there or can't be written (then nothing is left
    behind), StoreError or ArchiveError if the desk can't be read.
    """
    target = target.absolute()
    if not target.parent.is_dir():
        raise EvidenceError(f"{target.parent}: no such folder; make it, or name another file")
    if os.path.lexists(target):
        raise EvidenceError(f"{target}: is there already; move it away or name another file")
    evidence = gather_evidence(desk, addresses)
    draft = target.with_name(f".{secrets.token_hex(8)}.draft")
    pages = draft.with_suffix(".pages")
    try:
        with draft.open("xb+") as file, pages.open("xb+") as wacz:
            described, packed = _describe_with_pages(evidence, Archive(desk.archive), wacz)
            _write_bag(file, described, wacz if packed else None, desk=desk.desk.name)
            file.flush()
            size = file.tell()
            digest = _hash_file(file, size)
        settle_file(draft, target)
    except OSError as error:
        remedy = "free some space" if is_disk_full(error) else "check the permissions"
        place = target if error.filename in (None, str(draft), str(pages)) else error.filename
        raise EvidenceError(f"{place}: {error.strerror or error}; no pack was written: {remedy}") from error
    finally:
        for path in (draft, pages):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
    return PackSummary(
        articles=len(evidence.articles),
        versions=sum(len(article.record.versions) for article in evidence.articles),
        captures=len(packed),
        size=size,
        sha256=digest,
        gaps=tuple(list_gaps(described.told)),
    )


def _describe_with_pages(
    evidence: Evidence, archive: Archive, wacz: BinaryIO
) -> tuple[Description, dict[Capture, PackedCapture]]:
    """Write the WACZ, unless the archive has no capture, and describe the pack."""
    captures = [capture for article in evidence.articles for capture in article.captures]
    texts = sum(len(version["text"]) for article in evidence.articles for version in article.record.versions)
    size = sum(capture.end - capture.place.offset for capture in captures) + 4 * texts
    if size > MAX_PACK_BYTES:
        raise EvidenceError(f"{size / 1e6:,.0f} MB: more than a pack may hold; name fewer articles and make several")
    packed: dict[Capture, PackedCapture] = {}
    if captures:
        writer = WaczWriter(wacz, archive)
        try:
            found = writer.add_captures(captures)
        except WarcFault as error:
            raise EvidenceError(
                f"{evidence.desk.archive}: {error}; name fewer articles, or restore a backup"
            ) from error
        for capture, (file, response) in found.items():
            with archive.open_file(capture.place.file) as source:
                digest = _hash_file(source, capture.end, start=capture.place.offset)
            packed[capture] = PackedCapture(capture=capture, file=file, response=response, sha256=digest)
        described = describe_pack(evidence, packed)
        writer.finish(
            list_pages(evidence, packed),
            title=f"Pages kept by {printable_line(evidence.desk.desk.name)}",
            created=evidence.as_of,
            software=described.told["software"],
        )
        return described, packed
    return describe_pack(evidence, packed), packed


def _write_bag(file: BinaryIO, described: Description, wacz: BinaryIO | None, *, desk: str) -> None:
    files = dict(described.files)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    sizes = {name: len(content) for name, content in files.items()}
    if wacz is not None:
        sizes[WACZ_NAME] = wacz.seek(0, os.SEEK_END)
        digests[WACZ_NAME] = _hash_file(wacz, sizes[WACZ_NAME])
    if max(sizes[METADATA_NAME], len(manifest := write_manifest(digests))) > MAX_TEXT_BYTES:
        raise EvidenceError("the list of what the pack holds is too long to be checked; name fewer articles")
    about = f"Source-Organization: {printable_line(desk)}\nBag-Software-Agent: {described.told['software']}\n"
    tags = {
        "bagit.txt": BAG_DECLARATION,
        "bag-info.txt": f"{about}Payload-Oxum: {make_oxum(sizes)}\n".encode(),
        BAG_MANIFEST_NAME: manifest,
    }
    tags[TAG_MANIFEST_NAME] = write_manifest({name: hashlib.sha256(tag).hexdigest() for name, tag in tags.items()})
    if (count := len(tags) + len(sizes)) > MAX_ENTRIES:
        raise EvidenceError(
            f"{count:,} files: a pack holds at most {MAX_ENTRIES:,}, so none was written; name fewer articles"
        )
    writer = StoredZipWriter(file)
    folder = f"vigia-evidence-{hashlib.sha256(manifest).hexdigest()[:12]}"
    for name in sorted({*tags, *sizes}):
        writer.add(f"{folder}/{name}", _content_of(name, tags | files, wacz, sizes))
    writer.close()


def _content_of(name: str, files: dict[str, bytes], wacz: BinaryIO | None, sizes: dict[str, int]) -> Iterator[bytes]:
    if name in files:
        yield files[name]
    elif wacz is not None:
        yield from read_part(wacz, 0, sizes[name])


def _hash_file(file: BinaryIO, end: int, *, start: int = 0) -> str:
    digest = hashlib.sha256()
    for piece in read_part(file, start, end):
        digest.update(piece)
    return digest.hexdigest()
