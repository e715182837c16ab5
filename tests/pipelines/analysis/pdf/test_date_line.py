"""The line that dates a PDF: below its letterhead or title, at its foot, in a deed's formula, or none."""

# ruff: noqa: ISC004 - paragraphs of many lines

from __future__ import annotations

import datetime as dt

import pytest

from pipelines.analysis.metadata.dateline import find_dateline
from pipelines.analysis.pdf.html_tree import make_tree
from pipelines.analysis.pdf.paragraphs import Paragraph
from pipelines.analysis.pdf.pdf_reader import PdfDocument, read_pdf
from tests.fixtures.pdf_files import CHINESE, SONG, SPANISH, draw_pages

TITLE = "Protocolo del Perú y China sobre arándanos"
CHINESE_TITLE = "关于秘鲁蓝莓检验检疫的公告"
TEXT = (
    "El protocolo que ambos gobiernos firmaron en Lima el 14 de noviembre de 2024 permite que los exportadores envíen "
    "arándanos y paltas por el puerto de Chancay a los mercados del norte de China durante cinco años.",
    "Las autoridades volverán a reunirse el 9 de octubre de 2026, y el tratado rige desde el 1 de marzo de 2010.",
)
CHINESE_TEXT = (
    "根据二〇〇九年四月二十八日签署的自由贸易协定，经研究，现就秘鲁输华鲜食蓝莓的检验检疫要求公告如下，请有关企业在装运前完成注册登记。",
    "2024年11月14日签署的议定书所列名单继续有效。",
)


def date_of(*, above: tuple[str, ...] = (), below: tuple[str, ...] = (), foot: tuple[str, ...] = (), zh: bool) -> str:
    """Return the day of a document, "" if it has none. Lines of `foot` that begin with "^" are in small type."""
    title, text = (CHINESE_TITLE, CHINESE_TEXT) if zh else (TITLE, TEXT)
    paragraphs = [Paragraph(line, 11.0, 0) for line in above]
    paragraphs += [Paragraph(title, 18.0, 0, is_heading=True), *(Paragraph(line, 11.0, 0) for line in (*below, *text))]
    paragraphs += [Paragraph(line.lstrip("^"), 8.0 if line.startswith("^") else 11.0, 1) for line in foot]
    tree = make_tree(PdfDocument(title=title, paragraphs=tuple(paragraphs), pages=2))
    now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    found = find_dateline(tree, title=title, zone=None, month_first=False, fetched_at=now)
    return found.moment.stamp()[:10] if found else ""


@pytest.mark.parametrize(
    "line",
    [
        "Lima, 3 de noviembre de 2026",
        "San Isidro, 03 de Noviembre del 2026",
        "FECHA : San Isidro, 03 NOV. 2026",
        "Bogotá D.C., noviembre 3 de 2026.",
        "Boletín N.º 12 | 3 de noviembre del año 2026",
        "(Lima, 3 de noviembre de 2026).- El ministro de Comercio Exterior recibió al embajador de China en Lima.",
    ],
)
def test_a_line_beside_the_title_dates_a_document(line: str) -> None:
    assert date_of(below=(line,), zh=False) == "2026-11-03"
    assert date_of(above=("Ministerio de Comercio Exterior", line), zh=False) == "2026-11-03"


@pytest.mark.parametrize(
    "line", ["2026 年 11 月 3 日", "（二○二六年十一月三日，北京）", "2026年第31期（总第407期） 2026年11月3日"]
)
def test_a_chinese_line_beside_the_title_dates_a_document(line: str) -> None:
    assert date_of(below=(line,), zh=True) == "2026-11-03"


@pytest.mark.parametrize(
    "foot",
    [
        ("Lima, 3 de noviembre de 2026",),
        ("Hecho en Pekín, el 3 de noviembre de 2026.",),
        ("Dado en Lima, a los 3 días del mes de noviembre del año dos mil veintiséis.", "Presidenta de la República"),
        ("DADO EN LIMA, A LOS 3 DIAS DEL MES DE NOVIEMBRE DE DOS MIL VEINTISEIS",),
        ("Suscrita en la ciudad de Lima, a los tres días del mes de noviembre de 2026, en dos ejemplares iguales.",),
    ],
)
def test_the_line_beside_the_signature_dates_a_document(foot: tuple[str, ...]) -> None:
    assert date_of(foot=foot, zh=False) == "2026-11-03"


@pytest.mark.parametrize(
    "foot",
    [
        ("商务部", "2026年11月3日"),
        ("海关总署", "二O二六年十一月三日", "附件"),
        ("国务院", "二 〇 二 六 年 十 一 月 三 日", "（此件公开发布）", "国务院办公厅秘书局 2026年11月5日印发"),
        ("商务部", "2026年11月3日", "办公厅印制 2026年11月5日"),
    ],
)
def test_a_chinese_document_is_of_the_day_of_its_signature(foot: tuple[str, ...]) -> None:
    assert date_of(foot=foot, zh=True) == "2026-11-03"


def test_a_signature_that_names_india_is_no_line_of_printing() -> None:
    foot = ("中国驻印度大使馆 2026年11月3日", "秘鲁驻华大使馆 2026年11月5日")
    assert date_of(foot=foot, zh=True) == ""  # two days, and none of printing


def test_of_several_labelled_days_that_of_publication_counts() -> None:
    labels = ("Recibido: 3 de mayo de 2026", "Aceptado: 9 de agosto de 2026", "Publicado: 3 de noviembre de 2026")
    assert date_of(below=labels, zh=False) == "2026-11-03"


@pytest.mark.parametrize(
    "foot",
    [
        (),
        ("14 de noviembre de 2024", "El puerto abrió.", "3 de mayo de 2025", "Llegó la primera nave."),
        ("^1 Andina, 3 de mayo de 2025.",),
        ("Foto: puerto de Chancay, 14 de noviembre de 2024",),
        ("Consultado el 4 de mayo de 2026",),
        ("Lima, noviembre de 2026",),
        ("Firma | 3 de mayo de 2025",),
    ],
    ids=["nothing", "a chronicle", "a footnote", "a caption", "a source", "a month", "a row of a table"],
)
def test_days_of_other_things_date_no_document(foot: tuple[str, ...]) -> None:
    assert date_of(foot=foot, zh=False) == ""


def test_a_chinese_line_in_brackets_is_no_beginning_of_the_text() -> None:
    lines = ["（2026年11月3日，利马）", *(CHINESE[0][place : place + 30] for place in range(0, len(CHINESE[0]), 30))]
    page = [(90.0, 700.0 - 16 * number, line) for number, line in enumerate(lines)]
    document = read_pdf(draw_pages([page], font=SONG))
    assert [paragraph.text for paragraph in document.paragraphs] == [lines[0], CHINESE[0]]


def test_a_day_in_a_sentence_of_the_text_is_no_date_line() -> None:
    assert date_of(below=(SPANISH[1],), zh=False) == ""
