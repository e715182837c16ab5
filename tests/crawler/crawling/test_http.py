"""Validators that may be handed back, and bodies that end whole."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.crawling.http import ends_whole, pick_validators

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("stated", "handed_back"),
    [
        ("Sun, 22 Nov 2026 11:00:00 GMT", ('"a"', "Sun, 22 Nov 2026 11:00:00 GMT")),
        ("Sun, 22 Nov 2026 12:02:00 GMT", ('"a"', "Sun, 22 Nov 2026 12:02:00 GMT")),  # a clock that is a bit ahead
        ("Sat, 16 Nov 2041 19:11:00 GMT", (None, None)),
        ("Sun, 22 Nov 2026 20:00:00 GMT", (None, None)),  # local time of China that is called GMT
        ("Sun, 22 Nov 2026 20:00:00", (None, None)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", (None, None)),
        ("16/11/2041 19:11", ('"a"', None)),
        ("0", ('"a"', None)),
        ("", ('"a"', None)),
    ],
)
def test_a_date_in_the_future_is_no_validator(stated: str, handed_back: tuple[str | None, str | None]) -> None:
    assert pick_validators({"etag": '"a"', "last-modified": stated}, now=NOW) == handed_back


@given(st.text())
def test_any_text_may_stand_in_a_header(stated: str) -> None:
    assert pick_validators({"last-modified": stated}, now=NOW)[0] is None


@pytest.mark.parametrize(
    "body",
    [
        b"<html><p>a</p></html>",
        b"<p>a</p></BODY></HTML >\r\n\r\n",
        b"<html><p>a</p></body></html>\n<!-- cached, 0.1 s -->",
        b"<html><p>a</p></html><script>count()</script>",
        b"<rss><channel></channel></rss>",
        b"<feed/></feed>",
        b"<x:RDF></x:RDF>",
        b"<urlset></urlset>\n",
        b'\xef\xbb\xbf{"items": []}\n',
        b"[1, 2]",
    ],
)
def test_a_document_with_its_end_is_whole(body: bytes) -> None:
    assert ends_whole(body)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" ", b"<html><p>a</p>", b"<html><p>a</p></htm", b"<rss><channel></channel>", b"User-agent: *\n"),
        *(b'{"items": [', b'[{"a": 1}', b"</html>" + b"x" * 9_000, b"\x1f\x8b\x00"),
    ],
)
def test_a_document_without_its_end_may_be_cut(body: bytes) -> None:
    assert not ends_whole(body)
