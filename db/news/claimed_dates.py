"""When articles were published and seen first (news.db), and which of their dates are claims that are not credited."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TypedDict

from sqlite_utils import Database

from db.copies.precedence import Sighting, measure_usual_lag
from db.model.times import read_stamp, stamp

_FIRST_DAY = dt.timedelta(days=1)  # of an outlet on the desk: what it had then is of any age
_COUNTED_ARTICLES = 60  # of an outlet, the newest, from which its usual lag is measured
_OLDEST_ARTICLES = 200  # of an outlet, among which its first sight is looked for


class SightingRow(TypedDict):
    """The columns of `articles` of which a sighting is made."""

    id: int
    url: str
    outlet: str
    published: str | None
    claimed: str | None
    source_published: str | None
    first_seen: str
    backfilled: int  # 0 or 1


@dataclass(slots=True)
class SightingReader:
    """Reads sightings; the usual lag of each outlet is measured once."""

    db: Database
    _lags: dict[str, tuple[str, dt.timedelta | None]] = field(default_factory=dict)

    def read(self, row: SightingRow) -> Sighting:
        """Return the sighting of an article."""
        outlet = row["outlet"]
        if outlet not in self._lags:
            self._lags[outlet] = _measure_outlet(self.db, outlet)
        settled, usual_lag = self._lags[outlet]
        return Sighting(
            id=row["id"],
            url=row["url"],
            claim=row["published"] or row["claimed"],
            source_claim=row["source_published"],
            first_seen=row["first_seen"],
            backfilled=bool(row["backfilled"]),
            usual_lag=usual_lag if row["first_seen"] > settled else None,
        )


def _measure_outlet(db: Database, outlet: str) -> tuple[str, dt.timedelta | None]:
    """Return when the outlet's first day on the desk ended, and its usual lag since then. Backfills do not count."""
    first = db.execute(
        """
        SELECT min(first_seen) FROM (
            SELECT first_seen FROM articles INDEXED BY articles_outlet_found
            WHERE outlet = :outlet AND backfilled = 0 ORDER BY coalesce(published, first_seen) LIMIT :oldest
        )
        """,
        {"outlet": outlet, "oldest": _OLDEST_ARTICLES},
    ).fetchone()[0]
    if first is None:
        return "", None
    settled = stamp(read_stamp(first) + _FIRST_DAY)
    rows = db.execute(
        """
        SELECT published, first_seen FROM (
            SELECT published, first_seen, published_precision FROM articles
            INDEXED BY articles_outlet_found WHERE outlet = :outlet AND backfilled = 0
            ORDER BY coalesce(published, first_seen) DESC LIMIT :counted
        ) WHERE published_precision = 'time' AND first_seen > :settled
        """,
        {"outlet": outlet, "counted": _COUNTED_ARTICLES, "settled": settled},
    ).fetchall()
    return settled, measure_usual_lag([read_stamp(seen) - read_stamp(published) for published, seen in rows])


def doubt_date(db: Database, article_id: int) -> None:
    """Keep an article's date as a claim: it stands where it was first seen. Runs in the caller's transaction."""
    db.execute(
        """
        UPDATE articles SET claimed = published, claimed_precision = published_precision, published = NULL,
            published_precision = NULL
        WHERE id = :id AND published IS NOT NULL
        """,
        {"id": article_id},
    )


def credit_date(db: Database, article_id: int) -> None:
    """Take an article's claim for its date again. Runs in the caller's transaction."""
    db.execute(
        """
        UPDATE articles SET published = claimed, published_precision = claimed_precision, claimed = NULL,
            claimed_precision = NULL
        WHERE id = :id AND claimed IS NOT NULL
        """,
        {"id": article_id},
    )
