"""Find the quantities in the texts of a file, line by line, for `vigia figures`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from db.figures.find import find_figures

_FORM = '{"id": …, "text": "…", "language": "es", "country": "PE"}'


class TextLineError(Exception):
    """A line of the file is no text to read. The message names file and line and says how to write it."""


def find_quantities(file: Path) -> Iterator[dict[str, Any]]:
    """Yield {"id", "quantities"} for each line {"id", "text", "language", "country"?} of a file, in order.

    Reads a line when its answer is asked for, so that a file of any size can be read. Empty lines are passed over.
    Raises TextLineError at a line that is none.
    """
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            row = _read_row(line, f"{file}:{number}")
            figures = find_figures(row["text"], row["language"], row.get("country"))
            yield {"id": row["id"], "quantities": [figure.as_dict() for figure in figures]}


def _read_row(line: bytes, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise TextLineError(f"{place}: no JSON ({error}); write {_FORM} on each line") from error
    if not isinstance(row, dict) or "id" not in row:
        raise TextLineError(f'{place}: no object with an "id"; write {_FORM} on each line')
    for key in ("text", "language"):
        if not isinstance(row.get(key), str):
            raise TextLineError(f'{place}: "{key}" is not a text; write {_FORM} on each line')
    if not isinstance(row.get("country"), str | None):
        raise TextLineError(f'{place}: "country" is not a code of two letters; write {_FORM} or leave it out')
    return row
