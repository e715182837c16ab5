"""SQL of the names of measures."""

from __future__ import annotations

from typing import TypedDict

from db.i18n.concept_names import SQL_NAMES
from db.search.statement import RowsOf


class MeasureNames(TypedDict):
    """A measure's names; a value of SQL_NAMES."""

    names: str


MEASURE_NAMES = RowsOf[MeasureNames](f"SELECT {SQL_NAMES} AS names FROM measures WHERE id = :measure")  # noqa: S608
