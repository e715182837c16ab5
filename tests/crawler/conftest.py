"""The miniature web and a desk that watches it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.demo.server import DemoWeb
from tests.fixtures.demo_desk import DemoDesk, desk_on
from tests.fixtures.forked_children import fork_children


@pytest.fixture(autouse=True)
def forked_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that analyse or send start as forks."""
    fork_children(monkeypatch)


@pytest.fixture
def web() -> Iterator[DemoWeb]:
    """The miniature web, fresh."""
    with DemoWeb() as running:
        yield running


@pytest.fixture
def desk(web: DemoWeb, tmp_path: Path) -> DemoDesk:
    """A desk on that web that was never crawled."""
    return desk_on(web, tmp_path / "desk")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoDesk]:
    """A desk that has read its miniature web once; the tests of a file share it."""
    with DemoWeb() as web:
        desk = desk_on(web, tmp_path_factory.mktemp("crawled") / "desk")
        desk.crawl()
        yield desk
