"""Names: each public name is defined once, and none is vague."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.relevance.topic_file import FIRST_TOPIC
from tests.fixtures.source_tree import CODE, path_name, syntax_tree

DEFINED_TWICE = Path(__file__).with_name("names_defined_twice.txt")  # lines of "name number-of-modules", sorted
# Of the countries of shipped topics; their topic files alone name them.
WATCHED = re.compile(r"(?i)(?<![a-z])(per[uú]|china|chile)|秘鲁|中国|智利")
TABLES_OF_THE_WORLD = {"author_names", "credits", "english_names", "time_zones"}  # of all countries and agencies alike
FIRST_TOPIC_PLACE = "pipelines/relevance/topic_file.py"  # the topic of a desk that names none
VAGUE = re.compile(r"(?i)(^|_|[a-z])(manager|handler|processor|helper|util)s?($|_|[A-Z])")


def public_definitions(path: Path) -> Iterator[str]:
    """The public functions, classes and constants that a module defines at its top level."""
    for node in syntax_tree(path).body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names = [node.name]
            case ast.Assign():
                targets = [inner for target in node.targets for inner in ast.walk(target)]
                names = [one.id for one in targets if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                names = [name]
            case _:
                names = []
        yield from (name for name in names if not name.startswith("_"))


def modules_by_name() -> dict[str, list[str]]:
    """Public names that two or more modules define, with the paths of those modules."""
    places: dict[str, list[str]] = {}
    for path in CODE:
        for name in set(public_definitions(path)):
            places.setdefault(name, []).append(path_name(path))
    return {name: paths for name, paths in sorted(places.items()) if len(paths) > 1}


def listed_names() -> dict[str, int]:
    """The list of names that may be defined in several modules, with how many."""
    lines = (line.split() for line in DEFINED_TWICE.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {name: int(modules) for name, modules in lines}


@pytest.mark.slow
def test_no_further_public_name_is_defined_in_two_modules() -> None:
    listed = listed_names()
    new = [
        f"{name} is defined in {', '.join(paths)}"
        for name, paths in modules_by_name().items()
        if len(paths) > listed.get(name, 1)
    ]
    assert new == [], (
        "A reader who searches for a name should find one definition. Give the new one a name that says what sets it"
        " apart (MAX_CANDIDATES, not MOST), import the one that exists, or begin it with an underscore."
    )


@pytest.mark.slow
def test_the_list_has_no_name_that_is_defined_once() -> None:
    defined = {name: len(paths) for name, paths in modules_by_name().items()}
    stale = {name: modules for name, modules in listed_names().items() if modules > defined.get(name, 0)}
    assert stale == {}, f"lower their numbers in {DEFINED_TWICE.name}, or remove their lines: the list may only shrink"


def test_the_list_of_names_defined_twice_is_sorted() -> None:
    names = list(listed_names())
    assert names == sorted(names)


@pytest.mark.slow
def test_no_public_name_is_vague() -> None:
    vague = [path_name(path) for path in CODE if VAGUE.search(path.stem)]
    vague += [
        f"{path_name(path)}:{node.lineno}: {node.name}"
        for path in CODE
        for node in ast.walk(syntax_tree(path))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and VAGUE.search(node.name)
    ]
    assert vague == []


def names_and_texts(path: Path) -> Iterator[str]:
    """The names and the texts in a module's code, without its docstrings and comments."""
    tree = syntax_tree(path)
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, described) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in docstrings:
                yield text
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


@pytest.mark.slow
def test_no_code_knows_which_countries_are_watched() -> None:
    found = [
        (path_name(path), text)
        for path in CODE
        if path.stem not in TABLES_OF_THE_WORLD
        for text in names_and_texts(path)
        if WATCHED.search(text)
    ]
    assert found == [(FIRST_TOPIC_PLACE, FIRST_TOPIC)], "write it into a topic file"
