"""Pages of concepts, outlets and articles, in three languages."""

from __future__ import annotations

import datetime as dt
import html
import re
import sqlite3
from pathlib import Path

import httpx
import pytest

from db.connection import open_news
from db.news.outlets import save_concepts
from db.public_copy import publish_copy
from db.site.queries import concepts, exports, outlets, subscription_preview
from tests.fixtures.invented_desk import CONCEPTS, NOW, OUTLETS, build, reader, save

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

ALL = [
    "/help",
    "/concepts",
    *(f"/concept/{row[0]}" for row in CONCEPTS),
    *(f"/outlet/{row[0]}" for row in OUTLETS),
    "/framing",
    "/framing?concept=chancay",
    "/outlets",
    "/subscribe?q=chancay",
]


def plain(text: str) -> str:
    """Return the visible text of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.mark.parametrize("language", ["en", "es", "zh"])
async def test_every_page_answers_in_every_language(news_db: Path, language: str) -> None:
    async with reader(news_db, language=language) as client:
        for path in ALL:
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert answer.headers["content-language"].startswith(language)
            assert "style=" not in answer.text
            assert "javascript:" not in answer.text
            assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "claims 1 Feb 1994"), ("es", "fechado el 1 feb. 1994"), ("zh", "自称发布于1994年2月1日")],
)
async def test_a_date_that_is_not_credited_is_shown_as_a_claim(tmp_path: Path, language: str, words: str) -> None:
    path = build(tmp_path)
    db = open_news(path)
    copy = db.execute("SELECT id FROM articles WHERE original IS NOT NULL").fetchone()[0]
    with db.atomic():
        db.execute(
            """
            UPDATE articles SET published = NULL, published_precision = NULL, claimed = '1994-02-01T15:00:00Z',
                claimed_precision = 'time'
            WHERE id = :id OR original = (SELECT original FROM articles WHERE id = :id)
            """,
            {"id": copy},
        )
    async with reader(path, language=language) as client:
        article = plain((await client.get(f"/article/{copy}")).text)
        assert article.count(words) >= 3  # below the headline, in its family, in its provenance
        assert words in plain((await client.get("/?q=is:copy")).text)


@pytest.mark.parametrize("language", ["en", "es", "zh"])
async def test_every_example_of_how_to_search_is_a_query_that_is_understood(news_db: Path, language: str) -> None:
    async with reader(news_db, language=language) as client:
        text = (await client.get("/help")).text
        links = re.findall(r'<a href="(/\?q=[^"]+)"><code>', text)
        assert len(links) > 30
        for link in links:
            answer = (await client.get(html.unescape(link))).text
            assert 'class="mistake"' not in answer, link


async def test_a_concept_page_shows_names_outlets_related_concepts_and_latest_articles(
    client: httpx.AsyncClient,
) -> None:
    text = (await client.get("/concept/cosco")).text
    assert "<bdi>COSCO Shipping</bdi></h1>" in text
    assert '<span lang="zh">中远海运</span>' in text
    assert 'href="/concepts#k-company"' in text
    assert 'href="/concept/chancay"' in text  # related concepts
    assert 'href="/?concept=cosco&amp;outlet=haibo"' in text
    assert 'href="/search.atom?concept=cosco"' in text
    assert 'href="/subscribe?concept=cosco"' in text
    for headline in ("El puerto de Chancay recibe", "New cranes arrive", "钱凯港迎来新一批自动化设备"):
        assert headline in text
    missing = await client.get("/concept/nothing")
    assert missing.status_code == 404
    assert "There is no concept nothing." in missing.text


async def test_the_list_of_concepts_counts_the_last_month_and_omits_unnamed_ones(tmp_path: Path) -> None:
    path = build(tmp_path)
    db = open_news(path)
    save_concepts(db, [{"id": "unnamed", "kind": "port", "name_en": "Unnamed"}])
    db.close()
    async with reader(path) as client:
        text = (await client.get("/concepts")).text
    assert "Unnamed" not in text
    assert re.search(r"<bdi>Las Bambas</bdi></a><span class=\"n\">2</span>", text)
    assert text.index("<bdi>Port of Chancay") < text.index("<bdi>Las Bambas")


async def test_the_page_of_an_outlet_lists_outlets_that_it_copies_and_that_copy_it(client: httpx.AsyncClient) -> None:
    copier = plain((await client.get("/outlet/nanfeng")).text)
    assert re.search(r"Whom it copies 海波新闻 16 h later 2", copier)
    assert "Who copies it" not in copier
    original = plain((await client.get("/outlet/faro")).text)
    assert re.search(r"Who copies it .*Puertos y Cargas 60 min later 1", original)
    assert re.search(r"copies of others 1 \(\d+%\)", original)
    assert (await client.get("/outlet/nowhere")).status_code == 404


async def test_the_page_of_a_failing_outlet_says_since_when_it_fails(client: httpx.AsyncClient) -> None:
    text = plain((await client.get("/outlet/broken")).text)
    assert "It could not be read" in text
    assert "answered 503" in text
    assert "1 could not be read in its last crawl: Diario Averiado" in plain((await client.get("/outlets")).text)


@pytest.mark.parametrize(
    ("language", "listed", "alone", "never"),
    [
        (
            "en",
            "1 silent: Boletín Dormido (last new page 3 weeks ago, usually 3 a week)",
            r"Nothing new of any kind since \d+ \w+ 20\d\d; usually 3 a week\.",
            "Nothing has been found at this outlet yet.",
        ),
        (
            "es",
            "1 sin publicar: Boletín Dormido (última página nueva hace 3 semanas, normalmente 3 artículos a la semana)",
            r"Sin novedades desde el \d+ de \w+ de 20\d\d; normalmente 3 artículos a la semana\.",
            "Todavía no se ha encontrado nada en este medio.",
        ),
        (
            "zh",
            "1家长时间未更新： Boletín Dormido （最近的新页面：3周前，通常每周约 3 篇）",
            r"自20\d\d年\d+月\d+日起没有任何新内容；通常每周约 3 篇。",
            "尚未从该媒体抓取到内容。",
        ),
    ],
)
async def test_pages_show_the_silence_that_the_desk_recorded(
    tmp_path: Path, language: str, listed: str, alone: str, never: str
) -> None:
    path = build(tmp_path)
    db = open_news(path)
    since = f"{NOW - dt.timedelta(days=22):%Y-%m-%dT%H:%M:%SZ}"
    db.execute("UPDATE outlets SET silent_since = :since, usual_per_day = 0.41 WHERE id = 'quiet'", {"since": since})
    db.execute("UPDATE outlets SET usual_per_day = 41.3 WHERE id = 'faro'")
    db.execute("UPDATE outlets SET usual_per_day = 0.05 WHERE id = 'minera'")
    db.execute("UPDATE crawls SET new = 0, rejected = 0 WHERE outlet IN ('quiet', 'broken')")
    db.conn.commit()
    db.close()
    async with reader(path, language=language) as client:
        every = plain((await client.get("/outlets")).text)
        silent, empty, lively = [
            plain((await client.get(f"/outlet/{id_}")).text) for id_ in ("quiet", "broken", "faro")
        ]
    assert listed in every
    assert re.search(alone, silent)
    assert never in empty
    assert never not in silent + lively
    usual = {
        "en": ("usually 41 a day", "usually 2 a month"),
        "es": ("normalmente 41 artículos al día", "normalmente 2 artículos al mes"),
    }
    for words in usual.get(language, ("通常每天约 41 篇", "通常每月约 2 篇")):
        assert words in every


async def test_a_public_copy_has_the_same_pages(tmp_path: Path) -> None:
    publish_copy(build(tmp_path), tmp_path / "public.db")
    async with reader(tmp_path / "public.db") as client:
        for path in (*ALL, "/search.atom", "/search.csv?q=chancay", "/article/1", "/article/1.bib"):
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert "licitará en enero" not in answer.text
        text = (await client.get("/outlets")).text
    assert "Last crawl" not in text
    assert "El Faro del Callao" in text


async def test_each_bar_of_a_chart_has_its_number_as_title(client: httpx.AsyncClient) -> None:
    text = (await client.get("/outlets")).text
    assert re.search(r'aria-label="Articles in each of the last 12 weeks, oldest first: [\d, ]+"', text)
    assert text.count('class="spark"') == 10  # two outlets gave nothing


async def test_an_article_links_to_its_concepts(client: httpx.AsyncClient) -> None:
    text = (await client.get("/article/1")).text
    assert '<a class="named" href="/concept/cosco"' in text
    assert '<span class="figure">120 000</span>' in text


async def test_a_copy_s_own_headline_is_listed_and_compared(client: httpx.AsyncClient) -> None:
    original, copy = [(await client.get(f"/article/{id_}")).text for id_ in (1, 13)]
    headline = "Llega a Chancay la mayor grúa enviada desde Shanghái"
    assert f'<a class="to headline" href="/article/13" lang="es" dir="auto"><bdi>{headline}</bdi></a>' in original
    compared = copy.partition('id="compared"')[2].partition("</section>")[0]
    assert "headline" in compared
    assert "<del>" in compared
    assert "The two texts are identical." in compared


async def test_most_of_many_copies_are_folded_but_not_the_one_that_is_shown(tmp_path: Path) -> None:
    path = build(tmp_path)
    db = open_news(path)
    row = next(db.query("SELECT * FROM articles WHERE id = 13"))
    for number in range(100, 300):
        db.table("articles").insert(row | {"id": number, "url": f"https://c.test/{number}", "key": f"c.test/{number}"})
    db.close()
    async with reader(path) as client:
        page = (await client.get("/article/290")).text
        listed = (await client.get("/?q=grúa+Shanghái")).text
    shown, _, folded = page.partition('class="family"')[2].partition("<details")
    assert shown.count("<li") == 7
    assert 'class="this"' in shown
    assert "196 more" in plain(folded)
    assert folded.partition("</details>")[0].count("<li") == 196
    copies = listed.partition('class="copies"')[2].partition("</details>")[0]
    assert copies.count("<li") == 13
    assert '<a href="/article/1">190 more</a>' in copies


async def test_all_names_of_a_concept_are_marked_in_the_text(tmp_path: Path) -> None:
    path = build(tmp_path)
    db = open_news(path)
    row = {"id": "copper", "kind": "commodity", "name_es": "Cobre", "names": ["terminal", "cobre"]}
    save_concepts(db, [row])
    db.execute("INSERT INTO mentions (article, concept, count) VALUES (1, 'copper', 1)")
    db.conn.commit()
    db.close()
    async with reader(path) as client:
        assert (
            '<a class="named" href="/concept/copper" title="Concept: Cobre">terminal</a>'
            in (await client.get("/article/1")).text
        )


@pytest.mark.parametrize(
    ("sql", "asked"),
    [
        (outlets.WEEKLY, {"weeks": '[["2026-01-01", "2026-01-08"]]', "outlet": None}),
        (outlets.CONDITION, {"outlet": None}),
        (outlets.COPIES_FROM, {"outlet": "faro", "since": "2026-01-01"}),
        (outlets.COPIES_BY, {"outlet": "faro", "since": "2026-01-01"}),
        (outlets.CRAWLS, {"outlet": "faro"}),
        (concepts.NAMED_LATELY, {"after": 5}),
        (concepts.NAMES_OF, {"ids": '["cosco"]'}),
        (subscription_preview.ID_BEFORE, {"since": "2026-01-01"}),
        (subscription_preview.PREVIEWED_ARTICLES, {"ids": "[1, 2]"}),
        (exports.MORE_OF, {"ids": "[1, 2]"}),
        (exports.COPIED_OF, {"ids": "[1, 2]"}),
    ],
)
def test_no_page_scans_a_growing_table(news_db: Path, sql: str, asked: dict[str, object]) -> None:
    plan = [row[3] for row in sqlite3.connect(news_db).execute(f"EXPLAIN QUERY PLAN {sql}", asked)]
    assert plan
    assert [step for step in plan if re.match(r"SCAN (articles|crawls|mentions|revisions|[amr])\b", step)] == []


async def test_the_newest_article_of_an_outlet_is_of_the_desk_s_day(tmp_path: Path) -> None:
    path = build(tmp_path)
    db = open_news(path)
    for outlet, hours, day_alone in (("faro", 12, False), ("minera", 12, True)):  # 03:00 UTC is 22:00 in Lima
        db.execute("UPDATE articles SET first_seen = '2026-01-01T00:00:00Z', published = '2026-01-01T00:00:00Z'")
        save(db, NOW, hours, outlet, "es", "Nota nueva", "Una nota nueva.", [], day_alone=day_alone)
        db.conn.commit()
        async with reader(path) as client:
            row = plain((await client.get("/outlets")).text.partition(f'"/outlet/{outlet}"')[2].partition("</tr>")[0])
        assert ("22 Nov 2026" if day_alone else "21 Nov 2026") in row
    db.close()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "country not known"), ("es", "país no identificado"), ("zh", "国家不详")]
)
async def test_a_country_that_is_not_known_is_said_in_words(tmp_path: Path, language: str, words: str) -> None:
    path = build(tmp_path)
    db = open_news(path)
    db.execute("UPDATE outlets SET country = 'XX' WHERE id IN ('faro', 'minera')")
    db.conn.commit()
    db.close()
    async with reader(path, language=language) as client:
        for address in ("/", "/?country=XX", "/outlets", "/outlet/faro", "/help"):
            assert "XX" not in plain((await client.get(address)).text), address
        assert words in plain((await client.get("/")).text)
