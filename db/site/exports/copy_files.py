"""The ledger of copies as files: CSV, JSON and GraphML of a story's copies and of the matrix of outlets. Pure.

docs/reading-room.md describes the fields, whose names are an interface.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from db.site.exports.csv_table import CSV_MEDIA_TYPE, write_csv_table
from db.site.exports.graphml import GRAPHML_MEDIA_TYPE, GraphEdge, Value, write_graphml

COPY_FILE_TYPES = {
    "csv": CSV_MEDIA_TYPE,
    "json": "application/json; charset=utf-8",
    "graphml": GRAPHML_MEDIA_TYPE,
}
COPY_FILE_LABELS = {"csv": "CSV", "json": "JSON", "graphml": "GraphML"}


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


def write_copies(suffix: str, copies: Sequence[ExportedCopy], head: Mapping[str, object]) -> str:
    """Write a story's copies as csv, json or graphml. `head`: what the JSON says before its `copies`."""
    if suffix == "csv":
        names = [field.name for field in fields(ExportedCopy)]
        return write_csv_table(names, ([getattr(copy, name) for name in names] for copy in copies))
    if suffix == "json":
        return json.dumps(dict(head) | {"copies": [asdict(it) for it in copies]}, ensure_ascii=False, indent=1) + "\n"
    shown = ("title", "url", "outlet", "outlet_name", "language", "published", "published_precision", "copy_kind")
    nodes = {
        f"a{copy.id}": _without_none({name: getattr(copy, name) for name in shown})
        | {"is_copy": copy.original is not None}
        for copy in copies
    }
    edges = [
        GraphEdge(
            source=f"a{copy.source}",
            target=f"a{copy.id}",
            is_directed=bool(copy.order_known),
            values=_without_none({name: getattr(copy, name) for name in ("kept", "cut", "added", "credited")}),
        )
        for copy in copies
        if copy.source is not None and f"a{copy.source}" in nodes
    ]
    return write_graphml(nodes, edges)


def write_pairs(suffix: str, pairs: Sequence[ExportedPair], head: Mapping[str, object]) -> str:
    """Write what outlets took from one another as csv, json or graphml, whose arrows lead to those who took."""
    if suffix == "csv":
        names = [field.name for field in fields(ExportedPair)]
        return write_csv_table(names, ([getattr(pair, name) for name in names] for pair in pairs))
    if suffix == "json":
        return json.dumps(dict(head) | {"pairs": [asdict(it) for it in pairs]}, ensure_ascii=False, indent=1) + "\n"
    names_of = {pair.source_outlet: pair.source_name for pair in pairs} | {it.outlet: it.outlet_name for it in pairs}
    return write_graphml(
        {id_: {"name": name} for id_, name in sorted(names_of.items())},
        [
            GraphEdge(
                source=pair.source_outlet,
                target=pair.outlet,
                values={"weight": pair.copies, "credited": pair.credited},
            )
            for pair in pairs
        ],
    )


def _without_none(values: Mapping[str, Value | None]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}
