"""The address of a mailbox, imaps://USER:PASSWORD@HOST/FOLDER, which an outlet's `mailbox` refers to. Pure."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from pipelines.alerts.errors import SecretError

IMAPS_PORT = 993
_AMPERSAND = re.compile(r"&(?![A-Za-z0-9+,]{0,200}-)")  # one that begins no letters in that form
_NOT_ASCII = re.compile(r"[^\x20-\x7e]+")
FORM = "imaps://USER:PASSWORD@HOST/FOLDER; in the user's name and the password %40 stands for @, %23 for # and so on"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxAddress:
    """A folder of an IMAP server that is reached by TLS, and who may read it."""

    host: str
    port: int
    user: str = field(repr=False)
    password: str = field(repr=False)
    folder: str = "INBOX"  # as IMAP writes it


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
    if not (user + password + folder).isprintable():
        raise SecretError("has a character in its user, password or folder that IMAP can't take")
    return MailboxAddress(host=host, port=port, user=user, password=password, folder=_encode_folder(folder))


def _encode_folder(name: str) -> str:
    """Write a folder's name in the letters that IMAP has for it (RFC 3501, 5.1.3); one that is so already stays."""
    plain = _AMPERSAND.sub("&-", name)
    return _NOT_ASCII.sub(lambda found: f"&{_encode_letters(found[0])}-", plain)


def _encode_letters(letters: str) -> str:
    packed = binascii.b2a_base64(letters.encode("utf-16-be"), newline=False)
    return packed.rstrip(b"=").replace(b"/", b",").decode("ascii")
