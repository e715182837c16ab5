"""The languages of the interface are listed in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.i18n.languages import BABEL_LOCALES, HTML_TAGS, LANGUAGES
from pipelines.relevance.topic_file import NamesEntry
from tests.fixtures.paths import ROOT

DEFINITIONS = ROOT / "db" / "i18n" / "languages.py"
DEMO = ROOT / "crawler" / "demo"  # imports no other package


def literal_collections(path: Path) -> Iterator[tuple[int, set[object]]]:
    """Yield (line, constants) of each tuple, list, set, dict (its keys) and Literal."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            yield node.lineno, {one.value for one in node.elts if isinstance(one, ast.Constant)}
        elif isinstance(node, ast.Dict):
            yield node.lineno, {one.value for one in node.keys if isinstance(one, ast.Constant)}


@pytest.mark.slow
def test_no_other_module_lists_the_languages_of_the_interface() -> None:
    paths = [path for package in ("crawler", "pipelines", "db") for path in (ROOT / package).rglob("*.py")]
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in paths
        if path != DEFINITIONS and not path.is_relative_to(DEMO)
        for line, constants in literal_collections(path)
        if constants == set(LANGUAGES)
    ]
    assert found == [], "use LANGUAGES or Language of db.i18n.languages"


def test_every_language_has_a_tag_a_locale_and_names_of_concepts() -> None:
    assert list(HTML_TAGS) == list(BABEL_LOCALES) == list(LANGUAGES)
    assert list(NamesEntry().by_language()) == list(LANGUAGES)
