"""The reading room's password and the key that signs its session cookies."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

from crawler.config.desk import CONFIG_FILE, SESSION_KEY_FILE, Desk, DeskError
from pipelines.alerts.errors import SecretError
from pipelines.alerts.subscriptions.secret_references import read_secret

if TYPE_CHECKING:
    from db.site.server import ReaderAccess


def reader_access_of(desk: Desk) -> ReaderAccess | None:
    """Return the password hash and the session key of the reading room.

    Returns None if the desk has no password. Raises DeskError if the password's reference can't be resolved or is not
    a hash.
    """
    from db.site.password import AccessError, check_hash  # noqa: PLC0415 - Datasette takes a while to import
    from db.site.server import ReaderAccess  # noqa: PLC0415

    reference = desk.desk.password
    if reference is None:
        return None
    place = f"{desk.folder / CONFIG_FILE}: [desk] password: {reference}"
    try:
        password_hash = check_hash(read_secret(reference, folder=desk.folder, what="the password's hash"))
    except SecretError as error:
        raise DeskError(f"{desk.folder / CONFIG_FILE}: [desk] password: {error}") from error
    except AccessError as error:
        raise DeskError(f"{place}: {error}") from error
    return ReaderAccess(password_hash=password_hash, secret=_secret(desk), desk_db=desk.desk_db)


def _secret(desk: Desk) -> str:
    """Read the key that signs session cookies.

    Create it once, so that sessions outlast a restart.
    """
    path = desk.folder / SESSION_KEY_FILE
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(descriptor)
    secret = path.read_text(encoding="ascii", errors="replace").strip()
    if len(secret) < 32:
        raise DeskError(f"{path}: does not hold a key; delete it, Vigía makes another (readers log in again)")
    return secret
