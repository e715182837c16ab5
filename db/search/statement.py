"""SQL statements that carry the type of their rows."""

from __future__ import annotations

from typing import Any, Generic, TypeAlias, TypeVar

RowT = TypeVar("RowT")
Row: TypeAlias = dict[str, Any]  # of any statement, by column
Parameters: TypeAlias = dict[str, Any]  # the named parameters of any statement
Statement: TypeAlias = "tuple[str, Parameters]"


class RowsOf(str, Generic[RowT]):
    """An SQL statement whose rows have the shape of a TypedDict: `RowsOf[OutletRow]("SELECT …")`."""

    __slots__ = ()


RowStatement: TypeAlias = "tuple[RowsOf[RowT], Parameters]"
