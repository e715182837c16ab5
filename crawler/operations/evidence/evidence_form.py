"""The form of an evidence pack: names, limits and the lines of a BagIt bag (RFC 8493). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crawler.config.desk import DeskError

METADATA_NAME = "data/metadata.json"
WACZ_NAME = "data/pages.wacz"
BAG_MANIFEST_NAME = "manifest-sha256.txt"
TAG_MANIFEST_NAME = "tagmanifest-sha256.txt"
BAG_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
EVIDENCE_FORMAT = 1
WACZ_VERSION = "1.1.1"
MAX_ARTICLES = 1_000  # of one pack
MAX_PACK_BYTES = 2_000_000_000  # so that a zip file needs no 64-bit sizes
MAX_RECORD_BYTES = 256 << 20  # of one WARC record, unpacked
MAX_UNPACKED_RECORD_BYTES = 4 << 30  # of all WARC records, unpacked
MAX_RECORDS = 200_000  # WARC records
MAX_FAULTS = 1_000  # that a check lists
MAX_TEXT_BYTES = 32 << 20  # of a JSON file or a manifest
TOP_FOLDER = re.compile(r"vigia-evidence-[0-9a-f]{12}")
_MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  ([!-~]{1,300})")


class EvidenceError(DeskError):
    """A pack can't be written or checked. The text is one line: place, problem, remedy."""


def write_manifest(digests: Mapping[str, str]) -> bytes:
    """Write the SHA-256 of each file, in the form that `sha256sum -c` reads too."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items())).encode()


def read_manifest_lines(content: bytes) -> dict[str, str] | None:
    """Return what `write_manifest` wrote; None if it is not of that form or names a file twice."""
    found: dict[str, str] = {}
    for line in content.decode("utf-8", "replace").split("\n")[:-1]:
        match = _MANIFEST_LINE.fullmatch(line)
        if match is None or match[2] in found:
            return None
        found[match[2]] = match[1]
    return found if write_manifest(found) == content else None


def make_oxum(sizes: Mapping[str, int]) -> str:
    """Return the Payload-Oxum of a bag: octets and streams of its payload."""
    return f"{sum(sizes.values())}.{len(sizes)}"
