"""Archives are asked at their pace, and rest when they say so."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any, cast

import pytest
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError, DownloadCancelledError, DownloadTimeoutError
from scrapy.http import Response

from crawler.crawling.exceptions import OffSite
from crawler.crawling.session import CrawlSession
from crawler.operations.web_archives.requests import (
    ArchiveAnswer,
    ArchiveRequests,
    ArchiveUnavailable,
    Clock,
    RunEnded,
)

URL = "https://archive.example/web/1"


class Archive:
    """An archive, the session that keeps its back-off, and a clock that only waits move."""

    def __init__(self, *replies: int | Exception, retry_after: dt.timedelta | None = None) -> None:
        self.replies = list(replies)
        self.retry_after = retry_after
        self.moment = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
        self.until: dt.datetime | None = None
        self.waits: list[float] = []
        self.asked: list[float] = []
        self.rests: list[dt.datetime] = []
        self.is_ending = False

    def now(self) -> dt.datetime:
        return self.moment

    def back_off_of(self, host: str) -> tuple[dt.datetime, str] | None:
        assert host == "archive.example"
        return (self.until, "") if self.until and self.until > self.moment else None

    def back_off(self, host: str, *, retry_after: dt.timedelta, reason: str) -> None:
        self.until = max(self.until or self.moment, self.moment + retry_after)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.moment += dt.timedelta(seconds=seconds)

    async def send(self, request: Request) -> Response:
        self.asked.append(self.moment.timestamp())
        reply = self.replies.pop(0) if self.replies else 200
        if isinstance(reply, Exception):
            raise reply
        if reply == 429 and self.retry_after:
            self.back_off("", retry_after=self.retry_after, reason="")  # as the middleware does
        return Response(request.url, status=reply, body=b"x" if reply == 200 else b"")

    def run(self, *urls: str, rests_after_errors: bool = False) -> list[ArchiveAnswer]:
        clock = Clock(now=lambda: self.now().timestamp(), sleep=self.sleep, is_ending=lambda: self.is_ending)
        requests = ArchiveRequests(
            cast("CrawlSession", self), self.send, clock, on_rest=lambda _, until: self.rests.append(until)
        )

        async def get() -> list[ArchiveAnswer]:
            return [
                await requests.get(url, pace=4, max_bytes=100, rests_after_errors=rests_after_errors) for url in urls
            ]

        return asyncio.run(get())


def test_requests_keep_the_pace() -> None:
    archive = Archive()
    archive.run(URL, URL, URL)
    assert [later - sooner for sooner, later in zip(archive.asked, archive.asked[1:], strict=False)] == [4, 4]


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [(None, 300), (dt.timedelta(seconds=1), 300), (dt.timedelta(minutes=20), 1200)],
)
def test_after_429_it_rests_five_minutes_or_longer_if_asked(retry_after: dt.timedelta | None, seconds: int) -> None:
    archive = Archive(429, 200, retry_after=retry_after)
    assert [one.status for one in archive.run(URL)] == [200]
    assert archive.waits == [seconds]
    assert archive.rests == [archive.moment]


@pytest.mark.parametrize("status", [500, 502, 504])
def test_an_index_that_has_too_much_to_do_is_asked_once_more_after_a_rest(status: int) -> None:
    archive = Archive(status, 200)
    assert [one.status for one in archive.run(URL, rests_after_errors=True)] == [200]
    assert archive.waits == [300]
    again = Archive(status, status, 200)
    assert [one.status for one in again.run(URL, rests_after_errors=True)] == [status]
    assert [one.status for one in Archive(status, 200).run(URL)] == [status]  # of a capture it may say that it is lost


def test_a_rest_of_hours_ends_the_run_with_one_line() -> None:
    with pytest.raises(ArchiveUnavailable, match=r"^archive\.example: it asks for a rest until 2026-11-01 05:00 UTC"):
        Archive(429, retry_after=dt.timedelta(hours=5)).run(URL)


def test_an_archive_that_never_stops_asking_for_rests_ends_the_run() -> None:
    archive = Archive(*[503] * 20)
    with pytest.raises(ArchiveUnavailable, match="again and again"):
        archive.run(URL)
    assert len(archive.asked) == 7


def test_a_broken_connection_is_tried_once_more() -> None:
    assert [one.body for one in Archive(DownloadTimeoutError(), 200).run(URL)] == [b"x"]
    (answer,) = Archive(*[CannotResolveHostError()] * 2).run(URL)
    assert answer.problem == "its name can't be resolved"


@pytest.mark.parametrize("make", [DownloadCancelledError], ids=["size"])
def test_what_is_too_large_is_told_and_not_tried_again(make: Callable[[], Exception]) -> None:
    archive = Archive(make())
    (answer,) = archive.run(URL)
    assert answer.is_too_large
    assert len(archive.asked) == 1


def test_an_address_that_the_guard_refuses_ends_the_run() -> None:
    with pytest.raises(ArchiveUnavailable, match="not an address that the archive may be read at"):
        Archive(OffSite("leads to elsewhere")).run(URL)


def test_an_end_during_a_wait_sends_nothing() -> None:
    archive = Archive(429, 200)

    async def end(seconds: float) -> None:
        archive.is_ending = True

    cast("Any", archive).sleep = end
    with pytest.raises(RunEnded):
        archive.run(URL)
    assert len(archive.asked) == 1
