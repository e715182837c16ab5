"""An older desk gets its stories by real workers; that can end after any article and goes on at the next start."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.config.desk import load_desk
from crawler.crawling.session import CrawlSession
from crawler.operations.compare_stories import ComparedArticles, compare_pending, describe_comparison
from db.connection import open_news
from db.news.stories.corrections import split_story
from db.news.stories.pending import begin_stories_anew, read_pending_ids
from db.news.stories.rows import find_story
from tests.fixtures.story_desk import NOON, find_faults, make_article, store_without_encoder
from tests.fixtures.story_kills import as_session

pytestmark = pytest.mark.slow

TEXTS = {
    "diario": (
        "Huaico corta la carretera a la mina Las Pircas",
        (
            "Un huaico de 300 metros cortó la carretera Nazca-Puquio a la altura de la mina Las Pircas, de la china"
            " Longyuan. Cuarenta camiones quedaron varados."
        ),
    ),
    "ledger": (
        "Mudslide cuts road to Longyuan's Las Pircas mine in Peru",
        (
            "A 300-metre mudslide cut the Nazca-Puquio road near the Las Pircas mine of China's Longyuan. Forty trucks"
            " were stranded."
        ),
    ),
    "radio": (
        "Cancillería celebra cien becas para estudiar chino",
        "La cancillería peruana entregó ayer cien becas del instituto de idiomas para estudiar en Sichuan.",
    ),
}


def test_an_older_desk_is_compared_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vigia.toml").write_text('[desk]\ndirectory = "none"\n[crawl]\nworkers = 1\n', "utf-8")

    async def main() -> None:
        async with CrawlSession(load_desk(tmp_path), now=lambda: NOON + dt.timedelta(days=11)) as session:
            news = session.stores.news
            ids = {
                name: store_without_encoder(news, replace(make_article(name, ""), title=title, text=text))
                for name, (title, text) in TEXTS.items()
            }
            assert len(read_pending_ids(news)) == 3

            done: list[tuple[int, int]] = []
            compared = await compare_pending(
                session, progress=lambda *counts: done.append(counts), is_ending=lambda: len(done) == 1
            )
            assert (compared, done) == (ComparedArticles(1, 2), [(1, 3)])
            assert find_faults(news) == []
            assert await compare_pending(session) == ComparedArticles(2, 0)
            assert find_story(news, ids["ledger"]) == find_story(news, ids["diario"]) == ids["diario"]
            assert find_story(news, ids["radio"]) == ids["radio"]

            split_story(news, ids["ledger"], now=NOON)
            begin_stories_anew(news)
            monkeypatch.setattr(session.stores.workers, "run", None)  # it would raise TypeError
            stores = session.stores
            session.stores = replace(stores, matcher=None)
            assert await compare_pending(session) == ComparedArticles(0, 0)
            monkeypatch.undo()
            session.stores = stores
            await compare_pending(session)
            assert find_story(news, ids["ledger"]) == ids["ledger"]
            assert find_faults(news) == []

    asyncio.run(main())


def test_what_older_articles_are_compared_with_is_kept_until_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.operations.compare_stories._PRUNED_EVERY", 1)
    db = open_news(tmp_path / "news.db")
    hours = (0, -100, -150, -250, -700, -760, -1_100)  # more than a month ago; the last three alone
    for number, before in enumerate(hours):
        store_without_encoder(db, make_article(f"o{number}", "", hours=before))
    kept: list[int] = []
    asyncio.run(
        compare_pending(
            as_session(db, now=NOON + dt.timedelta(days=90)),
            progress=lambda *_: kept.append(db.table("story_heads").count),
        )
    )
    assert kept == [1, 2, 3, 4, 5, 5, 0]
    assert [find_story(db, number) for number in range(1, 8)] == [1, 2, 1, 2, 5, 6, 7]
    assert find_faults(db) == []
    db.close()


def test_many_articles_are_told_in_tenths_and_few_not_at_all() -> None:
    assert [describe_comparison(done, 99) for done in range(1, 100)] == [None] * 99
    told = [line for done in range(1, 201) if (line := describe_comparison(done, 200))]
    assert (len(told), told[0]) == (10, "stories: 20 of 200 older articles are compared with others")
