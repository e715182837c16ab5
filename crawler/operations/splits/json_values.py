"""Values of pages as JSON, whatever their texts hold."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter


def dump_json_value(adapter: TypeAdapter[Any], value: Any, excluded: set[str] | None = None) -> str:
    r"""Write a value as JSON. Single surrogates ("\ud83d") become "?", as where articles are stored."""
    try:
        return adapter.dump_json(value, exclude=excluded).decode()
    except ValueError:  # of pydantic: JSON-LD can hold them, UTF-8 can't
        whole = adapter.dump_python(value, mode="json", exclude=excluded)
        return json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace").decode()
