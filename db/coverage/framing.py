"""Find the words and concepts by which groups of outlets differ. Pure.

For each term the number of articles that have it is compared between a group and all others: log-odds with an
informative Dirichlet prior, and its z-score (Monroe, Colaresi and Quinn 2008, Fightin' Words, 3.3.1 and 3.5.1).
Articles are counted, not occurrences, so that one article that repeats a word makes no difference. The prior is what
all articles have, so that rare terms need more evidence. A term that only one outlet of the group has is its style, not
the group's.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

from db.coverage.groups import OutletGroup
from db.text.chinese_variants import TO_SIMPLIFIED
from db.text.scripts import has_han
from db.text.tokens import TOKEN, fold_token
from db.text.word_segmentation import load_segmenter

MIN_GROUP_ARTICLES = 20  # of a group, and of all others together
MIN_TERM_ARTICLES = 3  # of the group, that have the term
MIN_TERM_OUTLETS = 2
MAX_COMMON_SHARE = 0.6  # of articles; what more have, in the group and elsewhere, is not compared
MIN_Z = 2.5
MAX_TERMS = 12  # of a group
_MIN_LETTERS = 3  # of a word that is not Chinese
_MIN_CHARACTERS = 2  # of a Chinese word


@dataclass(frozen=True, slots=True, kw_only=True)
class TermSet:
    """The different terms of an article."""

    outlet: str
    terms: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermDifference:
    """A term that a group's articles have more often: `articles` of `articles_of`, and `others` of `others_of`."""

    term: str
    articles: int
    articles_of: int
    others: int
    others_of: int
    z: float


def find_words(text: str, language: str | None) -> dict[str, str]:
    """Return the words of a text: as they are compared (case and accents folded) → as they were first written.

    Chinese is cut into words. Numbers and very short words are left out.
    """
    text = unicodedata.normalize("NFKC", text)
    if language == "zh":
        words = load_segmenter().split_words(text.translate(TO_SIMPLIFIED))
        return {word: word for word in words if len(word) >= _MIN_CHARACTERS and has_han(word)}
    found: dict[str, str] = {}
    for match in TOKEN.finditer(text):
        word = match.group()
        if len(word) >= _MIN_LETTERS and word.isalpha() and not has_han(word):
            found.setdefault(fold_token(word), word.lower())
    return found


def compare_terms(articles: Mapping[OutletGroup, Sequence[TermSet]]) -> dict[OutletGroup, list[TermDifference]]:
    """Return what each group has more often than all others, the clearest first.

    Groups with fewer than MIN_GROUP_ARTICLES are only among the others.
    """
    counts = {group: Counter(_iter_terms(listed)) for group, listed in articles.items()}
    total: Counter[str] = Counter()
    for counted in counts.values():
        total.update(counted)
    number = sum(map(len, articles.values()))
    found = {}
    for group, listed in articles.items():
        if min(len(listed), number - len(listed)) < MIN_GROUP_ARTICLES:
            continue
        outlets: defaultdict[str, set[str]] = defaultdict(set)
        for article in listed:
            for term in article.terms:
                outlets[term].add(article.outlet)
        differences = _compare(counts[group], total, own=len(listed), others=number - len(listed))
        kept = [one for one in differences if len(outlets[one.term]) >= MIN_TERM_OUTLETS]
        found[group] = sorted(kept, key=lambda one: (-one.z, one.term))[:MAX_TERMS]
    return found


def _iter_terms(articles: Sequence[TermSet]) -> Iterable[str]:
    return (term for article in articles for term in article.terms)


def _compare(counted: Counter[str], total: Counter[str], *, own: int, others: int) -> Iterable[TermDifference]:
    """Yield the terms that the group has more often with a z-score of MIN_Z."""
    size, rest_size, all_size = counted.total(), total.total() - counted.total(), total.total()
    weight = min(size, rest_size)  # of the prior, in terms of articles
    if not weight:  # one side has no terms at all: nothing to compare with
        return
    for term, n in counted.items():
        rest = total[term] - n
        is_common = n > MAX_COMMON_SHARE * own and rest > MAX_COMMON_SHARE * others
        if n < MIN_TERM_ARTICLES or is_common or n * others <= rest * own:
            continue
        prior = weight * total[term] / all_size
        odds = (n + prior) / (size + weight - n - prior)
        rest_odds = (rest + prior) / (rest_size + weight - rest - prior)
        z = log(odds / rest_odds) / sqrt(1 / (n + prior) + 1 / (rest + prior))
        if z >= MIN_Z:
            yield TermDifference(term=term, articles=n, articles_of=own, others=rest, others_of=others, z=z)
