"""The figures of each outlet that `vigia status` shows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlite_utils import Database

from db.connection import open_news
from db.model.times import stamp
from db.news.crawls import begin_crawl
from db.outlet_status import count_articles_by_outlet
from tests.fixtures.invented_desk import NOW, save


@pytest.fixture
def news(tmp_path: Path) -> Database:
    db = open_news(tmp_path / "news.db")
    db.table("outlets").insert({"id": "faro", "name": "El Faro"})
    return db


def found_by_first_crawl(db: Database, *, days_ago: float) -> None:
    """Save forty articles of the weeks before that a first crawl found, and two that came later."""
    first = NOW - dt.timedelta(days=days_ago)
    begin_crawl(db, "faro", at=first, kind="crawl")
    for number in range(40):
        id_ = save(db, first, 12 * (1 + number), "faro", "es", f"Vieja {number}", f"Nota vieja {number}.", [])
        db.execute("UPDATE articles SET first_seen = :at WHERE id = :id", {"at": stamp(NOW), "id": id_})
    for number in range(2):
        save(db, NOW, 0.5 + number / 10, "faro", "es", f"Nueva {number}", f"Nota nueva {number}.", [])


def test_what_a_first_crawl_finds_is_not_in_the_rate(news: Database) -> None:
    found_by_first_crawl(news, days_ago=4)
    found = count_articles_by_outlet(news, now=NOW)["faro"]
    assert (found["articles"], found["per_day"]) == (42, pytest.approx(0.5))


def test_the_first_day_has_no_rate(news: Database) -> None:
    found_by_first_crawl(news, days_ago=0.9)
    assert count_articles_by_outlet(news, now=NOW)["faro"]["per_day"] is None


def test_the_rate_of_an_old_outlet_is_of_four_weeks_without_backfills(news: Database) -> None:
    begin_crawl(news, "faro", at=NOW - dt.timedelta(days=300), kind="crawl")
    for number in range(20):
        save(news, NOW, 24 * 2 * (1 + number), "faro", "es", f"Nota {number}", f"Nota {number}.", [])
    late = save(news, NOW, 2, "faro", "es", "Nota tardía", "Nota de hace un año.", [])
    news.execute("UPDATE articles SET published = '2025-01-01T00:00:00Z' WHERE id = :id", {"id": late})
    old = save(news, NOW, 1, "faro", "es", "Nota leída del pasado", "Una nota del pasado.", [])
    news.execute("UPDATE articles SET backfilled = 1 WHERE id = :id", {"id": old})
    assert count_articles_by_outlet(news, now=NOW)["faro"]["per_day"] == pytest.approx(15 / 28)
