"""Decoding of pages with right, wrong and missing charset declarations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.analysis.decoding import decode_page

SPANISH = "<html><p>La ministra anunció más inversión en los puertos del sur del Perú este año.</p>"
CHINESE = "<html><p>两国的企业在港口签署了新的合作协议，这是今年以来的第三次。我们的记者在现场看到了这一切。</p>"


@pytest.mark.parametrize(
    ("text", "encoding", "header"),
    [
        (SPANISH, "utf-8", ""),
        (SPANISH, "utf-8", "text/html; charset=iso-8859-1"),  # UTF-8 that says latin-1
        (SPANISH, "cp1252", "text/html; charset=ISO-8859-1"),
        (SPANISH, "cp1252", ""),
        ("<html><p>«Así —dijo— cuesta 5 €…» “bien”</p>", "cp1252", "text/html; charset=iso-8859-1"),
        (CHINESE, "gb18030", "text/html; charset=gb2312"),
        (CHINESE, "gb18030", ""),  # no header at all
        (CHINESE, "gb18030", "text/html; charset=utf-8"),
        (CHINESE, "gb18030", "text/html; charset=iso-8859-1"),
        (CHINESE, "utf-8", "text/html; charset=gb2312"),
        (CHINESE, "utf-8-sig", ""),
        (CHINESE, "utf-16", ""),
    ],
)
def test_the_text_is_right_whatever_the_header_says(text: str, encoding: str, header: str) -> None:
    assert decode_page(text.encode(encoding), header).text == text


def test_traditional_chinese_in_big5_is_recognised() -> None:
    text = "<p>兩國的企業在港口簽署了新的合作協議，這是今年以來的第三次，我們的記者在現場看到了這一切。</p>"
    assert decode_page(text.encode("big5")).text == text


def test_a_meta_declaration_counts_where_there_is_no_header() -> None:
    page = '<html><head><meta charset="windows-1251"></head><p>Порт открылся в четверг.</p>'
    assert decode_page(page.encode("cp1251")).text == page


def test_a_page_cut_within_a_character_stays_utf_8() -> None:
    body = SPANISH.encode().replace("año".encode(), b"a\xc3")
    assert "anunció más inversión" in decode_page(body, "text/html; charset=utf-8").text


@pytest.mark.parametrize("charset", ["rot13", "zip", "idna", "undefined", "utf-7", "klingon", "\x00"])
def test_an_unknown_charset_is_ignored(charset: str) -> None:
    assert "ministra" in decode_page(SPANISH.encode("cp1252"), f"text/html; charset={charset}").text


@given(
    st.binary(max_size=3000), st.sampled_from(["", "text/html; charset=utf-16", "text/html; charset=big5", "text/html"])
)
def test_any_bytes_become_text_that_can_be_stored(body: bytes, header: str) -> None:
    text = decode_page(body, header).text
    assert text.encode("utf-8").decode("utf-8") == text
    assert "\x00" not in text
