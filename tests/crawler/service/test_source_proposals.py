"""An outlet whose sources all fail is looked at once, and what is found is proposed, never taken."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path

import pytest

from crawler.config.desk import load_desk
from crawler.config.outlet import Outlet
from crawler.crawling.session import CrawlSession
from crawler.operations.propose_sources import MIN_FAILURES_BEFORE_SEARCH, SEARCH_AGAIN_INTERVAL, is_worth_a_search
from db.desk.sources import SourceProposal, save_source_proposal
from tests.crawler.service.test_scheduler import only, scheduled
from tests.fixtures.demo_desk import DemoDesk

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
MOVED = "http://lacordillera.test/the-old-feed.xml"


def test_other_sources_are_proposed_once_and_not_taken(desk: DemoDesk) -> None:
    only(desk, lacordillera="1h")
    path = desk.folder / "vigia.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("http://lacordillera.test/news-sitemap.xml", MOVED), encoding="utf-8")
    assert load_desk(desk.folder).outlet("lacordillera").sources[0].url == MOVED
    scheduled(desk, NOW, *[30.0] * (MIN_FAILURES_BEFORE_SEARCH + 1))
    [(outlet, found, problem)] = desk.desk("SELECT outlet, found, problem FROM proposed_sources")
    assert (outlet, problem) == ("lacordillera", None)
    assert "http://lacordillera.test/news-sitemap.xml" in json.loads(found)["sitemap"]
    assert desk.news("SELECT count(*) FROM articles") == [(0,)]
    printed = desk.run("status").stdout
    head = "All sources of lacordillera fail. Its home page has others; to read these, put into vigia.toml:\n"
    (block,) = tomllib.loads(printed.partition(head)[2].partition("\nProblem since")[0])["outlet"]
    assert block == {"id": "lacordillera", "sitemaps": json.loads(found)["sitemap"]}
    (shown,) = json.loads(desk.run("status", "--json").stdout)["outlets"]
    assert shown["proposed"] == json.loads(found)
    assert sum((hit.host, hit.path) == ("lacordillera.test", "/") for hit in desk.web.hits) == 1


@pytest.mark.parametrize(
    ("failures", "known", "problem", "later", "expected"),
    [
        (MIN_FAILURES_BEFORE_SEARCH - 1, None, None, dt.timedelta(0), False),
        (MIN_FAILURES_BEFORE_SEARCH, None, None, dt.timedelta(0), True),
        (MIN_FAILURES_BEFORE_SEARCH, "the same", None, 9 * SEARCH_AGAIN_INTERVAL, False),
        (MIN_FAILURES_BEFORE_SEARCH, "others", None, dt.timedelta(0), True),
        (MIN_FAILURES_BEFORE_SEARCH, "the same", "answered 500", SEARCH_AGAIN_INTERVAL / 2, False),
        (MIN_FAILURES_BEFORE_SEARCH, "the same", "answered 500", SEARCH_AGAIN_INTERVAL, True),
    ],
)
async def test_a_search_is_repeated_for_other_sources_or_after_a_week_without_a_home_page(
    tmp_path: Path, failures: int, known: str | None, problem: str | None, later: dt.timedelta, expected: bool
) -> None:
    outlet = Outlet(
        id="faro", name="El Faro", home="https://faro.example/", languages=("es",), kind="press", feeds=(MOVED,)
    )
    (tmp_path / "vigia.toml").write_text("[desk]\ndirectory = []\n", encoding="utf-8")
    async with CrawlSession(load_desk(tmp_path), now=lambda: NOW + later) as session:
        if known:
            instead_of = (MOVED,) if known == "the same" else ("https://faro.example/x",)
            save_source_proposal(
                session.stores.desk,
                SourceProposal(outlet="faro", looked_at=NOW, instead_of=instead_of, found={}, problem=problem),
            )
        assert is_worth_a_search(session, outlet, failures=failures) is expected
