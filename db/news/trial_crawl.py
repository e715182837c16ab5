"""Read the results of a trial crawl of an outlet, for `vigia outlets check`."""

from __future__ import annotations

from typing import TypedDict, cast

from sqlite_utils import Database


class TriedSource(TypedDict):
    """The state of a source after the trial. `newest` is a time as in db.model.times."""

    url: str
    status: int | None
    outcome: str | None
    detail: str | None
    items: int | None
    newest: str | None
    failures: int


class TriedPage(TypedDict):
    """The page that was tried. `problem`: the reason of its rejection or "waiting", None for an article."""

    url: str
    title: str | None
    problem: str | None
    detail: str | None


def read_tried_sources(desk: Database, outlet: str) -> list[TriedSource]:
    """Read the state of each source of an outlet, child sitemaps included."""
    rows = desk.query(
        """
        SELECT url, status, outcome, detail, items, newest, failures FROM sources
        WHERE outlet = :outlet AND (fetched_at IS NOT NULL OR failures > 0) ORDER BY parent IS NOT NULL, rowid
        """,
        {"outlet": outlet},
    )
    return cast("list[TriedSource]", list(rows))


def read_tried_page(news: Database, desk: Database, outlet: str) -> TriedPage | None:
    """Read the one page that was tried, or None if none was found to try."""
    kept = news.query(
        """
        SELECT url, title, NULL AS problem, NULL AS detail FROM articles WHERE outlet = :outlet
        UNION ALL SELECT url, title, reason, detail FROM rejections WHERE outlet = :outlet LIMIT 1
        """,
        {"outlet": outlet},
    )
    waiting = desk.query(
        """
        SELECT url, title, 'waiting' AS problem, last_error AS detail FROM candidates
        WHERE outlet = :outlet AND last_error IS NOT NULL LIMIT 1
        """,
        {"outlet": outlet},
    )
    return cast("TriedPage | None", next(kept, None) or next(waiting, None))
