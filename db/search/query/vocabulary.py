"""The values that fields may have on a desk: outlets, countries, concepts. Any other value is a QueryError."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from sqlite_utils import Database

from db.i18n.concept_names import SQL_NAME_COLUMNS
from db.i18n.english_names import COUNTRY_NAMES, LANGUAGE_NAMES
from db.model.outlet_kind import OWNERSHIPS
from db.search.query.terms import Mistake
from db.search.query.tree import And, Field, Node, Not, Note, Or, QueryError, Words
from db.text.tokens import split_tokens

KINDS = (
    "state-media", "agency", "press", "regional", "think-tank", "research", "trade-press", "government",
    "association", "aggregator",
)  # fmt: skip
VERDICTS = ("relevant", "borderline")
TRAITS = ("copy", "original", "revision", "sponsored", "paywalled", *VERDICTS)  # of is:
_YES = {"yes": "yes", "si": "yes", "true": "yes", "1": "yes", "是": "yes"}
_NO = {"no": "no", "false": "no", "0": "no", "否": "no"}
_LANGUAGES = {
    "espanol": "es", "castellano": "es", "ingles": "en", "chino": "zh", "mandarin": "zh", "portugues": "pt",
    "中 文": "zh", "汉 语": "zh", "西 班 牙 语": "es", "英 语": "en",
} | {name.lower(): code for code, name in LANGUAGE_NAMES.items()}  # fmt: skip
SINGLE_VALUED_FIELDS = ("outlet", "country", "kind", "ownership", "lang", "verdict", "paywalled")
_LOWER = {
    "and": "AND", "or": "OR", "not": "NOT", "near": "NEAR", "O": "OR", "U": "OR", "Y": "AND", "NO": "NOT",
    "或": "OR", "和": "AND", "非": "NOT",
}  # fmt: skip
_LONGEST_NAME = 8  # words written one after another that may be a concept's name


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The values that a desk knows. Before the first crawl it is empty and accepts any outlet or concept."""

    outlets: Mapping[str, str] = field(default_factory=dict, repr=False)  # id → name
    countries: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset(LANGUAGE_NAMES)
    concepts: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)  # id → names

    @cached_property
    def outlet_names(self) -> dict[str, str]:
        """Ids by folded name and folded id."""
        return _by_name({id_: (name,) for id_, name in self.outlets.items()})

    @cached_property
    def concept_names(self) -> dict[str, str]:
        """Ids by folded name and folded id."""
        return _by_name(self.concepts)


def load_vocabulary(db: Database) -> Vocabulary:
    """Load the vocabulary of a news.db. The same object, as long as outlets and concepts are the same."""
    outlets = db.execute("SELECT id, name, country, languages FROM outlets ORDER BY id").fetchall()
    concepts = db.execute(f"SELECT id, {SQL_NAME_COLUMNS} FROM concepts ORDER BY id").fetchall()  # noqa: S608 -- columns
    return build_vocabulary(tuple(map(tuple, outlets)), tuple(map(tuple, concepts)))


@lru_cache(maxsize=4)
def build_vocabulary(
    outlets: tuple[tuple[str, str, str | None, str | None], ...],
    concepts: tuple[tuple[str, *tuple[str | None, ...]], ...],
) -> Vocabulary:
    """Build a vocabulary from (id, name, country, languages) of outlets and (id, names …) of concepts."""
    languages = {language for _, _, _, spoken in outlets for language in _spoken(spoken)}
    return Vocabulary(
        outlets={id_: name for id_, name, _, _ in outlets},
        countries=frozenset(country for _, _, country, _ in outlets if country),
        languages=frozenset(LANGUAGE_NAMES) | languages,
        concepts={id_: tuple(name for name in names if name) for id_, *names in concepts},
    )


def resolve_fields(tree: Node, vocabulary: Vocabulary, *, query: str) -> Node:
    """Return the tree with field values as the database writes them. Raises QueryError for an unknown value."""
    try:
        return _resolved(tree, vocabulary)
    except Mistake as unknown:
        message, at, hint = unknown.args
        raise QueryError(message, query=query, at=at, hint=hint) from None


def collect_notes(tree: Node, vocabulary: Vocabulary) -> tuple[Note, ...]:
    """Collect notes on a valid query: words that name a concept, words that look like operators."""
    found: list[Note] = []
    _note(tree, vocabulary, found)
    return tuple(sorted(dict.fromkeys(found), key=lambda note: note.at))


def _folded(text: str) -> str:
    return " ".join(split_tokens(text))


def _by_name(names: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return ids by folded id and name. An id goes before a name, and of two equal names the first counts."""
    found = {_folded(id_): id_ for id_ in names}
    for id_, called in names.items():
        for name in called:
            found.setdefault(_folded(name), id_)
    return found


def _spoken(languages: str | None) -> Iterator[str]:
    try:
        listed = json.loads(languages or "[]")
    except ValueError:
        return
    yield from (language for language in listed if isinstance(language, str)) if isinstance(listed, list) else ()


def _resolved(node: Node, vocabulary: Vocabulary) -> Node:
    if isinstance(node, Field):
        return _field(node, vocabulary)
    if isinstance(node, Not):
        return replace(node, part=_resolved(node.part, vocabulary))
    if isinstance(node, Or):
        return replace(node, parts=tuple(_resolved(part, vocabulary) for part in node.parts))
    if isinstance(node, And):
        parts = tuple(_resolved(part, vocabulary) for part in node.parts)
        _refuse_contradictions(parts)
        return replace(node, parts=parts)
    return node


def _refuse_contradictions(parts: tuple[Node, ...]) -> None:
    values: dict[str, str] = {}
    for part in parts:
        if isinstance(part, Field) and part.name in SINGLE_VALUED_FIELDS:
            other = values.setdefault(part.name, part.value)
            if other != part.value:
                name = part.name
                raise Mistake(
                    f"no article has {name}:{other} and {name}:{part.value} at once",
                    part.at,
                    f"write {name}:({other} OR {part.value})",
                )


def _field(node: Field, vocabulary: Vocabulary) -> Field:
    value = _folded(node.value)
    hyphened = value.replace(" ", "-")
    if node.name == "is":
        trait = _one_of(node, hyphened, TRAITS)
        if trait in VERDICTS:
            return replace(node, name="verdict", value=trait)
        return replace(node, name="paywalled", value="yes") if trait == "paywalled" else replace(node, value=trait)
    if node.name == "paywalled":
        return replace(node, value=_one_of(node, (_YES | _NO).get(value, value), ("yes", "no")))
    if node.name in ("kind", "ownership", "verdict"):
        known = {"kind": KINDS, "ownership": OWNERSHIPS, "verdict": VERDICTS}[node.name]
        return replace(node, value=_one_of(node, hyphened, known))
    if node.name == "lang":
        code = _LANGUAGES.get(value, value.split(" ")[0])
        return replace(node, value=_one_of(node, code, sorted(vocabulary.languages)))
    if node.name == "country":
        names = {_folded(name): code for code, name in COUNTRY_NAMES.items()}
        code = names.get(value, node.value.strip().upper())
        if vocabulary.countries and code not in vocabulary.countries:
            raise _unknown(node, f'no outlet of this desk is in "{node.value[:40]}"', sorted(vocabulary.countries), {})
        return replace(node, value=code)
    known_names = vocabulary.outlet_names if node.name == "outlet" else vocabulary.concept_names
    if not known_names:
        return replace(node, value=hyphened)
    if value not in known_names:
        raise _unknown(
            node, f'there is no {node.name} "{node.value[:40]}"', sorted(set(known_names.values())), known_names
        )
    return replace(node, value=known_names[value])


def _one_of(node: Field, value: str, known: Iterable[str]) -> str:
    known = list(known)
    if value not in known:
        raise _unknown(node, f'{node.name}: is never "{node.value[:40]}"', known, {})
    return value


def _unknown(node: Field, message: str, known: list[str], names: Mapping[str, str]) -> Mistake:
    """Build a Mistake that suggests the nearest values: by letters, or by a word that they share."""
    value = _folded(node.value)[:60]
    called = names or {_folded(value): value for value in known}
    inside = [id_ for name, id_ in called.items() if f" {value} " in f" {name} "]
    near = [called[name] for name in difflib.get_close_matches(value, list(called), n=3, cutoff=0.6)]
    nearest = list(dict.fromkeys(near + inside))[:3]
    if nearest:
        hint = f"did you mean {' or '.join(f'{node.name}:{near}' for near in nearest)}?"
    elif len(known) <= 12:
        hint = f"write one of {', '.join(known)}"
    else:
        hint = f"write one of {', '.join(known[:8])} … ({len(known)} in all)"
    return Mistake(message, node.at, hint)


def _note(node: Node, vocabulary: Vocabulary, found: list[Note]) -> None:
    if isinstance(node, Not):
        return  # a word under NOT is not meant as a concept
    parts = node.parts if isinstance(node, And | Or) else (node,)
    at = 0
    while at < len(parts):
        part = parts[at]
        if isinstance(part, Words):
            if isinstance(node, And) and part.bare and part.text in _LOWER:
                operator = _LOWER[part.text]
                text = f'"{part.text}" is looked for as a word; the operator is {operator}'
                found.append(Note(text, part.at, part.end, operator if 0 < at < len(parts) - 1 else ""))
            at += _named(parts[at : at + _LONGEST_NAME] if isinstance(node, And) else (part,), vocabulary, found)
        else:
            if isinstance(part, And | Or):
                _note(part, vocabulary, found)
            at += 1


def _named(parts: Sequence[Node], vocabulary: Vocabulary, found: list[Note]) -> int:
    """Note the longest name of a concept that the parts begin with. Return how many parts it takes, at least one."""
    run: list[str] = []
    words: list[Words] = []
    named: tuple[int, str] | None = None
    for part in parts:
        # A name continues only with the word directly after: between other parts of an AND there may have been words.
        if not isinstance(part, Words) or part.is_prefix or part.title or (words and part.at - words[-1].end > 1):
            break
        words.append(part)
        run += split_tokens(part.text)
        if id_ := vocabulary.concept_names.get(" ".join(run)):
            named = (len(words), id_)
    if named is None:
        return 1
    size, id_ = named
    name = " ".join(part.text for part in words[:size])
    text = f'"{name}" is a concept: concept:{id_} finds it by its names in all languages'
    found.append(Note(text, words[0].at, words[size - 1].end, f"concept:{id_}"))
    return size


__all__ = ["Vocabulary", "build_vocabulary", "collect_notes", "load_vocabulary", "resolve_fields"]
