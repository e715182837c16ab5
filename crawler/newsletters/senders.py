"""Who wrote a message, and whether that is one of `mailbox_senders`. Pure."""

from __future__ import annotations

from collections.abc import Collection
from email.parser import BytesHeaderParser
from email.utils import getaddresses


def find_sender(header: bytes) -> str | None:
    """Return the address in a message's From in small letters; None unless there is exactly one."""
    stated = BytesHeaderParser().parsebytes(header).get_all("From", [])
    addresses = [address for _, address in getaddresses([str(value) for value in stated])]
    return addresses[0].lower() if len(addresses) == 1 and "@" in addresses[0] else None


def is_named(sender: str, senders: Collection[str]) -> bool:
    """Return True if a sender is in the list: as a whole address, or as `@domain`, which names all of a domain."""
    named = {name.lower() for name in senders}
    return sender in named or f"@{sender.rpartition('@')[2]}" in named
