"""Fixtures: a desk with invented articles, and a client of its reading room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.fixtures.invented_desk import build, reader


@pytest.fixture(scope="module")
def news_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("desk"))


@pytest.fixture
async def client(news_db: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with reader(news_db) as found:
        yield found
