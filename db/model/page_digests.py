"""Digests of the keys of pages: a sitemap's past of 50,000 pages is kept in 400 kB. Pure."""

from __future__ import annotations

import hashlib

DIGEST_BYTES = 8


def digest_key(key: str) -> bytes:
    """Return the digest of a page's key: DIGEST_BYTES that hardly another key has."""
    return hashlib.blake2b(key.encode(), digest_size=DIGEST_BYTES).digest()


def split_digests(digests: bytes) -> frozenset[bytes]:
    """Return the digests of which these bytes are made."""
    return frozenset(digests[at : at + DIGEST_BYTES] for at in range(0, len(digests), DIGEST_BYTES))
