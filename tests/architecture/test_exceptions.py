"""Code that catches every exception has a comment with the reason."""

from __future__ import annotations

import ast
import re

import pytest

from tests.fixtures.source_tree import CODE, path_name, syntax_tree

REASON = re.compile(r"#\s*(noqa: BLE001\s*-+\s*)?(?!noqa)\w.{10,}")


@pytest.mark.slow
def test_code_that_catches_every_exception_has_a_reason() -> None:
    silent = []
    for path in CODE:
        lines = path.read_text("utf-8").splitlines()
        for node in ast.walk(syntax_tree(path)):
            if isinstance(node, ast.ExceptHandler) and _catches_everything(node):
                reraises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
                if not reraises and not REASON.search(lines[node.lineno - 1]):
                    silent.append(f"{path_name(path)}:{node.lineno}")
    assert silent == [], "write the reason as a comment on the line of `except`"


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(one, ast.Name) and one.id in {"Exception", "BaseException"} for one in types)
