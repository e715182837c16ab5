"""Lines that an outlet repeats in different articles are learned and removed; other lines are not."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db.desk import repeated_lines
from db.desk.repeated_lines import NEEDED_ARTICLES, are_different
from db.migrations import desk as desk_schema
from db.model.article import Article
from db.model.repeated_lines import LinePosition, SeenLine, SeenLines
from pipelines.analysis.analyse import analyse, analyse_fully
from pipelines.analysis.text.extraction import Line
from pipelines.analysis.text.repeated_lines import choose_hashes, hash_lines, is_topic_background, line_sightings
from pipelines.page import Page
from pipelines.relevance.topic import load_topic
from tests.fixtures.faro import FARO, NOW, PROMOTION, article_page, move_off_topic, paragraph

TOPIC = load_topic("china_peru")
LINES = [
    PROMOTION,
    "Los lectores de este diario viajan con descuento en la barca del puerto",
    "Cada mañana te contamos en el muelle lo que pasó en la bahía",
    "El faro se apaga a medianoche y vuelve a alumbrar con la primera barca.",
    "Esta frase no está en ninguna página de este diario de prueba",
]


def spared(text: str) -> bool:
    return is_topic_background(text, TOPIC)


def desk() -> Database:
    db = Database(memory=True)
    db.execute("PRAGMA foreign_keys = ON")
    desk_schema.apply(db)
    return db


def learned(pages: Iterable[Page]) -> tuple[str, ...]:
    """Return the repeated lines after these pages, each read with the lines learned before it."""
    db = desk()
    for page in pages:
        shows = shown_by(page, repeated_lines.read_repeated_lines(db, FARO.id))
        repeated_lines.count_lines(db, shows, key=page.key, outlet=FARO.id, seen_at=page.fetched_at, is_spared=spared)
    return repeated_lines.read_repeated_lines(db, FARO.id)


@functools.cache
def shown_by(page: Page, known: tuple[str, ...]) -> SeenLines:
    article = analyse_fully(page, topic=TOPIC, repeated=known).article
    assert article
    assert article.seen_lines
    return article.seen_lines


def text_of(page: Page, known: Iterable[str]) -> str:
    outcome = analyse(page, topic=TOPIC, repeated=tuple(known))
    assert isinstance(outcome, Article), outcome
    return outcome.text


def test_a_line_that_no_rule_knows_is_learned_after_three_articles() -> None:
    pages = [article_page(f"nota-{number}", extra=[PROMOTION]) for number in range(3)]
    assert PROMOTION in text_of(pages[0], ())
    assert learned(pages[:2]) == ()
    assert learned(pages) == (PROMOTION,)
    assert PROMOTION not in text_of(pages[0], learned(pages))


def test_a_learned_line_is_recognised_in_any_case_and_without_accents() -> None:
    known = learned(article_page(f"nota-{number}", extra=[PROMOTION]) for number in range(3))
    shouted = article_page("otra", extra=[f"{PROMOTION.upper()}…"])
    assert PROMOTION.upper() not in text_of(shouted, known)


def test_articles_that_quote_the_same_sentence_lose_nothing() -> None:
    quote = "“El muelle es de todos y nadie lo va a vender”, dijo el alcalde ante los pescadores reunidos en la plaza."
    pages = [article_page(f"nota-{number}", extra=[quote]) for number in range(5)]
    assert learned(pages) == ()
    for page in pages:
        assert quote in text_of(page, learned(pages))


def test_a_background_paragraph_on_both_sides_is_kept_even_if_it_is_repeated() -> None:
    background = (
        "El puerto de Chancay, de la empresa china Cosco Shipping, fue inaugurado en noviembre de 2024 en el Perú."
    )
    pages = [article_page(f"nota-{number}", end=[background]) for number in range(12)]
    assert learned(pages) == ()


def test_copies_and_revisions_of_one_article_count_as_one() -> None:
    page = article_page("nota", extra=[PROMOTION])
    revised = page.body.replace(b"ayer", b"hoy")
    titles = ("Otro titular de la portada", "Un tercer titular en la web", "Y uno en la edición del mediodía")
    copies = [page_at(page, f"copia-{number}", page.body) for number in range(4)]
    renamed = [page_at(page, f"con-otro-titular-{n}", retitled(page, title)) for n, title in enumerate(titles)]
    assert learned([page, page_at(page, "nota", revised), *copies, *renamed]) == ()


def page_at(page: Page, name: str, body: bytes) -> Page:
    return Page(
        url=f"https://elfaro.test/{name}",
        key=f"elfaro.test/{name}",
        body=body,
        outlet=page.outlet,
        fetched_at=NOW,
        headers=page.headers,
    )


def retitled(page: Page, title: str) -> bytes:
    body = page.body.decode()
    headline = body.partition("<h1>")[2].partition("</h1>")[0]
    return body.replace(headline, title).encode()


def test_the_common_lines_of_a_daily_series_are_kept() -> None:
    days = ("lunes 3 de marzo", "martes 4 de marzo", "viernes 6 de junio", "sábado 7 de junio", "domingo 1 de julio")
    pages = [
        article_page(f"dolar-{n}", extra=["Así abrió el tipo de cambio"], title=f"Precio del dólar hoy, {day} de 2025")
        for n, day in enumerate(days)
    ]
    assert learned(pages) == ()


def test_a_subhead_in_the_text_stays_and_a_short_sentence_too() -> None:
    lines = [Line(paragraph("a")), Line("Lo que está en juego", "h2"), Line(paragraph("b")), Line("王毅参加上述活动。")]
    lines += [Line(paragraph("c")), Line("It's basic politics."), Line(paragraph("d")), Line(PROMOTION)]
    shows = line_sightings(lines, [line.text for line in lines], title="Un titular", anchors=(1, 2), outlet=FARO)
    assert shows
    standings = {seen_line.text: seen_line.standing for seen_line in shows.lines}
    assert "Lo que está en juego" not in standings
    assert standings["It's basic politics."] > LinePosition.LABEL
    assert standings["王毅参加上述活动。"] > LinePosition.LABEL
    assert standings[PROMOTION] is LinePosition.LABEL


def test_lines_that_other_outlets_repeat_are_kept() -> None:
    db = desk()
    for number in range(3):
        shows = shown_by(article_page(f"nota-{number}", extra=[PROMOTION]), ())
        repeated_lines.count_lines(db, shows, key=str(number), outlet=FARO.id, seen_at=NOW, is_spared=spared)
    assert repeated_lines.read_repeated_lines(db, "other") == ()


@pytest.mark.slow
@given(st.permutations(range(7)))
@settings(max_examples=25, deadline=None)
def test_learned_lines_do_not_depend_on_the_order_of_the_pages(order: list[int]) -> None:
    pages = [article_page(f"nota-{number}", extra=[PROMOTION] if number % 2 else []) for number in range(6)]
    pages.append(page_at(pages[1], "copia", pages[1].body))
    assert learned(pages[number] for number in order) == (PROMOTION,)
    assert learned(pages[number] for number in order if number != 3) == ()


shown = st.tuples(st.integers(0, 5), st.frozensets(st.integers(0, 20), min_size=1, max_size=6))


@given(st.lists(shown, max_size=9), shown, st.integers(1, 4))
def test_a_later_page_does_not_remove_a_learned_line(
    pages: list[tuple[int, frozenset[int]]], later: tuple[int, frozenset[int]], least: int
) -> None:
    if are_different(pages, least=least):
        assert are_different([later, *pages], least=least)
        assert are_different(pages[::-1], least=least)


@pytest.mark.slow
@given(st.sets(st.sampled_from(LINES)), st.sets(st.sampled_from(LINES)), st.booleans())
@settings(max_examples=15, deadline=None)
def test_repeated_lines_change_the_pages_that_have_them_alone(
    known: set[str], other: set[str], is_on_topic: bool
) -> None:
    page = article_page("nota", extra=[*LINES[:2], LINES[2].upper()], end=[LINES[3]])
    page = page if is_on_topic else move_off_topic(page)
    outcomes = [analyse(page, topic=TOPIC, repeated=tuple(lines)) for lines in (known, other)]
    had = [choose_hashes(outcomes[0].line_hashes, hash_lines(lines)) for lines in (known, other)]
    assert outcomes[0].line_hashes == outcomes[1].line_hashes
    if had[0] == had[1]:
        assert outcomes[0] == outcomes[1]
    elif is_on_topic:
        assert outcomes[0] != outcomes[1]


def test_a_template_of_many_pages_is_learned_quickly() -> None:
    template = [
        (number % 2, frozenset(range(number, number + 12))) for number in range(repeated_lines.MAX_OUTLET_PAGES)
    ]
    assert not are_different(template, least=3)
    alike = [(number, frozenset(range(12))) for number in range(repeated_lines.MAX_OUTLET_PAGES)]
    assert not are_different(alike, least=8)


def test_the_tables_stay_small() -> None:
    db = desk()
    for number in range(repeated_lines.MAX_OUTLET_PAGES + 30):
        line = SeenLine(text=f"Línea {number // 4}", line=number // 4, standing=LinePosition.LABEL)
        shows = SeenLines(title=number, anchors=(number,), lines=(line,))
        seen = NOW + dt.timedelta(minutes=number)
        repeated_lines.count_lines(db, shows, key=str(number), outlet=FARO.id, seen_at=seen, is_spared=spared)
    before = repeated_lines.read_repeated_lines(db, FARO.id)
    repeated_lines.prune_lines(db)
    assert db["furniture_pages"].count == repeated_lines.MAX_OUTLET_PAGES
    assert db["furniture_lines"].count == repeated_lines.MAX_OUTLET_PAGES
    assert len(before) == (repeated_lines.MAX_OUTLET_PAGES + 30) // 4
    assert repeated_lines.read_repeated_lines(db, FARO.id) == before[: repeated_lines.MAX_OUTLET_LINES]
    repeated_lines.forget_lines(db, [FARO.id])
    assert [db[table].count for table in ("furniture", "furniture_pages", "furniture_lines")] == [0, 0, 0]


def test_the_more_a_line_looks_like_the_articles_own_the_more_articles_must_show_it() -> None:
    assert [NEEDED_ARTICLES[standing] for standing in sorted(LinePosition)] == sorted(NEEDED_ARTICLES.values())
    sentence = "Un mar de historias te espera cada domingo en la edición que se imprime en papel."
    for number, expected in ((7, ()), (8, (sentence,))):
        assert learned(article_page(f"n{place}", extra=[sentence]) for place in range(number)) == expected
