"""Who wrote a message, and whether that is one of `mailbox_senders`. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from email.parser import BytesHeaderParser
from email.utils import getaddresses

_MAX_FROM_CHARS = 4_000
_BETWEEN = re.compile(r"[\s<>\"(),:;\[\]]+")  # what stands between names and addresses


def find_sender(header: bytes) -> str | None:
    """Return the address in a message's From in small letters; None unless there is exactly one.

    Where the field breaks the rules of its form, as "Lima, Instituto <a@b.example>" does, it counts if it has one
    address, at its end.
    """
    stated = [" ".join(str(value)[:_MAX_FROM_CHARS].split()) for value in _read_from(header)]
    if len(stated) != 1:
        return None
    addresses = [address for _, address in getaddresses(stated)]
    if len(addresses) == 1 and _is_address(addresses[0]):
        return addresses[0].lower()
    named = {piece.lower() for piece in _BETWEEN.split(stated[0]) if "@" in piece}
    only = named.pop() if len(named) == 1 else ""
    return only if _is_address(only) and stated[0].lower().endswith(f"<{only}>") else None


def is_named(sender: str, senders: Collection[str]) -> bool:
    """Return True if a sender is in the list: as a whole address, or as `@domain`, which names all of a domain."""
    named = {name.lower() for name in senders}
    return sender in named or f"@{sender.rpartition('@')[2]}" in named


def _read_from(header: bytes) -> list[object]:
    return list(BytesHeaderParser().parsebytes(header).get_all("From", []))


def _is_address(text: str) -> bool:
    return text.count("@") == 1 and not _BETWEEN.search(text)
