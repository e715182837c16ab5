"""A WARC file at an address is downloaded in parts, under the guard of any crawl."""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.config.outlet import Outlet
from crawler.crawling.session import CrawlSession
from crawler.operations.imports.sources.download_warc import WarcDownload, WarcDownloadSpider
from tests.fixtures.foreign_warcs import OUTLET, article, page_record, record
from tests.fixtures.forked_commands import run_vigia

PADDING = record(random.Random(1).randbytes(9_000_000), url="https://elsewhere.example/video", kind="resource")
CONTENT = PADDING + page_record(article(1), "nota-1")


class FileServer(ThreadingHTTPServer):
    """Serves CONTENT at every path, in parts unless the path says otherwise."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), FileHandler)
        self.ranges: list[str] = []


class FileHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FileServer

    def do_GET(self) -> None:
        if self.path in {"/robots.txt", "/gone.warc"}:
            self.send_error(404)
            return
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if asked is None or "whole" in self.path:
            self.answer(200, CONTENT)
            return
        self.server.ranges.append(asked[0])
        start, end = int(asked[1]), min(int(asked[2]), len(CONTENT) - 1)
        self.answer(206, CONTENT[start : end + 1], ("Content-Range", f"bytes {start}-{end}/{len(CONTENT)}"))

    def answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Length", str(len(body))), ("ETag", '"1"'), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def spider(tmp_path: Path) -> WarcDownloadSpider:
    """A download of which 100 bytes were there before."""
    url = "https://data.example/a.warc"
    download = WarcDownload(url=url, path=tmp_path / "a.warc", done=100, validator='"1"')
    outlet = Outlet(id="import", name=url, home=url, languages=("en",), kind="research", feeds=(url,))
    return WarcDownloadSpider(
        session=cast("CrawlSession", None), outlet=outlet, download=download, is_ending=lambda: False
    )


def test_a_file_that_ends_before_its_parts_is_downloaded_again_once(spider: WarcDownloadSpider) -> None:
    refusal = Response("https://data.example/a.warc", status=416)
    again = spider.parse_part(refusal)
    assert again is not None
    assert (again.headers["Range"], again.headers.get("If-Range")) == (b"bytes=0-7999999", None)
    assert spider.parse_part(refusal) is None
    assert spider.download.failure is not None


def test_a_server_that_sends_parts_and_wholes_in_turn_is_not_asked_for_ever(spider: WarcDownloadSpider) -> None:
    too_large = Failure(DownloadCancelledError())
    assert spider.handle_error(too_large) is not None
    spider.download.done, spider.download.validator = 100, '"1"'  # after the first part of the second time
    assert spider.handle_error(too_large) is None
    assert "sends no parts" in str(spider.download.failure)


@pytest.mark.slow
def test_a_file_is_downloaded_in_parts_and_private_addresses_are_refused(server: FileServer, tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "vigia.toml").write_text(OUTLET, encoding="utf-8")
    site = f"http://127.0.0.1:{server.server_address[1]}"
    names = [f"{site}/a.warc", f"{site}/whole.warc", "http://10.1.2.3/a.warc", f"{site}/gone.warc"]
    ended = run_vigia("--desk", str(desk), "import", *names, "--json")
    told = json.loads(ended.stdout)
    assert ended.returncode == 1
    found = {one["file"]: one["problem"] for one in told["files"]}  # in an order that the names alone decide
    assert sorted(found) == sorted(names)
    assert (told["records"], told["stored"]) == (2, 1)
    problems = [found[name] for name in names]
    assert problems[0] is None
    assert "sends no parts" in problems[1]
    assert "not a public address" in problems[2]
    assert problems[3] == "answered 404; check the address, or download the file yourself, then import it"
    assert server.ranges == ["bytes=0-7999999", "bytes=8000000-15999999"]
    assert list((desk / "imports").iterdir()) == []
