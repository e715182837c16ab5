"""A validation error of pydantic as one line for the person who wrote the file. Pure."""

from __future__ import annotations

import json

from pydantic import BaseModel, ValidationError


def describe_validation_error(error: ValidationError, model: type[BaseModel]) -> str:
    """Write the first error as one line that says what is allowed. It begins with the key, after a space, or ":"."""
    first, *more = error.errors(include_url=False)
    key = ".".join(str(part) for part in first["loc"] if isinstance(part, str) and "[" not in part)
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = f"unknown key; there are {', '.join(model.model_fields)}" if key in first["loc"] else "unknown key"
    elif first["type"] == "missing":
        message = "missing; add it"
    elif first["type"] == "tuple_type":
        message = f"write a list: [{json.dumps(first['input'], ensure_ascii=False, default=str)}]"
    elif first["type"] != "value_error":
        message = f"{message[:1].lower()}{message[1:]} (it is {first['input']!r:.80})".removeprefix("input ")
    rest = f" (and {len(more)} more)" if more else ""
    return f"{f' {key}' if key else ''}: {message}{rest}"
