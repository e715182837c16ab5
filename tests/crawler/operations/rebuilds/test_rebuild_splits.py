"""A rebuild by splits gives the desk of one without, whatever happens to those who analyse them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

pytest.importorskip("pyarrow")
pytest.importorskip("distributed")

from crawler.config.desk import load_desk
from crawler.crawling.session import CrawlSession
from crawler.operations.rebuilds import page_split
from crawler.operations.rebuilds.outcome_store import OutcomeStore
from crawler.operations.rebuilds.page_inputs import PageInputs
from crawler.operations.rebuilds.page_split import PageSplit
from crawler.operations.rebuilds.rebuild_archive import rebuild_archive
from crawler.operations.rebuilds.rebuild_report import RebuildReport
from crawler.operations.splits.dask_engine import DaskEngine, EnginePlace
from db.connection import open_news
from db.model.article import Place
from db.model.rejection import Rejection, RejectionReason
from db.model.verdict import Mark
from db.news.articles import save_rejection
from db.news.marks import put_mark
from db.news.rebuilds.archived_pages import ArchivedPage
from pipelines.archive.warc_files import Archive
from pipelines.archive.warc_records import Origin
from pipelines.page import Page
from tests.fixtures.faro import FARO_DESK, NOW, PROMOTION, article_page, move_off_topic
from tests.fixtures.local_engine import LocalEngine

pytestmark = pytest.mark.slow

PART_BYTES = 4_000
MARKED = article_page("marcada")
IMPORTED = article_page("importada")
UNKNOWN = article_page("sin-registro", extra=[PROMOTION])
COPIED = article_page("nota-1", extra=[PROMOTION])
PAGES = [
    *(article_page(f"nota-{number}", extra=[PROMOTION]) for number in range(5)),
    replace(COPIED, url="https://elfaro.test/copia", key="elfaro.test/copia"),
    move_off_topic(article_page("ajena", extra=[PROMOTION])),
    replace(article_page("vacia"), body=b"<html><body>Nada</body></html>"),
    replace(article_page("imagen"), body=b"\x89PNG", headers=(("Content-Type", "image/png"),)),
    MARKED,
]


def build_desk(folder: Path) -> None:
    """Write a desk whose pages were rejected by rules of before: one is marked, one imported, one damaged."""
    folder.mkdir()
    (folder / "vigia.toml").write_text(FARO_DESK, encoding="utf-8")

    async def main() -> None:
        async with open_session(folder) as session:
            stores = session.stores
            for page in PAGES:
                reject(session, page, stores.archive.write(page, rejected=True))
            origin = Origin(file="other.warc.gz", offset=7, record_id="<urn:a>")
            reject(session, IMPORTED, stores.archive.write(IMPORTED, origin=origin))
            reject(session, article_page("perdida"), Place(file="rejected-2026-11-22.warc.gz", offset=5))
            reject(session, article_page("borrada"), Place(file="rejected-2026-10-01.warc.gz", offset=0))
            stores.archive.write(article_page("sin-registro"), rejected=True)
            stores.archive.write(UNKNOWN, rejected=True)  # the later one counts
            mark(stores.news, MARKED)

    asyncio.run(main())


def reject(session: CrawlSession, page: Page, place: Place) -> None:
    reason = RejectionReason.OFF_TOPIC
    rejection = Rejection(url=page.url, key=page.key, outlet=page.outlet.id, reason=reason, relevance=0.1)
    save_rejection(session.stores.news, rejection, seen_at=page.fetched_at, place=place)


def mark(news: Database, page: Page) -> None:
    put_mark(news, key=page.key, url=page.url, verdict=Mark.IRRELEVANT, note=None, at=NOW)


def open_session(folder: Path) -> CrawlSession:
    return CrawlSession(load_desk(folder), now=lambda: NOW, workers_at_first_job=True)


async def rebuild(
    folder: Path, *, progress: Callable[[int, int], None] = lambda *_: None, **options: Any
) -> RebuildReport:
    async with open_session(folder) as session:
        report = await rebuild_archive(session, outlet=None, progress=progress, **options)
        report.first_lost = report.first_lost.replace(str(folder), "")
        assert "engine" not in options or session.stores.workers.server.pid is None  # pages are analysed elsewhere
        return report


def list_keys(split: PageSplit) -> list[str]:
    return [page.key for page, _ in split.pages]


def read_tables(folder: Path) -> dict[str, list[Any]]:
    """Return all rows of both databases, but for two things.

    The inner tables of the search index depend on transactions. Copied pages get new record ids, so that the offset of
    the next one in the archive may be another.
    """
    tables: dict[str, list[Any]] = {}
    for name in ("news.db", "desk.db"):
        with sqlite3.connect(folder / name) as db:
            for table, sql in db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall():
                if table.endswith(("_data", "_idx", "_docsize")) or "VIRTUAL" in sql:
                    continue
                columns = [row[0] for row in db.execute("SELECT name FROM pragma_table_info(:table)", {"table": table})]
                chosen = ", ".join(f'"{column}"' for column in columns if column != "archive_offset")
                tables[f"{name} {table}"] = sorted(map(repr, db.execute(f'SELECT {chosen} FROM "{table}"')))
    return tables


@dataclass
class Rebuilt:
    """A desk before, and what a rebuild without splits makes of it."""

    before: Path
    report: RebuildReport
    tables: dict[str, list[Any]]

    def copy(self, folder: Path) -> Path:
        return Path(shutil.copytree(self.before, folder))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Rebuilt:
    folder = tmp_path_factory.mktemp("serial")
    build_desk(folder / "before")
    shutil.copytree(folder / "before", folder / "after")
    report = asyncio.run(rebuild(folder / "after"))
    return Rebuilt(folder / "before", report, read_tables(folder / "after"))


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_split, "_PART_BYTES", PART_BYTES)


def test_a_rebuild_on_processes_of_dask_gives_the_desk_of_one_without(expected: Rebuilt, tmp_path: Path) -> None:
    desk = expected.copy(tmp_path / "desk")

    async def run() -> RebuildReport:
        async with DaskEngine(EnginePlace(workers=1)) as engine:
            return await rebuild(desk, engine=engine)

    assert asyncio.run(run()) == expected.report
    assert expected.report.changes == {"now an article": 8, "unchanged": 4}
    assert (expected.report.lost, expected.report.archive_only, expected.report.lines_learned) == (2, 1, 1)
    assert read_tables(desk) == expected.tables


def test_a_second_run_analyses_only_what_changed(expected: Rebuilt, tmp_path: Path) -> None:
    desk, engines = expected.copy(tmp_path / "desk"), [LocalEngine() for _ in range(4)]
    for engine in engines[:2]:  # the first one moves articles from the rejected pages
        asyncio.run(rebuild(desk, engine=engine))
    after = read_tables(desk)
    asyncio.run(rebuild(desk, engine=engines[2]))
    assert (engines[2].calls, read_tables(desk)) == ([], after)
    with contextlib.closing(open_news(desk / "news.db")) as news:
        mark(news, PAGES[0])
    draft = engines[1].calls[0].target.with_name(".dead.parquet.part")  # of a worker that died while it wrote
    draft.touch()
    report = asyncio.run(rebuild(desk, engine=engines[3]))
    assert report.reasons["marked"] == 2
    assert engines[3].calls
    assert all(PAGES[0].key in list_keys(split) for split in engines[3].calls)
    results = {path.relative_to(desk) for path in desk.glob("imports/results/archive/*/*/*/*.parquet")}
    calls = [split for engine in engines for split in engine.calls]
    assert not draft.exists()
    assert results < {split.target.relative_to(desk) for split in calls}  # what no run used is gone
    assert all(any(folder.iterdir()) for folder in desk.glob("imports/results/archive/**/"))


def test_only_pages_with_a_repeated_line_are_analysed_again_with_it(
    expected: Rebuilt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    read_page = PageInputs.read_page

    def note(inputs: PageInputs, archive: Archive, row: ArchivedPage) -> Page:
        read.append(row.key)
        return read_page(inputs, archive, row)

    monkeypatch.setattr(PageInputs, "read_page", note)
    monkeypatch.setattr(OutcomeStore, "store", skip_storing)  # which reads articles once more, to move them
    asyncio.run(rebuild(expected.copy(tmp_path / "desk"), engine=LocalEngine()))
    times = Counter(read)
    for page in [*PAGES, IMPORTED]:
        assert times[page.key] == (2 if PROMOTION.encode() in page.body else 1), page.key


async def skip_storing(*_: object) -> None:
    """Store nothing."""


def test_a_page_that_kills_its_process_costs_itself_alone(expected: Rebuilt, tmp_path: Path) -> None:
    desk = expected.copy(tmp_path / "desk")
    engine = LocalEngine(kills=lambda split: COPIED.key in list_keys(split), blamed=3)
    report = asyncio.run(rebuild(desk, engine=engine))
    assert report.reasons["analysis-crashed"] == 1
    assert report.changes["now an article"] == 7


def test_a_stopped_rebuild_goes_on_with_the_results_that_are_there(expected: Rebuilt, tmp_path: Path) -> None:
    desk, second = expected.copy(tmp_path / "desk"), LocalEngine()
    told: list[object] = []
    first = LocalEngine(order=random.Random(1))
    options = {"progress": lambda *so_far: told.append(so_far), "is_ending": lambda: len(told) > 1}
    report = asyncio.run(rebuild(desk, engine=first, **options))
    assert report.is_stopped
    assert "Run the same command again" in "\n".join(report.lines())
    done = {path.name for path in desk.glob("imports/results/archive/*/*/*/*.parquet")}
    assert asyncio.run(rebuild(desk, engine=second)) == expected.report
    assert read_tables(desk) == expected.tables
    assert done
    assert not done & {split.target.name for split in second.calls}
