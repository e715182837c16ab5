"""What a desk need not keep: old rejected pages, old crawls, child sitemaps of the past, notices that are over."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping

from crawler.config.desk import Desk
from db.connection import explain_errors, open_desk, open_news, refresh_statistics
from db.desk import notices, repeated_lines, sources
from db.news import crawls
from pipelines.alerts.notices import KEPT as NOTICES_KEPT
from pipelines.archive.warc_files import Archive

CRAWL_RETENTION = dt.timedelta(days=400)  # and each outlet's last one for good
CHILD_SITEMAP_RETENTION = dt.timedelta(days=90)  # child sitemaps that nobody asked since


def prune_desk(desk: Desk, archive: Archive, *, now: dt.datetime, statistics: Mapping[str, list[str]]) -> str:
    """Prune both databases and the archive, with connections of its own: to be run in a thread. Says what it did.

    `statistics` are the statements (by database: news, desk) that refresh what the query planner knows.
    """
    gone = archive.prune((now - desk.crawl.keep_rejected).date())
    with contextlib.closing(open_news(desk.news_db)) as news, explain_errors(desk.news_db):
        crawls.prune_crawls(news, before=now - CRAWL_RETENTION)
        refresh_statistics(news, statistics["news"])
    with contextlib.closing(open_desk(desk.desk_db)) as private, explain_errors(desk.desk_db):
        repeated_lines.prune_lines(private)
        sources.prune_child_sources(private, before=now - CHILD_SITEMAP_RETENTION)
        notices.prune_notices(private, before=now - NOTICES_KEPT)
        refresh_statistics(private, statistics["desk"])
    return f"pruned {', '.join(gone)}" if gone else "ok"
