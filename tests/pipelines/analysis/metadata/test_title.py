"""The headline, without section and names of the site."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from pipelines.analysis.metadata.structured_data import read_structured_data
from pipelines.analysis.metadata.title import find_title
from pipelines.analysis.text.page_tree import parse_html
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


HEADLINES = (
    "南方港口迎来首艘货轮，直航青岛",
    "港口直航青岛",
    "港口货运量增长30%",
    "北港—南港航线开通",
    HEADLINE,
    "Lima - Pekín: la ruta",
)
ENDS = ("-海外动态", "_海外动态", "—要闻", " - 海外动态-江口网", "｜财经", " | Business", " | Business News | World")


@pytest.mark.parametrize("headline", HEADLINES)
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("tag", ["h1", "h2"])
def test_the_heading_tells_where_the_headline_ends(headline: str, end: str, tag: str) -> None:
    whole, body = headline + end, f"<{tag}>{headline}</{tag}><h3>海外动态</h3>"
    shared = f'<meta property="og:title" content="{whole}">'
    node = json.dumps({"@type": "NewsArticle", "headline": whole})
    for document, head in (
        (whole, ""),
        (whole, shared),
        (headline, shared),
        (whole, f'<script type="application/ld+json">{node}</script>'),
    ):
        assert title(document, body, head=head, url="https://rio.example/a/1234.html") == headline
    # A mark that the heading has as well belongs to the headline.
    assert title(whole, f"<h1>{whole}</h1>", head=shared, url="https://rio.example/a/1234.html") == whole


SECTION_ENDS = (
    " | Mercados | El Diario",
    " - Mercados - El Diario",
    " – El Diario – Mercados",
    " | Mercados",
)


@pytest.mark.parametrize("end", SECTION_ENDS)
@pytest.mark.parametrize(
    "witness",
    [
        "<p class='title'>{}</p>",
        "<table><tr><td>{}</td></tr></table>",
        "<div><strong>{}</strong></div>",
        "<nav><a href='/m/'>Mercados</a></nav>",
        "<p>Inicio &gt; <a href='/seccion/7'>Mercados</a> &gt; Nota</p>",
    ],
)
def test_the_page_shows_what_is_the_headline_or_the_section(end: str, witness: str) -> None:
    whole, url = HEADLINE + end, "https://diario.example/a/1234.html"
    assert title(whole, witness.format(HEADLINE), url=url) == HEADLINE
    shared = f'<meta property="og:title" content="{whole}">'
    assert title(whole, witness.format(HEADLINE), head=shared, url=url) == HEADLINE


@pytest.mark.parametrize("begin", ["Mercados | ", "El Diario | Mercados | ", "Mercados - El Diario - "])
@pytest.mark.parametrize("witness", ["<h2>{}</h2>", "<td>{}</td>", "<a href='/m/'>Mercados</a>"])
def test_site_and_section_before_the_headline_are_left_out(begin: str, witness: str) -> None:
    body = f"<table><tr>{witness.format(HEADLINE)}</tr></table>"
    assert title(begin + HEADLINE, body, url="https://diario.example/a/1234.html") == HEADLINE


@pytest.mark.parametrize(
    "label", ["<a href='/m'>Mercados</a> {}", "<span>Mercados</span>{}", "{} <small>Mercados</small>"]
)
@pytest.mark.parametrize("document", [HEADLINE, f"{HEADLINE} | Mercados | El Diario"])
def test_a_label_inside_the_heading_is_not_the_headline(label: str, document: str) -> None:
    assert title(document, f"<h1><span>{label.format(HEADLINE)}</span></h1>") == HEADLINE


@pytest.mark.parametrize("headline", ["Puertos: la segunda parte - Lo que no se dijo", "Sube la carga | Chile - Perú"])
def test_a_headline_that_stands_whole_on_the_page_is_cut_nowhere(headline: str) -> None:
    links = "<a href='/p'>Perú</a><a href='/c'>Lo que no se dijo</a>"
    assert title(f"{headline} | El Diario", f"{links}<h1>{headline}</h1>") == headline
    assert title(headline, f"{links}<div>{headline}</div>") == headline


def test_a_section_before_the_headline_is_no_headline() -> None:
    body = f"<h2>海外动态频道</h2><h1>{HEADLINE}</h1>"
    assert HEADLINE in title(f"海外动态频道 - {HEADLINE}", body)
