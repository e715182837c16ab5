"""The headline, without section and names of the site."""

from __future__ import annotations

import datetime as dt

import pytest

from pipelines.analysis.metadata.structured_data import read_structured_data
from pipelines.analysis.metadata.title import find_title
from pipelines.analysis.text.extraction import parse_html
from pipelines.page import OutletProfile, Page

HEADLINE = "Sube la carga en los puertos del sur"
MINISTRY = "Ministerio de Puertos y Pesca"


def title(document: str, body: str, *, head: str = "", url: str = "https://diario.example/economia/nota-1234") -> str:
    markup = f"<html><head><title>{document}</title>{head}</head><body>{body}</body></html>"
    tree = parse_html(markup)
    assert tree is not None
    page = Page(
        url=url,
        key=url,
        body=markup.encode(),
        outlet=OutletProfile(id="diario", name="El Diario", country="PE"),
        fetched_at=dt.datetime(2026, 11, 22, tzinfo=dt.UTC),
    )
    return find_title(page, tree, structured=read_structured_data(tree))


@pytest.mark.parametrize(
    "document",
    [
        f"{HEADLINE} | Economía | El Diario",
        f"{HEADLINE} - Noticias - {MINISTRY} - Plataforma del Estado",
        f"{HEADLINE} | Noticias de hoy",
        HEADLINE,
    ],
)
@pytest.mark.parametrize("tag", ["h1", "h2", "h3"])
@pytest.mark.parametrize("above", ["", "<h1>El Diario</h1>", "<h1><a href='/'>El Diario</a></h1>"])
def test_what_stands_behind_the_headline_is_left_out(document: str, tag: str, above: str) -> None:
    assert title(document, f"{above}<{tag}>{HEADLINE}</{tag}>") == HEADLINE


def test_the_name_of_a_ministry_in_the_first_heading_is_not_the_title() -> None:
    document = f"{HEADLINE} - Noticias - {MINISTRY} - Plataforma del Estado"
    head = f'<meta property="og:title" content="{document}">'
    assert title(document, f"<h1>{MINISTRY}</h1><h2>{HEADLINE}</h2>", head=head) == HEADLINE


def test_a_section_is_known_by_the_address() -> None:
    assert title(f"{HEADLINE} | Economía | El Diario", "<p>x</p>") == HEADLINE
    assert title(f"{HEADLINE} | Economía | Otro sitio", "<p>x</p>") == HEADLINE


@pytest.mark.parametrize(
    "headline", ["Cumbre de puertos Chile - Perú", "Puertos: crece la carga | Lo que viene", "Lima - Pekín: la ruta"]
)
def test_marks_within_a_headline_stay(headline: str) -> None:
    assert title(f"{headline} | El Diario", f"<h1>{headline}</h1>") == headline
    assert title(f"{headline} | El Diario", "<p>x</p>") == headline
