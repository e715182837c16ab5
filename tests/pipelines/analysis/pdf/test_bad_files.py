"""A PDF without readable text is rejected for one clear reason, within bounds of work."""

from __future__ import annotations

import contextlib
import tracemalloc
from collections.abc import Callable

import pytest

from db.model.rejection import RejectionReason
from pipelines.analysis.pdf import pdf_reader
from pipelines.analysis.pdf.pdf_reader import MAX_CHARACTERS, PdfError, is_pdf, read_pdf
from tests.fixtures import pdf_files
from tests.fixtures.pdf_files import PLAIN_FONT, SPANISH, assemble, encoded_text, one_page, stream

CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"
UNREADABLE, SCAN, TOO_LARGE = RejectionReason.UNREADABLE, RejectionReason.SCAN, RejectionReason.TOO_LARGE


@pytest.mark.parametrize(
    ("make", "reason", "sentence"),
    [
        (lambda: pdf_files.encrypt(pdf_files.press_release(), password="x"), UNREADABLE, "encrypted"),
        (lambda: pdf_files.press_release()[:400], UNREADABLE, "damaged"),
        (lambda: b"%PDF-1.7\n", UNREADABLE, "damaged"),
        (lambda: assemble([CATALOGUE, b"<< /Type /Pages /Count 1 /Kids [2 0 R] >>"]), UNREADABLE, "damaged"),
        (lambda: assemble([CATALOGUE, b"<< /Type /Pages /Count 0 /Kids [] >>"]), UNREADABLE, "no pages"),
        (pdf_files.write_scan, SCAN, "2 pages without text"),
        (lambda: one_page(stream(b"0 0 m 9 9 l S"), font=PLAIN_FONT), SCAN, "1 page without text"),
        (lambda: one_page(stream(b""), font=PLAIN_FONT, kids=100_000), TOO_LARGE, "too many pages"),
        (pdf_files.bomb, TOO_LARGE, "unpacks to too much"),
        (lambda: encoded_text(SPANISH, shift=29, has_table=False), UNREADABLE, "letters"),
        (lambda: encoded_text(SPANISH, shift=-1, has_table=False), UNREADABLE, "letters"),
    ],
    ids=[
        *("password", "torn", "head alone", "circle of pages", "no pages", "scan", "drawing", "100,000 pages", "bomb"),
        *("codes of glyphs", "shifted letters"),
    ],
)
def test_a_file_without_readable_text_has_one_reason(
    make: Callable[[], bytes], reason: RejectionReason, sentence: str
) -> None:
    with pytest.raises(PdfError, match=sentence) as caught:
        read_pdf(make())
    assert caught.value.reason is reason
    assert "\n" not in str(caught.value)


def test_a_file_that_opens_without_a_password_is_read() -> None:
    document = read_pdf(pdf_files.encrypt(pdf_files.press_release(), password=""))
    assert document.title == pdf_files.SPANISH_TITLE


def test_a_cross_reference_that_leads_to_itself_ends() -> None:
    body = assemble(
        [CATALOGUE, b"<< /Type /Pages /Count 0 /Kids [] >>"],
        trailer=b"/Prev %d" % assemble([CATALOGUE, b"<< /Type /Pages /Count 0 /Kids [] >>"]).rindex(b"xref\n0"),
    )
    with pytest.raises(PdfError):
        read_pdf(body)


def test_one_page_gives_no_more_text_than_a_document_may_have() -> None:
    document = read_pdf(pdf_files.show_often(SPANISH[1], times=1_000))
    assert sum(len(paragraph.text) for paragraph in document.paragraphs) <= MAX_CHARACTERS


@pytest.mark.parametrize("bound", ["_MAX_WORK", "_MAX_CONTENT_BYTES"])
def test_the_work_on_all_pages_is_bounded(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = pdf_files.draw_often(times=100, pages=30)
    with pytest.raises(PdfError, match="30 pages without text"):
        read_pdf(body)
    monkeypatch.setattr(pdf_reader, bound, 2_000)
    with pytest.raises(PdfError, match="draws more than is read") as caught:
        read_pdf(body)
    assert caught.value.reason is TOO_LARGE


def test_pages_that_can_not_be_read_take_no_memory_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_reader, "_MAX_OPERATIONS", 4_000)
    peaks = []
    for pages in (1, 1, 20):  # the first loads what all need
        body = pdf_files.draw_often(times=3_000, pages=pages)
        tracemalloc.start()
        with pytest.raises(PdfError, match="unpacks to too much"):
            read_pdf(body)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 5 * peaks[1]  # twenty pages; their own objects and what is not collected yet count too


def test_text_is_found_in_a_font_with_a_table_of_its_characters() -> None:
    assert SPANISH[1] in read_pdf(encoded_text(SPANISH, shift=29)).paragraphs[0].text


@pytest.mark.parametrize("in_form", [False, True], ids=["page", "form"])
@pytest.mark.parametrize(
    ("encoding", "codec"),
    [("GBK-EUC-H", "gbk"), ("GBKp-EUC-H", "gbk"), ("UniGB-UTF16-H", "utf-16-be"), ("B5pc-H", "big5")],
)
def test_chinese_is_found_in_a_font_with_a_predefined_encoding(encoding: str, codec: str, in_form: bool) -> None:
    line = "中文日報說：兩國在利馬同意合作，中方在港口工作的人都知道了這件大事。"
    document = read_pdf(pdf_files.predefined_text([line] * 2, encoding=encoding, codec=codec, in_form=in_form))
    assert line in document.paragraphs[0].text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"%PDF-1.4", True),
        (b"\xef\xbb\xbf\n%PDF-1.4", True),
        (b"junk of a proxy\r\n%PDF-1.4", True),
        (b"<!doctype html><title>%PDF-1.4</title>", False),
        (b"  <html>%PDF-", False),
        (b"<br />\n<b>Warning</b>: include(x.php) on line 3<br />\n%PDF-1.4", True),
        (b"<p>A PDF begins with %PDF-1.4</p>", False),
        (b"<!-- a page -->\n<HTML lang=es>\n<pre>\n%PDF-1.4", False),
        (b"", False),
        (b"x" * 2000 + b"%PDF-1.4", False),
    ],
)
def test_bytes_decide_what_is_a_pdf(body: bytes, expected: bool) -> None:
    assert is_pdf(body) is expected


@pytest.mark.parametrize("step", [7, 1009])
def test_damage_anywhere_gives_a_document_or_one_reason(step: int) -> None:
    body = pdf_files.press_release()
    for place in range(0, len(body), max(len(body) // 12, 1)):
        damaged = bytearray(body)
        damaged[place : place + step] = bytes(255 - byte for byte in damaged[place : place + step])
        with contextlib.suppress(PdfError):
            assert read_pdf(bytes(damaged)).paragraphs
