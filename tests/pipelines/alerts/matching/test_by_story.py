"""A subscription with once_per = "story" tells each story once; its later articles are lines of the next message."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pytest
from sqlite_utils import Database

from db.news.stories.corrections import join_stories, split_story
from db.news.stories.rows import add_to_story, begin_story, merge_stories, part_from_story
from db.news.stories.told_stories import ArticleStory, read_article_stories
from pipelines.alerts.matching import by_story as matching
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import Mailbox, News

MINUTE = dt.timedelta(minutes=1)


def by_story(**options: Any) -> Subscription:
    return Subscription(name="Puerto", query="chancay", once_per="story", to=("env:TEAM_MAIL",), **options)


def tell(news: News, title: str, *, story: int | None = None, outlet: str = "diario") -> tuple[int, int]:
    """Store an article that begins a story or tells one; return (its id, its story)."""
    with news.db.atomic():
        article = news.article(title, outlet=outlet)
        if story is None:
            return article, begin_story(news.db, article)
        add_to_story(news.db, article, story, because="near")
        return article, story


def texts(mailbox: Mailbox) -> list[str]:
    """Return the plain text of every mail."""
    parts = [mail.get_body(("plain",)) for _, mail in mailbox.received]
    return [part.get_content() if part else "" for part in parts]


async def test_a_story_is_told_once_and_its_later_articles_are_lines_of_the_next_message(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = news.alerts(by_story())
    await alerts.run(now)
    _, crane = tell(news, "Chancay: cae una grúa")
    tell(news, "Chancay crane falls", story=crane, outlet="wire")
    await alerts.run(now + MINUTE)
    assert [subject.partition("Puerto: ")[2] for subject in mailbox.subjects] == ["1 new — Chancay: cae una grúa"]
    told = texts(mailbox)[0]
    assert told.index("1. Chancay: cae una grúa") < told.index("Also: Chancay crane falls (Wire")
    tell(news, "钱凯港起重机倒塌 Chancay", story=crane, outlet="xinwen")
    await alerts.run(now + 2 * MINUTE)
    assert len(mailbox.received) == 1  # the line makes no message of its own
    tell(news, "Chancay: comienza una huelga")
    await alerts.run(now + 3 * MINUTE)
    second = texts(mailbox)[1]
    assert second.index("1. Chancay: comienza una huelga") < second.index("-  Also: 钱凯港起重机倒塌")
    assert (await alerts.run(now + 4 * MINUTE)).alerts == 0
    assert len(mailbox.received) == 2
    html = mailbox.received[1][1].get_body(("html",))
    assert html is not None
    assert '<a href="https://xinwen.example/3"' in html.get_content()


async def test_by_a_rhythm_later_articles_come_with_the_next_digest_even_alone(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = news.alerts(by_story(when="daily 07:30"))
    await alerts.run(now)
    _, crane = tell(news, "Chancay: cae una grúa")
    await alerts.run(now + dt.timedelta(days=1))
    tell(news, "Chancay crane falls", story=crane, outlet="wire")
    await alerts.run(now + dt.timedelta(days=2))
    assert mailbox.subjects[1].endswith("1 more article of stories you know — Chancay crane falls")


async def test_where_messages_come_at_once_a_heartbeat_brings_the_lines_that_wait(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = news.alerts(by_story(heartbeat="weekly mon 08:00"))
    await alerts.run(now)
    _, crane = tell(news, "Chancay: cae una grúa")
    await alerts.run(now + MINUTE)
    await alerts.run(now + dt.timedelta(days=7))
    tell(news, "Chancay crane falls", story=crane, outlet="wire")
    for days in (8, 15, 22):
        await alerts.run(now + dt.timedelta(days=days))
    assert "Chancay crane falls" in mailbox.subjects[-2]
    assert "nothing since" in mailbox.subjects[-1]


@pytest.mark.parametrize("kind", ["merged by a second look", "joined by an analyst"])
async def test_a_merge_alerts_nobody_and_what_comes_after_it_is_a_line(
    news: News, mailbox: Mailbox, now: dt.datetime, kind: str
) -> None:
    alerts = news.alerts(by_story())
    await alerts.run(now)
    first, one = tell(news, "Chancay: cae una grúa")
    second, other = tell(news, "Chancay: accidente en el muelle", outlet="radio")
    await alerts.run(now + MINUTE)
    assert mailbox.subjects[0].endswith("2 new — Chancay: cae una grúa")
    if kind == "joined by an analyst":
        stands = join_stories(news.db, first, second, now=now)
    else:
        with news.db.atomic():
            stands = merge_stories(news.db, one, other)
    assert (await alerts.run(now + 2 * MINUTE)).alerts == 0
    tell(news, "Chancay crane falls", story=stands, outlet="wire")
    await alerts.run(now + 3 * MINUTE)
    assert len(mailbox.received) == 1
    assert [row["also"] for row in news.rows("SELECT also FROM alerts ORDER BY id")] == [0, 0, 1]


async def test_a_told_article_that_is_split_off_is_not_told_again_and_its_story_stays_told(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = news.alerts(by_story())
    await alerts.run(now)
    article, crane = tell(news, "Chancay: cae una grúa")
    tell(news, "Chancay crane falls", story=crane, outlet="wire")
    await alerts.run(now + MINUTE)
    apart = split_story(news.db, article, now=now)
    assert apart != crane
    tell(news, "Chancay: la grúa otra vez", story=crane, outlet="radio")
    tell(news, "Chancay: el otro caso otra vez", story=apart, outlet="radio")
    await alerts.run(now + 2 * MINUTE)
    assert len(mailbox.received) == 1
    assert [row["also"] for row in news.rows("SELECT also FROM alerts ORDER BY id")] == [0, 1, 1, 1]


async def test_a_story_whose_told_article_was_deleted_stays_told(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = news.alerts(by_story())
    await alerts.run(now)
    article, crane = tell(news, "Chancay: cae una grúa")
    tell(news, "Otra grúa", story=crane, outlet="radio")
    await alerts.run(now + MINUTE)
    with news.db.atomic():
        merged = begin_story(news.db, news.article("Sin tema", "nada"))
        stands = merge_stories(news.db, crane, merged)
        news.db.execute("DELETE FROM story_articles WHERE article = :id", {"id": article})
    news.remove(article)
    tell(news, "Chancay crane falls", story=stands, outlet="wire")
    await alerts.run(now + 2 * MINUTE)
    assert len(mailbox.received) == 1


async def test_a_story_that_a_restored_database_numbers_anew_is_told(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = news.alerts(by_story())
    await alerts.run(now)
    backup = news.backup()
    tell(news, "Chancay: cae una grúa")
    await alerts.run(now + MINUTE)
    news.restore(backup)
    tell(news, "Chancay: comienza una huelga", outlet="radio")
    await alerts.run(now + 2 * MINUTE)
    assert [subject.partition("— ")[2] for subject in mailbox.subjects] == [
        "Chancay: cae una grúa",
        "Chancay: comienza una huelga",
    ]


async def test_lines_do_not_count_against_the_daily_limit(news: News, mailbox: Mailbox, now: dt.datetime) -> None:
    alerts = news.alerts(by_story(at_most=1))
    await alerts.run(now)
    _, crane = tell(news, "Chancay: cae una grúa")
    for outlet in ("wire", "radio", "eco"):
        tell(news, f"Chancay, {outlet}", story=crane, outlet=outlet)
    tell(news, "Chancay: comienza una huelga")
    await alerts.run(now + MINUTE)
    assert mailbox.subjects[0].endswith("1 new and 1 more — Chancay: cae una grúa")
    assert texts(mailbox)[0].count("Also: ") == 3


async def test_a_story_that_was_only_counted_is_told_by_its_next_article(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(Subscription(name="Puerto", query="chancay", once_per="story", at_most=1))
    await alerts.run(now)
    _, crane = tell(news, "Chancay: cae una grúa")
    _, strike = tell(news, "Chancay: comienza una huelga")
    await alerts.run(now + MINUTE)
    for outlet in ("radio", "eco"):
        tell(news, f"Chancay: la huelga, {outlet}", story=strike, outlet=outlet)
        await alerts.run(now + 2 * MINUTE)
    tell(news, "Chancay: la grúa", story=crane, outlet="radio")
    await alerts.run(now + dt.timedelta(days=1))
    assert news.titles() == [
        "Chancay: cae una grúa",
        "and 1 more, over the ceiling of a day",
        "Chancay: la grúa",
        "and 1 more, over the ceiling of a day",
    ], "several articles of a story over the limit are one"
    tell(news, "Chancay: sigue la huelga", story=strike, outlet="wire")
    await alerts.run(now + dt.timedelta(days=2))
    assert news.titles()[4:] == ["Chancay: sigue la huelga"]
    assert "also" not in news.log()[-1]


async def test_a_preview_counts_later_articles_apart(news: News, now: dt.datetime) -> None:
    _, crane = tell(news, "Chancay: cae una grúa")
    tell(news, "Chancay crane falls", story=crane, outlet="wire")
    found = news.alerts(by_story()).preview("Puerto", now - dt.timedelta(days=30))
    assert (len(found.stories), found.later_articles) == (1, 1)


async def test_the_stories_of_matches_are_read_once_a_run(
    news: News, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def read(db: Database, articles: Iterable[int]) -> dict[int, ArticleStory]:
        asked.append(list(articles))
        return read_article_stories(db, asked[-1])

    monkeypatch.setattr(matching, "read_article_stories", read)
    alerts = news.alerts(by_story(figures=True))
    await alerts.run(now)
    article, crane = tell(news, "Chancay: cae una grúa")
    later, _ = tell(news, "Chancay crane falls", story=crane, outlet="wire")
    asked.clear()
    assert (await alerts.run(now + MINUTE)).alerts == 2
    assert asked == [[article, later]]


async def test_a_line_of_one_story_that_moved_to_another_does_not_stand_for_telling_that(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    alerts = news.alerts(by_story())
    await alerts.run(now)
    _, fall = tell(news, "Chancay: cae un puente")
    moved, _ = tell(news, "Chancay: adjudican puentes tras la caída", story=fall, outlet="radio")
    await alerts.run(now + MINUTE)
    with news.db.atomic():
        award = part_from_story(news.db, moved)
    assert (await alerts.run(now + 2 * MINUTE)).alerts == 0
    tell(news, "Chancay bridges awarded", story=award, outlet="wire")
    tell(news, "Chancay: el puente caído", story=fall, outlet="wire")
    await alerts.run(now + 3 * MINUTE)
    assert [row["also"] for row in news.rows("SELECT also FROM alerts ORDER BY id")] == [0, 1, 0, 1]
