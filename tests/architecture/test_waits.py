"""Tests wait for an event or condition with a deadline; a line that sleeps has a comment with the reason."""

from __future__ import annotations

import ast
import re

import pytest

from tests.fixtures.source_tree import TESTS, path_name, syntax_tree

REASON = re.compile(r"#\s*(?!noqa|type:)\w.{8,}")
MAY_SLEEP = ("tests/fixtures/waiting.py", "tests/benchmarks/")


@pytest.mark.slow
def test_no_test_sleeps_without_a_reason() -> None:
    bare = []
    for path in TESTS:
        if path_name(path).startswith(MAY_SLEEP):
            continue
        lines = path.read_text("utf-8").splitlines()
        bare += [
            f"{path_name(path)}:{node.lineno}"
            for node in ast.walk(syntax_tree(path))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "sleep"
            and not REASON.search(lines[node.lineno - 1])
        ]
    assert bare == [], "use tests.fixtures.waiting.wait_until, or say on the line what the time stands for"
