"""What the indexes of archives answer is read row by row, and becomes one capture for each page."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from crawler.config.outlet import Outlet
from crawler.operations.web_archives.index_answers import (
    IndexAnswer,
    IndexAnswerError,
    IndexForm,
    Period,
    read_crawls,
    read_index_answer,
    read_page_count,
)
from tests.fixtures.foreign_warcs import day

NOW = day("2019-09-01")
YEAR = Period(since=day("2019-01-01"), until=NOW)
HEAD = ["timestamp", "original", "mimetype", "statuscode"]
CRAWLED = {"timestamp": "20190603150000", "filename": "crawl/a.warc.gz", "offset": "10", "length": "20"}


def make_outlet(pattern: str | None = r"/nota-\d+$") -> Outlet:
    return Outlet(
        id="faro",
        name="El Faro",
        home="https://www.faro.example/",
        languages=("es",),
        kind="press",
        feeds=("https://www.faro.example/feed",),
        article_pattern=pattern,
    )


def read(body: bytes, *, form: IndexForm = "wayback", outlet: Outlet | None = None) -> IndexAnswer:
    return read_index_answer(body, form=form, outlet=outlet or make_outlet(), period=YEAR, now=NOW)


def read_rows(*rows: Any, **options: Any) -> IndexAnswer:
    return read(json.dumps([HEAD, *rows]).encode(), **options)


def row(path: str, captured: str = "20190603150000", kind: str = "text/html", status: str = "200") -> list[str]:
    return [captured, f"https://faro.example/{path}", kind, status]


def test_the_earliest_capture_of_a_page_is_taken() -> None:
    found = read_rows(row("nota-1", "20190703000000"), row("nota-1"), row("nota-1?utm_source=x", "20190602000000"))
    assert [(one.url, one.captured) for one in found.captures] == [
        ("https://faro.example/nota-1?utm_source=x", day("2019-06-02"))
    ]


def test_a_capture_from_before_the_day_in_the_address_is_not_the_article() -> None:
    outlet = make_outlet(r"/nota-\d+$")
    path = "2019/06/10/nota-1"
    found = read_rows(row(path, "20190501000000"), row(path, "20190611000000"), row("2018/06/10/nota-2"), outlet=outlet)
    assert [one.captured for one in found.captures] == [day("2019-06-11")]


def test_only_addresses_that_may_be_articles_of_the_outlet_are_kept() -> None:
    rows = [row("nota-1"), row("economia"), ["20190603150000", "https://other.example/nota-2", "text/html", "200"]]
    assert [one.key for one in read_rows(*rows).captures] == ["faro.example/nota-1"]
    slug = row("china-y-peru-firman-un-acuerdo-nuevo")
    assert len(read_rows(slug, row("economia"), outlet=make_outlet(None)).captures) == 1


def test_documents_are_kept_like_pages() -> None:
    slug = "informe-de-comercio-2019.pdf"
    for kind in ("application/pdf", "application/x-pdf"):
        assert len(read_rows(row(slug, kind=kind), outlet=make_outlet(None)).captures) == 1
    whole = {**CRAWLED, "url": f"https://faro.example/{slug}", "mime": "application/octet-stream", "status": "200"}
    lines = [whole, {**whole, "mime-detected": "application/pdf"}]
    found = [read(json.dumps(line).encode(), form="commoncrawl", outlet=make_outlet(None)) for line in lines]
    assert [len(one.captures) for one in found] == [0, 1]


def test_captures_outside_the_period_and_of_other_formats_are_passed_over() -> None:
    rows = [row("nota-1", "20181231235959"), row("nota-2", "20190901000000"), row("nota-3", kind="image/png")]
    found = read_rows(*rows, row("nota-4", status="301"), row("nota-5", "20190101000000"))
    assert [one.key for one in found.captures] == ["faro.example/nota-5"]
    assert (found.rows, found.bad) == (5, 0)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param([], id="empty"),
        pytest.param(["20190603150000"], id="short"),
        pytest.param("text", id="no-row"),
        pytest.param(row("nota-1", "2019"), id="timestamp"),
        pytest.param(row("nota-1", "20191399999999"), id="no-day"),
        pytest.param(row("nota-1", "19700101000000"), id="too-early"),
        pytest.param(row("nota-1", "20300101000000"), id="future"),
        pytest.param([20190603150000, "https://faro.example/nota-1", "text/html", "200"], id="number"),
        pytest.param(["20190603150000", None, "text/html", "200"], id="null"),
        pytest.param(row("x" * 3_000), id="long"),
    ],
)
def test_a_row_that_is_none_is_counted_and_the_others_are_read(bad: Any) -> None:
    found = read_rows(bad, row("nota-9"))
    assert (found.rows, found.bad, len(found.captures)) == (2, 1, 1)


@pytest.mark.parametrize("written", ["com,faro)/a 20190603150000!", "com%2Cfaro%29%2Fa+20190603150000%21"])
def test_the_key_to_go_on_with_is_read_encoded_or_not(written: str) -> None:
    found = read_rows(row("nota-1"), [], [written])
    assert found.resume == "com,faro)/a 20190603150000!"
    assert (found.rows, found.bad) == (1, 0)


@pytest.mark.parametrize("body", [b"", b"[]", json.dumps([HEAD]).encode()])
def test_an_index_without_captures_is_no_fault(body: bytes) -> None:
    assert read(body) == IndexAnswer()


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Service unavailable</html>",
        b'{"error": "x"}',
        b'[["a", "b"]]',
        b"[" * 100_000,
        json.dumps([HEAD, [], [7]]).encode(),
    ],
    ids=["html", "object", "other-fields", "nested", "key"],
)
def test_what_is_no_index_is_refused(body: bytes) -> None:
    with pytest.raises(IndexAnswerError):
        read(body)


def crawled(path: str, **fields: Any) -> bytes:
    return json.dumps({**CRAWLED, "url": f"https://faro.example/{path}", **fields}).encode()


def test_lines_of_a_crawl_say_where_the_record_lies() -> None:
    body = b"\n".join([crawled("nota-1"), b"{torn", crawled("nota-2", status="404"), crawled("nota-3", mime="unk")])
    found = read(body, form="commoncrawl")
    assert [one.key for one in found.captures] == ["faro.example/nota-1", "faro.example/nota-3"]
    assert found.captures[0].warc is not None
    assert (found.captures[0].warc.file, found.captures[0].warc.offset) == ("crawl/a.warc.gz", 10)
    assert (found.rows, found.bad) == (4, 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"filename": "../secret.warc.gz"},
        {"filename": "//host/a.warc.gz"},
        {"filename": "a.txt"},
        {"filename": 3},
        {"offset": "-1"},
        {"offset": "9" * 30},
        {"length": "0"},
        {"length": None},
    ],
    ids=["up", "host", "other-file", "number", "negative", "huge", "empty", "null"],
)
def test_a_line_without_a_place_is_counted(fields: dict[str, Any]) -> None:
    found = read(crawled("nota-1", **fields) + b"\n" + crawled("nota-2"), form="commoncrawl")
    assert (found.bad, len(found.captures)) == (1, 1)


def test_a_truncated_record_is_not_asked_for() -> None:
    assert read(crawled("nota-1", truncated="length"), form="commoncrawl").captures == ()


def test_lines_of_which_none_is_json_are_no_index() -> None:
    with pytest.raises(IndexAnswerError):
        read(b"<html>\n<body>", form="commoncrawl")


def test_crawls_are_read_oldest_first_with_their_times() -> None:
    listed = [
        {"id": "B", "cdx-api": "https://index.example/B-index", "from": "2019-06-15T10:00:00", "to": "never"},
        {"id": "A", "cdx-api": "https://index.example/A-index", "from": "2015-02-26T00:00:00"},
        {"id": "C", "cdx-api": "file:///etc"},
        "x",
    ]
    found = read_crawls(json.dumps(listed).encode())
    assert [one.id for one in found] == ["A", "B"]
    assert (found[1].first, found[1].last) == (dt.datetime(2019, 6, 15, 10, tzinfo=dt.UTC), None)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"<html>", b'["x"]'])
def test_a_list_without_crawls_is_refused(body: bytes) -> None:
    with pytest.raises(IndexAnswerError):
        read_crawls(body)


def test_the_number_of_pages_is_read_as_object_or_number() -> None:
    assert (read_page_count(b'{"pages": 3, "pageSize": 1}'), read_page_count(b"4")) == (3, 4)
    for body in (b'{"pages": "x"}', b"-1", b"true", b"<html>"):
        with pytest.raises(IndexAnswerError):
            read_page_count(body)
