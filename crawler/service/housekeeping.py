"""Delete what is old: rejected pages, crawls, wordings, lines, notices, subscriptions; check databases and index."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping

from crawler.config.desk import Desk
from db.connection import DamagedStoreError, explain_errors, open_desk, open_news, refresh_statistics
from db.database_check import find_database_damage
from db.desk import notices, repeated_lines, sources
from db.desk.analysts.reader_subscriptions import DELETED_SUBSCRIPTION_RETENTION, prune_reader_subscriptions
from db.news import crawls
from db.news.stories.wordings import WORDING_RETENTION, prune_wordings
from db.search.integrity import find_search_damage
from pipelines.alerts.notices import NOTICE_MAX_AGE as NOTICES_KEPT
from pipelines.archive.warc_files import Archive

CRAWL_RETENTION = dt.timedelta(days=400)  # the last crawl of each outlet is kept without limit
CHILD_SITEMAP_RETENTION = dt.timedelta(days=90)  # since a child sitemap was last read


def prune_desk(desk: Desk, archive: Archive, *, now: dt.datetime, statistics: Mapping[str, list[str]]) -> str:
    """Prune both databases and the archive.

    Returns "ok" or the names of the deleted archive files. Opens its own connections, so it can run in a thread.
    `statistics` maps "news" and "desk" to the SQL statements that refresh the query planner's statistics.
    """
    gone = archive.prune((now - desk.crawl.keep_rejected).date())
    with contextlib.closing(open_news(desk.news_db)) as news, explain_errors(desk.news_db):
        crawls.prune_crawls(news, before=now - CRAWL_RETENTION)
        prune_wordings(news, before=now - WORDING_RETENTION)
        refresh_statistics(news, statistics["news"])
    with contextlib.closing(open_desk(desk.desk_db)) as private, explain_errors(desk.desk_db):
        repeated_lines.prune_lines(private)
        sources.prune_child_sources(private, before=now - CHILD_SITEMAP_RETENTION)
        notices.prune_notices(private, before=now - NOTICES_KEPT)
        prune_reader_subscriptions(private, before=now - DELETED_SUBSCRIPTION_RETENTION)
        refresh_statistics(private, statistics["desk"])
    return f"pruned {', '.join(gone)}" if gone else "ok"


def check_search_index(desk: Desk, *, seed: int) -> str | None:
    """Return what is wrong with the search index, or None. Opens its own connection, so it can run in a thread.

    seed: chooses the sample that is read of a large index.
    """
    with contextlib.closing(open_news(desk.news_db)) as news, explain_errors(desk.news_db):
        return find_search_damage(news, seed=seed)


def check_databases(desk: Desk, *, seed: int) -> dict[str, str]:
    """Return what is wrong with the pages of news.db and desk.db, by the file's name. Runs in a thread, as above."""
    found = {}
    for path, opened in ((desk.news_db, open_news), (desk.desk_db, open_desk)):
        try:
            with contextlib.closing(opened(path, readonly=True)) as database, explain_errors(path):
                if damage := find_database_damage(database, seed=seed):
                    found[path.name] = damage
        except DamagedStoreError as error:  # so damaged that it can't be opened
            found[path.name] = str(error.__cause__)
    return found
