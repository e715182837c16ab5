"""What is ours in a message, in its reader's language. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

from db.i18n.catalogue import LOCALES_FOLDER, Catalogue
from db.i18n.languages import Language


@dataclass(frozen=True, slots=True)
class MessageWording(Catalogue):
    """One language, with the sentences of db/i18n/locales/alerts."""

    folder: ClassVar[Path] = LOCALES_FOLDER / "alerts"
    tags: ClassVar[dict[Language, str]] = Catalogue.tags | {"es": "es-PE"}

    def quote(self, text: str) -> str:
        """A text in the language's quotation marks."""
        return f"{self('quotes.opening')}{text}{self('quotes.closing')}"

    def quote_all(self, texts: Sequence[str]) -> str:
        """Texts in quotation marks, one after another."""
        return " ".join(self.quote(text) for text in texts)

    def moment(self, at: dt.datetime, zone: str) -> str:
        """22 Nov 2026, 08:30 (Lima): the moment on the wall of a zone, with the city that stands for it."""
        wall = at.astimezone(ZoneInfo(zone))
        return self(
            "story.moment", day=self.date(wall.date(), "medium"), time=f"{wall:%H:%M}", city=self.zone_city(zone)
        )
