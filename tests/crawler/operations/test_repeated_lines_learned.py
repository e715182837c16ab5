"""Learning repeated lines with real workers, archive and databases, over a revisit and a rebuild."""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from crawler.config.desk import load_desk
from crawler.crawling.session import CrawlSession
from crawler.operations.rebuilds.rebuild_archive import rebuild_archive
from crawler.operations.rebuilds.rebuild_report import RebuildReport
from db.desk import repeated_lines
from db.desk.visits import Visit
from db.model.article import Article
from db.model.rejection import Rejection
from pipelines.item_pipelines import FetchResult, store_result
from pipelines.page import Page
from tests.fixtures.faro import FARO, FARO_DESK, NOW, PROMOTION, article_page, move_off_topic, paragraph

pytestmark = pytest.mark.slow

PAGES = [
    *(article_page(f"nota-{number}", extra=[PROMOTION]) for number in range(5)),
    article_page("sin-promocion"),
    move_off_topic(article_page("ajena-0", extra=[PROMOTION])),
]


async def come(session: CrawlSession, page: Page, visit: Visit | None = None) -> Article | Rejection:
    """Send a page through analysis, archive and databases."""
    stores = session.stores
    known = repeated_lines.read_repeated_lines(stores.desk, FARO.id)
    outcome = await stores.workers.analyse(page, repeated=known)
    place = await asyncio.to_thread(stores.archive.write, page, rejected=isinstance(outcome, Rejection))
    store_result(stores, FetchResult(keys=(page.key,), page=page, outcome=outcome, place=place, visit=visit))
    return outcome


def session_on(folder: Path) -> CrawlSession:
    folder.mkdir()
    (folder / "vigia.toml").write_text(FARO_DESK, encoding="utf-8")
    return CrawlSession(load_desk(folder), now=lambda: NOW)


def texts(session: CrawlSession) -> dict[str, str]:
    return {row["url"]: row["text"] for row in session.stores.news.query("SELECT url, text FROM articles")}


async def rebuilt(session: CrawlSession) -> RebuildReport:
    return await rebuild_archive(session, outlet=None, progress=lambda _done, _total: None)


def test_a_rebuild_does_not_depend_on_the_order_of_the_pages(tmp_path: Path) -> None:
    async def main(folder: Path, pages: Sequence[Page]) -> list[dict[str, Any]]:
        async with session_on(folder) as session:
            for page in pages:
                await come(session, page)
            before = texts(session)
            assert sum(PROMOTION in text for text in before.values()) in {2, 3}  # read before it was known
            first = await rebuilt(session)
            assert first.lines_learned == 1
            assert first.changes["now rejected"] == first.changes["now an article"] == 0
            after = texts(session)
            for url, text in before.items():
                assert after[url].split("\n") == [line for line in text.split("\n") if line != PROMOTION]
            assert next(session.stores.news.query("SELECT count(*) AS n FROM revisions"))["n"] == 0
            again = await rebuilt(session)
            assert again.changes["record changed"] == 0
            assert texts(session) == after
            columns = "url, title, text, relevance, verdict, words, text_sha256"
            rows = session.stores.news.query(f"SELECT {columns} FROM articles ORDER BY url")
            return [*rows, *session.stores.desk.query("SELECT text, articles FROM furniture")]

    forward = asyncio.run(main(tmp_path / "forward", PAGES))
    assert len(forward) == len(PAGES)  # six articles and a line
    assert forward[-1] == {"text": PROMOTION, "articles": 6}  # the page that is off topic showed it too
    assert asyncio.run(main(tmp_path / "backward", PAGES[::-1])) == forward


def test_a_newly_learned_line_is_not_a_revision_of_an_article(tmp_path: Path) -> None:
    async def main() -> None:
        async with session_on(tmp_path / "desk") as session:
            for page in PAGES[:4]:
                await come(session, page)
            page = PAGES[0]
            assert PROMOTION in texts(session)[page.url]
            visit = Visit(
                key=page.key,
                url=page.url,
                outlet=FARO.id,
                etag=None,
                last_modified=None,
                visited=0,
                first_seen=NOW - dt.timedelta(hours=1),
            )
            await come(session, page, visit)
            assert PROMOTION not in texts(session)[page.url]
            assert session.stores.news["revisions"].count == 0
            longer = article_page("nota-0", extra=[PROMOTION, paragraph("a paragraph that came later")])
            await come(session, longer, visit)
            assert session.stores.news["revisions"].count == 1
            assert paragraph("a paragraph that came later") in texts(session)[page.url]

    asyncio.run(main())


def test_a_rebuild_restores_pages_newer_than_the_backup_of_news_db(tmp_path: Path) -> None:
    async def main(folder: Path) -> None:
        async with session_on(folder) as session:
            for page in PAGES[:3]:
                await come(session, page)
        backup = tmp_path / "backup.db"
        with sqlite3.connect(folder / "news.db") as source, sqlite3.connect(backup) as copy:
            source.backup(copy)
        async with CrawlSession(load_desk(folder), now=lambda: NOW) as session:
            for page in PAGES[3:]:
                await come(session, page)
            before = texts(session)
            assert len(before) == 6
        for suffix in ("", "-wal", "-shm"):
            (folder / f"news.db{suffix}").unlink(missing_ok=True)
        backup.rename(folder / "news.db")
        async with CrawlSession(load_desk(folder), now=lambda: NOW) as session:
            assert len(texts(session)) == 3
            won = await rebuilt(session)
            assert won.archive_only == 4  # three articles and the page that is off topic
            assert won.changes["now an article"] == 3
            assert set(texts(session)) == set(before)
            assert "4 of them lay in the archive alone" in "\n".join(won.lines())
            assert (await rebuilt(session)).archive_only == 0
            assert set(texts(session)) == set(before)

    asyncio.run(main(tmp_path / "desk"))
