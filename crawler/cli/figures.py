"""`vigia figures`: the quantities in texts."""

from __future__ import annotations

import json
from pathlib import Path

import click

from crawler.cli.main import vigia
from crawler.operations.find_quantities import find_quantities


@vigia.command("figures")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def figures_command(file: Path) -> None:
    """Find the quantities in texts: amounts, lengths, shares, counts, dates.

    FILE has {"id", "text", "language", "country"?} on each line; the answer to each is a line {"id", "quantities"}.
    """
    for answer in find_quantities(file):
        click.echo(_as_line(answer))


def _as_line(answer: dict[str, object]) -> str:
    line = json.dumps(answer, ensure_ascii=False)
    # A text may have half of a pair of surrogates, which no encoding writes.
    return json.dumps(answer) if any("\ud800" <= letter <= "\udfff" for letter in line) else line
