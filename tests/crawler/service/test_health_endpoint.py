"""`/-/health` says in JSON whether a desk is well, without login and without anything private."""

from __future__ import annotations

import datetime as dt
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from crawler.config.desk import Desk, load_desk
from crawler.service.health_endpoint import HealthEndpoint
from crawler.service.service import site_of
from db.connection import open_desk, open_news
from db.model.times import utc_now
from db.news.crawls import begin_crawl, finish_crawl
from db.news.outlets import make_outlet_row, save_outlets
from db.site.password import hash_new_password

NOW = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)
CONFIGURATION = """\
[desk]
directory = "none"
port = 0
password = "file:hash"

[[outlet]]
id = "faro"
name = "El Faro Secreto"
home = "https://faro.example/"
country = "PE"
languages = ["es"]
kind = "press"
feeds = ["https://faro.example/feed"]

[[person]]
id = "ana-confidencial"
to = ["env:VIGIA_ANA"]

[[subscription]]
name = "Operación reservada"
query = "Chancay"
people = ["ana-confidencial"]
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "vigia.toml").write_text(CONFIGURATION, encoding="utf-8")
    (tmp_path / "hash").write_text(hash_new_password("correct horse battery"), encoding="utf-8")
    open_desk(tmp_path / "desk.db").close()
    desk = load_desk(tmp_path)
    with closing(open_news(desk.news_db)) as news:
        save_outlets(news, map(make_outlet_row, desk.outlets))
    return desk


def record_crawl(desk: Desk, *, at: dt.datetime, outcome: str = "finished", requests: int = 3) -> None:
    news = open_news(desk.news_db)
    crawl = begin_crawl(news, "faro", at=at)
    counts = dict.fromkeys(("new", "revised", "copies", "rejected", "errors"), 0)
    finish_crawl(news, crawl, at=at, requests=requests, outcome=outcome, **counts)
    news.close()


async def ask(endpoint: HealthEndpoint) -> tuple[int, dict[str, Any]]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(endpoint), base_url="http://127.0.0.1") as client:
        answer = await client.get("/-/health")
    return answer.status_code, answer.json()


async def test_a_desk_that_just_started_is_healthy(desk: Desk) -> None:
    status, told = await ask(HealthEndpoint(lambda: desk, now=lambda: NOW))
    assert status == 200
    assert told["healthy"] is True
    assert told["last_crawl"] is None
    assert told["outlets"] == {"watched": 1, "answered": 0}


async def test_a_desk_without_a_crawl_for_hours_is_not(desk: Desk) -> None:
    record_crawl(desk, at=NOW)
    time = [NOW]
    seconds = [0.0]
    endpoint = HealthEndpoint(lambda: desk, now=lambda: time[0], monotonic=lambda: seconds[0])
    _, told = await ask(endpoint)
    assert "crawl" not in told["problems"]
    assert told["last_crawl"] == "2026-11-22T15:00:00Z"
    time[0] += dt.timedelta(days=2)
    assert (await ask(endpoint))[1] == told  # the same answer for some seconds
    seconds[0] += 5
    status, told = await ask(endpoint)
    assert status == 503
    assert "crawl" in told["problems"]


async def test_a_full_disk_and_an_unreadable_database_are_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(desk.folder)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    status, told = await ask(HealthEndpoint(lambda: desk, now=lambda: NOW))
    assert (status, told["problems"], told["disk"]) == (503, ["disk"], {"free_bytes": 1_000_000})
    desk.news_db.write_bytes(b"x" * 5000)
    status, told = await ask(HealthEndpoint(lambda: desk, now=lambda: NOW))
    assert (status, told) == (503, {"healthy": False, "problems": ["database"]})


async def test_any_number_of_requests_costs_one_look(desk: Desk) -> None:
    looks = []

    def count_looks() -> Desk:
        looks.append(1)
        return desk

    endpoint = HealthEndpoint(count_looks, now=lambda: NOW, monotonic=lambda: 0.0)
    for _ in range(20):
        await ask(endpoint)
    assert len(looks) == 1


def test_the_reading_room_tells_it_without_login_and_tells_nothing_private(desk: Desk) -> None:
    record_crawl(desk, at=utc_now())
    with site_of(desk) as site:
        assert httpx.get(f"{site.url}/outlets").status_code in (302, 303, 401, 403)
        answer = httpx.get(f"{site.url}/-/health")
        head = httpx.head(f"{site.url}/-/health")
        posted = httpx.post(f"{site.url}/-/health")
    assert answer.status_code in (200, 503)
    assert set(answer.json()) == {
        "healthy",
        "problems",
        "checked_at",
        "last_crawl",
        "outlets",
        "deliveries",
        "disk",
    }
    for private in ("ana", "reservada", "faro", "Faro", "VIGIA_ANA", str(desk.folder)):
        assert private not in answer.text
    assert head.content == b""
    assert posted.status_code == 405
