"""A source that was empty or broken for a while is reported and loses nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crawler import urls
from crawler.demo.server import Fault
from tests.fixtures.demo_desk import DemoDesk

OUTLETS = {"lacordillera": "lacordillera.test", "pacificdispatch": "pacificdispatch.test"}  # a news sitemap, a feed


def settled_of(desk: DemoDesk) -> set[str]:
    return {urls.key(url) for url in desk.settled()}


def status_of(desk: DemoDesk, outlet: str) -> dict[str, Any]:
    desk_status = json.loads(desk.run("status", "--json").stdout)
    return next(one for one in desk_status["outlets"] if one["id"] == outlet)


def broken_and_mended(desk: DemoDesk, how: Fault) -> None:
    """Crawl twice while the sources are broken (the second answer is a 304), and once after they are repaired."""
    for host in OUTLETS.values():
        desk.web.fail(host, how)
    for _ in range(2):
        desk.run("crawl", *OUTLETS)
    for host in OUTLETS.values():
        desk.web.fail(host, "none")


@pytest.mark.parametrize("how", ["empty", "garbage"])
def test_new_pages_of_a_source_are_stored_after_it_was_broken(desk: DemoDesk, how: Fault) -> None:
    broken_and_mended(desk, how)
    desk.crawl(*OUTLETS)
    expected = {urls.key(page.url) for page in desk.web.expected() if page.outlet in OUTLETS}
    assert settled_of(desk) >= expected


def test_an_empty_source_is_reported_as_long_as_it_is_empty(desk: DemoDesk) -> None:
    broken_and_mended(desk, "empty")
    for outlet in OUTLETS:
        assert status_of(desk, outlet)["lists_nothing"].endswith(": empty")
    assert "lists nothing" in " ".join(desk.run("status").stdout.split())
    desk.crawl(*OUTLETS)
    for outlet in OUTLETS:
        assert status_of(desk, outlet)["lists_nothing"] is None


def test_a_dead_feed_is_reported_even_if_another_feed_works(desk: DemoDesk) -> None:
    desk.crawl("ecodelsur")
    outlet_status = status_of(desk, "ecodelsur")
    assert (outlet_status["failures"], outlet_status["sources_failing"], outlet_status["sources"]) == (0, 1, 2)
    assert "1 of 2 sources fails: answered 410" in " ".join(desk.run("status").stdout.split())
