"""The names of concepts are read and written in the languages of LANGUAGES, by one module."""

from __future__ import annotations

import re

from sqlite_utils import Database

from db import migrations
from db.i18n.concept_names import (
    CONCEPT_NAME_COLUMNS,
    SQL_NAME_COLUMNS,
    SQL_NAMES,
    choose_concept_name,
    read_concept_names,
)
from db.i18n.languages import LANGUAGES
from tests.fixtures.source_tree import CODE, path_name


def test_the_table_of_concepts_has_a_column_for_each_language() -> None:
    db = Database(memory=True)
    migrations.news.apply(db)
    columns = [column.name for column in db.table("concepts").columns if column.name.startswith("name_")]
    assert sorted(columns) == sorted(CONCEPT_NAME_COLUMNS.values())
    assert list(CONCEPT_NAME_COLUMNS) == list(LANGUAGES)


def test_names_are_read_as_one_value_without_those_that_are_missing() -> None:
    db = Database(memory=True)
    migrations.news.apply(db)
    db.table("concepts").insert({"id": "copper", "name_es": 'Cobre "rojo"', "name_zh": "铜", "name_en": ""})
    (stored, *columns) = db.execute(f"SELECT {SQL_NAMES}, {SQL_NAME_COLUMNS} FROM concepts").fetchone()
    names = read_concept_names(stored)
    assert names == {"es": 'Cobre "rojo"', "zh": "铜"}
    assert [name for name in columns if name] == list(names.values())


def test_a_name_is_that_of_the_reader_s_language_or_the_first_of_another() -> None:
    assert choose_concept_name({"en": "Copper", "zh": "铜"}, "zh") == "铜"
    assert choose_concept_name({"en": "Copper", "zh": "铜"}, "es") == "Copper"
    assert choose_concept_name({}, "en") is None


def test_no_other_module_names_the_columns() -> None:
    named = re.compile(rf"\bname_({'|'.join(LANGUAGES)})\b")
    found = [path_name(path) for path in CODE if named.search(path.read_text("utf-8"))]
    assert [path for path in found if not path.startswith("db/migrations/")] == ["db/i18n/concept_names.py"]
