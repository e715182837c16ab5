"""What a click on 'read on' shows belongs to the article; what is sold, or is something else, does not."""

# ruff: noqa: E501 - a table reads best with one case a line

from __future__ import annotations

import time

import pytest

from pipelines.analysis.text import extraction, page_tree
from pipelines.analysis.text.boilerplate import select_article_lines
from pipelines.analysis.text.collapsed import is_read_on

FIRST = "The harbour master of the northern port said on Monday that the second crane would be tested before the rains."
SECOND = "Engineers had waited for a part since August, when the ship that carried it was sent to another terminal."
MORE = "The crane was built in Ningbo and crossed the ocean in forty days, said the engineer in charge of the quay."
REST = "Fishing boats may use the inner basin again from Friday, the port authority added in a short statement."


def read(rest: str, *, is_free: bool = True) -> list[str]:
    page = f"<html><head><title>Second crane arrives</title></head><body><main><article><h1>Second crane arrives</h1><div class='text'><p>{FIRST}</p><p>{SECOND}</p><p>{MORE}</p>{rest}</div></article></main></body></html>"
    tree = page_tree.parse_html(page)
    assert tree is not None
    lines = extraction.extract_lines(tree, size=100, is_free=is_free)
    return select_article_lines(lines, title="Second crane arrives")


HIDDEN = f"<div id='rest' style='display:none'><p>{REST}</p></div>"
COLLAPSED = [
    f"<button onclick='open()'>Seguir leyendo</button>{HIDDEN}",
    f"<a href='#rest'>Leer más</a>{HIDDEN}",
    f"{HIDDEN}<p><a href='javascript:void(0)'>Ver más</a></p>",
    f"<div class='row'><span role='button' aria-controls='rest'>Continue reading</span></div><p><img></p>{HIDDEN}",
    f"<label for='c'>展开全文</label><input type='checkbox' id='c'>{HIDDEN}",
    f"<div onclick=\"show('rest')\">点击展开余下全文</div>{HIDDEN}",
    f"<div class='read-more' onclick='x()'>阅读全文 ▼</div><p hidden>{REST}</p>",
    f"<button aria-label='Mostrar la nota completa'><svg></svg></button><p class='hidden'>{REST}</p>",
    f"<button data-bs-target='#rest'>Continuar lendo a matéria</button>{HIDDEN}",
    f"<p hidden>{REST}</p><button>Read the full story</button>",
    f"<details><summary>Seguir leyendo</summary><p>{REST}</p></details>",
    f"<div class='more'><p class='a' hidden>{REST}</p></div><script>x()</script><div><button>Show more…</button></div>",
    f"<template></template><button>Lire la suite</button>\n<section hidden class='readmore'><p>{REST}</p></section>",
]  # fmt: skip


@pytest.mark.parametrize("rest", COLLAPSED)
def test_what_a_control_to_read_on_opens_is_read_without_the_control(rest: str) -> None:
    assert read(rest) == [FIRST, SECOND, MORE, REST]


def test_a_sentence_that_goes_on_behind_the_control_stays_whole() -> None:
    start, _, end = REST.partition(" again ")
    assert read(f"<p>{start} <span id='m' style='display: none'>again {end}</span></p><button>Read more</button>") == [
        FIRST,
        SECOND,
        MORE,
        REST,
    ]


@pytest.mark.parametrize(
    "rest",
    [
        f"<button>Comentarios</button>{HIDDEN}",
        f"<button>Ver más comentarios</button>{HIDDEN}",
        f"<button>Leer más sobre el autor</button>{HIDDEN}",
        f"<button>Compartir</button>{HIDDEN}",
        f"<button>查看更多评论</button>{HIDDEN}",
        f"<a href='/suscripcion'>Seguir leyendo</a>{HIDDEN}",
        f"<button>Suscríbete para seguir leyendo</button>{HIDDEN}",
        f"<p>Contenido exclusivo para suscriptores</p><button>Seguir leyendo</button>{HIDDEN}",
        f"<button class='paywall-button'>Seguir leyendo</button>{HIDDEN}",
        f"<button>Seguir leyendo</button><div class='premium' hidden><p>{REST}</p></div>",
        f"<button>阅读全文</button><p>登录后阅读全文</p>{HIDDEN}",
        f"<button>Seguir leyendo</button><p hidden>Regístrate gratis para leer la nota.</p>{HIDDEN}",
        HIDDEN,
    ],
)  # fmt: skip
def test_other_controls_open_nothing_and_nothing_that_is_sold(rest: str) -> None:
    assert REST not in read(rest)


@pytest.mark.parametrize("rest", COLLAPSED[:4])
def test_a_page_that_is_not_free_keeps_what_it_hides(rest: str) -> None:
    assert REST not in read(rest, is_free=False)


@pytest.mark.parametrize(
    "label", ["Leer más", "read on", "Ver nota completa", "展开", "閱讀更多", "Weiterlesen", "MOSTRAR MÁS +"]
)
def test_the_label_says_no_more_than_to_read_on(label: str) -> None:
    assert is_read_on(label)


@pytest.mark.parametrize(
    "label", ["", "…", "Leer", "Ver fotos", "More about China", "更多新闻评论", "Más noticias de Lima", "全文转发"]
)
def test_other_labels_say_something_else(label: str) -> None:
    assert not is_read_on(label)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rest",
    [
        "<button>Leer más</button><p hidden>x</p>" * 5_000,
        "<button>Leer más</button>" * 5_000 + "<p hidden>x</p>" * 5_000,
        "<div onclick='x()'>" * 200 + "<i></i>" * 10_000 + "Leer más",
        "<span id='a' hidden></span>" * 10_000 + "<a href='#a'>Leer más</a>" * 5_000,
        f"<button onclick='{'a ' * 100_000}'>Leer más</button>" * 5,
    ],
)
def test_thousands_of_controls_take_bounded_time(rest: str) -> None:
    began = time.process_time()
    read(rest)
    assert time.process_time() - began < 16
