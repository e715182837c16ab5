"""Read unseen messages of a mailbox by IMAP over TLS (RFC 9051), and mark them, with limits of bytes and time.

`imaplib` of the standard library does the protocol: the libraries around it add comfort, but no limit on what a server
may send. What it reads is counted here. All functions block: they run in a thread, and `MailConnection.abort` ends it.
"""

from __future__ import annotations

import contextlib
import imaplib
import logging
import re
import socket
import ssl
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from crawler.config.mailbox_address import MailboxAddress
from crawler.newsletters.senders import find_sender, is_named
from db import __version__

MAX_ANSWER_WAIT_SECONDS = 20.0  # the longest wait for an answer of the server
MAX_SESSION_BYTES = 40_000_000
MAX_FETCH_SECONDS = 75.0  # after which no further message is asked for
MAX_MESSAGE_BYTES = 5_000_000
MAX_MESSAGES = 20  # that one reading takes; the rest is left to the next
MAX_CONSIDERED = 200  # whose sender and size are asked, the newest
MAX_FROM_BYTES = 4_000

_log = logging.getLogger(__name__)
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,15})\b")


class MailboxError(Exception):
    """A mailbox can't be read. `code` is to count by; the message is one sentence that shows no part of its address."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message as the server stores it."""

    uid: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenMail:
    """Unseen messages of the named senders, newest first, and how many were left: too large, or over the limit.

    `not_given`: how many the server did not give out. `broken`: why the reading ended before its limit, for people.
    """

    uid_validity: int
    messages: tuple[StoredMessage, ...] = ()
    too_large: int = 0
    left: int = 0
    not_given: int = 0
    broken: str | None = None


class _BoundedImap(imaplib.IMAP4_SSL):
    """An IMAP connection that ends when the server has sent more than MAX_SESSION_BYTES."""

    def __init__(self, address: MailboxAddress, connection: MailConnection) -> None:
        self._bytes_left = MAX_SESSION_BYTES
        self._connection = connection
        super().__init__(address.host, address.port, timeout=connection.answer_seconds)

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        """Connect, and let the connection be ended from another thread, also while TLS is agreed on."""
        plain = socket.create_connection((self.host, self.port), timeout)
        with contextlib.ExitStack() as stack:
            stack.callback(plain.close)
            wrapped = ssl.create_default_context().wrap_socket(
                plain, server_hostname=self.host, do_handshake_on_connect=False
            )
            stack.callback(wrapped.close)
            self._connection.socket = wrapped
            wrapped.do_handshake()
            stack.pop_all()
        return wrapped

    def read(self, size: int) -> bytes:
        """Read a literal. Raises MailboxError if that is more than may still come."""
        self._count(size)
        return super().read(size)

    def readline(self) -> bytes:
        """Read a line. Raises MailboxError if that is more than may still come."""
        line = super().readline()
        self._count(len(line))
        return line

    def _count(self, size: int) -> None:
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise MailboxError("too-large", f"the mail server sent more than {MAX_SESSION_BYTES // 1_000_000} MB")


class MailConnection:
    """The connection of one reading, which another thread can end."""

    def __init__(self, *, answer_seconds: float = MAX_ANSWER_WAIT_SECONDS) -> None:
        self.answer_seconds = answer_seconds
        self.socket: socket.socket | None = None

    def abort(self) -> None:
        """End the connection: whatever waits for an answer fails at once."""
        if self.socket is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


def fetch_unseen(address: MailboxAddress, senders: Collection[str], connection: MailConnection) -> UnseenMail:
    """Fetch the newest unseen messages of these senders, and mark none.

    A message that the server refuses to give out is passed over. If the connection breaks, the messages that came
    before are returned. Raises MailboxError if it breaks before the first.
    """
    with _open(address, connection, readonly=True) as imap:
        validity = _read_validity(imap)
        uids: set[int] = set()
        for sender in senders:
            found = _ask(imap, "SEARCH", "UNSEEN", "UNDELETED", "FROM", f'"{sender}"')
            uids |= {int(number) for line in found for number in (line or b"").split()}  # in one line or in several
        newest = sorted(uids, reverse=True)
        sizes = _read_sizes(imap, newest[:MAX_CONSIDERED], senders)
        chosen = [uid for uid, size in sizes.items() if size <= MAX_MESSAGE_BYTES]
        fetched = _fetch_messages(imap, chosen[:MAX_MESSAGES])
        return UnseenMail(
            uid_validity=validity,
            messages=tuple(fetched.messages),
            too_large=len(sizes) - len(chosen),
            left=len(chosen) - fetched.asked + len(newest[MAX_CONSIDERED:]),
            not_given=fetched.not_given,
            broken=fetched.broken,
        )


def mark_messages(
    address: MailboxAddress,
    uid_validity: int,
    *,
    seen: Sequence[int],
    flagged: Sequence[int],
    connection: MailConnection,
) -> None:
    """Mark messages as seen, and some of them for a person to look at. Raises MailboxError.

    If the server has numbered its messages anew since they were read, none is marked: the numbers are others' now.
    """
    with _open(address, connection, readonly=False) as imap:
        if _read_validity(imap) != uid_validity:
            return
        for uids, flags in ((flagged, r"(\Flagged)"), (seen, r"(\Seen)")):
            if uids:
                _ask(imap, "STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", flags)


@contextlib.contextmanager
def _open(address: MailboxAddress, connection: MailConnection, *, readonly: bool) -> Iterator[imaplib.IMAP4_SSL]:
    """Log in and select the folder. Every error of the connection and the server is raised as MailboxError."""
    with _told():
        imap = _BoundedImap(address, connection)
        try:
            _log_in(imap, address)
            _introduce(imap)
            folder = address.folder.replace("\\", "\\\\").replace('"', '\\"')
            status, _ = imap.select(f'"{folder}"', readonly=readonly)
            if status != "OK":
                raise MailboxError("folder", "the mail server has no such folder, or does not open it for this user")
            yield imap
            with contextlib.suppress(MailboxError, imaplib.IMAP4.error, OSError):  # the work is done
                imap.logout()
        finally:
            with contextlib.suppress(OSError):
                imap.shutdown()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn errors into MailboxError. What the server said is left out: it may repeat the user's name."""
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise MailboxError(
            "certificate", "the mail server's certificate can't be verified, so no password was sent"
        ) from None
    except ssl.SSLError:
        raise MailboxError("certificate", "TLS with the mail server failed") from None
    except TimeoutError:
        raise MailboxError("timeout", "the mail server gave no answer in time") from None
    except socket.gaierror:
        raise MailboxError("dns", "the mail server's name can't be resolved") from None
    except ConnectionRefusedError:
        raise MailboxError("refused", "the mail server refused the connection") from None
    except imaplib.IMAP4.readonly:
        sentence = "the mail server opens the folder for reading only; give its user the right to mark messages as seen"
        raise MailboxError("read-only", sentence) from None
    except (imaplib.IMAP4.abort, OSError):
        raise MailboxError("dropped", "the connection to the mail server broke off") from None
    except (imaplib.IMAP4.error, ValueError, LookupError) as error:
        greeting = next(iter(error.args), None)
        if isinstance(greeting, bytes) and greeting.startswith(b"* BYE"):
            sentence = "the mail server closed the connection at once: it is busy, or has too many from here"
            raise MailboxError("busy", sentence) from None
        raise MailboxError("imap", "the mail server answered something that is not IMAP as expected") from None


def _log_in(imap: imaplib.IMAP4_SSL, address: MailboxAddress) -> None:
    if "LOGINDISABLED" in imap.capabilities and "AUTH=PLAIN" not in imap.capabilities:
        raise MailboxError("login", "the mail server takes no passwords from programs; use a mailbox elsewhere")
    try:
        if "AUTH=PLAIN" in imap.capabilities:
            imap.authenticate("PLAIN", lambda _: f"\0{address.user}\0{address.password}".encode())
        else:
            imap.login(address.user, address.password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeEncodeError):
        sentence = "the mail server refused the login; check the user's name and the password, or make one for programs"
        raise MailboxError("login", sentence) from None


def _introduce(imap: imaplib.IMAP4_SSL) -> None:
    """Say which program this is (RFC 2971), if the server asks: some open no folder before."""
    if "ID" not in imap.capabilities:
        return
    try:
        imap.xatom("ID", f'("name" "Vigia" "version" "{__version__}")')
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:
        _log.info("a mail server that offers ID refused it")  # whether it opens the folder is seen next


def _read_validity(imap: imaplib.IMAP4_SSL) -> int:
    (value, *_) = imap.response("UIDVALIDITY")[1] or [None]
    return int(value or b"0")


def _ask(imap: imaplib.IMAP4_SSL, command: str, *arguments: str) -> list[Any]:
    status, answer = imap.uid(command, *arguments)
    if status != "OK":
        raise MailboxError("imap", f"the mail server did not obey {command}")
    return list(answer)


def _read_sizes(imap: imaplib.IMAP4_SSL, uids: Sequence[int], senders: Collection[str]) -> dict[int, int]:
    """Return the sizes of those messages whose only author is a named sender, newest first."""
    if not uids:
        return {}
    wanted = f"(RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM)]<0.{MAX_FROM_BYTES}>)"
    found: dict[int, int] = {}
    for about, header in _literals(_ask(imap, "FETCH", ",".join(map(str, uids)), wanted)):
        uid, size = _UID.search(about), _SIZE.search(about)
        if uid and size and (sender := find_sender(header[:MAX_FROM_BYTES])) and is_named(sender, senders):
            found[int(uid[1])] = int(size[1])
    return {uid: found[uid] for uid in uids if uid in found}


@dataclass(slots=True)
class _Fetched:
    messages: list[StoredMessage] = field(default_factory=list)
    asked: int = 0
    not_given: int = 0
    broken: str | None = None


def _fetch_messages(imap: imaplib.IMAP4_SSL, uids: Sequence[int]) -> _Fetched:
    """Fetch messages until the connection breaks or the time is over. Raises MailboxError if it breaks at the first."""
    fetched, begun = _Fetched(), time.monotonic()
    for uid in uids:
        if fetched.messages and time.monotonic() - begun >= MAX_FETCH_SECONDS:
            break
        try:
            with _told():
                message = _fetch_message(imap, uid)
        except MailboxError as error:
            if error.code == "imap":  # the server refuses this message; the connection holds
                fetched.not_given += 1
            elif fetched.messages:
                fetched.broken = str(error)
                break
            else:
                raise
        else:
            fetched.messages += [message] if message else []
        fetched.asked += 1
    return fetched


def _fetch_message(imap: imaplib.IMAP4_SSL, uid: int) -> StoredMessage | None:
    for about, body in _literals(_ask(imap, "FETCH", str(uid), "(BODY.PEEK[])")):
        if (number := _UID.search(about)) and int(number[1]) == uid:
            return StoredMessage(uid=uid, body=body[:MAX_MESSAGE_BYTES])
    return None  # deleted meanwhile


def _literals(answer: list[Any]) -> Iterator[tuple[bytes, bytes]]:
    """Yield (what is said around it, literal) of each message of a FETCH."""
    for item, after in zip(answer, [*answer[1:], b""], strict=True):
        if isinstance(item, tuple):
            yield item[0] + b" " + (after if isinstance(after, bytes) else b""), item[1]
