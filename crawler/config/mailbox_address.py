"""The address of a mailbox, imaps://USER:PASSWORD@HOST/FOLDER, which an outlet's `mailbox` refers to. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from pipelines.alerts.errors import SecretError

IMAPS_PORT = 993
FORM = "imaps://USER:PASSWORD@HOST/FOLDER, with %40 for an @ in the user's name or the password"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxAddress:
    """A folder of an IMAP server that is reached by TLS, and who may read it."""

    host: str
    port: int
    user: str = field(repr=False)
    password: str = field(repr=False)
    folder: str = "INBOX"


def parse_mailbox_address(secret: str) -> MailboxAddress:
    """Read the address of a mailbox. Raises SecretError, without any part of it, if it is none."""
    try:
        parts = urlsplit(secret)
        host, port = parts.hostname, parts.port or IMAPS_PORT
    except ValueError:  # wrong brackets or a wrong port
        raise SecretError(f"is not the address of a mailbox; write {FORM}") from None
    if parts.scheme == "imap":
        raise SecretError("begins with imap://, which would send the password unencrypted; write imaps://")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if parts.scheme != "imaps" or not host or not user or not password or parts.query or parts.fragment:
        raise SecretError(f"is not the address of a mailbox; write {FORM}")
    if not (user + password).isprintable() or not (folder.isascii() and folder.isprintable()):
        raise SecretError("has a character in its user, password or folder that IMAP can't take")
    return MailboxAddress(host=host, port=port, user=user, password=password, folder=folder)
