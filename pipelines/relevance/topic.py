"""Load a topic file: concepts, their names in each language, and their side."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from db.i18n.languages import LANGUAGES, Language
from db.text.folding import clean
from pipelines.relevance.name_matcher import NameMatcher, TopicName
from pipelines.relevance.prefilter_names import SideFinder

TOPICS_FOLDER = Path(__file__).parent / "topics"

SideName = Literal["a", "b", "both", "none"]


def _is_name(value: str) -> str:
    if not clean(value).strip():
        raise ValueError("an empty name; write one or remove it")
    return value


NameList = tuple[Annotated[str, AfterValidator(_is_name)], ...]


class TopicError(Exception):
    """The topic file is not valid. The message is one line: file, place, remedy."""


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
    matcher: NameMatcher = field(repr=False, compare=False)
    sides: SideFinder = field(repr=False, compare=False)

    def concept(self, id: str) -> Concept:  # noqa: A002 - the topic file's own word
        """Return the concept with that id. Raises KeyError if there is none."""
        for concept in self.concepts:
            if concept.id == id:
                return concept
        raise KeyError(id)

    def is_mentioned_in(self, text: str) -> bool:
        """True if the text names a concept of the topic, in any language."""
        return any(hit.name.role == "concept" for hit in self.matcher.find(clean(text), language=None))


class _Names(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    en: NameList = ()
    es: NameList = ()
    zh: NameList = ()

    def by_language(self) -> dict[str, tuple[str, ...]]:
        return {language: getattr(self, language) for language in LANGUAGES}


class _Concept(_Names):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    label: dict[Language, Annotated[str, Field(min_length=1)]] = {}
    kind: str = Field(min_length=1)
    side: SideName
    tells: Literal["strong", "weak"] = "strong"
    shown: bool = True


class _Signal(_Names):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    kind: str = Field(min_length=1)


class _Side(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    countries: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...] = Field(min_length=1)


class _Sides(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    a: _Side
    b: _Side


class _About(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str = Field(min_length=1)


class _Common(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    homonyms: _Names = _Names()
    countries: dict[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], _Names] = {}
    signal: tuple[_Signal, ...] = ()


class _File(_Common):
    include: tuple[str, ...] = ()
    topic: _About
    sides: _Sides
    concept: tuple[_Concept, ...] = Field(min_length=1)
    agencies: _Names = _Names()


@functools.lru_cache(maxsize=8)
def load_topic(name_or_path: str | Path) -> Topic:
    """Load a shipped topic by its name ("china_peru") or a topic file by its path.

    Raises TopicError if there is none or it is not valid.
    """
    path = _path(name_or_path)
    file = _parse(_File, path)
    parts = [_parse(_Common, _included(path, name)) for name in file.include] + [file]
    seen: set[str] = set()
    for concept in file.concept:
        if concept.id in seen:
            raise TopicError(f'{path}: two concepts have the id "{concept.id}"; give one of them another')
        seen.add(concept.id)
        if not any(concept.by_language().values()):
            raise TopicError(f'{path}: concept "{concept.id}" has no names; add {_any_language()} = ["…"]')
    concepts = tuple(
        Concept(
            id=concept.id,
            kind=concept.kind,
            side=concept.side,
            strong=concept.tells == "strong",
            shown=concept.shown,
            names=concept.by_language(),
            labels=dict(concept.label),
        )
        for concept in file.concept
    )
    a, b = file.sides.a, file.sides.b
    names = tuple(_names(file, parts, {*a.countries, *b.countries}))
    return Topic(
        id=file.topic.id,
        name=file.topic.name,
        a=Side(name=a.name, countries=a.countries),
        b=Side(name=b.name, countries=b.countries),
        concepts=concepts,
        matcher=NameMatcher(names),
        sides=SideFinder(names),
    )


def _names(file: _File, parts: list[_Common], ours: set[str]) -> Iterator[TopicName]:
    def named(
        names: _Names, role: str, owner: str, side: str = "none", strong: bool = True, kind: str = ""
    ) -> Iterator[TopicName]:
        for language, texts in names.by_language().items():
            for text in texts:
                yield TopicName(
                    text=text, language=language, role=role, owner=owner, side=side, strong=strong, kind=kind
                )

    yield from named(file.agencies, "mask", "agency")
    for concept in file.concept:
        yield from named(concept, "concept", concept.id, concept.side, concept.tells == "strong", concept.kind)
    for part in parts:
        yield from named(part.homonyms, "mask", "homonym")
        for code, country in part.countries.items():
            if code not in ours:
                yield from named(country, "country", code)
        for signal in part.signal:
            yield from named(signal, "signal", signal.id, kind=signal.kind)


def _any_language() -> str:
    """Return the languages of names as the topic file writes them: en, es or zh."""
    *others, last = LANGUAGES
    return f"{', '.join(others)} or {last}"


def _path(name_or_path: str | Path) -> Path:
    if isinstance(name_or_path, str) and "/" not in name_or_path and not name_or_path.endswith(".toml"):
        path = TOPICS_FOLDER / f"{name_or_path}.toml"
        if not path.is_file():
            shipped = ", ".join(sorted(file.stem for file in TOPICS_FOLDER.glob("*.toml") if file.stem != "common"))
            raise TopicError(f'no topic "{name_or_path}"; shipped: {shipped}; name your own file by its path')
        return path
    return Path(name_or_path)


def _included(path: Path, name: str) -> Path:
    beside = path.parent / f"{name}.toml"
    return beside if beside.is_file() else TOPICS_FOLDER / f"{name}.toml"


def _parse(model: type[Any], path: Path) -> Any:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TopicError(f"{path}: no such file; name a shipped topic or the path of a topic file") from error
    except tomllib.TOMLDecodeError as error:
        raise TopicError(f"{path}: not TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise TopicError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from error
    except OSError as error:
        raise TopicError(f"{path}: {error.strerror}; check the path and its permissions") from error
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise TopicError(f"{path}: {_sentence(error, raw)}") from error


def _sentence(error: ValidationError, raw: Mapping[str, Any]) -> str:
    problem = error.errors()[0]
    place = list(problem["loc"])
    words: list[str] = []
    if place and place[0] in {"concept", "signal"} and len(place) > 1 and isinstance(place[1], int):
        row = raw[str(place[0])][place[1]]
        words.append(f'{place[0]} "{row.get("id", place[1] + 1)}"' if isinstance(row, dict) else str(place[0]))
        place = place[2:]
    words.extend(str(part) for part in place)
    remedy = {
        "extra_forbidden": "no such key; remove it or mend its spelling",
        "missing": "is missing; add it",
    }.get(problem["type"], problem["msg"])
    return f"{' · '.join(words)}: {remedy}".replace("\n", " ")
