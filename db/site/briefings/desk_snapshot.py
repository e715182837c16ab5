"""Read news.db for a briefing as it is at one moment, also while another process writes it."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from datasette.app import Datasette
from datasette.database import Database as Served

from db.connection import open_news
from db.i18n.languages import Language
from db.site.page_context import PageContext, page_context
from db.site.wording import SiteWording

_SETTINGS = {"sql_time_limit_ms": 60_000, "max_returned_rows": 200_000, "num_sql_threads": 0}


@contextlib.asynccontextmanager
async def open_snapshot(
    news_db: Path, *, name: str, timezone: str, language: Language, now: dt.datetime
) -> AsyncIterator[PageContext]:
    """Open news.db for reading in one transaction. name, timezone: the desk's.

    Raises db.connection.StoreError if there is no such database.
    """
    open_news(news_db, readonly=True).conn.close()
    datasette = Datasette(metadata={"plugins": {"vigia": {"name": name, "timezone": timezone}}}, settings=_SETTINGS)
    for known in list(datasette.databases):
        if not known.startswith("_"):
            datasette.remove_database(known)
    served = Served(datasette, str(news_db), is_mutable=True)
    datasette.add_database(served, name="news")
    # Without threads Datasette has one connection, so that all statements are of one transaction.
    await served.execute_fn(_begin)
    try:
        yield replace(page_context(datasette), wording=SiteWording(language), now=now)
    finally:
        await served.execute_fn(sqlite3.Connection.close)


def _begin(connection: sqlite3.Connection) -> None:
    connection.isolation_level = None
    connection.execute("BEGIN")
