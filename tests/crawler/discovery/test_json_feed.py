"""JSON Feed: which address is an item's own."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from crawler.config.outlet import Outlet
from crawler.discovery import DiscoveryResult, discover

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
OUTLET = Outlet(
    id="diario",
    name="El Diario",
    home="https://diario.test/",
    languages=("es",),
    kind="press",
    feeds=("https://diario.test/feed.json",),
)


def read(body: str) -> DiscoveryResult:
    return discover(OUTLET.sources[0], body.encode(), url="https://diario.test/feed.json", outlet=OUTLET, now=NOW)


def test_a_json_feed_is_read() -> None:
    found = read('{"items": [{"url": "/a-1", "title": "Uno", "date_published": "2026-11-20T10:00:00-05:00"}]}')
    assert found.candidates[0].published == dt.datetime(2026, 11, 20, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "addresses",
    [
        {"id": "https://diario.test/a-{}"},
        {"id": "https://diario.test/a-{}", "url": "https://diario.test/"},
        {"id": "https://diario.test/a-{}", "url": ""},
        {"id": "{}", "url": "https://diario.test/a-{}"},
        {"id": "tag:diario.test,2026:{}", "url": "https://diario.test/hoy", "permalink": "https://diario.test/a-{}"},
    ],
)
def test_items_of_a_json_feed_are_found_by_the_address_that_is_theirs_alone(addresses: dict[str, str]) -> None:
    items = [{name: address.format(n) for name, address in addresses.items()} for n in (1, 2)]
    assert {c.key for c in read(json.dumps({"items": items})).candidates} == {"diario.test/a-1", "diario.test/a-2"}


def test_a_json_feed_that_links_to_the_front_page_alone_says_so() -> None:
    found = read('{"items": [{"url": "https://diario.test/", "id": "7"}, {"url": "https://diario.test/", "id": "8"}]}')
    assert found.candidates == ()
    assert found.warnings == ("2 entries link to the front page alone",)
