"""Tables as CSV (RFC 4180) that a spreadsheet opens without running any of it. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from db.site.exports.citations import printable_line

CSV_MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
# Beginnings that make a spreadsheet read a cell as a formula (OWASP, CSV Injection), full-width forms included.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def write_csv_table(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Write CSV with a header.

    Tuples are joined with "; ", booleans are 1 or 0, None is empty, and no text begins like a formula.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> str | int | float:
    if isinstance(value, int | float):
        return int(value) if isinstance(value, int) else value
    text = "; ".join(value) if isinstance(value, tuple) else str(value or "")
    return quote_formula(printable_line(text))


def quote_formula(text: str) -> str:
    """Return a text with an apostrophe before it if a spreadsheet would run it as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
