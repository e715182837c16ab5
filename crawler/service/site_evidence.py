"""Make the evidence packs that readers of the reading room ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from crawler.config.desk import Desk
from crawler.operations.evidence.evidence_form import EvidenceError
from crawler.operations.evidence.write_pack import write_pack
from db.connection import StoreError
from db.site.dossiers.evidence_packs import EvidencePackError
from pipelines.archive.warc_files import ArchiveError


def pack_evidence(read_desk: Callable[[], Desk], addresses: Sequence[str], target: Path) -> None:
    """Write a pack of the articles at these addresses to a new file. Raises EvidencePackError."""
    try:
        write_pack(read_desk(), addresses, target)
    except (EvidenceError, ArchiveError, StoreError) as error:
        raise EvidencePackError(str(error)) from error
