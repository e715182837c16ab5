"""Keys of apps that were just made, to be shown to their reader once. In memory, for a while."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

MAX_UNSEEN_KEYS: Final = 200  # of all readers: the oldest gives way


class NewKeys:
    """New keys of all readers, by reader and number."""

    def __init__(self) -> None:
        self._keys: OrderedDict[tuple[str, int], str] = OrderedDict()
        self._lock = threading.Lock()  # forms are carried out in threads

    def keep(self, reader: str, number: int, key: str) -> None:
        """Keep a key until it is shown."""
        with self._lock:
            self._keys[reader, number] = key
            while len(self._keys) > MAX_UNSEEN_KEYS:
                self._keys.popitem(last=False)

    def take(self, reader: str, number: int) -> str | None:
        """Return a key for its reader, once; None afterwards, and for another reader."""
        with self._lock:
            return self._keys.pop((reader, number), None)
