"""Headlines, texts and times of any kind: what is kept of them is bounded, and each article is in exactly one story."""

from __future__ import annotations

import datetime as dt
import functools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db import migrations
from db.model.article import Article
from db.model.story_wording import StoryWording
from db.model.times import stamp
from db.news.articles import save_article
from pipelines.stories.article_wording import MAX_SENTENCES, make_story_wording, unpack_wording
from pipelines.stories.matcher import Matcher
from pipelines.stories.names import MAX_SHARED_FIGURES, MAX_SHARED_NAMES
from pipelines.stories.pair_model import load_pair_model
from pipelines.vectors import VECTOR_LENGTH
from tests.fixtures.story_desk import NOON, find_faults

WORD = "Puerto"
LONG = "MUELLE DE QUILCA 4.120 millones " * 320  # 10 kB
HEADLINES = (
    *("", WORD, LONG, LONG.lower(), "EL PUERTO DE QUILCA CIERRA POR MAREJADA", "En vivo: minuto a minuto"),
    *("Порт Кильки закрыт", "基尔卡港关闭", "\u202eارتفاع الأسعار\u202c", "🚢🚢🚢", "\ud800", "\x00", "1.1e999 2e308"),
)
TEXTS = (
    *("", "sin punto ni final", "palabra " * 2_000, LONG, "…\n\n…\n—", "大" * 10_000, "A. " * 3_000),
    "Usamos cookies para mejorar su experiencia. Acepte o configure.\n" * 3,
    " ".join(f"Nombre{number} Apellido{number} llegó con {number},5 toneladas." for number in range(400)),
)
TIMES: tuple[tuple[str | None, str | None], ...] = (
    (None, None),
    ("2026-11-20T00:00:00Z", "day"),
    ("2026-11-20T11:00:00Z", "time"),
    ("2031-01-01T00:00:00Z", "time"),
    ("1926-11-20T00:00:00Z", "day"),
    ("9999-12-31T23:59:59Z", "time"),
    ("0001-01-01T00:00:00Z", "day"),
)


@functools.cache
def read(title: str, text: str, language: str | None) -> StoryWording:
    """Return a wording; a text is encoded once."""
    return make_story_wording(title, text, language)


@pytest.mark.parametrize("language", ["es", None])
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:12]))
def test_what_is_kept_of_any_text_is_bounded(text: str, language: str | None) -> None:
    wording = read(LONG, text, language)
    assert len(wording.heads) + len(wording.body) <= (MAX_SENTENCES + 1) * VECTOR_LENGTH
    assert len(wording.signature) == VECTOR_LENGTH // 8
    unpacked = unpack_wording(wording)
    assert len(unpacked.names) <= MAX_SHARED_NAMES
    assert len(unpacked.figures) <= MAX_SHARED_FIGURES
    assert len(wording.details) < 8_000


ARTICLES = st.lists(
    st.tuples(
        st.sampled_from(HEADLINES),
        st.sampled_from(TEXTS),
        st.sampled_from(TIMES),
        st.sampled_from(("es", "zh", "ar", None)),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(ARTICLES)
@example([(headline, TEXTS[0], TIMES[0], None) for headline in HEADLINES])
@example([("En vivo: minuto a minuto", "", time, "es") for time in TIMES * 3])
def test_each_article_is_in_exactly_one_story(
    articles: list[tuple[str, str, tuple[str | None, str | None], str | None]],
) -> None:
    db = Database(memory=True)
    migrations.news.apply(db)
    matcher = Matcher(load_pair_model())
    for number, (title, text, (published, precision), language) in enumerate(articles):
        article = Article(
            url=f"https://o{number}.test/1",
            key=f"o{number}.test/1",
            outlet=f"o{number}",
            title=title,
            text=text,
            language=language,
            published=published,
            published_precision=precision,
            text_sha256=str(number),
            wording=read(title, text, language),
        )
        save_article(db, article, seen_at=NOON + dt.timedelta(minutes=number), place=None, matcher=matcher)
    assert db.execute("SELECT count(*), count(DISTINCT article) FROM story_articles").fetchone() == (
        (len(articles),) * 2
    )
    assert find_faults(db) == []
    (latest,) = db.execute("SELECT max(latest) FROM stories").fetchone()
    assert latest <= stamp(NOON + dt.timedelta(minutes=len(articles))), "no article is published after it was seen"
    db.conn.close()


CRANE = (
    "Una grúa cayó en el muelle de Quilca y mató a dos obreros de la empresa Estibas del Sur. El fiscal Darío Quispe "
    "abrió una investigación. La grúa tenía once años de uso."
)
SAME_CRANE = (
    "Dos trabajadores de Estibas del Sur murieron al desplomarse una grúa en el puerto de Quilca. La fiscalía, a cargo "
    "de Darío Quispe, investiga por qué cedió el brazo."
)
HARVEST = (
    "La cosecha de arándanos de Olmos creció doce por ciento y los productores esperan enviar cuatro mil toneladas a "
    "Shanghái. El gremio Agrolmos pidió más contenedores."
)
MUSEUM = (
    "El museo de Tarma recibió una colección de cerámica que donó el coleccionista Wei Ling. La muestra abre el "
    "domingo con ochenta piezas."
)
CRANE_HEADLINES = ("Cae una grúa en el muelle de Quilca y mata a dos", "Grúa se desploma en Quilca: dos muertos")
OTHER_HEADLINES = ("Crece la cosecha de arándanos de Olmos", "Tarma recibe una colección de cerámica china")
COOKIES = (
    "Usamos cookies para mejorar su experiencia. Al continuar acepta nuestra política de privacidad. Configure sus "
    "preferencias o acepte todas.\n"
)


def tell_stories(articles: list[tuple[str, str]]) -> list[int]:
    """Store articles of different outlets, a minute apart, and return the story of each."""
    db = Database(memory=True)
    migrations.news.apply(db)
    matcher = Matcher(load_pair_model())
    for number, (title, text) in enumerate(articles):
        article = Article(
            url=f"https://o{number}.test/1",
            key=f"o{number}.test/1",
            outlet=f"o{number}",
            title=title,
            text=text,
            language="es",
            text_sha256=str(number),
            wording=read(title, text, "es"),
        )
        save_article(db, article, seen_at=NOON + dt.timedelta(minutes=number), place=None, matcher=matcher)
    found = [int(story) for (story,) in db.execute("SELECT story FROM story_articles ORDER BY article")]
    db.conn.close()
    return found


@pytest.mark.parametrize(
    "articles",
    [
        [("Urgente", CRANE), ("Urgente", HARVEST), ("Urgente", MUSEUM)],
        [("En vivo: minuto a minuto", text) for text in (CRANE, HARVEST, MUSEUM)],
        [
            (CRANE_HEADLINES[0], COOKIES + CRANE),
            (OTHER_HEADLINES[0], COOKIES + HARVEST),
            (OTHER_HEADLINES[1], COOKIES + MUSEUM),
        ],
        [(CRANE_HEADLINES[0], COOKIES), (OTHER_HEADLINES[0], COOKIES), (OTHER_HEADLINES[1], COOKIES)],
    ],
    ids=["one word", "live", "cookie notice as lead", "cookie notice alone"],
)
def test_what_articles_have_word_for_word_joins_no_different_events(articles: list[tuple[str, str]]) -> None:
    assert tell_stories(articles) == [1, 2, 3]


@pytest.mark.parametrize(
    "articles",
    [
        [("Urgente", CRANE), ("Urgente", SAME_CRANE)],
        [(CRANE_HEADLINES[0], COOKIES + CRANE), (CRANE_HEADLINES[1], COOKIES + SAME_CRANE)],
        [(CRANE_HEADLINES[0].upper(), CRANE), (CRANE_HEADLINES[1], SAME_CRANE)],
        [
            (f"\u202e{CRANE_HEADLINES[0]}\u202c", CRANE.replace("Quilca", "Qui\u200flca")),
            (CRANE_HEADLINES[1], SAME_CRANE),
        ],
        [(f"{CRANE_HEADLINES[0]}. " * 200, CRANE), (CRANE_HEADLINES[1], SAME_CRANE)],
    ],
    ids=["one word", "cookie notice", "capitals", "marks of direction", "10 kB"],
)
def test_one_event_is_one_story_whatever_stands_over_it(articles: list[tuple[str, str]]) -> None:
    assert tell_stories(articles) == [1, 1]
