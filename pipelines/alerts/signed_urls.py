"""The last part of an address that nobody can guess: a few bytes and a tag over them, made with a key of desk.db. Pure.

A tag is compared in constant time before anything else is done: who has no address learns nothing, and costs one hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

SUBSCRIPTION_BYTES = 8  # bytes that stand for a subscription
_TAG_BYTES = 16  # bytes: 128 bits to guess


def make_token(said: bytes, *, key: bytes, purpose: str) -> str:
    """A token that says these bytes (their number and the tag's divisible by three) for one purpose."""
    return base64.urlsafe_b64encode(said + _compute_tag(said, key, purpose)).decode("ascii")


def verify_token(token: str, *, key: bytes, purpose: str, length: int) -> bytes | None:
    """What a token for that purpose says, `length` bytes; None if it was not made with this key, to the letter."""
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{{(length + _TAG_BYTES) * 4 // 3}}}", token):
        return None
    raw = base64.urlsafe_b64decode(token)
    said, tag = raw[:length], raw[length:]
    return said if hmac.compare_digest(tag, _compute_tag(said, key, purpose)) else None


def hash_subscription(key: bytes, subscription: str) -> bytes:
    """What stands for a subscription in a token."""
    return hash_with_key(key, "subscription", subscription)[:SUBSCRIPTION_BYTES]


def find_subscription(wanted: bytes, *, key: bytes, subscriptions: Iterable[str]) -> str | None:
    """The subscription that these bytes stand for."""
    return next((one for one in subscriptions if hmac.compare_digest(wanted, hash_subscription(key, one))), None)


def hash_with_key(key: bytes, purpose: str, text: str) -> bytes:
    """A hash of a text that nobody can make or try without the key."""
    return hmac.digest(key, f"{purpose}\0{text}".encode("utf-8", "replace"), hashlib.sha256)


def _compute_tag(said: bytes, key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode("ascii") + b" tag\0" + said, hashlib.sha256)[:_TAG_BYTES]
