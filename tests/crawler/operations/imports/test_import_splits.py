"""An import by splits gives what one process gives, whatever happens to those who analyse them."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
import multiprocessing
import os
import random
import signal
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("distributed")

from crawler.config.desk import load_desk
from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.session import CrawlSession
from crawler.operations.imports.import_report import ImportReport
from crawler.operations.imports.import_warcs import WarcImport
from crawler.operations.imports.sources.find_warcs import WarcSource, find_warcs
from crawler.operations.splits.dask_engine import (
    DaskEngine,
    EnginePlace,
)
from tests.fixtures.faro import PROMOTION, article_page
from tests.fixtures.foreign_warcs import OUTLET, article, off_topic, page_record, record, write_warc
from tests.fixtures.local_engine import LocalEngine
from tests.fixtures.spoilt_splits import SpoiltEngine, analyse_spoilt

LATER = "2019-06-05T15:00:00Z"
FORGED = page_record(article(99, title="Perú y China: un registro dentro de otro"), "falsa")
RECORDS = [
    *(page_record(article(number), f"nota-{number}") for number in range(6)),
    page_record(off_topic(1) + b"\r\n\r\n" + FORGED, "receta-1"),  # a plain file seems to have a record in it
    page_record(article(2), "copia-2", date=LATER),
    page_record(article(1).replace(b"acuerdo", b"convenio"), "nota-1", date=LATER),
    record(b"GET / HTTP/1.1\r\n\r\n", kind="request"),
    *(page_record(off_topic(number), f"receta-{number}") for number in range(2, 5)),
    page_record(article(7), "nota-7"),
]


def faro_record(name: str, path: str = "", *, date: str = "2026-11-23T12:00:00Z") -> bytes:
    """Return the record of an article, which no other name has, with a line that all share."""
    published = b'<head><meta property="article:published_time" content="2026-11-22T09:00:00-05:00">'
    body = article_page(name, extra=[PROMOTION]).body.replace(b"<head>", published)
    return page_record(body, path or name, date=date)


THREE_FILES = {
    "2026-11-23": [*(faro_record(f"nota-{number}") for number in range(5)), page_record(article(1), "puerto-1")],
    "2026-11-24": [faro_record("nota-2", "copia-2"), faro_record("otra"), page_record(article(2), "puerto-2")],
    "2026-11-25": [faro_record("nota-2", "copia-3"), faro_record("nota-4", "nota-1", date="2026-11-25T12:00:00Z")],
}


def make_desk(folder: Path) -> Path:
    folder.mkdir()
    (folder / "vigia.toml").write_text(OUTLET, encoding="utf-8")
    return folder


@contextlib.asynccontextmanager
async def open_session(folder: Path, *, workers_at_first_job: bool = True) -> AsyncIterator[CrawlSession]:
    async with CrawlSession(load_desk(folder), workers_at_first_job=workers_at_first_job) as session:
        yield session
        if workers_at_first_job:  # the splits are analysed elsewhere
            assert session.stores.workers.server.pid is None


async def run_import(folder: Path, *warcs: Path, **options: Any) -> ImportReport:
    async with open_session(folder, workers_at_first_job="engine" in options) as session:
        work = WarcImport(session, split_bytes=1_500, **options)
        return await work.import_files(find_warcs(map(str, warcs)))


def read_desk(folder: Path) -> Any:
    """Read articles with their originals, stories and places in the file, in the order in which they were stored."""
    with sqlite3.connect(folder / "news.db") as db:
        return db.execute(
            """
            SELECT a.url, a.title, a.text, a.published, o.url, f.url FROM articles AS a
            LEFT JOIN articles AS o ON o.id = a.original
            JOIN story_articles AS s ON s.article = a.id JOIN stories ON stories.id = s.story
            JOIN articles AS f ON f.id = stories.first_article ORDER BY a.id
            """
        ).fetchall()


@dataclass
class Expected:
    """What one process makes of the records, whichever file they are in."""

    warcs: dict[str, Path]
    counts: Counter[str]
    rows: Any


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Expected:
    folder = tmp_path_factory.mktemp("serial")
    warcs = {name: write_warc(folder / name, RECORDS) for name in ("a.warc", "a.warc.gz")}
    desk = make_desk(folder / "desk")
    return Expected(warcs, asyncio.run(run_import(desk, warcs["a.warc"])).counts, read_desk(desk))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_splits_in_any_order_give_what_one_process_gives(expected: Expected, name: str, tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    report = asyncio.run(run_import(desk, expected.warcs[name], engine=LocalEngine(order=random.Random(name))))
    assert report.counts == expected.counts
    assert report.records == len(RECORDS)
    assert read_desk(desk) == expected.rows
    assert list((desk / "imports" / "results").iterdir()) == []


@pytest.mark.slow
def test_neither_the_order_of_files_nor_that_of_splits_changes_the_desk(tmp_path: Path) -> None:
    first, second, third = (write_warc(tmp_path / f"{name}.warc.gz", records) for name, records in THREE_FILES.items())
    serial = make_desk(tmp_path / "serial")
    counts = asyncio.run(run_import(serial, first, second, third)).counts
    rows = read_desk(serial)
    assert counts == {"stored": 10, "other-version": 1}
    assert sum(row[4] is not None for row in rows) == 3  # copies
    assert len({row[5] for row in rows}) < 8  # stories
    assert sum(PROMOTION in row[2] for row in rows) == 8  # also in files that come after it is learned
    for seed, warcs in enumerate([(third, second, first), (second, third, first), (first, third, second)]):
        desk = make_desk(tmp_path / f"desk-{seed}")
        report = asyncio.run(run_import(desk, *warcs, engine=LocalEngine(order=random.Random(seed))))
        assert report.counts == counts
        assert read_desk(desk) == rows
        with sqlite3.connect(desk / "desk.db") as db:
            assert [text for (text,) in db.execute("SELECT text FROM furniture")] == [PROMOTION]


@pytest.mark.slow
def test_a_record_that_kills_its_process_costs_itself_alone(expected: Expected, tmp_path: Path) -> None:
    warc, desk = expected.warcs["a.warc.gz"], make_desk(tmp_path / "desk")
    at = warc.read_bytes().find(b"\x1f\x8b\x08", 1)  # the second record
    engine = LocalEngine(kills=lambda call: call.byte_range.start <= at < call.byte_range.end, blamed=3)
    report = asyncio.run(run_import(desk, warc, engine=engine))
    assert report.records == len(RECORDS)
    assert report.counts["analysis-crashed"] == 1
    assert len(engine.calls) <= 3 * len(RECORDS)  # innocent splits are not halved
    assert [row for row in expected.rows if "nota-1" not in row[0]] == [
        row for row in read_desk(desk) if "nota-1" not in row[0]
    ]


@pytest.mark.slow
def test_a_stopped_import_goes_on_with_the_results_that_are_there(expected: Expected, tmp_path: Path) -> None:
    warc, desk = expected.warcs["a.warc.gz"], make_desk(tmp_path / "desk")
    told: list[object] = []
    first, second = LocalEngine(order=random.Random(1)), LocalEngine()
    options = {"progress": lambda *so_far: told.append(so_far), "is_ending": lambda: len(told) >= 3}
    stopped = asyncio.run(run_import(desk, warc, engine=first, **options))
    assert stopped.is_stopped
    done = {path.name for path in desk.glob("imports/results/*/*.parquet")}
    report = asyncio.run(run_import(desk, warc, engine=second))
    assert (report.is_stopped, report.counts) == (False, expected.counts)
    assert read_desk(desk) == expected.rows
    assert done
    assert not done & {call.target.name for call in second.calls}


@pytest.mark.slow
def test_no_results_are_left_if_an_import_goes_on_without_workers(expected: Expected, tmp_path: Path) -> None:
    warc, desk = expected.warcs["a.warc.gz"], make_desk(tmp_path / "desk")
    told: list[object] = []
    options = {"progress": lambda *so_far: told.append(so_far), "is_ending": lambda: len(told) >= 3}
    asyncio.run(run_import(desk, warc, engine=LocalEngine(order=random.Random(1)), **options))
    assert list(desk.glob("imports/results/*/*.parquet"))
    report = asyncio.run(run_import(desk, warc))
    assert (report.counts, read_desk(desk)) == (expected.counts, expected.rows)
    assert list((desk / "imports" / "results").iterdir()) == []


@pytest.mark.slow
def test_a_killed_worker_of_dask_costs_nothing(expected: Expected, tmp_path: Path) -> None:
    warc, desk = expected.warcs["a.warc.gz"], make_desk(tmp_path / "desk")
    killed: list[int] = []

    class Killing(DaskEngine):
        def submit(self, function: Callable[[Any], None], call: Any) -> None:
            super().submit(function, call)
            if not killed:  # while it is given its work: what it has begun is in memory alone
                killed.extend(self.list_pids())
                os.kill(killed[0], signal.SIGKILL)

    async def run() -> ImportReport:
        async with open_session(desk) as session, Killing(EnginePlace(workers=1)) as engine:
            return await WarcImport(session, split_bytes=1_500, engine=engine).import_files([WarcSource(warc)])

    report = asyncio.run(run())
    assert logging.getLogger("distributed").level != logging.CRITICAL  # as it was before
    assert len(killed) == 1
    assert report.counts == expected.counts
    assert read_desk(desk) == expected.rows


@pytest.fixture
def quick_workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have workers of Dask forked from a process that has imported what they need: they die here again and again."""
    import dask  # noqa: PLC0415
    from distributed import utils  # noqa: PLC0415

    monkeypatch.setattr(utils, "_forkserver_preload_set", True)
    multiprocessing.set_forkserver_preload(["distributed", "tests.fixtures.spoilt_splits"])
    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("quick_workers")
def test_records_that_kill_and_hang_workers_of_dask_cost_themselves_alone(tmp_path: Path) -> None:
    others = [
        record(b"GET / HTTP/1.1\r\n\r\n", kind="request", date=f"2019-06-0{day}T15:00:00Z") for day in range(1, 5)
    ]
    kills, hangs = page_record(article(2), "mata"), page_record(article(3), "cuelga")
    records = [page_record(article(1), "nota-1"), others[0], kills, *others[1:3], hangs, others[3]]
    warc, desk = write_warc(tmp_path / "a.warc.gz", records), make_desk(tmp_path / "desk")
    starts = list(accumulate((len(gzip.compress(one)) for one in records), initial=0))
    assert starts[-1] == warc.stat().st_size
    function = partial(analyse_spoilt, starts[records.index(kills)], starts[records.index(hangs)], 1)

    async def run() -> ImportReport:
        async with open_session(desk) as session, SpoiltEngine(EnginePlace(workers=1), function) as engine:
            return await WarcImport(session, split_bytes=1, engine=engine).import_files([WarcSource(warc)])

    report = asyncio.run(run())
    assert report.counts == {"stored": 1, "other-record": 4, "analysis-crashed": 2}
    assert [row[0] for row in read_desk(desk)] == ["https://www.faro.example/nota-1"]


@pytest.mark.slow
def test_results_that_never_arrive_end_the_import(expected: Expected, tmp_path: Path) -> None:
    class Elsewhere(LocalEngine):
        async def wait(self, seconds: float) -> list[tuple[Any, Exception | None]]:
            return [(self.waiting.pop()[1], None)]

    async def run() -> str:
        async with open_session(make_desk(tmp_path / "desk")) as session:
            with pytest.raises(StoreFailed):
                await WarcImport(session, engine=Elsewhere()).import_files([WarcSource(expected.warcs["a.warc"])])  # type: ignore[arg-type]
            return str(session.fatal_error)

    assert "its results don't arrive; share the desk's folder" in asyncio.run(run())
