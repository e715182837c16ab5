"""`/figures`, and the figures that differ on the pages of stories and concepts, in three languages."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from db.connection import open_news
from db.figures.find import find_figures
from db.model.article import Article
from db.model.verdict import Mention
from db.news.outlets import save_concepts, save_measures
from db.site.exports.figure_files import FIGURE_FORMATS
from db.site.pages import figures_page
from pipelines.figures.figure_reading import NamedConcept
from pipelines.relevance.topic import load_topic
from tests.fixtures.invented_desk import reader
from tests.fixtures.story_desk import make_article, store


def tell(name: str, event: str, text: str, *, hours: float = 0.0) -> Article:
    topic = load_topic("china_peru")
    named = [NamedConcept(text.index("Chancay"), "chancay-port", "port")] if "Chancay" in text else []
    figures = topic.measures.measure_figures(find_figures(text, "es", "PE"), text, "es", concepts=named)
    mentions = (Mention(concept="chancay-port", count=1, in_title=False),) if named else ()
    return replace(make_article(name, event, hours=hours, text=text), figures=figures, mentions=mentions)


@pytest.fixture(scope="module")
def news_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A story in which outlets differ on the dead, and two stories with different costs of a port."""
    path = tmp_path_factory.mktemp("figures") / "news.db"
    db = open_news(path)
    measures = load_topic("china_peru").measures
    save_measures(db, measures.make_rows(), measures.make_scope_rows())
    save_concepts(
        db, [{"id": "chancay-port", "kind": "port", "name_en": "Chancay port", "name_es": "Puerto de Chancay"}]
    )
    store(db, tell("diario", "crane", "Dos obreros murieron <b>ayer</b>. Cayó una grúa."))
    store(db, tell("radio", "crane", "Murieron tres obreros en el muelle.", hours=3))
    store(db, tell("chasqui", "visit", "El puerto de Chancay costó 1.300 millones de dólares.", hours=5))
    store(db, tell("xinwen", "strike", "El puerto de Chancay costó 3.600 millones de dólares.", hours=9))
    db.conn.close()
    return path


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.mark.parametrize(
    ("language", "heading", "killed", "later"),
    [
        ("en", "Outlets give different figures", "killed", "later reports say 3"),
        ("es", "Los medios dan cifras distintas", "muertos", "artículos posteriores dicen 3"),
        ("zh", "各媒体给出的数字不同", "死亡人数", "后续报道为3"),
    ],
)
async def test_a_story_shows_each_value_with_who_tells_it_and_the_sentence(
    news_db: Path, language: str, heading: str, killed: str, later: str
) -> None:
    async with reader(news_db, language=language) as client:
        page = (await client.get("/story/1")).text
    section = page[page.index(heading) :]
    assert "<mark>Dos obreros</mark> murieron &lt;b&gt;ayer&lt;/b&gt;.</span>" in section
    shown = plain(section)
    assert killed in shown
    assert later in shown
    assert shown.index("diario") < shown.index("radio")


async def test_a_story_in_which_nothing_differs_says_nothing_of_it(news_db: Path) -> None:
    async with reader(news_db) as client:
        assert "Outlets give different figures" not in (await client.get("/story/3")).text


async def test_a_concept_shows_the_values_of_its_lasting_properties(news_db: Path) -> None:
    async with reader(news_db) as client:
        shown = plain((await client.get("/concept/chancay-port")).text)
    assert "US$1.3 billion : chasqui" in shown
    assert "US$3.6 billion : xinwen" in shown


@pytest.mark.parametrize(
    ("language", "values"),
    [
        ("en", ["US$1.3 billion", "US$3.6 billion"]),
        ("es", ["US$ 1,300 millones", "US$ 3,600 millones"]),
        ("zh", ["13亿美元", "36亿美元"]),
    ],
)
async def test_all_values_of_a_page_have_the_form_of_its_language(
    news_db: Path, language: str, values: list[str]
) -> None:
    async with reader(news_db, language=language) as client:
        page = (await client.get("/figures?measure=cost")).text
    found = re.findall(r"<li><strong>(.*?)</strong>", page)
    assert [plain(it) for it in found] == values


async def test_the_page_of_figures_has_filters_and_pages(news_db: Path) -> None:
    async with reader(news_db) as client:
        shown = plain((await client.get("/figures")).text)
        assert shown.index("Chancay port") < shown.index("killed")
        assert "killed" not in plain((await client.get("/figures?concept=chancay-port&measure=cost")).text)
        assert "Outlets give no different figures here" in (await client.get("/figures?measure=<b>")).text
        assert "killed" in plain((await client.get("/figures?before=2026-11-20T16:00:00Z+9")).text)
        assert (await client.get("/figures?before=x&concept=%00")).status_code == 200
        assert "killed" not in plain((await client.get("/figures?from=2026-11-21")).text)
        assert "killed" in plain((await client.get("/figures?to=2026-11-20")).text)


async def test_a_page_ends_before_a_divergence_that_it_cannot_show_whole(
    news_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures_page, "MAX_FIGURES_SHOWN", 3)
    monkeypatch.setitem(FIGURE_FORMATS, "csv", replace(FIGURE_FORMATS["csv"], max_entries=3))
    async with reader(news_db) as client:
        page = (await client.get("/figures")).text
        (following,) = re.findall(r'href="([^"]*)" rel="next"', page)
        second = (await client.get(html.unescape(following))).text
        first_file = await client.get("/figures.csv")
        last_file = await client.get(first_file.links["next"]["url"])
    assert "killed" not in plain(page)
    assert "Earlier ones" in plain(page)
    assert "Dos obreros" in plain(second)
    assert 'rel="next"' not in second
    assert [len(list(csv.DictReader(io.StringIO(file.text)))) for file in (first_file, last_file)] == [2, 2]
    assert "next" not in last_file.links


async def test_the_files_have_each_figure_with_its_sentence(news_db: Path) -> None:
    async with reader(news_db) as client:
        rows = list(csv.DictReader(io.StringIO((await client.get("/figures.csv?measure=killed")).text)))
        found = json.loads((await client.get("/figures.json?concept=chancay-port")).text)
    assert [(row["value"], row["outlet"], row["kind"]) for row in rows] == [
        ("2.0", "diario", "update"),
        ("3.0", "radio", "update"),
    ]
    (cost,) = found["divergences"]
    assert [figure["sentence"] for figure in cost["figures"]] == [
        "El puerto de Chancay costó 1.300 millones de dólares.",
        "El puerto de Chancay costó 3.600 millones de dólares.",
    ]
