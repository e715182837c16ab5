"""The captures of an outlet's pages in web archives, and how far their indexes were read (desk.db)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlite_utils import Database

from db.model.times import read_stamp, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcRange:
    """Where a record lies: the name of a WARC file, and offset and length in bytes."""

    file: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedCapture:
    """One capture of a page. `captured`: aware, UTC. `attempts`: how often it was requested in vain."""

    key: str
    url: str
    captured: dt.datetime
    warc: WarcRange | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryProgress:
    """How far the index was read for one query. `position`: where it goes on; None: at its beginning."""

    position: str | None = None
    is_finished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureScope:
    """The captures of one outlet in one archive, from `since` to before `until`; aware."""

    outlet: str
    archive: str
    since: dt.datetime
    until: dt.datetime

    def as_values(self) -> dict[str, str]:
        """Return it as the values of a query."""
        since, until = stamp(self.since), stamp(self.until)
        return {"outlet": self.outlet, "archive": self.archive, "since": since, "until": until}


def read_query_progress(db: Database, *, outlet: str, archive: str, query: str) -> QueryProgress:
    """Return how far a query has come."""
    rows = db.query(
        """
        SELECT position, is_finished FROM archive_queries
        WHERE outlet = :outlet AND archive = :archive AND query = :query
        """,
        {"outlet": outlet, "archive": archive, "query": query},
    )
    row = next(iter(rows), None)
    if row is None:
        return QueryProgress()
    return QueryProgress(position=row["position"], is_finished=bool(row["is_finished"]))


def save_index_answer(
    db: Database,
    captures: Iterable[ArchivedCapture],
    progress: QueryProgress,
    *,
    outlet: str,
    archive: str,
    query: str,
) -> None:
    """Store what one answer of the index held, and how far the query has come with it.

    A page that waits keeps its earliest capture; one that has its outcome stays as it is.
    """
    place = {"outlet": outlet, "archive": archive}
    with db.atomic():
        for capture in captures:
            db.execute(
                """
                INSERT INTO archived_captures (outlet, archive, key, url, captured, warc)
                VALUES (:outlet, :archive, :key, :url, :captured, :warc)
                ON CONFLICT (outlet, archive, key) DO UPDATE SET
                    url = excluded.url, captured = excluded.captured, warc = excluded.warc
                    WHERE outcome IS NULL AND excluded.captured < archived_captures.captured
                """,
                {
                    **place,
                    "key": capture.key,
                    "url": capture.url,
                    "captured": stamp(capture.captured),
                    "warc": capture.warc and json.dumps(asdict(capture.warc)),
                },
            )
        db.execute(
            """
            INSERT INTO archive_queries (outlet, archive, query, position, is_finished)
            VALUES (:outlet, :archive, :query, :position, :is_finished)
            ON CONFLICT (outlet, archive, query) DO UPDATE SET
                position = excluded.position, is_finished = excluded.is_finished
            """,
            {**place, "query": query, "position": progress.position, "is_finished": progress.is_finished},
        )


def forget_queries(db: Database, *, outlet: str, archive: str) -> None:
    """Forget how far the queries have come: the next reading asks the index anew."""
    with db.atomic():
        db.execute(
            "DELETE FROM archive_queries WHERE outlet = :outlet AND archive = :archive",
            {"outlet": outlet, "archive": archive},
        )


def forget_outcomes(db: Database, scope: CaptureScope) -> None:
    """Let the captures of a scope wait again, whatever became of them."""
    with db.atomic():
        db.execute(
            """
            UPDATE archived_captures SET outcome = NULL, attempts = 0
            WHERE outlet = :outlet AND archive = :archive AND captured >= :since AND captured < :until
            """,
            scope.as_values(),
        )


def count_waiting(db: Database, scope: CaptureScope) -> int:
    """Return how many captures of a scope wait."""
    rows = db.query(
        """
        SELECT count(*) AS waiting FROM archived_captures
        WHERE outlet = :outlet AND archive = :archive AND outcome IS NULL
            AND captured >= :since AND captured < :until
        """,
        scope.as_values(),
    )
    return int(next(iter(rows))["waiting"])


def list_waiting(
    db: Database, scope: CaptureScope, *, after: ArchivedCapture | None, limit: int
) -> list[ArchivedCapture]:
    """Return the next waiting captures of a scope, the earliest first, behind one of them."""
    rows = db.query(
        """
        SELECT key, url, captured, warc, attempts FROM archived_captures
        WHERE outlet = :outlet AND archive = :archive AND outcome IS NULL
            AND (captured, key) > (:captured, :key) AND captured < :until
        ORDER BY captured, key LIMIT :limit
        """,
        {
            **scope.as_values(),
            "captured": stamp(after.captured if after else scope.since),
            "key": after.key if after else "",
            "limit": limit,
        },
    )
    return [
        ArchivedCapture(
            key=row["key"],
            url=row["url"],
            captured=read_stamp(row["captured"]),
            warc=WarcRange(**json.loads(row["warc"])) if row["warc"] else None,
            attempts=row["attempts"],
        )
        for row in rows
    ]


def settle_capture(db: Database, scope: CaptureScope, key: str, *, outcome: str | None) -> None:
    """Store what became of a capture; None: it could not be had, and waits."""
    with db.atomic():
        db.execute(
            """
            UPDATE archived_captures SET outcome = :outcome, attempts = attempts + (:outcome IS NULL)
            WHERE outlet = :outlet AND archive = :archive AND key = :key
            """,
            {"outlet": scope.outlet, "archive": scope.archive, "key": key, "outcome": outcome},
        )
