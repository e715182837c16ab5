"""Vigía's own words in a message, in the reader's language. Pure."""

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
        """Put a text in the language's quotation marks."""
        return f"{self('quotes.opening')}{text}{self('quotes.closing')}"

    def quote_all(self, texts: Sequence[str]) -> str:
        """Put each text in quotation marks and join them with spaces."""
        return " ".join(self.quote(text) for text in texts)

    def moment(self, at: dt.datetime, zone: str) -> str:
        """Format a time in a zone, with the zone's city: 22 Nov 2026, 08:30 (Lima)."""
        local = at.astimezone(ZoneInfo(zone))
        return self(
            "story.moment", day=self.date(local.date(), "medium"), time=f"{local:%H:%M}", city=self.zone_city(zone)
        )
