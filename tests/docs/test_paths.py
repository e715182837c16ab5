"""Every path and every code name in the documents for contributors exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.fixtures.paths import ROOT
from tests.fixtures.source_tree import CODE, TESTS

HOW_TOS = sorted((ROOT / "docs" / "how-to").glob("*.md"))
PAGES = [ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *HOW_TOS]
PATH = re.compile(r"\b((?:crawler|pipelines|db|tests|docs)/[\w./*-]*\w/?)")
INVENTED = re.compile(r"calendar|pager|vNN_opening_place|vNN_what|pt\.toml")  # files that a how-to has its reader write
EXAMPLE = re.compile(r"calendar|opening_place|v30_to_v39|jsonl|name_pt|pt_BR|MAX_FEED_BYTES|syndicated_copy|read_only")
TREE_LINE = re.compile(r"(?P<indent> *)(?P<name>[a-z_0-9]+(?:/|\.py))(?:\s|$)")

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@pages
def test_every_path_that_is_named_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    missing = sorted(
        {path for path in PATH.findall(text) if not INVENTED.search(path) and not (ROOT / path).exists()}
        | {link for link in re.findall(r"\]\((?!https?:)([^)#]+)", text) if not (page.parent / link).exists()}
    )
    assert missing == []


@pages
def test_every_name_of_code_that_is_named_exists(page: Path) -> None:
    prose = re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    names = {
        match[1]
        for match in re.finditer(r"`([A-Za-z_]\w*)(?:\([^`]*\))?`", prose)
        if "_" in match[1] or match[1] != match[1].lower()
    }
    code = "\n".join(path.read_text("utf-8") for path in (*CODE, *TESTS) if path != Path(__file__))
    there = set(re.findall(r"\w+", code))
    assert sorted(name for name in names - there if not EXAMPLE.search(name)) == []


def test_the_tree_of_the_architecture_names_every_folder_of_code() -> None:
    tree = (ROOT / "ARCHITECTURE.md").read_text("utf-8").split("```")[1]
    named: set[str] = set()
    folders: list[str] = []
    for match in filter(None, map(TREE_LINE.match, tree.splitlines())):
        folders = [*folders[: len(match["indent"]) // 2], match["name"].rstrip("/")]
        named.add("/".join(folders))
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
    rooms = {
        path.parent.relative_to(ROOT).as_posix()
        for floor in ("crawler", "pipelines", "db")
        for path in (ROOT / floor).glob("*/__init__.py")
    }
    assert rooms - named == set()


def test_there_is_a_how_to_for_each_common_change() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert [path.name for path in HOW_TOS if f"docs/how-to/{path.name}" not in text] == []


def test_the_list_of_documents_names_each_and_no_other() -> None:
    docs = ROOT / "docs"
    named = {
        link
        for link in re.findall(r"\]\(([\w/-]+\.md)\)", (docs / "README.md").read_text("utf-8"))
        if link != "README.md"
    }
    assert named == {str(page.relative_to(docs)) for page in docs.rglob("*.md")} - {"README.md"}
