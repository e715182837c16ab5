"""A PDF becomes an article: its text in order, its title, date and authors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from db.model.article import Article
from db.model.rejection import Rejection, RejectionReason
from pipelines.analysis.analyse import analyse
from pipelines.analysis.pdf.paragraphs import Paragraph
from pipelines.analysis.pdf.pdf_reader import PdfDocument, read_pdf
from pipelines.analysis.pdf.title_choice import choose_title
from pipelines.page import Hint, OutletProfile, Page
from pipelines.relevance.topic import load_topic
from tests.fixtures import pdf_files
from tests.fixtures.pdf_files import CHINESE, ENGLISH, SPANISH, draw_pages, write_pdf

TOPIC = load_topic("china_peru")
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def page_of(body: bytes, *, kind: str = "application/pdf", url: str = "https://mincetur.example/nota.pdf") -> Page:
    return Page(
        url=url,
        key=url.removeprefix("https://"),
        body=body,
        outlet=OutletProfile(id="mincetur", name="Mincetur", country="PE", languages=("es",), kind="government"),
        fetched_at=NOW,
        headers=(("Content-Type", kind),),
    )


def texts_of(document: PdfDocument) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


@pytest.mark.parametrize("kind", ["application/pdf", "text/html", "application/octet-stream", ""])
def test_a_press_release_is_an_article_however_it_is_declared(kind: str) -> None:
    found = analyse(page_of(pdf_files.press_release(), kind=kind), topic=TOPIC)
    assert isinstance(found, Article)
    assert found.title == pdf_files.SPANISH_TITLE
    assert found.text.split("\n") == list(SPANISH)
    assert (found.published, found.published_precision, found.published_from) == (
        "2024-11-12T00:00:00Z",
        "day",
        "page",
    )
    assert (found.language, found.format) == ("es", "pdf")
    assert found.authors == ()  # "jperez" of the file's information is in no line of the text
    assert found.figures


def test_an_english_paper_gives_the_author_that_its_text_names_too() -> None:
    body = write_pdf(
        ENGLISH, title=pdf_files.ENGLISH_TITLE, below=("Martha Quillay", "14 November 2024"), author="Martha Quillay"
    )
    found = analyse(page_of(body, url="https://mincetur.example/temas/2024/paper.pdf"), topic=TOPIC)
    assert isinstance(found, Article)
    assert (found.title, found.language) == (pdf_files.ENGLISH_TITLE, "en")
    assert found.authors == ("Martha Quillay",)
    assert found.published == "2024-11-14T00:00:00Z"


@pytest.mark.parametrize(
    ("paragraphs", "title", "author", "font"),
    [
        (SPANISH, pdf_files.SPANISH_TITLE, "Comercio Exterior", "Helvetica"),
        ((*SPANISH, "Susana Lipa firmó el acuerdo por la asociación."), pdf_files.SPANISH_TITLE, "Ana Li", "Helvetica"),
        (CHINESE, pdf_files.CHINESE_TITLE, "中国", pdf_files.SONG),
    ],
    ids=["words of a sentence", "letters of another name", "a country"],
)
def test_a_declared_author_that_stands_within_a_sentence_is_none(
    paragraphs: Sequence[str], title: str, author: str, font: str
) -> None:
    found = analyse(page_of(write_pdf(paragraphs, title=title, author=author, font=font)), topic=TOPIC)
    assert isinstance(found, Article)
    assert found.authors == ()


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        (
            ("PARA : Viceministro de Comercio", "ASUNTO : Arándanos del Perú en China", "FECHA : 3 de mayo de 2026"),
            True,
        ),
        (("PARA : Viceministro de Comercio Exterior",), False),
    ],
)
def test_a_memorandum_has_its_subject_for_a_title(fields: tuple[str, ...], title: bool) -> None:
    paragraphs = [Paragraph(line, 11.0, 0) for line in ("NOTA INFORMATIVA N.° 031-2026", *fields, *SPANISH)]
    assert choose_title(paragraphs, declared="") == ("Arándanos del Perú en China" if title else "")


def test_a_chinese_paper_is_joined_without_blanks() -> None:
    body = write_pdf(
        CHINESE, title=pdf_files.CHINESE_TITLE, below=("2024年11月12日",), declared="", font=pdf_files.SONG
    )
    found = analyse(page_of(body), topic=TOPIC)
    assert isinstance(found, Article)
    assert (found.title, found.language) == (pdf_files.CHINESE_TITLE, "zh")
    assert found.text.split("\n") == list(CHINESE)
    assert found.published == "2024-11-12T00:00:00Z"


def test_running_heads_and_page_numbers_are_left_out_and_paragraphs_go_on_over_pages() -> None:
    words = [
        f"{one}{other}" for one in ("norte", "sur", "este", "oeste") for other in ("alto", "bajo", "viejo", "claro")
    ]
    paragraphs = [
        f"El muelle {word} recibe los barcos de {word} que traen carga a {word}, dice la autoridad de {word}, y los "
        f"camiones de {word} la llevan por la carretera {word} hasta el mercado {word} de la capital, cerca de {word}, "
        f"donde los comerciantes de {word} la venden a {word} y a los pueblos de {word} que la esperan desde {word}."
        for word in words
    ]
    document = read_pdf(write_pdf(paragraphs, title=pdf_files.SPANISH_TITLE, head="Boletín de comercio, número 12"))
    assert document.pages == 2
    assert texts_of(document) == [pdf_files.SPANISH_TITLE, *paragraphs]


def test_words_split_at_the_end_of_a_line_are_joined_and_compounds_keep_their_mark() -> None:
    lines = (
        "El puerto de Chancay acerca a los exportadores de fruta a la competi-",
        "tividad que buscaban, y el intercambio peruano-chino crece como el de China-",
        "Perú en los años de mayor auge; la agenda peruano-",
        "chino se amplía con nuevas rutas y con un acuerdo de inver-",
        "siones que los dos países preparan desde hace meses en silencio.",
    )
    drawn = draw_pages([[(60, 760 - 15 * number, line) for number, line in enumerate(lines)]])
    (text,) = texts_of(read_pdf(drawn))
    assert "competitividad que" in text
    assert "China-Perú" in text
    assert text.count("peruano-chino") == 2
    assert "inversiones" in text


LEFT = [f"La columna izquierda cuenta {word} del puerto" for word in ("uno", "dos", "tres", "cuatro", "cinco", "seis")]
RIGHT = [
    f"y la columna derecha sigue {word} del tren nuevo" for word in ("siete", "ocho", "nueve", "diez", "once", "doce")
]


@pytest.mark.parametrize("is_by_rows", [True, False])
def test_two_columns_are_read_one_after_the_other(is_by_rows: bool) -> None:
    left = [(60.0, 700.0 - 15 * number, text) for number, text in enumerate(LEFT)]
    right = [(320.0, 700.0 - 15 * number, text) for number, text in enumerate(RIGHT)]
    order = [text for pair in zip(left, right, strict=True) for text in pair] if is_by_rows else [*left, *right]
    joined = " ".join(texts_of(read_pdf(draw_pages([order]))))
    assert joined == " ".join([*LEFT, *RIGHT])


def test_rows_of_a_table_stay_rows() -> None:
    document = read_pdf(
        pdf_files.write_table([("Producto", "2023", "2024"), ("Cobre", "12,5", "14,1"), ("Uva", "3", "4")])
    )
    assert texts_of(document)[1:4] == ["Producto | 2023 | 2024", "Cobre | 12,5 | 14,1", "Uva | 3 | 4"]


def test_footnotes_stand_behind_the_text_and_their_marks_are_left_out() -> None:
    body = write_pdf(
        ("El acuerdo<super size=7>1</super> rige desde enero para los exportadores de fruta de los valles del norte.",),
        title=pdf_files.SPANISH_TITLE,
    )
    assert "El acuerdo rige desde enero" in texts_of(read_pdf(body))[-1]


@pytest.mark.parametrize("is_by_letter", [True, False])
def test_upright_chinese_is_read_in_columns(is_by_letter: bool) -> None:
    columns = ("秘鲁外贸部长与中国大使", "在利马签署协议未来五年", "扩大秘鲁蓝莓对中国市场的出口")
    drawn = [
        (500.0 - 30 * number, 760.0 - 14 * place, letter)
        for number, column in enumerate(columns)
        for place, letter in enumerate(column)
    ]
    lines = [(60.0, 760.0 - 16 * number, column) for number, column in enumerate(columns)]
    document = read_pdf(draw_pages([drawn if is_by_letter else lines], font=pdf_files.SONG))
    assert "".join(texts_of(document)) == "".join(columns)


def test_arabic_is_read_from_right_to_left() -> None:
    line = "وقعت بيرو والصين اتفاقا في ليما لتوسيع ميناء تشانكاي"
    document = read_pdf(pdf_files.encoded_text([line[::-1]] * 3))
    assert line in texts_of(document)[0]


def test_a_form_is_read_by_its_text() -> None:
    found = analyse(page_of(pdf_files.write_form("Solicitud de exportación de fruta a China")), topic=TOPIC)
    assert isinstance(found, Article)
    assert "movilizó 120 000 TEU" in found.text


@pytest.mark.parametrize(
    ("hint", "published"),
    [(None, "2024-03-05T00:00:00Z"), (dt.datetime(2024, 3, 9, 15, tzinfo=dt.UTC), "2024-03-09T15:00:00Z")],
)
def test_the_day_of_the_file_counts_only_without_any_other_date(hint: dt.datetime | None, published: str) -> None:
    body = undated(b"D:20240305101500-05'00'")
    page = page_of(body)
    dated = analyse(Page(**{**page.__dict__, "hint": Hint(published=hint)}), topic=TOPIC)
    assert isinstance(dated, Article)
    assert (dated.published, dated.published_precision) == (published, "time" if hint else "day")


@pytest.mark.parametrize("created", [b"D:20261122101500-05'00'", b"D:20271122", b"D:20240231", b"yesterday"])
def test_a_file_made_for_the_request_or_without_a_sensible_day_gives_no_date(created: bytes) -> None:
    found = analyse(page_of(undated(created)), topic=TOPIC)
    assert isinstance(found, Article)
    assert found.published is None


def undated(created: bytes) -> bytes:
    return pdf_files.with_creation_date(SPANISH[1:], created)


def test_off_topic_text_is_rejected_like_a_page() -> None:
    body = write_pdf(
        ("El club local ganó el domingo por tres goles a uno y quedó primero en la tabla." * 3,),
        title="Fútbol de provincia",
    )
    found = analyse(page_of(body), topic=TOPIC)
    assert isinstance(found, Rejection)
    assert found.reason is RejectionReason.NO_ACTORS
