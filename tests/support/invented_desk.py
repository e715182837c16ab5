"""The invented desk of tests/db/site_fixture.py, and a reader of its reading room without a browser."""

from __future__ import annotations

import datetime as dt
import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

import httpx

from db.site.serve import application

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
_PATH = Path(__file__).parents[1] / "db" / "site_fixture.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("site_fixture", _PATH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FIXTURE = _load()


def build(folder: Path) -> Path:
    """Write its news.db as it would stand at NOW."""
    path: Path = FIXTURE.build(folder / "news.db", now=NOW)
    return path


@asynccontextmanager
async def reader(
    news_db: Path, *, at: str = "http://127.0.0.1", language: str = "en"
) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever reads that desk, in a language."""
    transport = httpx.ASGITransport(app=application(news_db, name="Mesa", timezone="America/Lima"))
    headers = {"accept-language": language}
    async with httpx.AsyncClient(transport=transport, base_url=at, headers=headers) as client:
        yield client
