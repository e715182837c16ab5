"""When an article was published: its own line on the page, and what page, source and address say together."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any

import pytest

from pipelines.analysis.metadata import publication_date, structured_data
from pipelines.analysis.metadata import title as titles
from pipelines.analysis.text.page_tree import parse_html
from pipelines.page import Hint, OutletProfile, Page

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
HEADLINE = "Los arándanos de Ica llegan a Shanghái en quince días"
TEXT = (
    "<p>La primera carga de la temporada salió del muelle el lunes, con doscientos contenedores de fruta fresca que "
    "varias empresas del valle habían preparado desde agosto, dijo la autoridad del puerto en un comunicado.</p>"
    "<p>El viaje dura quince días, diez menos que por la ruta anterior, y cuesta menos, según los exportadores, que "
    "piden ahora más turnos de inspección en la aduana de destino para que nada espere al sol.</p>"
    "<p>El ministerio prevé que los envíos crezcan una quinta parte este año, si la carretera se termina a tiempo.</p>"
)
TODAY = ["22 de noviembre de 2026", "Sunday, November 22, 2026", "2026年11月22日 星期日", "22/11/2026"]


def found_in(
    body: str, *, head: str = "", country: str = "PE", url: str = "https://diario.example/nota-7", **hint: Any
) -> tuple[str | None, str | None]:
    """The day (with its hour, if it has one) at the outlet, and where it is from."""
    markup = f"<html><head><title>{HEADLINE} | Diario</title>{head}</head><body>{body}</body></html>"
    profile = OutletProfile(id="d", name="Diario", country=country)
    page = Page(url=url, key=url, body=b"", outlet=profile, fetched_at=NOW, hint=Hint(**hint))
    tree = parse_html(markup)
    assert tree is not None
    structured = structured_data.read_structured_data(tree)
    title = titles.find_title(page, tree, structured=structured)
    moment, origin = publication_date.find_published(page, tree, structured=structured, title=title)
    return (moment.local_stamp() or moment.stamp()[:10])[:16] if moment else None, origin


def article(above: str = "", beside: str = "", below: str = "", text: str = TEXT) -> str:
    return f"<main><article>{above}<h1>{HEADLINE}</h1>{beside}<div>{text}</div>{below}</article></main>"


@pytest.mark.parametrize(
    "line",
    [
        "<p>Lima, 9 mar 2026 19:40 h. Actualizado el 12 mar 2026 11:00 h.</p>",
        "<p>Actualizado el 12/03/2026 11:00 | Publicado el 09/03/2026 19:40</p>",
        "<div><span>Por <a href='/rt'>Rosa Tello Quispe</a></span> <span>09.03.2026, 19:40</span></div>",
        "<ul><li>Publicado: 09/03/2026 19:40</li><li>Actualizado: 12/03/2026 11:00</li></ul>",
        "<time datetime='2026-03-09T19:40:00-05:00'>hace ocho meses</time>",
        "<div class='x1 x2'>lunes 9 de marzo de 2026 - 7:40 de la noche</div>",
        "<div><b>9</b> <b>marzo</b> <b>2026</b> 19:40</div>",
    ],
)
def test_a_plain_line_beside_the_headline_gives_the_date_whatever_its_class(line: str) -> None:
    assert found_in(article(beside=line)) == ("2026-03-09T19:40", "page")
    assert found_in(article(above=f"<div>{line}</div>")) == ("2026-03-09T19:40", "page")


def test_a_stamp_for_machines_beside_the_headline_is_read() -> None:
    line = "<span data-timestamp='1773103200'>hace mucho</span>"
    assert found_in(article(beside=line)) == ("2026-03-10T00:40", "page")


@pytest.mark.parametrize("today", TODAY)
@pytest.mark.parametrize(
    "head",
    [
        "<header><time datetime='2026-11-22'>{}</time><nav><a href='/'>Inicio</a></nav></header>",
        "<header><div class='fecha'>{}</div></header>",
        "<div class='top'><span class='date'>{}</span></div>",
        "<table><tr><td>{}</td><td><a href='/'>Inicio</a></td></tr></table>",
        "<header><h1>Diario</h1><p>{}</p></header>",
    ],
)
def test_the_day_of_the_fetch_in_the_head_of_a_page_is_no_publication(head: str, today: str) -> None:
    assert found_in(head.format(today) + article()) == (None, None)
    line = "<p class='fecha'>09/03/2026 - 19:40</p>"
    assert found_in(head.format(today) + article(beside=line))[0] == "2026-03-09T19:40"


STORY = "<a href='/x{0}'>Sube el precio {0}</a> <time datetime='2026-03-0{0}T08:00:00-05:00'>{0} mar 2026</time>"
STORIES = [
    "<ul>" + "".join(f"<li>{STORY.format(n)}</li>" for n in (2, 3)) + "</ul>",
    f"<div>{STORY.format(2)}</div>",
    "<div class='card'><a href='/y'><h3>Baja el dólar en Lima</h3><span>2 de marzo de 2026</span></a></div>",
    "<div><h4><a href='/y'>Baja el dólar en Lima</a></h4><span class='fecha'>2 de marzo de 2026</span></div>",
    "<aside><p>2 de marzo de 2026</p></aside>",
    "<div class='comments'><p><b>Ana</b> <time datetime='2026-03-02T08:00:00-05:00'>2 mar</time> Muy bien.</p></div>",
    "<ol><li>Ana <i>Publicado el 2 mar 2026</i> Sí.</li><li>Luis <i>Publicado el 3 mar 2026</i> No.</li></ol>",
    "<footer>© 2026 Diario. 2 de marzo de 2026</footer>",
]


@pytest.mark.parametrize("other", STORIES)
def test_dates_of_other_stories_and_of_comments_are_not_the_articles(other: str) -> None:
    assert found_in(article(below=other)) == (None, None)
    assert found_in(article() + other) == (None, None)


@pytest.mark.parametrize(
    "line",
    [
        "<p>El acuerdo que los dos países firmaron el 2 de marzo de 2026 rige desde hoy.</p>",
        "<p>Oferta válida hasta el 2 de marzo de 2026</p>",
        "<figure><img src='a.jpg'><figcaption>El muelle, 2 de marzo de 2026</figcaption></figure>",
        "<p>Actualizado: 2 de marzo de 2026</p>",
        "<p>2026年3月更新</p>",
        "<p>marzo de 2026</p>",
    ],
)
def test_a_date_in_a_sentence_a_caption_or_of_a_change_is_no_publication(line: str) -> None:
    assert found_in(article(beside=line)) == (None, None)


@pytest.mark.parametrize(
    "line",
    ["<p>Publicado el 9 de marzo de 2026</p>", "<footer><span class='posted-on'>9 de marzo de 2026</span></footer>"],
)
def test_a_line_below_the_text_counts_if_it_says_what_it_is(line: str) -> None:
    assert found_in(article(below=line)) == ("2026-03-09", "page")


@pytest.mark.parametrize(
    "name",
    ["published_on", "citation_publication_date", "article_publish_date", "citation_online_date", "dc.date.published"],
)
def test_a_meta_tag_that_says_publication_gives_the_date(name: str) -> None:
    assert found_in(article(), head=f'<meta name="{name}" content="2026/03/09">')[0] == "2026-03-09"


@pytest.mark.parametrize("name", ["event_start_date", "expiration_date", "revision_date", "article:publisher"])
def test_a_meta_tag_of_another_date_gives_none(name: str) -> None:
    assert found_in(article(), head=f'<meta name="{name}" content="2026-03-09">') == (None, None)


def declared(stamp: str, **more: str) -> str:
    node = {"@type": "NewsArticle", "headline": HEADLINE, "datePublished": stamp, **more}
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def utc(day: int, month: int = 3) -> dt.datetime:
    return dt.datetime(2026, month, day, 15, tzinfo=dt.UTC)


def test_a_publication_that_moves_with_each_change_gives_way_to_the_line_that_kept_it() -> None:
    line = "<p>March 6, 2026, 10:00 PM / Updated March 7, 2026, 12:43 PM</p>"
    assert found_in(article(beside=line), head=declared("2026-03-07T12:43:20-05:00"))[0] == "2026-03-07T12:43"
    moved = declared("2026-03-07T12:43:20-05:00", dateModified="2026-03-07T12:43:20-05:00")
    assert found_in(article(beside=line), head=moved) == ("2026-03-06T22:00", "page")


@pytest.mark.parametrize(
    ("stamp", "line", "path", "source", "answer"),
    [
        # They agree within the usual lag: the page's own data count.
        ("2026-03-09T08:00:00-05:00", "", "2026/03/10/", utc(10), ("2026-03-09T08:00", "page")),
        # The source lists an old article anew.
        ("2026-03-09T08:00:00-05:00", "", "", utc(1, 6), ("2026-03-09T08:00", "page")),
        # The page's data were made anew; source and address kept the day.
        ("2026-06-01T08:00:00-05:00", "", "2026/03/09/", utc(9), ("2026-03-09T10:00", "source")),
        ("2026-06-01T08:00:00-05:00", "9 de marzo de 2026", "", utc(9), ("2026-03-09T10:00", "source")),
        ("2026-06-01T08:00:00-05:00", "", "2026/03/09/", None, ("2026-03-09", "address")),
        ("2026-06-01T08:00:00-05:00", "1 de junio de 2026", "2026/03/09/", None, ("2026-06-01T08:00", "page")),
        # A month in the address is no date, but decides.
        (None, "9 de marzo de 2026", "2026/06/", utc(1, 6), ("2026-06-01T10:00", "source")),
        (None, "9 de marzo de 2026", "", utc(1, 6), ("2026-03-09", "page")),
        # Digits in a name may be anything.
        ("2026-06-01T08:00:00-05:00", "", "acta-20260309-", None, ("2026-06-01T08:00", "page")),
        (None, "", "", utc(9), ("2026-03-09T10:00", "source")),
        (None, "9 de marzo de 2026", "", utc(9), ("2026-03-09T10:00", "source")),
    ],
)
def test_page_source_and_address_are_weighed_where_they_disagree(
    stamp: str | None, line: str, path: str, source: dt.datetime | None, answer: tuple[str, str]
) -> None:
    head = declared(stamp) if stamp else ""
    url = f"https://diario.example/{path}nota"
    assert found_in(article(beside=f"<p>{line}</p>"), head=head, url=url, published=source) == answer


@pytest.mark.parametrize(
    "body",
    [
        article(beside="<time datetime='9999-12-31'>x</time>" * 5_000),
        "<div>" * 3_000 + article(beside="<p>9/3/2026 " * 3_000),
        article(beside="<span>2026 " * 10_000),
        "<h1>2026</h1>" * 5_000 + "<li><a>2026</a>" * 5_000,
        article(below="<p>Publicado " + "2026-03-09 " * 20_000),
    ],
)
def test_a_page_full_of_dates_costs_no_more_than_its_reading(body: str) -> None:
    start = time.process_time()
    found_in(body)
    assert time.process_time() - start < 6
