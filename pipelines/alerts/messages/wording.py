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

    def span(self, span: dt.timedelta) -> str:
        """A span in one unit: 45 min, 3 h, 2 days. Minutes up to an hour and a half, hours up to a day and a half."""
        minutes = abs(span) / dt.timedelta(minutes=1)
        if minutes < 90:
            return self("lags.minutes", n=round(minutes))
        if minutes < 36 * 60:
            return self("lags.hours", n=round(minutes / 60))
        return self("lags.days", n=round(minutes / 60 / 24))

    def lag(self, lag: dt.timedelta) -> str:
        """How much later (or earlier, when negative) something was: "2 h later"."""
        if abs(lag) < dt.timedelta(minutes=1):
            return self("also.same")
        return self("also.later" if lag > dt.timedelta() else "also.earlier", span=self.span(lag))
