"""Outlets and concepts (news.db), which the other tables refer to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypedDict

from sqlite_utils import Database

from db.i18n.concept_names import CONCEPT_NAME_COLUMNS
from db.i18n.languages import LANGUAGES


class OutletRow(TypedDict):
    """A row of `outlets`. `languages` is a list of codes with commas. Taken off the desk, it may have only a name."""

    id: str
    name: str
    home: str | None
    country: str | None
    languages: str | None
    kind: str | None
    ownership: str | None
    ownership_source: str | None


class _ConfiguredOutlet(Protocol):
    """An outlet of the desk's configuration (crawler.config.outlet)."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def home(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def languages(self) -> Sequence[str]: ...
    @property
    def kind(self) -> str: ...
    @property
    def ownership(self) -> str | None: ...
    @property
    def ownership_source(self) -> str | None: ...


class _TopicConcept(Protocol):
    """A concept of the topic (pipelines.relevance.topic)."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def side(self) -> str: ...
    @property
    def names(self) -> Mapping[str, tuple[str, ...]]: ...
    def label(self, language: str) -> str | None: ...


def make_outlet_row(outlet: _ConfiguredOutlet) -> OutletRow:
    """Return an outlet as a row of news.db."""
    return {
        "id": outlet.id,
        "name": outlet.name,
        "home": outlet.home,
        "country": outlet.country,
        "languages": ",".join(outlet.languages),
        "kind": outlet.kind,
        "ownership": outlet.ownership,
        "ownership_source": outlet.ownership_source,
    }


def make_concept_row(concept: _TopicConcept, *, sides: Mapping[str, str]) -> dict[str, object]:
    """Return a concept as a row of news.db, with its label in each language. `sides` has the names of a and b."""
    labels = {column: concept.label(language) for language, column in CONCEPT_NAME_COLUMNS.items()}
    names = [name for language in LANGUAGES for name in concept.names.get(language, ())]
    side = sides.get(concept.side, concept.side)
    return {"id": concept.id, "kind": concept.kind, "side": side, **labels, "names": names}


def save_outlets(db: Database, rows: Iterable[Mapping[str, object]]) -> None:
    """Add or update outlets: id, name, home, country, languages, kind, ownership, ownership_source.

    Outlets that are no longer on the desk stay, because their articles do. `languages` may be a list.
    """
    with db.atomic():
        for row in rows:
            languages = row.get("languages")
            db.execute(
                """
                INSERT INTO outlets (id, name, home, country, languages, kind, ownership, ownership_source)
                VALUES (:id, :name, :home, :country, :languages, :kind, :ownership, :ownership_source)
                ON CONFLICT (id) DO UPDATE SET
                    name = excluded.name, home = excluded.home, country = excluded.country,
                    languages = excluded.languages, kind = excluded.kind, ownership = excluded.ownership,
                    ownership_source = excluded.ownership_source
                """,
                {
                    "id": row["id"],
                    "name": row.get("name") or row["id"],
                    "home": row.get("home"),
                    "country": row.get("country"),
                    "languages": languages if isinstance(languages, str | None) else json.dumps(list(languages)),  # type: ignore[call-overload]
                    "kind": row.get("kind"),
                    "ownership": row.get("ownership"),
                    "ownership_source": row.get("ownership_source"),
                },
            )


def find_outlet_country(db: Database, outlet: str) -> str | None:
    """Return the country of an outlet (ISO 3166 alpha-2), None if it is not known."""
    row = db.execute("SELECT country FROM outlets WHERE id = :id", {"id": outlet}).fetchone()
    return row[0] if row else None


def save_measures(
    db: Database, measures: Iterable[Mapping[str, object]], scopes: Iterable[Mapping[str, object]]
) -> None:
    """Replace what figures may measure, and their scopes, by those of the topic (rows of `measures` and `scopes`)."""
    with db.atomic():
        db.execute("DELETE FROM measures")
        columns = ("id", *CONCEPT_NAME_COLUMNS.values(), "grows", "is_lasting", "needs_lead")
        places = ", ".join(f":{column}" for column in columns)
        db.conn.executemany(
            f"INSERT INTO measures ({', '.join(columns)}) VALUES ({places})",  # noqa: S608 -- the columns above
            list(measures),
        )
        db.execute("DELETE FROM scopes")
        db.conn.executemany(
            "INSERT INTO scopes (id, is_state, is_shown, tells) VALUES (:id, :is_state, :is_shown, :tells)",
            list(scopes),
        )


def save_concepts(db: Database, rows: Iterable[Mapping[str, object]]) -> None:
    """Add or update the topic's concepts: id, kind, side, CONCEPT_NAME_COLUMNS, and `names` (all its names).

    Concepts of an earlier topic stay.
    """
    columns = ("kind", "side", *CONCEPT_NAME_COLUMNS.values())
    with db.atomic():
        for row in rows:
            names = row.get("names") or ()
            db.execute(
                f"""
                INSERT INTO concepts (id, {", ".join(columns)}, names)
                VALUES (:id, {", ".join(f":{column}" for column in columns)}, :names)
                ON CONFLICT (id) DO UPDATE SET
                    {", ".join(f"{column} = excluded.{column}" for column in columns)}, names = excluded.names
                """,  # noqa: S608 -- columns
                {column: row.get(column) for column in ("id", *columns)}
                | {"names": json.dumps(list(names), ensure_ascii=False)},  # type: ignore[call-overload]
            )
