"""Make and check the tokens of signed URLs: a few bytes and a tag, made with a key of desk.db. Pure.

A tag is compared in constant time before anything else is done, so a wrong token reveals nothing and costs one hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

SUBSCRIPTION_BYTES = 8  # bytes of a subscription's hash
_TAG_BYTES = 16  # 128 bits


def make_token(said: bytes, *, key: bytes, purpose: str) -> str:
    """Return a token with these bytes for one purpose. Their number and the tag's are divisible by three."""
    return base64.urlsafe_b64encode(said + _compute_tag(said, key, purpose)).decode("ascii")


def verify_token(token: str, *, key: bytes, purpose: str, length: int) -> bytes | None:
    """Return the `length` bytes of a token; None if it was not made for this purpose with this key."""
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{{(length + _TAG_BYTES) * 4 // 3}}}", token):
        return None
    raw = base64.urlsafe_b64decode(token)
    said, tag = raw[:length], raw[length:]
    return said if hmac.compare_digest(tag, _compute_tag(said, key, purpose)) else None


def hash_subscription(key: bytes, subscription: str) -> bytes:
    """Return the hash that names a subscription in a token."""
    return hash_with_key(key, "subscription", subscription)[:SUBSCRIPTION_BYTES]


def find_subscription(wanted: bytes, *, key: bytes, subscriptions: Iterable[str]) -> str | None:
    """Return the subscription with this hash, or None."""
    return next((one for one in subscriptions if hmac.compare_digest(wanted, hash_subscription(key, one))), None)


def hash_with_key(key: bytes, purpose: str, text: str) -> bytes:
    """Return a keyed hash of a text: without the key it can be neither computed nor guessed."""
    return hmac.digest(key, f"{purpose}\0{text}".encode("utf-8", "replace"), hashlib.sha256)


def _compute_tag(said: bytes, key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode("ascii") + b" tag\0" + said, hashlib.sha256)[:_TAG_BYTES]
