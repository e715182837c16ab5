"""Read the articles on a concept and compare what groups of outlets write of it. Bounded, and kept for an hour."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.coverage.framing import TermDifference, TermSet, compare_terms, find_words
from db.coverage.groups import OutletGroup
from db.site.components.coverage import find_group
from db.site.page_context import PageContext
from db.site.queries.articles import CONCEPTS_OF
from db.site.queries.concept_rows import ARTICLE_TEXTS, CONCEPT_ARTICLES, ArticleText

MAX_GROUP_ARTICLES = 100  # of a group in a language, the newest
MAX_FRAMED_ARTICLES = 600
_TEXTS_AT_ONCE = 200  # so that no statement takes long


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTerms:
    """What a group has more often than others; `language` "" for concepts, else of the words."""

    group: OutletGroup
    language: str
    terms: tuple[TermDifference, ...]
    surfaces: Mapping[str, str]  # of words: as they are usually written


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """The comparison of the groups that write of a concept. `articles` were read, the oldest from `since`."""

    made_at: dt.datetime
    articles: int
    since: str
    groups: Mapping[OutletGroup, int]  # originals of each group that were read
    words: tuple[GroupTerms, ...]
    concepts: tuple[GroupTerms, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _FramedArticle:
    id: int
    outlet: str
    group: OutletGroup
    language: str
    moment: str


async def make_framing(context: PageContext, concept: str) -> Framing:
    """Compare what groups write of a concept. Raises TooSlowError."""
    outlets = await context.outlets()
    chosen: list[_FramedArticle] = []
    taken: Counter[tuple[OutletGroup, str]] = Counter()
    for row in await context.read(CONCEPT_ARTICLES, {"concept": concept}):
        if row["original"] is not None or len(chosen) >= MAX_FRAMED_ARTICLES:
            continue
        group, language = find_group(outlets, row["outlet"]), row["language"] or ""
        taken[group, language] += 1
        if taken[group, language] <= MAX_GROUP_ARTICLES:
            chosen.append(
                _FramedArticle(id=row["id"], outlet=row["outlet"], group=group, language=language, moment=row["moment"])
            )
    ids = [article.id for article in chosen]
    texts: dict[int, ArticleText] = {}
    for start in range(0, len(ids), _TEXTS_AT_ONCE):
        part = json.dumps(ids[start : start + _TEXTS_AT_ONCE])
        texts |= {row["id"]: row for row in await context.read(ARTICLE_TEXTS, {"ids": part})}
    mentions = await context.read_by_id(CONCEPTS_OF, ids)
    named = {id_: frozenset(row["concept"] for row in rows) - {concept} for id_, rows in mentions.items()}
    words, concepts = await asyncio.to_thread(_compare_groups, chosen, texts, named)
    return Framing(
        made_at=context.now,
        articles=len(chosen),
        since=min((article.moment for article in chosen), default=""),
        groups=Counter(article.group for article in chosen),
        words=words,
        concepts=concepts,
    )


def _compare_groups(
    articles: Sequence[_FramedArticle], texts: Mapping[int, ArticleText], named: Mapping[int, frozenset[str]]
) -> tuple[tuple[GroupTerms, ...], tuple[GroupTerms, ...]]:
    """Return the words of each language and the concepts by which groups differ."""
    by_language: defaultdict[str, defaultdict[OutletGroup, list[TermSet]]] = defaultdict(lambda: defaultdict(list))
    concepts: defaultdict[OutletGroup, list[TermSet]] = defaultdict(list)
    written: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for article in articles:
        concepts[article.group].append(TermSet(outlet=article.outlet, terms=named.get(article.id, frozenset())))
        if article.language and article.id in texts:
            text = texts[article.id]
            words = find_words(f"{text['title']}\n{text['text']}", article.language)
            for word, surface in words.items():
                written[word][surface] += 1
            by_language[article.language][article.group].append(TermSet(outlet=article.outlet, terms=frozenset(words)))
    found = [
        GroupTerms(
            group=group,
            language=language,
            terms=tuple(terms),
            surfaces={one.term: written[one.term].most_common(1)[0][0] for one in terms},
        )
        for language in sorted(by_language)
        for group, terms in sorted(compare_terms(by_language[language]).items())
    ]
    others = [
        GroupTerms(group=group, language="", terms=tuple(terms), surfaces={})
        for group, terms in sorted(compare_terms(concepts).items())
    ]
    return tuple(found), tuple(others)
