"""From which version of a text a copy was taken: the nearest earlier one, by the sentences that it kept. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from db.copies.similarity import tokenise
from db.text.sentences import iter_sentences

MAX_VERSION_SENTENCES = 400  # of one text, from its beginning
MAX_VERSION_CHARACTERS = 100_000
_MIN_WORDS = 3  # of a sentence that counts; a Chinese character counts as a word


@dataclass(frozen=True, slots=True, kw_only=True)
class TextVersion:
    """One article of a group of copies, as it is compared.

    minute: when it was published, as YYYY-MM-DDTHH:MM. is_exact: False if its page gave a day alone or no date.
    """

    article: int
    minute: str
    is_exact: bool
    sentences: frozenset[int] = field(repr=False)

    def is_surely_before(self, other: TextVersion) -> bool:
        """True if both minutes are known and this one is earlier. Only then may one be said to be taken from it."""
        return self.is_exact and other.is_exact and self.minute < other.minute

    def may_be_before(self, other: TextVersion) -> bool:
        """True unless it is known to be later."""
        return not other.is_surely_before(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySource:
    """What a copy has in common with another version. Numbers are of sentences.

    is_sure: the other version was published earlier, by the minute. Else the two have sentences in common, and nobody
    knows who took them from whom.
    """

    source: int
    kept: int
    cut: int  # of the source, which the copy lacks
    added: int  # of the copy's own
    is_sure: bool


def hash_sentences(text: str) -> tuple[int, ...]:
    """Return a number of each sentence of a text, 0..2^63, without case, accents and punctuation; each once."""
    return tuple(dict.fromkeys(key for key, _ in list_sentence_keys(text)))


def list_sentence_keys(text: str) -> list[tuple[int, str]]:
    """Return the sentences of a text that count, each with its number."""
    keyed = []
    for piece in islice(iter_sentences(text[:MAX_VERSION_CHARACTERS]), MAX_VERSION_SENTENCES):
        sentence = piece.strip()
        words = tokenise(sentence).words
        if len(words) >= _MIN_WORDS:
            digest = hashlib.blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=8).digest()
            keyed.append((int.from_bytes(digest, "little") >> 1, sentence))
    return keyed


def choose_source(copy: TextVersion, others: Iterable[TextVersion], *, root: int) -> CopySource | None:
    """Return the version that a copy is nearest to among those that may be earlier; None if there is none.

    Of several, it is the one of which most sentences were kept, then fewest cut, then one that is surely earlier, then
    the earliest, then the first of `others`. Where no sentence was kept whole, it is the group's original, `root`.
    """
    candidates = [other for other in others if other.article != copy.article and other.may_be_before(copy)]
    best = min(
        candidates,
        key=lambda other: (
            -len(copy.sentences & other.sentences),
            len(other.sentences) if other.sentences & copy.sentences else other.article != root,
            not other.is_surely_before(copy),
            other.minute,
        ),
        default=None,
    )
    return None if best is None else compare_with_source(copy, best)


def compare_with_source(copy: TextVersion, other: TextVersion) -> CopySource:
    """Count what a copy kept, cut and added of another version."""
    kept = len(copy.sentences & other.sentences)
    return CopySource(
        source=other.article,
        kept=kept,
        cut=len(other.sentences) - kept,
        added=len(copy.sentences) - kept,
        is_sure=other.is_surely_before(copy),
    )
