"""`/-/metrics` has what the process counted, in Prometheus' format, behind the password unless it is open."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from crawler.config.desk import Desk, load_desk
from crawler.service.metrics_endpoint import MetricsEndpoint
from crawler.service.service import site_of
from db.connection import open_desk, open_news
from db.site.password import hash_new_password
from pipelines.activity_counters import ActivityCounters

NOW = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)
PASSWORD = "correct horse battery"


def desk_with(folder: Path, *lines: str) -> Desk:
    text = "\n".join(['[desk]\ndirectory = "none"\nport = 0', *lines])
    (folder / "vigia.toml").write_text(text, encoding="utf-8")
    (folder / "hash").write_text(hash_new_password(PASSWORD), encoding="utf-8")
    with closing(open_news(folder / "news.db")), closing(open_desk(folder / "desk.db")):
        return load_desk(folder)


def values(text: str) -> dict[tuple[str, str], float]:
    """Read the format with Prometheus' own parser: (name, its labels' values) -> value."""
    from prometheus_client.parser import text_string_to_metric_families  # noqa: PLC0415 - only who reads metrics needs it

    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def read(endpoint: MetricsEndpoint) -> dict[tuple[str, str], float]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(endpoint), base_url="http://127.0.0.1") as client:
        answer = await client.get("/-/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return values(answer.text)


async def test_what_was_counted_is_shown(tmp_path: Path) -> None:
    activity = ActivityCounters()
    endpoint = MetricsEndpoint(lambda: desk_with(tmp_path), activity=activity, now=lambda: NOW)
    for what, word in (("crawls", "ok"), ("crawls", "failed"), ("pages", "new"), ("deliveries", "sent")):
        activity.count(what, word)
    for _ in range(3):
        activity.count("rejections", "off-topic")
    with activity.time_stage("analyse"):
        sum(range(10_000))
    with pytest.raises(ValueError, match="broken"), activity.time_stage("analyse"):
        raise ValueError("broken")
    shown = await read(endpoint)
    assert shown["vigia_crawls_total", "ok"] == shown["vigia_crawls_total", "failed"] == 1
    assert shown["vigia_rejections_total", "off-topic"] == 3
    assert shown["vigia_deliveries_total", "sent"] == shown["vigia_pages_total", "new"] == 1
    assert shown["vigia_stage_seconds_count", "analyse"] == 2
    assert shown["vigia_stage_seconds_sum", "analyse"] > 0
    assert shown["vigia_healthy", ""] in (0, 1)
    assert shown["vigia_queue_candidates", ""] == shown["vigia_queue_deliveries", ""] == 0
    assert shown["vigia_disk_free_bytes", ""] > 0


async def test_an_unreadable_database_is_no_error_of_the_endpoint(tmp_path: Path) -> None:
    desk = desk_with(tmp_path)
    desk.news_db.write_bytes(b"x" * 5000)
    shown = await read(MetricsEndpoint(lambda: desk, activity=ActivityCounters(), now=lambda: NOW))
    assert shown["vigia_healthy", ""] == 0


@pytest.mark.slow
def test_metrics_are_behind_the_password(tmp_path: Path) -> None:
    with site_of(desk_with(tmp_path, 'password = "file:hash"')) as site, httpx.Client(base_url=site.url) as reader:
        refused = reader.get("/-/metrics")
        assert refused.status_code != 200
        assert "vigia_" not in refused.text
        assert reader.post("/-/login", data={"password": PASSWORD}).status_code == 303
        assert ("vigia_healthy", "") in values(reader.get("/-/metrics").text)
        reader.post("/-/logout")
        assert reader.get("/-/metrics").status_code != 200


@pytest.mark.parametrize("lines", [('password = "file:hash"', 'metrics = "open"'), ()], ids=["open", "no password"])
@pytest.mark.slow
def test_metrics_can_be_read_without_login_where_one_says_so(tmp_path: Path, lines: tuple[str, ...]) -> None:
    with site_of(desk_with(tmp_path, *lines)) as site:
        assert ("vigia_healthy", "") in values(httpx.get(f"{site.url}/-/metrics").text)
        assert httpx.post(f"{site.url}/-/metrics").status_code == 405
