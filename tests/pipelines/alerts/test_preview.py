"""How much a subscription would send, counted on an old desk and on a young one."""

from __future__ import annotations

import datetime as dt

import pytest

from db.model.times import stamp
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import News

PUERTO = Subscription(name="Puerto", query="chancay")
MONTH = dt.timedelta(days=30)
WEEK = dt.timedelta(weeks=1)


def began(news: News, at: dt.datetime) -> None:
    news.outlet("diario")
    news.db.execute("INSERT INTO crawls (outlet, started) VALUES ('diario', :at)", {"at": stamp(at)})


def article(news: News, *, published: dt.datetime | None, found: dt.datetime) -> None:
    number = news.db.execute("SELECT count(*) FROM articles").fetchone()[0]
    published_at = None if published is None else stamp(published)
    news.article(f"Chancay {number}", published=published_at, first_seen=stamp(found))


def test_an_old_desk_counts_over_the_requested_time(news: News, now: dt.datetime) -> None:
    began(news, now - 2 * MONTH)
    for day in reversed(range(60)):
        article(news, published=now - dt.timedelta(days=day + 1), found=now - dt.timedelta(days=day))
    found = news.alerts(PUERTO).preview("Puerto", now - MONTH, now=now)
    assert not found.is_young
    assert found.stories_in_span == len(found.stories)
    assert found.rate_per(WEEK) == pytest.approx(7, abs=0.3)


def test_a_young_desk_counts_since_it_began_without_its_first_crawl(news: News, now: dt.datetime) -> None:
    start = now - dt.timedelta(days=3)
    began(news, start)
    for day in range(40):  # of the weeks before, all found within the first hour
        article(news, published=start - dt.timedelta(days=day, hours=1), found=start + dt.timedelta(minutes=day))
    for hour in range(6):
        article(
            news,
            published=None if hour == 5 else start + dt.timedelta(hours=hour * 10 + 1),
            found=start + dt.timedelta(hours=hour * 10 + 2),
        )
    found = news.alerts(PUERTO).preview("Puerto", now - MONTH, now=now)
    assert found.is_young
    assert (len(found.stories), found.stories_in_span) == (46, 6)
    assert found.rate_per(WEEK) == pytest.approx(14)


def test_on_its_first_day_a_desk_gives_no_rate(news: News, now: dt.datetime) -> None:
    began(news, now - dt.timedelta(hours=5))
    article(news, published=now - dt.timedelta(hours=1), found=now)
    found = news.alerts(PUERTO).preview("Puerto", now - MONTH, now=now)
    assert (found.stories_in_span, found.rate_per(WEEK)) == (1, None)


def test_the_daily_limit_is_counted_by_days_of_the_subscriptions_zone(news: News, now: dt.datetime) -> None:
    began(news, now - 2 * MONTH)
    evening = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)  # still the 19th in Lima
    for hour in range(4):
        article(news, published=None, found=evening + dt.timedelta(hours=hour))
    some = PUERTO.model_copy(update={"at_most": 1})
    assert news.alerts(some).preview("Puerto", now - MONTH, now=now).stories_over_limit == 2
    assert news.alerts(some, timezone="UTC").preview("Puerto", now - MONTH, now=now).stories_over_limit == 3
    assert news.alerts(PUERTO).preview("Puerto", now - MONTH, now=now).stories_over_limit == 0


@pytest.mark.parametrize("published", ["yesterday", "2026-11-21T09:00:00"])
def test_an_invalid_publication_time_is_ignored(news: News, now: dt.datetime, published: str) -> None:
    began(news, now - dt.timedelta(days=3))
    news.article("Chancay", published=published, first_seen=stamp(now))
    found = news.alerts(PUERTO).preview("Puerto", now - MONTH, now=now)
    assert (len(found.stories), found.stories_in_span) == (1, 0)
