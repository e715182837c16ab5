"""Requests that wait for a robots.txt go on if our own stores fail."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
from scrapy.utils.test import get_crawler
from twisted.internet.defer import Deferred

from crawler.crawling.exceptions import StoreFailed
from crawler.middlewares.robots_txt import StrictRobotsTxtMiddleware


class Broken:
    """A session whose disk is full."""

    def back_off(self, *_: object, **__: object) -> None:
        """Fail as the session does."""
        raise StoreFailed("a store failed")


@pytest.mark.parametrize("error", [OSError("no answer"), StoreFailed("a store failed")])
def test_requests_that_wait_for_robots_txt_continue_if_it_can_not_be_stored(error: Exception) -> None:
    crawler = get_crawler(settings_dict={"ROBOTSTXT_OBEY": True, "USER_AGENT": "Vigia"})
    crawler.spider = SimpleNamespace(session=Broken())  # type: ignore[assignment]
    robots = StrictRobotsTxtMiddleware(crawler)
    waiting: Deferred[None] = Deferred()
    robots._parsers["x.test"] = waiting  # type: ignore[assignment]
    with contextlib.suppress(StoreFailed):
        robots._robots_error(error, "x.test")
    assert waiting.called
    assert robots._parsers["x.test"] is None
