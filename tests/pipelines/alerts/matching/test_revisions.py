"""A subscription with `revisions = true` is alerted to changes of articles, once for each change."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import pytest

from db.news import revisions as kept
from db.news.stories.rows import add_to_story, begin_story
from db.search.index import index_article, unindex_article
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import Mailbox, News

REVISED = Subscription(name="Puerto", query="chancay", revisions=True)
TEXT = "El puerto de Chancay costará 3,5 mil millones de dólares, dijo ayer Rosa Quispe."
NOON = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)


def revise(news: News, article: int, text: str | None = None, *, title: str | None = None, at: str = "15:30") -> None:
    """Change an article as the store does."""
    with news.db.atomic():
        (before,) = news.db.query("SELECT * FROM articles WHERE id = :id", {"id": article})
        after = {"title": title or before["title"], "text": text or before["text"]}
        kept.save_revision(news.db, before, **after, seen=f"2026-11-22T{at}:00Z")
        after["text_sha256"] = hashlib.sha256(after["text"].encode()).hexdigest()
        unindex_article(news.db, article, before["title"], before["text"])
        news.db["articles"].update(article, after)
        index_article(news.db, article, after["title"], after["text"])


def read_log(news: News) -> list[tuple[str, str]]:
    """Return (headline, description of the change) of each line of the log."""
    return [(line[3], line[5] if len(line) > 5 else "") for line in news.log()]


async def test_a_changed_figure_is_alerted_once(news: News, mailbox: Mailbox, now: dt.datetime) -> None:
    alerts = news.alerts(
        REVISED.model_copy(update={"to": ("env:TEAM_MAIL",)}), REVISED.model_copy(update={"name": "L"})
    )
    await alerts.run(now)
    article = news.article("Chancay", TEXT)
    assert (await alerts.run(now)).alerts == 2
    revise(news, article, TEXT.replace("3,5", "4,2"))
    assert [(await alerts.run(now)).alerts for _ in range(3)] == [2, 0, 0]
    assert read_log(news) == [("Chancay", ""), ("Chancay", "3,5 → 4,2 mil millones de dólares")]
    assert mailbox.subjects == ["[Vigía] Puerto: 1 new — Chancay", "[Vigía] Puerto: 1 updated — Chancay"]
    revise(news, article, TEXT.replace("3,5", "4,8"))
    await alerts.run(now)
    assert read_log(news)[2:] == [("Chancay", "4,2 → 4,8 mil millones de dólares")]
    assert news.printed[-1] == "L: Chancay (4,2 → 4,8 mil millones de dólares) — Diario https://diario.example/1"


async def test_a_revised_later_article_of_a_told_story_is_an_update(
    news: News, mailbox: Mailbox, now: dt.datetime
) -> None:
    options = {"to": ("env:TEAM_MAIL",), "once_per": "story", "when": "daily 07:30"}
    alerts = news.alerts(REVISED.model_copy(update=options))
    await alerts.run(now)
    with news.db.atomic():
        story = begin_story(news.db, news.article("Chancay"))
    await alerts.run(now + dt.timedelta(days=1))
    with news.db.atomic():
        later = news.article("Chancay, la radio", TEXT, outlet="radio")
        add_to_story(news.db, later, story, because="near")
    await alerts.run(now + dt.timedelta(days=1, minutes=1))
    revise(news, later, TEXT.replace("3,5", "4,2"))
    await alerts.run(now + dt.timedelta(days=2))
    assert mailbox.subjects[1:] == ["[Vigía] Puerto: 1 updated — Chancay, la radio"]


async def test_without_the_key_revisions_cause_no_alerts(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(Subscription(name="Puerto", query="chancay"))
    await alerts.run(now)
    article = news.article("Chancay", TEXT)
    await alerts.run(now)
    revise(news, article, TEXT.replace("3,5", "4,2"))
    assert (await alerts.run(now)).alerts == 0
    later = news.alerts(REVISED)
    assert (await later.run(now)).alerts == 0, "revisions from before the key was set are not alerted to"
    revise(news, article, TEXT.replace("3,5", "4,8"))
    assert (await later.run(now)).alerts == 1
    await alerts.run(now)
    revise(news, article, TEXT.replace("3,5", "4,9"))
    await alerts.run(now)
    assert (await later.run(now)).alerts == 0, "nor are those from the time without the key"


async def test_a_changed_word_causes_no_alert(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(REVISED)
    await alerts.run(now)
    article = news.article("Chancay", TEXT)
    await alerts.run(now)
    revise(news, article, TEXT.replace("costará", "va a costar"))
    assert (await alerts.run(now)).alerts == 0
    (row,) = news.rows("SELECT revised FROM subscriptions")
    assert row["revised"] == 1


async def test_an_article_that_matches_since_its_revision_is_alerted(news: News, now: dt.datetime) -> None:
    old = news.article("Lima", "Un puerto de 3 muelles.")
    alerts = news.alerts(REVISED)
    await alerts.run(now)
    new = news.article("Callao", "Un puerto de 5 muelles.")
    await alerts.run(now)
    revise(news, old, "El puerto de Chancay, de 4 muelles.")
    revise(news, new, "El puerto de Chancay, de 6 muelles.")
    assert (await alerts.run(now)).alerts == 2
    assert [title for title, _ in read_log(news)] == ["Lima", "Callao"]


async def test_an_alerted_article_that_no_longer_matches_is_alerted_with_its_correction(
    news: News, now: dt.datetime
) -> None:
    alerts = news.alerts(REVISED)
    await alerts.run(now)
    article = news.article("Un puerto", TEXT)
    await alerts.run(now)
    revise(news, article, TEXT.replace("Chancay", "Corío"))
    assert (await alerts.run(now)).alerts == 1
    assert read_log(news)[-1][1] == "Chancay → Corío"


async def test_an_article_revised_before_it_was_matched_is_alerted_once_as_it_is_now(
    news: News, now: dt.datetime
) -> None:
    alerts = news.alerts(REVISED)
    await alerts.run(now)
    article = news.article("Chancay", TEXT)
    revise(news, article, TEXT.replace("3,5", "4,2"))
    assert [(await alerts.run(now)).alerts for _ in range(2)] == [1, 0]


async def test_an_article_and_its_revisions_are_one_story_of_a_digest(news: News, mailbox: Mailbox) -> None:
    alerts = news.alerts(
        Subscription(name="Diario", query="chancay", revisions=True, when="daily 07:30", to=("env:TEAM_MAIL",))
    )
    await alerts.run(NOON)
    article = news.article("Chancay", TEXT)
    await alerts.run(NOON + dt.timedelta(minutes=1))
    for minute, figure in enumerate(("4,2", "4,8"), 2):
        revise(news, article, TEXT.replace("3,5", figure))
        await alerts.run(NOON + dt.timedelta(minutes=minute))
    assert (await alerts.run(NOON + dt.timedelta(days=1))).sent == 1
    ((_, mail),) = mailbox.received
    body = mail.get_body(("plain",)).get_content()
    assert body.count("https://diario.example/1") == 1
    assert mail["Subject"] == "[Vigía] Diario: 1 new — Chancay"
    assert "3,5 → 4,2 mil millones de dólares; 4,2 → 4,8 mil millones de dólares" in " ".join(body.split())


async def test_copies_that_correct_the_same_figure_are_one_alert(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(REVISED, Subscription(name="Copias", query="chancay", revisions=True, copies=True))
    await alerts.run(now)
    original = news.article("Chancay", TEXT)
    copies = [news.article("Chancay", TEXT, outlet=outlet, original=original) for outlet in ("otro", "tercero")]
    await alerts.run(now)
    for article in (*copies, original):
        revise(news, article, TEXT.replace("3,5", "4,2"))
    await alerts.run(now)
    updates = [line[1] for line in news.log() if len(line) > 5]
    assert updates.count("Puerto") == 1
    assert updates.count("Copias") == 3


async def test_of_copies_that_match_since_a_revision_only_one_is_alerted(news: News, now: dt.datetime) -> None:
    original = news.article("Lima", "Un puerto de 3 muelles.")
    copy = news.article("Lima", "Un puerto de 3 muelles.", outlet="otro", original=original)
    alerts = news.alerts(REVISED)
    await alerts.run(now)
    for article in (original, copy):
        revise(news, article, "El puerto de Chancay, de 4 muelles.")
    assert (await alerts.run(now)).alerts == 1
    revise(news, copy, "El puerto de Chancay, de 5 muelles.")
    assert (await alerts.run(now)).alerts == 0, "the other copy was alerted to"


@pytest.mark.parametrize(("columns", "expected"), [({"verdict": "borderline"}, 0), ({"backfilled": 1}, 0), ({}, 1)])
async def test_a_revision_of_a_borderline_or_backfilled_article_causes_no_alert(
    news: News, now: dt.datetime, columns: dict[str, Any], expected: int
) -> None:
    article = news.article("Lima", "Un puerto de 3 muelles.", **columns)
    alerts = news.alerts(REVISED)
    await alerts.run(now)
    revise(news, article, "El puerto de Chancay, de 4 muelles.")
    assert (await alerts.run(now)).alerts == expected


async def test_a_query_with_is_revision_asks_for_revisions(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(Subscription(name="Cambios", query="chancay is:revision"))
    await alerts.run(now)
    article = news.article("Chancay", TEXT)
    assert (await alerts.run(now)).alerts == 0
    revise(news, article, TEXT.replace("3,5", "4,2"))
    assert (await alerts.run(now)).alerts == 1
    assert read_log(news) == [("Chancay", "3,5 → 4,2 mil millones de dólares")]


@pytest.mark.slow
async def test_many_revisions_are_alerted_to_the_matching_subscriptions(news: News, now: dt.datetime) -> None:
    wanted = [Subscription(name=f"S{n}", query=f"barco{n}", revisions=True) for n in range(40)]
    alerts = news.alerts(*wanted, Subscription(name="Todo", query="lang:es -absent", revisions=True))
    articles = [news.article("Lima", "Un puerto de 3 muelles.") for _ in range(40)]
    await alerts.run(now)
    for number, article in enumerate(articles):
        revise(news, article, f"Un puerto de 4 muelles con barco{number}.")
    assert (await alerts.run(now)).alerts == 80
    names = {(line[1], line[4].rpartition("/")[2]) for line in news.log() if line[1] != "Todo"}
    assert names == {(f"S{n}", str(articles[n])) for n in range(40)}


async def test_after_news_db_is_restored_no_revision_is_lost_or_alerted_again(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(REVISED)
    await alerts.run(now)
    one, two = (news.article(f"Chancay {n}", TEXT) for n in (1, 2))
    await alerts.run(now)
    backup = news.backup()
    revise(news, one, TEXT.replace("3,5", "4,2"), at="16:00")
    await alerts.run(now)
    revise(news, one, TEXT.replace("3,5", "4,8"), at="16:10")
    await alerts.run(now)
    news.restore(backup)
    # The ids 1 and 2 of revisions are given again: to one that was never alerted to, and to the page's latest text.
    revise(news, two, TEXT.replace("3,5", "9,9"), at="17:00")
    revise(news, one, TEXT.replace("3,5", "4,8"), at="17:10")
    await alerts.run(now)
    assert [line for _, line in read_log(news) if line] == [
        "3,5 → 4,2 mil millones de dólares",
        "4,2 → 4,8 mil millones de dólares",
        "3,5 → 9,9 mil millones de dólares",
    ]


async def test_a_page_that_changes_back_and_forth_alerts_each_change_once(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(REVISED)
    await alerts.run(now)
    article = news.article("Chancay abre", TEXT)
    await alerts.run(now)
    for turn, title in enumerate(("Chancay cierra", "Chancay abre") * 3):
        revise(news, article, title=title, at=f"16:{turn:02}")
        await alerts.run(now)
    assert [line for _, line in read_log(news) if line] == [
        "“Chancay abre” → “Chancay cierra”",
        "“Chancay cierra” → “Chancay abre”",
    ]


async def test_the_preview_shows_revisions_too(news: News, now: dt.datetime) -> None:
    article = news.article("Chancay", TEXT)
    old = news.article("Lima viejo", "Un puerto de 3 muelles.", first_seen="2026-01-01T00:00:00Z")
    revise(news, article, TEXT.replace("3,5", "4,2"))
    revise(news, old, "El puerto de Chancay, de 4 muelles.")
    alerts = news.alerts(REVISED, Subscription(name="Sin", query="chancay"))
    since = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    assert [(story.title, story.updated) for story in alerts.preview("Puerto", since).stories] == [
        ("Chancay", "3,5 → 4,2 mil millones de dólares"),
        ("Lima viejo", "3 → 4 muelles; + Chancay"),
    ]
    assert [story.updated for story in alerts.preview("Sin", since).stories] == [None, None]
