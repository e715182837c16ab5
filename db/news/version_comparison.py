"""The comparison of two versions that the page of an article shows, as it is stored with the earlier of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from db.text.alignment import WorkBudget
from db.text.text_changes import Comparison, find_changes, read_runs


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionComparison:
    """What changed in title and text."""

    title: Comparison
    text: Comparison


def compare_for_page(
    before: tuple[str, str], after: tuple[str, str], budget: WorkBudget | None = None
) -> VersionComparison:
    """Compare two versions, each (title, text); `budget` as of `find_changes`."""
    title, text = (find_changes(_end(old), _end(new), budget) for old, new in zip(before, after, strict=True))
    return VersionComparison(title=title, text=text)


def store_comparison(before: tuple[str, str], after: tuple[str, str]) -> str:
    """Return the comparison of two versions as JSON: lengths of what stayed, went out and came in.

    `after` is a hash of the later version, because newer rules may read its page again.
    """
    compared = compare_for_page(before, after)
    return json.dumps(
        {
            "after": _identify(after),
            "title": compared.title.to_runs(),
            "text": compared.text.to_runs(),
            "throughout": [name for name in ("title", "text") if getattr(compared, name).throughout],
        },
        separators=(",", ":"),
    )


def read_comparison(stored: str | None, before: tuple[str, str], after: tuple[str, str]) -> VersionComparison | None:
    """Return what `store_comparison` wrote; None if there is none, or the later version is another one now."""
    if not stored:
        return None
    known = json.loads(stored)
    if known["after"] != _identify(after):
        return None
    read = {}
    for name, old, new in zip(("title", "text"), before, after, strict=True):
        changes = read_runs(known[name], _end(old), _end(new))
        if changes is None:
            return None
        read[name] = Comparison(changes=changes, throughout=name in known["throughout"])
    return VersionComparison(**read)


def _end(text: str) -> str:
    """A text with one line break at its end: a last paragraph that stayed is then the same as one in the middle."""
    return f"{text.rstrip()}\n"


def _identify(version: tuple[str, str]) -> str:
    return hashlib.sha256("\0".join(version).encode("utf-8", "surrogatepass")).hexdigest()[:16]
