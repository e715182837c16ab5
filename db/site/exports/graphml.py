"""Write a graph as GraphML (http://graphml.graphdrawing.org/specification.html), for Gephi, yEd, igraph. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.etree import ElementTree

from db.site.exports.citations import printable_line

GRAPHML_MEDIA_TYPE = "application/graphml+xml; charset=utf-8"
_TYPES = {bool: "boolean", int: "long", float: "double", str: "string"}

Value = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEdge:
    """An arrow from one node to another, or a line without direction."""

    source: str
    target: str
    is_directed: bool = True
    values: Mapping[str, Value] = field(default_factory=dict)


def write_graphml(nodes: Mapping[str, Mapping[str, Value]], edges: Sequence[GraphEdge]) -> str:
    """Write nodes by id, with their values, and the edges between them. A value that is missing is left out."""
    root = ElementTree.Element("graphml", {"xmlns": "http://graphml.graphdrawing.org/xmlns"})
    parts: tuple[tuple[Literal["node", "edge"], list[Mapping[str, Value]]], ...] = (
        ("node", list(nodes.values())),
        ("edge", [edge.values for edge in edges]),
    )
    for what, values in parts:
        types = {name: _TYPES[type(value)] for each in values for name, value in each.items()}
        for name, kind in types.items():
            key = {"id": f"{what}-{name}", "for": what, "attr.name": name, "attr.type": kind}
            ElementTree.SubElement(root, "key", key)
    graph = ElementTree.SubElement(root, "graph", {"edgedefault": "directed"})
    for id_, of_node in nodes.items():
        _add_values(ElementTree.SubElement(graph, "node", {"id": id_}), "node", of_node)
    for edge in edges:
        ends = {"source": edge.source, "target": edge.target}
        element = ElementTree.SubElement(graph, "edge", ends if edge.is_directed else ends | {"directed": "false"})
        _add_values(element, "edge", edge.values)
    return str(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True), "utf-8")


def _add_values(element: ElementTree.Element, what: str, values: Mapping[str, Value]) -> None:
    for name, value in values.items():
        text = str(value).lower() if isinstance(value, bool) else printable_line(str(value))
        ElementTree.SubElement(element, "data", {"key": f"{what}-{name}"}).text = text
