"""The names of concepts: the table `concepts` has one column for each language of the interface. Pure."""

from __future__ import annotations

import json
from typing import TypeAlias

from db.i18n.languages import LANGUAGES, Language

ConceptNames: TypeAlias = dict[Language, str]  # in the order of LANGUAGES, without languages that have no name

CONCEPT_NAME_COLUMNS: dict[Language, str] = {language: f"name_{language}" for language in LANGUAGES}
# For a statement that names each column: name_en, name_es, name_zh
SQL_NAME_COLUMNS = ", ".join(CONCEPT_NAME_COLUMNS.values())
# For a statement that reads all names as one value (`read_concept_names`): json_object('en', name_en, …)
SQL_NAMES = "json_object({})".format(
    ", ".join(f"'{language}', {column}" for language, column in CONCEPT_NAME_COLUMNS.items())
)


def read_concept_names(stored: str | dict[str, str | None]) -> ConceptNames:
    """Read a value of SQL_NAMES: its JSON, or the object in the JSON of a statement that put several together."""
    found: dict[str, str | None] = json.loads(stored) if isinstance(stored, str) else stored
    return {language: name for language in LANGUAGES if (name := found.get(language))}


def choose_concept_name(names: ConceptNames, language: Language) -> str | None:
    """Return the name in a language, else the first in another; None if there is no name."""
    return names.get(language) or next(iter(names.values()), None)
