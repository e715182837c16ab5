"""The sentences of the reading room in one language, which db.site.reader_language chooses. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from babel.dates import format_date, format_timedelta

from db.i18n.catalogue import LOCALES_FOLDER, Catalogue
from db.model.outlet_kind import STATE_KINDS


@dataclass(frozen=True, slots=True)
class SiteWording(Catalogue):
    """The catalogue of db/i18n/locales/site in one language."""

    folder: ClassVar[Path] = LOCALES_FOLDER / "site"

    def ago(self, past: dt.timedelta) -> str:
        """Say roughly how long ago: 5 minutes ago, hace 3 horas, 4天前."""
        return str(format_timedelta(-past, granularity="minute", threshold=1.5, add_direction=True, locale=self.locale))

    def weekday(self, day: dt.date) -> str:
        """Name the day of the week: Thursday, jueves, 星期四."""
        return str(format_date(day, "EEEE", locale=self.locale))


def describe_standing(kind: str | None, ownership: str | None, wording: SiteWording) -> str:
    """Describe an outlet's kind and ownership: "press", "state media", "think tank, non-profit".

    Ownership is left out if the kind already says it, or if it is private or unknown.
    """
    words = [wording.word("kinds", kind)] if kind else []
    if kind not in STATE_KINDS and ownership in ("state", "public", "nonprofit"):
        words.append(wording.word("ownerships", ownership))
    return wording.join(words)
