"""A body whose length or last chunk is wrong is used if it ends whole, over a real connection."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from pathlib import Path

from tests.fixtures.demo_desk import rows
from tests.fixtures.forked_commands import run_vigia
from tests.fixtures.hostile_web import Chunks, answer, hostile_web, write_desk

PAGE = (
    "<html><title>Chancay {0}</title><p>{0} " + "COSCO amplía el puerto de Chancay, en el Perú. " * 40 + "</p></html>"
)


def chunked(body: bytes, end: bytes) -> Chunks:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    return [head + b"%x\r\n%b\r\n%b" % (len(body), body, end)]


def test_whole_bodies_are_used_and_cut_ones_are_asked_for_again(tmp_path: Path) -> None:
    with hostile_web() as web:
        pages = {name: PAGE.format(name).encode() for name in ("long", "torn", "odd", "gzip", "cut", "cut-chunk")}
        packed = gzip.compress(pages["gzip"])
        web.pages |= {
            "/nota-long": lambda: answer(pages["long"], **{"Content-Length": "9999"}),
            "/nota-torn": lambda: chunked(pages["torn"], b""),
            "/nota-odd": lambda: chunked(pages["odd"], b"zz\r\n"),
            "/nota-gzip": lambda: answer(packed, Content_Encoding="gzip", **{"Content-Length": "9999"}),
            "/nota-cut": lambda: answer(pages["cut"][:-40], **{"Content-Length": "9999"}),
            "/nota-cut-chunk": lambda: chunked(pages["cut-chunk"][:-40], b""),
        }
        links = "".join(f"<item><link>{web.url}{path}</link></item>" for path in web.pages)
        feed = f"<rss version='2.0'><channel>{links}</channel></rss>".encode()
        web.pages["/feed.xml"] = lambda: answer(feed, kind="application/rss+xml", **{"Content-Length": "99999"})
        outlet: dict[str, object] = {"home": f"{web.url}/", "feeds": [f"{web.url}/feed.xml"]}
        (tmp_path / "vigia.toml").write_text(write_desk({"one": outlet}, attempts=1), encoding="utf-8")
        ended = run_vigia("--desk", str(tmp_path), "crawl")
        assert ended.returncode == 0, ended.stderr
        asked = Counter(path for _, path in web.asked)
    found = rows(tmp_path / "news.db", "SELECT url, 'article' FROM articles")
    found += rows(tmp_path / "news.db", "SELECT url, reason FROM rejections")
    assert {re.sub(".*/nota-", "", url): what for url, what in found} == {
        **dict.fromkeys(("long", "torn", "odd", "gzip"), "article"),
        **dict.fromkeys(("cut", "cut-chunk"), "unreachable"),
    }
    assert {path: number for path, number in asked.items() if number > 1} == {"/nota-cut": 2, "/nota-cut-chunk": 2}
