"""What a trial crawl of an outlet left behind: for `vigia outlets check`."""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database


def read_tried_sources(desk: Database, outlet: str) -> list[dict[str, Any]]:
    """The state of each source of an outlet, child sitemaps included."""
    rows = desk.query(
        """
        SELECT url, status, outcome, detail, items, newest, failures FROM sources
        WHERE outlet = :outlet AND (fetched_at IS NOT NULL OR failures > 0) ORDER BY parent IS NOT NULL, rowid
        """,
        {"outlet": outlet},
    )
    return list(rows)


def read_tried_page(news: Database, desk: Database, outlet: str) -> dict[str, Any] | None:
    """The one page that was tried: url, title, and what spoke against it (`problem`, None for an article)."""
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
    return next(kept, None) or next(waiting, None)
