"""Extras of the distribution: packages that some commands need, and that are not installed by themselves."""

from __future__ import annotations

from typing import Literal, TypeAlias

Extra: TypeAlias = Literal["cluster", "parquet", "train"]  # as in pyproject.toml


def name_extra(extra: Extra) -> str:
    """Say how an extra is installed: the remedy in the line of an error."""
    return f"install vigia-news[{extra}] (docs/install.md, Extras)"
