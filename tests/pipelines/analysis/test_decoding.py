"""Decoding of pages with right, wrong and missing charset declarations."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.analysis.decoding import decode_body

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
    assert decode_body(text.encode(encoding), header).text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Más fruta según China y Perú", "cp1252"),
        ("Comercio con el Perú", "cp1252"),
        ("新港口本周开始试运行", "gbk"),
        ("习近平抵达利马", "gb2312"),
        ("페루의 새 항구가 문을 열었다", "euc-kr"),
        ("ペルーの新しい港が開港した", "shift_jis"),
    ],
)
@pytest.mark.parametrize("declared", ["UTF-8", ""])
def test_a_few_words_in_another_charset_than_declared_are_read(text: str, encoding: str, declared: str) -> None:
    declaration = f' encoding="{declared}"' if declared else ""
    document = f'<?xml version="1.0"{declaration}?><rss><title>{text}</title></rss>'
    assert decode_body(document.encode(encoding), "text/xml").text == document


def test_the_charset_of_an_xml_declaration_counts() -> None:
    document = '<?xml version="1.0" encoding="windows-1251"?><rss><title>Порт открылся</title></rss>'
    assert decode_body(document.encode("cp1251"), "application/rss+xml").text == document


def test_a_few_stray_bytes_leave_a_page_of_utf_8_readable() -> None:
    body = SPANISH.encode() + "caf\xe9".encode("cp1252")
    assert decode_body(body, "text/html; charset=utf-8").text.startswith(SPANISH)


def test_traditional_chinese_in_big5_is_recognised() -> None:
    text = "<p>兩國的企業在港口簽署了新的合作協議，這是今年以來的第三次，我們的記者在現場看到了這一切。</p>"
    assert decode_body(text.encode("big5")).text == text


def test_a_meta_declaration_counts_where_there_is_no_header() -> None:
    page = '<html><head><meta charset="windows-1251"></head><p>Порт открылся в четверг.</p>'
    assert decode_body(page.encode("cp1251")).text == page


def test_a_page_cut_within_a_character_stays_utf_8() -> None:
    body = SPANISH.encode().replace("año".encode(), b"a\xc3")
    assert "anunció más inversión" in decode_body(body, "text/html; charset=utf-8").text


CHINESE_TITLE = "秘鲁港口货运量创新高"
TRADITIONAL = "秘魯的港口今年的貨運量比去年多了一倍，當地的農民說，他們希望鐵路能早日通車。"
BOX = "<p>Más leídas: educación pública según el ministro</p><p>Así cerró el dólar en la región</p>"
DECLARATIONS = ["", "utf-8", "iso-8859-1", "gb2312", "gbk", "big5"]


@pytest.mark.parametrize("declared", DECLARATIONS)
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE_TITLE, "gb18030"),
        (TRADITIONAL, "gb18030"),
        (TRADITIONAL, "big5"),
        (TRADITIONAL[:10], "big5"),
        (TRADITIONAL, "utf-8"),
        (CHINESE, "gb18030"),
    ],
)
def test_chinese_is_read_by_its_bytes_whatever_is_declared(text: str, encoding: str, declared: str) -> None:
    for page in (f"<title>{text}</title>", f'<?xml version="1.0" encoding="{declared}"?><title>{text}</title>'):
        body = page.encode(encoding)
        assert decode_body(body, f"text/html; charset={declared}").text == page
        assert decode_body(body).text == page


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", ""])
def test_a_box_in_another_charset_leaves_the_article_as_it_is(declared: str) -> None:
    article = SPANISH * 3
    latin = decode_body(article.encode() + BOX.encode("cp1252"), f"text/html; charset={declared}").text
    assert latin == article + BOX  # the letters of one byte stand alone, so they are read too
    chinese = decode_body((CHINESE * 3).encode() + BOX.encode("cp1252"), f"text/html; charset={declared}").text
    assert chinese.startswith(CHINESE * 3)


@pytest.mark.parametrize(
    ("text", "encoding", "box"),
    [
        (CHINESE * 3, "gb18030", CHINESE.encode()),
        (TRADITIONAL * 3, "big5", f"<p>{TRADITIONAL}</p>".encode()),
        (SPANISH * 6, "cp1252", BOX.encode()),
        (CHINESE * 3, "utf-8", CHINESE.encode("gb18030")),
    ],
)
def test_a_page_keeps_its_declared_charset_beside_a_box(text: str, encoding: str, box: bytes) -> None:
    body = text.encode(encoding) + b"\n" + box
    assert text in decode_body(body, f"text/html; charset={encoding}").text


def test_a_declared_charset_of_another_language_is_believed() -> None:
    for text, encoding in (
        ("Порт открылся в четверг", "koi8-r"),
        ("港は木曜日に開港した。中国の投資家", "euc_jp"),
        ("ท่าเรือเปิดทำการ", "cp874"),
        ("Ogłoszono źródło dźwięku", "iso8859-2"),
    ):
        assert decode_body(text.encode(encoding), f"text/html; charset={encoding}").text == text


def test_utf_16_without_a_mark_is_recognised() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        assert decode_body(SPANISH.encode(encoding)).text == SPANISH


@pytest.mark.parametrize(
    "body",
    [
        b"\xe9" * 5_000_000,
        b"<\xe9" * 1_000_000,
        b"a\xe9" * 2_000_000 + "é".encode() * 4_000_000,
        b"\xce\xd2" * 2_000_000,
    ],
    ids=["one byte", "a passage each", "stray bytes", "Chinese"],
)
@pytest.mark.slow
def test_megabytes_of_stray_bytes_are_read_in_bounded_time(body: bytes) -> None:
    began = time.process_time()
    decode_body(body, "text/html; charset=utf-8")
    assert time.process_time() - began < 16


@pytest.mark.parametrize("charset", ["rot13", "zip", "idna", "undefined", "utf-7", "klingon", "\x00"])
def test_an_unknown_charset_is_ignored(charset: str) -> None:
    assert "ministra" in decode_body(SPANISH.encode("cp1252"), f"text/html; charset={charset}").text


@given(
    st.binary(max_size=3000), st.sampled_from(["", "text/html; charset=utf-16", "text/html; charset=big5", "text/html"])
)
def test_any_bytes_become_text_that_can_be_stored(body: bytes, header: str) -> None:
    text = decode_body(body, header).text
    assert text.encode("utf-8").decode("utf-8") == text
    assert "\x00" not in text
