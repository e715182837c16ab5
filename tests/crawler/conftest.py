"""The miniature web and a desk that watches it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_desk import DemoDesk, desk_on

from crawler.demo.server import DemoWeb


@pytest.fixture
def web() -> Iterator[DemoWeb]:
    """The miniature web, fresh."""
    with DemoWeb() as running:
        yield running


@pytest.fixture
def desk(web: DemoWeb, tmp_path: Path) -> DemoDesk:
    """A desk on that web that was never crawled."""
    return desk_on(web, tmp_path / "desk")
