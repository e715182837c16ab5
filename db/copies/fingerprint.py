"""Fingerprints of texts: anchors (hashes) that a text shares with its copies and excerpts.

Winnowing (Schleimer, Wilkerson, Aiken: Local Algorithms for Document Fingerprinting, SIGMOD 2003): of the hashes of
all shingles, the least in every window of neighbours. Two texts that share a run of WINDOW_SHINGLES shingles always
share an anchor, wherever the run is, so that an excerpt is found in a long text as surely as a whole copy. MinHash
of whole documents does not give that. About one shingle in twelve becomes an anchor.
"""

from __future__ import annotations

import functools
import hashlib

import numpy as np
import numpy.typing as npt

from db.copies.similarity import (
    tokenise,
)

WINDOW_SHINGLES = 24  # a shared run is always found from 28 words, or 32 Chinese characters
MAX_ANCHORS = 256  # anchors of one text, from its beginning: about 3,000 words

_BITS = 47  # bits of a hash: six bytes in SQLite, and few collisions in a million articles


def compute_fingerprint(text: str) -> tuple[int, ...]:
    """Compute the anchors of a text in order, each in 0..2^47; () for a text shorter than one shingle.

    They depend only on the words: not on case, accents, punctuation or line breaks, nor on the machine.
    """
    reading = tokenise(text)
    if len(reading.words) < reading.width:
        return ()
    hashes = _shingle_hashes(reading.words, reading.width)
    windows = np.lib.stride_tricks.sliding_window_view(hashes, min(WINDOW_SHINGLES, len(hashes)))
    return tuple(dict.fromkeys(windows.min(axis=1).tolist()))[:MAX_ANCHORS]


def _shingle_hashes(words: tuple[str, ...], width: int) -> npt.NDArray[np.uint64]:
    """Hash each run of `width` words: a polynomial of the words' hashes, mixed by the finaliser of SplitMix64."""
    each = np.array([_word_hash(word) for word in words], dtype=np.uint64)
    count = len(words) - width + 1
    hashes = np.zeros(count, dtype=np.uint64)
    for start in range(width):  # unsigned: overflow wraps round
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + each[start : start + count]
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * np.uint64(factor)
    return (hashes ^ (hashes >> np.uint64(31))) >> np.uint64(64 - _BITS)


@functools.lru_cache(maxsize=20_000)
def _word_hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


BAND = 1  # marks the rows of this algorithm; another algorithm would take another number


def to_band_rows(fingerprint: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return a fingerprint as rows (band, hash) of the table `fingerprints`."""
    return [(BAND, anchor) for anchor in fingerprint]
