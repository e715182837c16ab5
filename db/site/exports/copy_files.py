"""The ledger of copies as files: CSV, JSON and GraphML of a story's copies and of the matrix of outlets. Pure.

docs/reading-room.md describes the fields, whose names are an interface.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from db.site.exports.csv_table import CSV_MEDIA_TYPE, write_csv_table
from db.site.exports.file_format import JSON_MEDIA_TYPE, FileFormat
from db.site.exports.graphml import GRAPHML_MEDIA_TYPE, GraphEdge, Value, write_graphml


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedCopy:
    """An original with copies, or a copy. The fields in their order are columns of the CSV; times are UTC with Z."""

    id: int
    title: str
    url: str
    page: str
    outlet: str
    outlet_name: str
    language: str | None
    published: str | None
    published_precision: str | None
    original: int | None
    copy_kind: str | None
    source: int | None  # the version that it is nearest to
    order_known: bool | None  # whether the source was published earlier, by the minute
    kept: int | None  # sentences
    cut: int | None
    added: int | None
    credited: bool | None
    credited_to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedPair:
    """What one outlet took from another."""

    source_outlet: str
    source_name: str
    outlet: str
    outlet_name: str
    copies: int
    credited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFile:
    """The content of a file of a story's copies. `head`: what the JSON says before its `copies`."""

    copies: Sequence[ExportedCopy]
    head: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFile:
    """The content of a file of what outlets took from one another. `head`: what the JSON says before its `pairs`."""

    pairs: Sequence[ExportedPair]
    head: Mapping[str, object]


def write_copies_csv(file: CopyFile) -> str:
    """Write a story's copies as a table of the fields of ExportedCopy."""
    names = [field.name for field in fields(ExportedCopy)]
    return write_csv_table(names, ([getattr(copy, name) for name in names] for copy in file.copies))


def write_copies_json(file: CopyFile) -> str:
    """Write one JSON object with a story's `copies`."""
    document = dict(file.head) | {"copies": [asdict(copy) for copy in file.copies]}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def write_copies_graphml(file: CopyFile) -> str:
    """Write a graph of a story's copies, whose arrows lead from a version to what was taken from it."""
    shown = ("title", "url", "outlet", "outlet_name", "language", "published", "published_precision", "copy_kind")
    nodes = {
        f"a{copy.id}": _without_none({name: getattr(copy, name) for name in shown})
        | {"is_copy": copy.original is not None}
        for copy in file.copies
    }
    edges = [
        GraphEdge(
            source=f"a{copy.source}",
            target=f"a{copy.id}",
            is_directed=bool(copy.order_known),
            values=_without_none({name: getattr(copy, name) for name in ("kept", "cut", "added", "credited")}),
        )
        for copy in file.copies
        if copy.source is not None and f"a{copy.source}" in nodes
    ]
    return write_graphml(nodes, edges)


def write_pairs_csv(file: PairFile) -> str:
    """Write what outlets took from one another as a table of the fields of ExportedPair."""
    names = [field.name for field in fields(ExportedPair)]
    return write_csv_table(names, ([getattr(pair, name) for name in names] for pair in file.pairs))


def write_pairs_json(file: PairFile) -> str:
    """Write one JSON object with `pairs` of outlets."""
    document = dict(file.head) | {"pairs": [asdict(pair) for pair in file.pairs]}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def write_pairs_graphml(file: PairFile) -> str:
    """Write a graph of outlets, whose arrows lead to those that took."""
    names_of = {pair.source_outlet: pair.source_name for pair in file.pairs}
    names_of |= {pair.outlet: pair.outlet_name for pair in file.pairs}
    return write_graphml(
        {id_: {"name": name} for id_, name in sorted(names_of.items())},
        [
            GraphEdge(
                source=pair.source_outlet,
                target=pair.outlet,
                values={"weight": pair.copies, "credited": pair.credited},
            )
            for pair in file.pairs
        ],
    )


def _without_none(values: Mapping[str, Value | None]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}


COPY_FORMATS = {
    "csv": FileFormat(label="CSV", media_type=CSV_MEDIA_TYPE, write=write_copies_csv, is_attachment=True),
    "json": FileFormat(label="JSON", media_type=JSON_MEDIA_TYPE, write=write_copies_json, is_attachment=True),
    "graphml": FileFormat(
        label="GraphML", media_type=GRAPHML_MEDIA_TYPE, write=write_copies_graphml, is_attachment=True
    ),
}
PAIR_FORMATS = {
    "csv": FileFormat(label="CSV", media_type=CSV_MEDIA_TYPE, write=write_pairs_csv, is_attachment=True),
    "json": FileFormat(label="JSON", media_type=JSON_MEDIA_TYPE, write=write_pairs_json, is_attachment=True),
    "graphml": FileFormat(
        label="GraphML", media_type=GRAPHML_MEDIA_TYPE, write=write_pairs_graphml, is_attachment=True
    ),
}
