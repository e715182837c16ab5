"""Feedback on the words of the search box, in the reader's language: mistakes and suggestions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from db.news.outlets import OutletRow
from db.search import query
from db.search.plain_query import count_plain_prefixes
from db.search.query import Query, QueryError
from db.search.query.tree import And, Node, Words
from db.site.filters.arguments import SearchArguments, build_address
from db.site.page_context import ShownConcept
from db.site.wording import SiteWording


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A query that may be meant instead, with a sentence about it and its address."""

    text: str
    href: str
    label: str


@dataclass(frozen=True, slots=True)
class QueryFeedback:
    """How the words were read. If they are not a valid query, they are searched as plain words; `mistake` says why."""

    query: Query | None = None
    marked: str = ""  # words to mark in the found articles
    mistake: str = ""
    place: tuple[str, str] = ("", "")  # the text before the mistake, and from the mistake on
    offers: tuple[Suggestion, ...] = ()
    either: Suggestion | None = None  # the plain words joined by OR
    mended: tuple[Suggestion, ...] = ()  # corrected queries, if the error suggests any
    cut: str = ""  # what was not looked for


def make_vocabulary(outlets: Mapping[str, OutletRow], concepts: Mapping[str, ShownConcept]) -> query.Vocabulary:
    """Make the vocabulary of the outlets and concepts of a page."""
    return query.build_vocabulary(
        tuple((id_, row["name"], row["country"], row["languages"]) for id_, row in outlets.items()),
        tuple((id_, *concept.names.values()) for id_, concept in concepts.items()),
    )


def read_words(
    given: SearchArguments,
    *,
    outlets: Mapping[str, OutletRow],
    concepts: Mapping[str, ShownConcept],
    wording: SiteWording,
) -> QueryFeedback:
    """Read the words in the arguments of an address (read_arguments)."""
    words = given.get("q", "")
    if not words:
        return QueryFeedback()
    vocabulary = make_vocabulary(outlets, concepts)
    try:
        meant = query.read_query(words, vocabulary, ranked=given.get("sort") == "rank")
    except QueryError as error:
        mended = tuple(
            Suggestion("", build_address(given, q=one), one) for one in _mended(error) if _is_query(one, vocabulary)
        )
        return QueryFeedback(
            mistake=describe_mistake(error.message, error.hint, wording),
            place=error.around(),
            mended=mended,
            cut=_describe_cut(count_plain_prefixes(words), wording),
        )
    offers = tuple(
        Suggestion(translate_message(note.text, wording), build_address(given, q=note.applied(words)), note.instead)
        for note in query.collect_notes(meant.tree, vocabulary)
    )
    read, prefix_count = query.limit_prefixes(meant)
    return QueryFeedback(
        read,
        query.words_to_mark(words, vocabulary),
        offers=offers,
        either=_either(given, meant.tree),
        cut=_describe_cut(prefix_count, wording),
    )


def _describe_cut(prefix_count: int, wording: SiteWording) -> str:
    """Say that a query has more prefixes than a page looks up; "" if it has not."""
    most = query.MAX_QUERY_PREFIXES
    return wording("front.cut", most=most, n=prefix_count) if prefix_count > most else ""


def _either(given: SearchArguments, tree: Node) -> Suggestion | None:
    words = tree.parts if isinstance(tree, And) else ()
    if not words or not all(isinstance(word, Words) and word.bare and not word.title for word in words):
        return None
    text = " OR ".join(given["q"][word.at : word.end] for word in words if isinstance(word, Words))
    return Suggestion("", build_address(given, q=text), text)


_MAX_SENTENCE_CHARACTERS = 500  # of a mistake's sentence; a longer one holds much of a query and stays English
_MEANT = "did you mean "
_FIELD = re.compile(r"[^\s:：]+\s*[:：]")
_VALUE = re.compile(r'"[^"]*"|[^\s()]+')


def _mended(error: QueryError) -> list[str]:
    """Return the query with each field or value that the error suggests in place of the wrong one."""
    if not error.hint.startswith(_MEANT):
        return []
    found = []
    for meant in error.hint.removeprefix(_MEANT).removesuffix("?").split(" or "):
        name, _, value = meant.partition(":")
        if wrong := (_VALUE if value else _FIELD).match(error.query, error.at):
            found.append(error.query[: error.at] + (value or f"{name}:") + error.query[wrong.end() :])
    return found


def _is_query(words: str, vocabulary: query.Vocabulary) -> bool:
    try:
        query.read_query(words, vocabulary)
    except QueryError:
        return False
    return True


@lru_cache
def load_translations() -> list[tuple[re.Pattern[str], dict[str, str]]]:
    """(pattern of an English sentence, its translations by language) of db/i18n/locales/site/queries.toml."""
    table = tomllib.loads((SiteWording.folder / "queries.toml").read_text("utf-8"))["said"]
    return [
        (re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(row["en"])), re.DOTALL), row) for row in table
    ]


def translate_message(sentence: str, wording: SiteWording) -> str:
    """Translate a sentence of db.search.query, or a part of one. One without a translation stays English."""
    if wording.language == "en" or len(sentence) > _MAX_SENTENCE_CHARACTERS:
        return sentence
    for pattern, translations in load_translations():
        if match := pattern.fullmatch(sentence):
            translation = translations.get(wording.language)
            return translation.format(**match.groupdict()) if translation else sentence
    return sentence


def describe_mistake(message: str, hint: str, wording: SiteWording) -> str:
    """Join a mistake and its remedy into one sentence with its full stop."""
    parts = [translate_message(part, wording) for part in (message, hint) if part]
    text = wording("signs.semicolon").join(parts)
    return text if text.endswith(("?", "？")) else text + wording("signs.stop")
