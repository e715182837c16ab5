"""What the archives give for a capture becomes a WARC record, or a reason why there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import cast

import pytest

from crawler.operations.imports.skip_reason import SkipReason
from crawler.operations.web_archives.common_crawl import CommonCrawl
from crawler.operations.web_archives.requests import ArchiveAnswer, ArchiveRequests, ArchiveUnavailable
from crawler.operations.web_archives.wayback import Wayback
from crawler.operations.web_archives.web_archive import FetchedCapture, WebArchive, list_archived_hosts, take_index
from db.desk.imports.archived_captures import ArchivedCapture, WarcRange
from tests.crawler.operations.web_archives.test_index_answers import make_outlet
from tests.fixtures.foreign_warcs import day

CAPTURE = ArchivedCapture(
    key="faro.example/nota-1",
    url="http://faro.example/nota-1",
    captured=day("2019-06-03"),
    warc=WarcRange(file="a.warc.gz", offset=10, length=4),
)
MEMENTO = {"memento-datetime": "Mon, 03 Jun 2019 00:00:00 GMT", "content-type": "text/html"}


class Requests:
    """Answers in turn; notes what was asked."""

    def __init__(self, *answers: ArchiveAnswer) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.headers: Mapping[str, str] = {}

    async def get(
        self, url: str, *, pace: float, max_bytes: int, headers: Mapping[str, str] | None = None
    ) -> ArchiveAnswer:
        self.asked.append(url)
        self.headers = headers or {}
        return self.answers.pop(0)


def fetch(archive: WebArchive, *answers: ArchiveAnswer) -> tuple[FetchedCapture, Requests]:
    requests = Requests(*answers)
    found = asyncio.run(archive.fetch(cast("ArchiveRequests", requests), CAPTURE, max_bytes=1_000))
    return found, requests


def answer(status: int = 200, body: bytes = b"", **headers: str) -> ArchiveAnswer:
    return ArchiveAnswer(
        url="https://web.archive.org/x",
        status=status,
        body=body,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def test_a_capture_is_asked_for_as_it_was_and_keeps_the_headers_of_the_outlet() -> None:
    headers = {**MEMENTO, "x-archive-orig-server": "faro", "x-archive-orig-content-type": "text/html; charset=big5"}
    found, requests = fetch(Wayback(), ArchiveAnswer(url="u", status=200, body=b"<p>", headers=headers))
    assert requests.asked == ["https://web.archive.org/web/20190603000000id_/http://faro.example/nota-1"]
    assert found.file == requests.asked[0]
    assert b"content-type: text/html; charset=big5\r\nserver: faro\r\n\r\n<p>" in found.record
    assert b"WARC-Date: 2019-06-03T00:00:00Z" in found.record


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        pytest.param(answer(404), SkipReason.NOT_ARCHIVED, id="not-found"),
        pytest.param(answer(403), SkipReason.NOT_ARCHIVED, id="blocked"),
        pytest.param(answer(404, memento_datetime="x"), SkipReason.STATUS, id="captured-error"),
        pytest.param(answer(302, memento_datetime="x"), SkipReason.STATUS, id="captured-redirect"),
        pytest.param(answer(302, location="https://web.archive.org/"), SkipReason.NOT_ARCHIVED, id="away"),
        pytest.param(
            answer(302, location="/web/20190701000000id_/http://faro.example/"), SkipReason.NOT_ARCHIVED, id="home"
        ),
        pytest.param(answer(302, location="http://[faro/web/"), SkipReason.NOT_ARCHIVED, id="no-address"),
        pytest.param(
            answer(302, location="/web/20191399000000id_/http://faro.example/nota-1"),
            SkipReason.NOT_ARCHIVED,
            id="no-moment",
        ),
        pytest.param(
            answer(200, b"<p>", memento_datetime="x", x_archive_orig_content_length="9"), SkipReason.TRUNCATED, id="cut"
        ),
        pytest.param(ArchiveAnswer(url="u", problem="large", is_too_large=True), SkipReason.TOO_LARGE, id="large"),
    ],
)
def test_a_capture_that_is_no_page_has_a_reason(given: ArchiveAnswer, outcome: SkipReason) -> None:
    assert fetch(Wayback(), given)[0] == FetchedCapture(outcome=outcome)


@pytest.mark.parametrize("status", [200, 500, 502])
def test_a_page_of_the_archive_itself_is_tried_again_another_time(status: int) -> None:
    found, _ = fetch(Wayback(), answer(status, b"<p>Internet Archive: maintenance"))
    assert found.problem == f"answered {status} with a page of its own"


def test_the_archive_leads_to_the_capture_that_it_has() -> None:
    moved = answer(302, location="/web/20190701000000id_/https://www.faro.example/nota-1")
    found, requests = fetch(Wayback(), moved, answer(200, b"<p>", **MEMENTO))
    assert requests.asked[1] == "https://web.archive.org/web/20190701000000id_/https://www.faro.example/nota-1"
    assert b"WARC-Date: 2019-07-01T00:00:00Z" in found.record
    assert fetch(Wayback(), moved, moved, moved)[0].outcome == SkipReason.NOT_ARCHIVED


def test_a_coded_body_is_not_taken_for_cut() -> None:
    headers = {**MEMENTO, "x-archive-orig-content-length": "99", "x-archive-orig-content-encoding": "gzip"}
    found, _ = fetch(Wayback(), ArchiveAnswer(url="u", status=200, body=b"<p>", headers=headers))
    assert found.record


def test_a_record_of_a_crawl_is_asked_for_by_its_range() -> None:
    found, requests = fetch(CommonCrawl(), answer(206, b"abcd", content_range="bytes 10-13/99"))
    assert requests.asked == ["https://data.commoncrawl.org/a.warc.gz"]
    assert requests.headers["Range"] == "bytes=10-13"
    assert found == FetchedCapture(record=b"abcd", file="a.warc.gz", offset=10)


def test_what_is_no_such_record_has_a_reason() -> None:
    crawl = CommonCrawl()
    assert fetch(crawl, answer(404))[0].outcome == SkipReason.NOT_ARCHIVED
    assert fetch(crawl, answer(206, b"ab", content_range="bytes 10-11/12"))[0].outcome == SkipReason.TRUNCATED
    assert fetch(crawl, answer(206, b"abcd", content_range="bytes 0-3/99"))[0].problem
    assert fetch(crawl, answer(500))[0].problem == "answered 500"
    assert (fetch(crawl, answer(403))[0].problem or "").startswith("answered 403")  # another time it may give it
    with pytest.raises(ArchiveUnavailable, match="whole files instead of parts"):
        fetch(crawl, ArchiveAnswer(url="u", problem="large", is_too_large=True))


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (answer(403), "does not show captures"),
        (answer(404, b"<html>nginx"), "answered 404; is there"),
        (answer(500), "answered 500; is there a network"),
        (ArchiveAnswer(url="https://web.archive.org/", problem="no answer in time"), "no answer in time; is there"),
        (ArchiveAnswer(url="https://web.archive.org/", problem="x", is_too_large=True), "ask for a shorter time"),
    ],
    ids=["blocked", "no such page", "broken", "silent", "large"],
)
def test_an_index_that_does_not_answer_is_told_in_one_line(given: ArchiveAnswer, line: str) -> None:
    with pytest.raises(ArchiveUnavailable, match=rf"^web\.archive\.org: .*{line}"):
        take_index(given)
    assert take_index(answer(404, b'{"message": "No Captures found for: faro.example/*"}')) is None
    assert take_index(answer(404, b"<p>No Captures found for: faro.example/*</p>")) is None


def test_the_hosts_of_an_outlet_are_asked_and_not_those_of_others_that_serve_its_feeds() -> None:
    outlet = make_outlet().model_copy(
        update={"feeds": ("https://rss.faro.example/f", "https://feeds.example.net/faro"), "hosts": ("FARO.pe",)}
    )
    assert list_archived_hosts(outlet) == ["faro.example", "faro.pe", "rss.faro.example"]
