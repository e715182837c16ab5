"""Versions of what a form was made from: a change that was made meanwhile, in another window, is not overwritten."""

from __future__ import annotations

import hashlib
import json


class ChangedMeanwhileError(Exception):
    """What would be replaced is not what the form's page showed."""


def make_version(*values: object) -> str:
    """Return a short hash of values that JSON can write; equal values have the same one."""
    written = json.dumps(values, ensure_ascii=True, sort_keys=True)
    return hashlib.blake2b(written.encode(), digest_size=12).hexdigest()


def check_version(seen: str | None, *, standing: str, written: str) -> None:
    """Raise ChangedMeanwhileError if a writer who saw the version `seen` would replace another one with a third.

    `seen` is None for a writer who replaces whatever stands.
    """
    if seen not in (None, standing) and written != standing:
        raise ChangedMeanwhileError
