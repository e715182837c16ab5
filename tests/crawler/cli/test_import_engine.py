"""`vigia import` starts Dask for what takes longer than its start, and says meanwhile what it waits for."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("distributed")

from crawler.cli.reports.engine_options import choose_engine, describe_start
from crawler.cli.reports.warc_import import measure_sources
from crawler.config.desk import Desk, load_desk
from crawler.operations.imports.sources.find_warcs import WarcSource
from crawler.operations.splits.dask_engine import EnginePlace
from tests.fixtures.foreign_warcs import OUTLET


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "vigia.toml").write_text(OUTLET, encoding="utf-8")
    return load_desk(tmp_path)


def test_small_files_are_analysed_by_as_many_workers_of_the_session(desk: Desk) -> None:
    changed, place = choose_engine(desk, workers=3, scheduler=None, size=1_000_000)
    assert (place, changed.crawl.workers) == (None, 3)


@pytest.mark.parametrize("size", [None, 1_000_000_000])
def test_large_files_and_those_of_unknown_size_are_split(desk: Desk, size: int | None) -> None:
    assert choose_engine(desk, workers=3, scheduler=None, size=size) == (desk, EnginePlace(workers=3))


def test_a_scheduler_that_is_named_is_used_for_files_of_any_size(desk: Desk) -> None:
    address = "tcp://scheduler:8786"
    assert choose_engine(desk, workers=None, scheduler=address, size=1) == (desk, EnginePlace(address=address))


def test_the_size_of_files_is_known_unless_one_is_downloaded(tmp_path: Path) -> None:
    files = [WarcSource(tmp_path / name) for name in ("a.warc", "b.warc", "missing.warc")]
    for source in files[:2]:
        assert source.path is not None
        source.path.write_bytes(b"1234")
    assert measure_sources(files) == 8
    assert measure_sources([*files, WarcSource(None, "https://data.example/c.warc.gz")]) is None


def test_what_is_waited_for_is_said() -> None:
    assert describe_start(EnginePlace(workers=2)) == "starting 2 processes of Dask"
    assert describe_start(EnginePlace(workers=1)) == "starting 1 process of Dask"
    assert describe_start(EnginePlace(address="tcp://a:1")) == "connecting to tcp://a:1"
