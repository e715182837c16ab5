"""SQL statements are only in db/."""

from __future__ import annotations

import ast
import re

import pytest

from tests.fixtures.source_tree import CODE, path_name, syntax_tree

SQL = re.compile(
    r"\s*(SELECT\s.*\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|REPLACE\s+INTO\s"
    r"|(CREATE|ALTER|DROP)\s+(VIRTUAL\s+)?(TABLE|INDEX|VIEW|TRIGGER)\s|PRAGMA\s|ATTACH\s|VACUUM\b)",
    re.DOTALL,
)


@pytest.mark.slow
def test_sql_is_only_in_db() -> None:
    found = [
        f"{path_name(path)}:{node.lineno}: {node.value.strip()[:60]}"
        for path in CODE
        if not path_name(path).startswith("db/")
        for node in ast.walk(syntax_tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert found == []
