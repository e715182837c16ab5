"""`/edits`: what changed, how long after publication, and whether the page says so; trifles apart; its files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlite_utils import Database

from db.connection import open_news
from db.migrations import news
from db.news.articles import save_article
from db.public_copy import publish_copy
from db.search.plan import TooSlowError
from db.search.statement import Parameters, Row
from db.site.page_context import PageContext
from db.site.queries.edit_list import ARTICLES_OF_OUTLETS
from tests.db.site.test_pages import plain
from tests.fixtures.invented_desk import reader
from tests.fixtures.story_desk import NOON, make_article

pytestmark = pytest.mark.slow  # each test asks a desk or its reading room

NOW = NOON + dt.timedelta(days=1)
TEXT = (
    "La grúa del muelle de Quilca cayó el jueves y mató a tres obreros, dijo la capitanía.\n"
    "La empresa Muelles del Sur, que dirige Rosa Quispe, pagó 40 millones de dólares por el equipo.\n"
    "Un informe de la inspección advertía desde marzo de fisuras en la base de la torre."
)
# outlet, what replaces what, hours after publication, the modification time of the page
EDITS = (
    ("diario", ("tres obreros", "cinco obreros"), 2, None),
    ("diario", ("Rosa Quispe", "Julia Mamani"), 5, None),
    ("radio", ("40 millones", "45 millones"), 3, "2026-11-20T15:00:00Z"),
    ("gaceta", ("pagó 40", "pagó , 40"), 4, None),
    (
        "gaceta",
        ("torre.", "torre.\nCorrección: una versión anterior de esta nota daba otra cifra de obreros."),
        6,
        None,
    ),
)


def write_desk(path: Path) -> Database:
    db = open_news(path)
    texts: dict[str, str] = {}
    for number, (outlet, (old, new), hours, modified) in enumerate(EDITS):
        article = make_article(outlet, "crane")
        if outlet not in texts:
            texts[outlet] = TEXT
            save_article(db, replace(article, text=TEXT), seen_at=NOON + dt.timedelta(minutes=number), place=None)
        assert old in texts[outlet]
        texts[outlet] = texts[outlet].replace(old, new)
        changed = replace(article, text=texts[outlet], modified=modified)
        save_article(db, changed, seen_at=NOON + dt.timedelta(hours=hours), place=None)
    return db


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with four edits and a trifle, of three outlets."""
    path = tmp_path_factory.mktemp("edited") / "news.db"
    write_desk(path).conn.close()
    return path


@pytest.mark.parametrize(
    ("language", "words", "counted"),
    [
        ("en", "figures: 40 millones de dólares → 45 millones de dólares", "1 of 1 articles changed"),
        ("es", "cifras: 40 millones de dólares → 45 millones de dólares", "cambió 1 de 1 artículos"),
        ("zh", "数字： 40 millones de dólares → 45 millones de dólares", "1篇报道中有1篇改动"),
    ],
)
async def test_edits_are_told_in_three_languages(edited: Path, language: str, words: str, counted: str) -> None:
    async with reader(edited, language=language, now=NOW) as client:
        text = plain((await client.get("/edits")).text)
        assert words in text
        assert text.count(counted) == 3
        assert counted in plain((await client.get("/outlet/diario")).text)
        assert 'href="/edits?outlet=diario"' in (await client.get("/article/1")).text


async def test_an_edit_says_how_long_after_publication_and_what_notice_there_is(edited: Path) -> None:
    async with reader(edited, now=NOW) as client:
        text = plain((await client.get("/edits")).text)
    assert text.count("2 h after publication · no notice that we could find") == 1
    assert text.count("3 h after publication · its modification time moved") == 1
    assert text.count("6 h after publication · its text says that it was changed") == 1
    assert text.count("1 without a notice that we could find") == 1  # one article with two such edits


async def test_trifles_are_folded_and_no_edit(edited: Path) -> None:
    async with reader(edited, now=NOW) as client:
        listed, _, folded = (await client.get("/edits")).text.partition("<details")
        assert "1 trifle" in plain(folded)
        assert listed.count('<article class="entry') == 4


async def test_more_trifles_than_are_shown_are_told_as_at_least_so_many(
    edited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "news.db"
    shutil.copyfile(edited, path)
    db = open_news(path)
    db.execute("UPDATE edits SET kinds = '[]' WHERE revision = 1")
    db.conn.commit()
    db.conn.close()
    monkeypatch.setattr("db.site.pages.edits.MAX_TRIFLES_SHOWN", 1)
    async with reader(path, now=NOW) as client:
        assert "at least 1 trifle" in plain((await client.get("/edits")).text)


async def test_nothing_is_said_of_how_many_changed_where_all_could_not_be_counted(
    edited: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = PageContext.rows

    async def read_slowly(self: PageContext, sql: str, parameters: Parameters | None = None) -> list[Row]:
        if sql == ARTICLES_OF_OUTLETS:
            raise TooSlowError(sql)
        return await read(self, sql, parameters)

    async with reader(edited, now=NOW) as client:
        with monkeypatch.context() as slow:
            slow.setattr(PageContext, "rows", read_slowly)
            assert "articles changed" not in plain((await client.get("/edits")).text)
        assert "1 of 1 articles changed" in plain((await client.get("/edits")).text)


@pytest.mark.parametrize(
    ("arguments", "revisions"),
    [
        ("", [5, 3, 2, 1]),
        ("?kind=figures", [3, 1]),
        ("?kind=names&outlet=diario", [2]),
        ("?outlet=radio", [3]),
        ("?before=3", [2, 1]),
        ("?kind=%00nonsense&before=-1", [5, 3, 2, 1]),
        ("?outlet=nobody", []),
        ("?from=2026-11-20", [5, 3, 2, 1]),
        ("?to=2026-11-19", []),
        ("?from=2026-11-20&to=2026-11-20&outlet=radio", [3]),
        ("?from=2026-11-01&before=3&kind=figures", [1]),
    ],
)
async def test_filters_choose_edits_on_the_page_and_in_its_files(
    edited: Path, arguments: str, revisions: list[int]
) -> None:
    async with reader(edited, now=NOW) as client:
        told = json.loads((await client.get(f"/edits.json{arguments}")).text)
        assert [edit["revision"] for edit in told["edits"]] == revisions
        rows = list(csv.DictReader(io.StringIO((await client.get(f"/edits.csv{arguments}")).text)))
        assert [int(row["revision"]) for row in rows] == revisions
        feed = ElementTree.fromstring((await client.get(f"/edits.atom{arguments}")).text)
        assert len(feed.findall("{*}entry")) == len(revisions)
        page = (await client.get(f"/edits{arguments}")).text
        assert page.partition("<details")[0].count('<article class="entry') == len(revisions)


async def test_pages_follow_one_another_and_so_do_files(edited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.site.pages.edits.MAX_EDITS_SHOWN", 2)
    async with reader(edited, now=NOW) as client:
        first = (await client.get("/edits")).text
        assert 'href="/edits?before=3" rel="next"' in first
        assert 'rel="next"' not in (await client.get("/edits?before=3")).text


async def test_a_feed_that_did_not_change_is_not_sent_again(edited: Path) -> None:
    async with reader(edited, now=NOW) as client:
        first = await client.get("/edits.atom")
        again = await client.get("/edits.atom", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.text) == (200, 304, "")


async def test_revisions_from_before_get_their_edits_and_an_unknown_notice_stays_unknown(tmp_path: Path) -> None:
    db = write_desk(tmp_path / "news.db")
    before = list(db.query("SELECT * FROM edits ORDER BY revision"))
    with db.atomic():
        db.execute("UPDATE articles SET modified = '2026-11-21T09:00:00Z' WHERE outlet = 'diario'")
        db.execute("DROP TABLE edits")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'what_revisions_changed'")
    news.apply(db)
    after = list(db.query("SELECT * FROM edits ORDER BY revision"))
    assert [row | {"notice": ""} for row in after] == [row | {"notice": ""} for row in before]
    assert [row["notice"] for row in after] == [None, "modified", "modified", "none", "text"]
    db.conn.close()


async def test_the_public_copy_tells_kinds_and_no_words_of_texts(edited: Path, tmp_path: Path) -> None:
    publish_copy(edited, tmp_path / "public.db")
    async with reader(tmp_path / "public.db", now=NOW) as client:
        text = plain((await client.get("/edits")).text)
        assert "figures" in text
        assert "no notice that we could find" in text
        for word in ("millones", "Mamani", "anterior"):
            assert word not in text
