"""What readers typed into a form that was not saved, and what a saved one replaced. In memory, for a while."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

MAX_DRAFTS = 200  # of all readers: the oldest gives way

TypedFields = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The fields as they were typed, the field that is wrong ("" for the whole form), and its sentence's key."""

    typed: TypedFields
    field: str
    problem: str


class Drafts:
    """The drafts of all readers, each shown to its own reader alone."""

    def __init__(self) -> None:
        self._drafts: OrderedDict[tuple[str, str], Draft] = OrderedDict()
        self._lock = threading.Lock()  # forms are carried out in threads

    def keep(self, reader: str, draft: Draft) -> str:
        """Keep a reader's draft; return what finds it."""
        key = secrets.token_hex(8)
        with self._lock:
            self._drafts[reader, key] = draft
            while len(self._drafts) > MAX_DRAFTS:
                self._drafts.popitem(last=False)
        return key

    def find(self, reader: str, key: str | None) -> Draft | None:
        """Return a reader's draft; None if it is another reader's, or is kept no more."""
        with self._lock:
            return self._drafts.get((reader, key or ""))
