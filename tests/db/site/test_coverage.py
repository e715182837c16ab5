"""Which groups of outlets have nothing of a story or a concept, on its page."""

from __future__ import annotations

import csv
import datetime as dt
import html
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlite_utils import Database

from db.connection import open_news
from db.i18n.catalogue import LOCALES_FOLDER, load_entries
from db.i18n.languages import LANGUAGES
from db.model.times import stamp
from db.site.pages import concepts
from tests.fixtures.invented_desk import reader

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
BEGAN = NOW - 8 * DAY
OUTLETS = [
    ("haibo", "CN", "state-media", None),
    ("east-wire", "CN", "agency", "state"),
    ("nanhai", "CN", "press", "state"),
    ("faro", "PE", "press", "private"),
    ("puertos", "PE", "press", "private"),
]
STORY = 500


def add_article(
    db: Database, id_: int, outlet: str, moment: dt.datetime, *, story: int, original: int | None = None
) -> None:
    """Add an article on the port, published and seen at a moment."""
    at = stamp(moment)
    db.table("articles").insert(
        {"id": id_, "url": f"https://{outlet}.test/{id_}", "outlet": outlet, "title": f"Nota {id_}", "text": "Texto."}
        | {"words": 1, "relevance": 0.9, "verdict": "relevant", "published": at, "published_precision": "time"}
        | {"first_seen": at, "last_seen": at, "text_sha256": str(id_), "language": "es", "original": original}
    )
    db.table("mentions").insert({"article": id_, "concept": "chancay", "count": 2})
    db.table("story_articles").insert({"article": id_, "story": story, "because": "first"})
    db.table("stories").upsert({"id": story, "began": at, "latest": at, "first_article": id_}, pk="id")


def add_crawl(db: Database, outlet: str, started: dt.datetime, outcome: str = "ok") -> None:
    """Add a crawl that ended at once."""
    at = stamp(started)
    db.table("crawls").insert({"outlet": outlet, "started": at, "finished": at, "outcome": outcome, "kind": "crawl"})


def reject(db: Database, outlet: str, title: str, reason: str = "off-topic", *, number: int = 0) -> None:
    """Add a page that was rejected after the story began."""
    url = f"https://{outlet}.test/{reason}/{number}"
    seen_at = stamp(BEGAN + DAY)
    row = {"url": url, "key": url, "outlet": outlet, "reason": reason, "title": title, "seen_at": seen_at}
    db.table("rejections").insert(row)


@pytest.fixture
def news(tmp_path: Path) -> Database:
    """A desk whose Chinese state outlets wrote of the port each day, until two Peruvian ones told a story."""
    db = open_news(tmp_path / "news.db")
    names = ["Port of Chancay", "puerto de Chancay", "Chancay", "钱凯港"]
    concept = {"id": "chancay", "kind": "port", "name_en": names[0], "name_es": names[1], "name_zh": names[3]}
    with db.atomic():
        db.table("concepts").insert(concept | {"names": names})
        for id_, country, kind, ownership in OUTLETS:
            row = {"id": id_, "name": id_, "country": country, "kind": kind, "ownership": ownership}
            db.table("outlets").insert(row)
            add_crawl(db, id_, NOW - 100 * DAY)
            add_crawl(db, id_, NOW - dt.timedelta(minutes=20))
        for number in range(95):
            moment = BEGAN - (96 - number) * DAY
            add_article(db, 1 + number, OUTLETS[number % 3][0], moment, story=1 + number)
        add_article(db, STORY, "faro", BEGAN, story=STORY)
        add_article(db, STORY + 1, "puertos", BEGAN + DAY / 4, story=STORY)
    return db


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


async def read_page(news: Database, path: str, *, language: str = "en") -> str:
    """Return a page as text, with addresses."""
    file = next(row[2] for row in news.execute("PRAGMA database_list") if row[1] == "main")
    async with reader(Path(file), language=language, now=NOW) as client:
        answer = await client.get(path)
        assert answer.status_code == 200
        return answer.text


@pytest.mark.parametrize(
    ("language", "story", "concept"),
    [
        (
            "en",
            "State outlets (China): none of the 3 that we read has it, and we saw nothing of theirs on “Port",
            "we saw nothing on “Port of Chancay” since 10 Nov 2026 in any of the 3 that we read",
        ),
        (
            "es",
            "Medios estatales (China): ninguno de los 3 que leemos la tiene",
            "desde el 10 nov. 2026 no vimos nada sobre el tema «puerto de Chancay»",
        ),
        (
            "zh",
            "官方或国有媒体（中国）：所读取的3家均未见报道此事",
            "自2026年11月10日以来，所读取的3家均未见有关“钱凯港”的报道",
        ),
    ],
)
async def test_a_group_that_usually_writes_of_it_and_has_nothing_is_named(
    news: Database, language: str, story: str, concept: str
) -> None:
    found = plain(await read_page(news, f"/story/{STORY}", language=language))
    assert story in found
    assert "20" in found  # the moment of the last look
    assert concept in plain(await read_page(news, "/concept/chancay", language=language))


async def test_a_story_is_judged_by_its_rarest_concept(news: Database) -> None:
    news.table("concepts").insert({"id": "regions", "kind": "place", "name_en": "Regions", "names": ["Regiones"]})
    everywhere = [
        {"article": row[0], "concept": "regions", "count": 1} for row in news.execute("SELECT id FROM articles")
    ]
    news.table("mentions").insert_all(everywhere)
    for number in range(9):
        add_article(news, 200 + number, "faro", BEGAN - number * DAY, story=200 + number)
    news.execute("UPDATE mentions SET concept = 'regions' WHERE article BETWEEN 200 AND 299")
    page = await read_page(news, f"/story/{STORY}")
    assert "nothing of theirs on “Port of Chancay”" in plain(page)
    assert 'href="/framing?concept=chancay"' in page


async def test_rejected_pages_that_name_it_are_shown_instead(news: Database) -> None:
    reject(news, "haibo", "El puerto de Chancay, visto desde el mar")
    reject(news, "nanhai", "秘鲁钱凯港迎来首船", number=1)
    reject(news, "nanhai", "La chancaya y otras danzas", number=2)
    page = await read_page(news, f"/story/{STORY}")
    assert "none of the 3" not in page
    assert "but 2 pages that name “Port of Chancay” in their headlines were rejected. Look" in plain(page)
    look = urlsplit(html.unescape(re.findall(r'href="(/news/rejections[^"]*)"', page)[0]))
    assert parse_qs(look.query)["outlet__in"] == ["haibo,nanhai"]
    assert "visto desde el mar" in await read_page(news, look.geturl().replace("钱凯港", "Chancay"))


@pytest.mark.parametrize("path", [f"/story/{STORY}", "/concept/chancay"])
async def test_nothing_is_said_of_a_group_that_could_not_be_read(news: Database, path: str) -> None:
    for number in range(6):
        reject(news, "haibo", "", "forbidden", number=number)
    assert "absence" not in await read_page(news, path)
    news.execute("DELETE FROM rejections")
    assert "absence" in await read_page(news, path)
    add_crawl(news, "haibo", NOW - dt.timedelta(minutes=5), "failed: no source answered")
    assert "absence" not in await read_page(news, path)


async def test_who_has_a_copy_is_not_said_to_have_nothing(news: Database) -> None:
    add_article(news, STORY + 2, "haibo", BEGAN + DAY, story=STORY, original=STORY)
    page = plain(await read_page(news, f"/story/{STORY}"))
    assert "none of the 3" not in page
    assert "State outlets (China) 1 outlet copies only 0 1" in page


async def test_a_concept_counts_articles_and_copies_by_groups(news: Database) -> None:
    add_article(news, STORY + 2, "haibo", BEGAN + DAY, story=STORY, original=STORY)
    page = await read_page(news, "/concept/chancay")
    assert "State outlets (China) and 1 copy 81 Private outlets (Peru) 2" in plain(page)
    href = next(href for href in re.findall(r'href="(/\?concept=chancay&amp;q=[^"]*)"', page))
    listed = await read_page(news, html.unescape(href))
    assert "Nota 95" in listed
    assert f"Nota {STORY}<" not in listed
    assert "state,CN,81,1,1,chancay," in await read_page(news, "/concept/chancay/coverage.csv")


async def test_a_concept_with_too_many_articles_says_since_when_they_are_counted(
    news: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = BEGAN - dt.timedelta(days=1)
    monkeypatch.setattr(concepts, "find_complete_from", lambda rows: since)
    page = plain(await read_page(news, "/concept/chancay"))
    assert "90 days" not in page
    assert "By ownership and country, since 11 Nov" in page
    assert "Private outlets (Peru) 2" in page
    assert " 81 " not in page  # of the state outlets, in 90 days
    rows = list(csv.DictReader((await read_page(news, "/concept/chancay/coverage.csv")).splitlines()))
    assert {row["counted_since"] for row in rows} == {stamp(since)}


async def test_files_say_who_has_nothing(news: Database) -> None:
    rows = list(csv.DictReader((await read_page(news, f"/story/{STORY}/coverage.csv")).splitlines()))
    assert [(row["ownership"], row["originals"], row["has_nothing"]) for row in rows] == [
        ("private", "2", "0"),
        ("state", "0", "1"),
    ]
    assert rows[1]["of_concept"] == "chancay"
    assert (rows[1]["outlets_read"], rows[1]["wrote_before"], rows[1]["last_look"]) == (
        "3",
        "50",
        "2026-11-20T11:40:00Z",
    )
    reject(news, "haibo", "El puerto de Chancay, visto desde el mar")
    rows = list(csv.DictReader((await read_page(news, "/concept/chancay/coverage.csv")).splitlines()))
    state = next(row for row in rows if row["ownership"] == "state")
    assert (state["originals"], state["has_nothing"], state["rejected_pages"]) == ("81", "0", "1")


def test_no_sentence_judges_an_outlet() -> None:
    judging = re.compile(
        r"censor|ignor[ae]|\bbias|stealth|sesg|ocult|silenci(a|ó)|审查|封锁|隐瞒|偏见|无视", re.IGNORECASE
    )
    about_outlets = ("story", "groups", "coverage", "absence", "divergences", "edits", "framing", "copies", "briefing")
    for language in LANGUAGES:
        sentences = {
            **load_entries(LOCALES_FOLDER / "shared", language),
            **load_entries(LOCALES_FOLDER / "site", language),
        }
        told = {
            key: sentence
            for key, sentence in sentences.items()
            if key.startswith(tuple(f"{it}." for it in about_outlets))
        }
        assert {table for table in about_outlets if f"{table}." not in " ".join(told)} == set()
        assert [key for key, sentence in told.items() if judging.search(str(sentence))] == []
