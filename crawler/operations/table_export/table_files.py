"""Write the rows of a table into a CSV or Parquet file, batch by batch."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from db.export_tables import ColumnType
from db.extras import name_extra
from db.site.exports.csv_table import quote_formula

if TYPE_CHECKING:
    import pyarrow

Columns = Sequence[tuple[str, ColumnType]]
Batches = Iterable[list[tuple[object, ...]]]


class TableExportError(Exception):
    """Nothing more is exported. The message is one line: folder or format, problem and remedy."""


def write_csv_file(path: Path, columns: Columns, batches: Batches) -> None:
    """Write CSV (RFC 4180, UTF-8) with a header; what is not known is empty, a truth value 0 or 1.

    No text begins like a formula of a spreadsheet. Raises OSError.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([name for name, _ in columns])
        for batch in batches:
            writer.writerows(
                [quote_formula(value) if isinstance(value, str) else value for value in row] for row in batch
            )


def write_parquet_file(path: Path, columns: Columns, batches: Batches) -> None:
    """Write Parquet, compressed with zstd, a row group for each batch; times are UTC, in seconds. Raises OSError."""
    arrow, parquet = _import_pyarrow()
    types = _arrow_types(arrow)
    schema = arrow.schema([(name, types[kind]) for name, kind in columns])
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            arrays = [
                _to_array(arrow, types, values, kind)
                for (_, kind), values in zip(columns, zip(*batch, strict=True), strict=True)
            ]
            writer.write_batch(arrow.record_batch(arrays, schema=schema))


def check_format(name: str) -> None:
    """Raise TableExportError if a format can't be written here."""
    if name == "parquet":
        _import_pyarrow()


TABLE_FORMATS: dict[str, Callable[[Path, Columns, Batches], None]] = {
    "parquet": write_parquet_file,
    "csv": write_csv_file,
}


def _import_pyarrow() -> tuple[Any, Any]:
    """Import pyarrow, which comes with the extra `parquet` alone: it takes 150 MB."""
    try:
        import pyarrow  # noqa: PLC0415
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError as error:
        raise TableExportError(f"Parquet needs pyarrow; {name_extra('parquet')}, or choose --format csv") from error
    return pyarrow, pyarrow.parquet


def _arrow_types(arrow: Any) -> dict[ColumnType, pyarrow.DataType]:
    return {
        "text": arrow.string(),
        "integer": arrow.int64(),
        "real": arrow.float64(),
        "boolean": arrow.bool_(),
        "time": arrow.timestamp("s", tz="UTC"),
    }


def _to_array(arrow: Any, types: dict[ColumnType, Any], values: Sequence[object], kind: ColumnType) -> Any:
    match kind:
        case "time":
            return arrow.array(values, arrow.string()).cast(types["time"])
        case "boolean":
            return arrow.array([None if value is None else bool(value) for value in values], types["boolean"])
        case "real":
            return arrow.array([None if value is None else float(str(value)) for value in values], types["real"])
        case _:
            return arrow.array(values, types[kind])
