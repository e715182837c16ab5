"""Whose names stand near an article, and whose do not."""

from __future__ import annotations

import time

import pytest

from pipelines.analysis.metadata.authors import find_authors
from pipelines.analysis.metadata.structured_data import read_structured_data
from pipelines.analysis.text.extraction import parse_html

HEADING = "<h1>Sube la carga en los puertos del sur</h1>"
TEXT = "<p>La carga de los puertos del sur subió un tercio en abril, dijo la autoridad.</p>" * 3


def authors(body: str, *, head: str = "") -> tuple[str, ...]:
    tree = parse_html(f"<html><head>{head}</head><body>{body}</body></html>")
    assert tree is not None
    return find_authors(tree, structured=read_structured_data(tree))


@pytest.mark.parametrize(
    "byline",
    [
        '<div class="firma">Escribe: Ana Ruiz</div>',
        '<p class="creditos">Texto: Ana Ruiz / Fotos: Luis Paz</p>',
        "<div>Redacta: Ana Ruiz</div>",
        '<span class="author">Por Ana Ruiz</span>',
        '<p class="byline"><a rel="author" href="/autores/ana">Ana Ruiz</a></p>',
    ],
)
def test_a_label_near_the_headline_names_the_author(byline: str) -> None:
    assert authors(f"<article>{HEADING}{byline}{TEXT}</article>") == ("Ana Ruiz",)


def test_a_label_near_a_chinese_headline_names_the_author() -> None:
    body = "<div><h1>南方港口货运量创新高</h1><div>记者：李文华　来源：江口日报</div><p>四月货运量创下新高。</p></div>"
    assert authors(body) == ("李文华",)


@pytest.mark.parametrize(
    "others",
    [
        '<p>en <a rel="author" href="/c">4 comentarios</a></p>',
        '<p><a rel="author" href="#respond">Deja un comentario</a></p>',
        '<div id="comments"><div class="comment"><span class="comment-author">Pedro Gil</span><p>Bien.</p></div></div>',
        '<ol class="commentlist"><li><span class="author">Pedro Gil</span></li></ol>',
        '<section><h3>Comentarios (2)</h3><div><span class="autor">Pedro Gil</span> De acuerdo.</div></section>',
        '<div class="x"><h4><a href="/otra">Otra nota</a></h4><span class="byline">Por Pedro Gil</span></div>',
        '<ul><li><a href="/otra"><h3>Otra nota</h3></a><p class="author">Pedro Gil</p></li></ul>',
        '<aside><p class="author">Pedro Gil</p></aside>',
    ],
)
def test_readers_and_authors_of_other_articles_are_not_the_authors(others: str) -> None:
    assert authors(f"<article>{HEADING}{TEXT}</article>{others}") == ()
    own = '<p class="byline">Por Ana Ruiz</p>'
    assert authors(f"<article>{HEADING}{own}{TEXT}</article>{others}") == ("Ana Ruiz",)
    assert authors(f"{others}<article>{HEADING}{own}{TEXT}</article>") == ("Ana Ruiz",)


def test_catalogues_write_the_surname_first() -> None:
    metas = "".join(f'<meta name="citation_author" content="{name}">' for name in ("Ruiz Soto, Ana", "Paz, Luis"))
    assert authors(HEADING, head=metas) == ("Ana Ruiz Soto", "Luis Paz")
    assert authors(HEADING, head='<meta name="citation_author" content="Ruiz Soto, Ana">') == ("Ana Ruiz Soto",)


def test_thousands_of_bylines_take_time_in_proportion() -> None:
    card = '<div><div><h3><a href="/x">Otra</a></h3></div><span class="author">Pedro Gil</span></div>'
    before = time.process_time()
    assert authors(f"<div>{card * 10_000}</div>{HEADING}") == ()
    assert time.process_time() - before < 5
