"""Evidence packs of a search or a dossier: one at a time, made in a thread, sent from a file that is deleted then.

The program that serves a desk says how a pack is made (`put_evidence_packer`); no other site gives any.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Response

from db.site.exports.file_answers import tell_mistake
from db.site.page_context import PageContext
from db.site.security import AsgiSend

MAX_PACKED_ARTICLES: Final = 1_000
MAX_HELD_PACKS: Final = 3  # that are being sent
RETRY_SECONDS: Final = 30
_PIECE_BYTES = 1 << 16


class EvidencePackError(Exception):
    """A pack can't be made. The text is for the log."""


PackEvidence = Callable[[Sequence[str], Path], None]  # addresses of articles, new file. Raises EvidencePackError.


class EvidencePacker:
    """How packs are made, and which are there: one that is being made, and a few that are being sent.

    They are in a private folder, which is deleted at the end of the process at the latest.
    """

    def __init__(self, pack: PackEvidence) -> None:
        self._pack = pack
        self._making = threading.Lock()
        self._held: set[Path] = set()
        self._folder: Path | None = None

    def make(self, addresses: Sequence[str]) -> Path | None:
        """Return a new file, which `delete` deletes; None while another is made, or several are being sent.

        Raises EvidencePackError.
        """
        if not self._making.acquire(blocking=False):
            return None
        try:
            if len(self._held) >= MAX_HELD_PACKS:
                return None
            path = self._make_folder() / f"{secrets.token_hex(8)}.zip"
            self._held.add(path)
            try:
                self._pack(addresses, path)
            except BaseException:  # raised again, after nothing is left behind
                self.delete(path)
                raise
            return path
        finally:
            self._making.release()

    def delete(self, path: Path) -> None:
        """Delete a pack."""
        path.unlink(missing_ok=True)
        self._held.discard(path)

    def _make_folder(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="vigia-evidence-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder


class FileAnswer:
    """An answer that is read from a pack in pieces. It is deleted at the end, also if the reader went away."""

    def __init__(self, packer: EvidencePacker, path: Path, *, name: str, mistake: str = "") -> None:
        self._packer = packer
        self._path = path
        self._name = name
        self._mistake = mistake

    async def asgi_send(self, send: AsgiSend) -> None:
        """Send the file, and delete it."""
        try:
            headers = [
                (b"content-type", b"application/zip"),
                (b"content-length", str(self._path.stat().st_size).encode()),
                (b"content-disposition", f'attachment; filename="{self._name}"'.encode()),
                (b"cache-control", b"private, no-store"),
                *((name.encode(), value.encode()) for name, value in tell_mistake(self._mistake).items()),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            with self._path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await asyncio.to_thread(self._packer.delete, self._path)


_packers: WeakKeyDictionary[Datasette, EvidencePacker] = WeakKeyDictionary()


def put_evidence_packer(datasette: Datasette, pack: PackEvidence) -> None:
    """Let the readers of a Datasette who may write have evidence packs."""
    _packers[datasette] = EvidencePacker(pack)


def has_evidence_packer(datasette: Datasette) -> bool:
    """Return True if this site gives evidence packs."""
    return datasette in _packers


async def answer_with_evidence(
    context: PageContext, addresses: Sequence[str], *, name: str, mistake: str = ""
) -> FileAnswer | Response:
    """Make a pack of the articles at these addresses and send it, or say why there is none.

    name: of the file, in ASCII letters, digits, dots and hyphens. mistake: what of its address was not understood.
    Raises NotFound, EvidencePackError.
    """
    packer = _packers.get(context.datasette)
    if packer is None or not addresses:
        raise NotFound(context.wording("error.no_page"))
    if len(addresses) > MAX_PACKED_ARTICLES:
        return _refuse(context.wording("dossiers.pack_too_large", n=MAX_PACKED_ARTICLES), status=413)
    path = await asyncio.to_thread(packer.make, addresses)
    if path is None:
        return _refuse(context.wording("dossiers.pack_busy"), status=503)
    return FileAnswer(packer, path, name=name, mistake=mistake)


def _refuse(sentence: str, *, status: int) -> Response:
    headers = {"retry-after": str(RETRY_SECONDS)} if status == 503 else {}
    return Response(f"{sentence}\n", status=status, headers=headers, content_type="text/plain; charset=utf-8")
