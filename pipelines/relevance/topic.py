"""Load a topic file: concepts, their names in each language, and their side."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from db.i18n.languages import LANGUAGES
from db.text.folding import clean
from pipelines.figures.figure_measures import Measures
from pipelines.figures.figure_reading import NamedConcept
from pipelines.figures.measure_file import MeasureFile
from pipelines.relevance.name_matcher import HOME, TITLE, NameMatcher, TopicName
from pipelines.relevance.prefilter_names import SideFinder
from pipelines.relevance.topic_file import (
    FIRST_TOPIC,
    TOPICS_FOLDER,
    CommonFile,
    ConceptEntry,
    NamesEntry,
    SideName,
    TopicError,
    TopicFile,
    find_included_file,
    find_topic_file,
    parse_file,
)

MEASURES_NAME = "measures"  # of the file beside a topic that says what figures measure
_SIDES_AS_WITNESS = {"@a": "a", "@b": "b"}  # among the words of a `witness`: any other name of that side


class TopicPlace(NamedTuple):
    """Where a desk's topic is: a shipped name or the path of a file, and the folder for what the desk has learned."""

    file: str
    learned: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two parties of the relation."""

    name: str
    countries: tuple[str, ...]  # ISO 3166 alpha-2; outlets of these countries are at home on this side


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A company, person, place or other thing with names.

    `side` is the side that it belongs to. `strong` is True if a name of it is enough to name that side.
    """

    id: str
    kind: str  # company, port, mine, person, agreement, crop, institution, place, country …
    side: SideName
    strong: bool = True
    many: bool = False  # whether it stands for many things
    shown: bool = True  # whether its mentions are kept with an article
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)  # by language
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)  # what readers see, by language

    def label(self, language: str) -> str | None:
        """Return the label in that language, or else the first name; None if it has neither."""
        return self.labels.get(language) or next(iter(self.names.get(language, ())), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """The relation that a desk watches. Frozen; `load_topic` builds it."""

    id: str
    name: str
    a: Side
    b: Side
    concepts: tuple[Concept, ...] = field(repr=False)
    many: frozenset[str] = field(repr=False)  # ids of concepts that stand for many things
    matcher: NameMatcher = field(repr=False, compare=False)
    sides: SideFinder = field(repr=False, compare=False)
    meant: frozenset[str] = field(default=frozenset(), repr=False)  # names that are ordinary words and meant so
    witnesses: NameMatcher = field(repr=False, compare=False)  # words that tell what doubtful names mean
    measures: Measures = field(repr=False, compare=False)  # what figures may measure
    learned_in: tuple[Path, ...] = field(default=(), repr=False, compare=False)  # folders, the desk's own first
    starts_from: Path = field(default=TOPICS_FOLDER / FIRST_TOPIC, repr=False, compare=False)

    def concept(self, id: str) -> Concept:  # noqa: A002 - the topic file's own word
        """Return the concept with that id. Raises KeyError if there is none."""
        for concept in self.concepts:
            if concept.id == id:
                return concept
        raise KeyError(id)

    def name_concepts(self, text: str, language: str | None) -> list[NamedConcept]:
        """Return the concepts that a cleaned text names, in order; those that stand for many things without an id."""
        return [
            NamedConcept(match.start, "" if match.name.owner in self.many else match.name.owner, match.name.kind)
            for match in self.matcher.find(text, language=language)
            if match.name.role == "concept"
        ]

    def is_mentioned_in(self, text: str) -> bool:
        """True if the text names a concept of the topic, in any language."""
        return any(hit.name.role == "concept" for hit in self.matcher.find(clean(text), language=None))


@functools.lru_cache(maxsize=8)
def load_topic(place: str | Path | TopicPlace) -> Topic:
    """Load a shipped topic by its name or a topic file by its path.

    Raises TopicError if there is none or it is not valid.
    """
    name, learned = place if isinstance(place, TopicPlace) else (place, None)
    path = find_topic_file(name)
    shipped = path.with_suffix("") if path.parent == TOPICS_FOLDER else None
    file = parse_file(TopicFile, path)
    parts = [parse_file(CommonFile, find_included_file(path, name)) for name in file.include] + [file]
    entries = tuple(concept for part in parts for concept in part.concept)
    seen: set[str] = set()
    for concept in entries:
        if concept.id in seen:
            raise TopicError(f'{path}: two concepts have the id "{concept.id}"; give one of them another')
        seen.add(concept.id)
        if not any(concept.by_language().values()) and not any(concept.doubtful.by_language().values()):
            raise TopicError(f'{path}: concept "{concept.id}" has no names; add {_any_language()} = ["…"]')
    concepts = tuple(
        Concept(
            id=concept.id,
            kind=concept.kind,
            side=concept.side,
            strong=concept.tells == "strong",
            shown=concept.shown,
            many=concept.many,
            names=_all_names(concept),
            labels=dict(concept.label),
        )
        for concept in entries
    )
    a, b = file.sides.a, file.sides.b
    names = tuple(_names(parts, {*a.countries, *b.countries}))
    return Topic(
        id=file.topic.id,
        name=file.topic.name,
        a=Side(name=a.name, countries=a.countries),
        b=Side(name=b.name, countries=b.countries),
        concepts=concepts,
        many=frozenset(concept.id for concept in concepts if concept.many),
        matcher=NameMatcher(names),
        sides=SideFinder(names),
        meant=frozenset(file.topic.meant).union(*(part.meant for part in parts)),
        witnesses=NameMatcher(tuple(_witnesses(entries))),
        measures=Measures(parse_file(MeasureFile, find_included_file(path, MEASURES_NAME))),
        learned_in=tuple(folder for folder in (learned and Path(learned), shipped) if folder),
    )


def _all_names(concept: ConceptEntry) -> dict[str, tuple[str, ...]]:
    doubtful = concept.doubtful.by_language()
    return {language: (*names, *doubtful[language]) for language, names in concept.by_language().items()}


def _witnesses(entries: Iterable[ConceptEntry]) -> Iterator[TopicName]:
    owners: dict[tuple[str, str], list[str]] = {}
    for concept in entries:
        for language, texts in concept.witness.by_language().items():
            for text in texts:
                if text not in _SIDES_AS_WITNESS:
                    owners.setdefault((language, text), []).append(concept.id)
    for (language, text), ids in owners.items():
        yield TopicName(text=text, language=language, role="witness", owner=" ".join(ids))


def _names(parts: list[CommonFile], ours: set[str]) -> Iterator[TopicName]:
    def named(
        names: NamesEntry, role: str, owner: str, side: str = "none", tells: str = "strong", kind: str = ""
    ) -> Iterator[TopicName]:
        for language, texts in names.by_language().items():
            for text in texts:
                yield TopicName(
                    text=text,
                    language=language,
                    role=role,
                    owner=owner,
                    side=side,
                    strong=tells == "strong",
                    is_hint=tells == "hint",
                    is_faint=tells == "faint",
                    kind=kind,
                )

    for part in parts:
        yield from named(part.agencies, "mask", "agency")
        for concept in part.concept:
            yield from named(concept, "concept", concept.id, concept.side, concept.tells, concept.kind)
            yield from _doubtful_names(concept)
        yield from named(part.homonyms, "mask", "homonym")
        yield from named(part.home, HOME, "home")
        yield from named(part.titles, TITLE, "title")
        for code, country in part.countries.items():
            if code not in ours:
                yield from named(country, "country", code)
        for signal in part.signal:
            yield from named(signal, "signal", signal.id, kind=signal.kind)


def _doubtful_names(concept: ConceptEntry) -> Iterator[TopicName]:
    for language in LANGUAGES:
        texts = getattr(concept.doubtful, language)
        listed = [text for text in getattr(concept.witness, language) if text in _SIDES_AS_WITNESS]
        sides = tuple(_SIDES_AS_WITNESS[text] for text in listed) or (concept.side,)
        for text in texts:
            yield TopicName(
                text=text,
                language=language,
                role="concept",
                owner=concept.id,
                side=concept.side,
                strong=concept.tells == "strong",
                kind=concept.kind,
                is_doubtful=True,
                witnessed_by=sides,
                alone=concept.alone.get(language, ""),
            )


def _any_language() -> str:
    """Return the languages of names as the topic file writes them: en, es or zh."""
    *others, last = LANGUAGES
    return f"{', '.join(others)} or {last}"
