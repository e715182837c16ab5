"""Requests that wait for a robots.txt go on if our own stores fail."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler
from twisted.internet.defer import Deferred

from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.session import CrawlSession
from crawler.middlewares.robots_txt import StrictRobotsTxtMiddleware
from pipelines.analysis.workers.jobs import WorkersError, WorkersStopped


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


class WithoutWorkers(CrawlSession):
    """A session whose workers end with an error. It has nothing else: a back-off would fail."""

    def __init__(self, error: WorkersError) -> None:
        async def run(*_: object, **__: object) -> None:
            raise error

        self.fatal_error = None
        self.stores = SimpleNamespace(workers=SimpleNamespace(run=run))  # type: ignore[assignment]

    def is_in_place(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("error", "ends_the_desk"), [(WorkersStopped("stopped"), False), (WorkersError("can't start"), True)]
)
async def test_workers_that_end_are_no_fault_of_the_host(error: WorkersError, ends_the_desk: bool) -> None:
    crawler = get_crawler(settings_dict={"ROBOTSTXT_OBEY": True, "USER_AGENT": "Vigia"})
    session = WithoutWorkers(error)
    crawler.spider = SimpleNamespace(session=session)  # type: ignore[assignment]
    robots = StrictRobotsTxtMiddleware(crawler)
    request = Request("https://x.test/a")
    robots._parsers["x.test"] = Deferred()
    with pytest.raises(StoreFailed) as caught:
        await robots._parse_robots(Response("https://x.test/robots.txt", body=b"User-agent: *"), "x.test", request)
    robots._robots_error(caught.value, "x.test")
    with pytest.raises(StoreFailed):
        robots.process_request_2(None, request)
    assert (session.fatal_error is error) is ends_the_desk
