"""Rules of dossiers: how much one holds, what its name, note and tags may be, and the order of its entries. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from db.text.sanitise import UNSEEN

MAX_DOSSIERS: Final = 200  # of a person
MAX_DOSSIER_ENTRIES: Final = 1_000  # of a dossier
MAX_DOSSIER_NAME_CHARACTERS: Final = 200
MAX_DOSSIER_NOTE_CHARACTERS: Final = 10_000
MAX_TAGS: Final = 20
MAX_TAG_CHARACTERS: Final = 60


class DossierError(Exception):
    """A dossier can't be changed so. `reason`: missing, dossiers, entries, changed, moved, name, note, tags."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def move_entry(order: Sequence[int], entry: int, place: int, *, shown: int | None = None) -> list[int]:
    """Return the order with an entry at a place from 1 on, at the end if the place is beyond it.

    `shown`: the place from which a page offers to move it. Raises DossierError if it stands at another by now.
    """
    if entry not in order:
        return list(order)
    if shown not in (None, order.index(entry) + 1):
        raise DossierError("moved")
    rest = [id_ for id_ in order if id_ != entry]
    at = min(max(place, 1), len(order)) - 1
    return [*rest[:at], entry, *rest[at:]]


def read_tags(text: str) -> list[str]:
    """Return the tags of a line, which commas separate; each once. Raises DossierError if there are too many."""
    words = (" ".join(part.split()) for part in _drop_unseen(text).replace("，", ",").replace("、", ",").split(","))
    tags = list(dict.fromkeys(word for word in words if word))
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG_CHARACTERS for tag in tags):
        raise DossierError("tags")
    return tags


def check_name(name: str) -> str:
    """Return a name on one line. Raises DossierError if it is empty or too long."""
    line = " ".join(_drop_unseen(name).split())
    if not line or len(line) > MAX_DOSSIER_NAME_CHARACTERS:
        raise DossierError("name")
    return line


def check_note(note: str) -> str:
    """Return a note as it is stored. Raises DossierError if it is too long."""
    text = _drop_unseen(note.replace("\r\n", "\n")).strip()
    if len(text) > MAX_DOSSIER_NOTE_CHARACTERS:
        raise DossierError("note")
    return text


def _drop_unseen(text: str) -> str:
    """Return a text without control and direction characters, which could imitate another and break a file."""
    kept = (letter for letter in UNSEEN.sub("", text) if letter in "\n\t" or unicodedata.category(letter) != "Cc")
    return "".join(kept)
