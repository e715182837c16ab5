from __future__ import annotations

import datetime as dt

import pytest

from pipelines.alerts.errors import AlertError
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import News

PORT = Subscription(name="Puerto", query="chancay")


async def test_a_new_subscription_is_not_alerted_to_earlier_articles(news: News, now: dt.datetime) -> None:
    news.article("Chancay ayer")
    alerts = news.alerts(PORT)
    assert (await alerts.run(now)).alerts == 0
    news.article("Chancay hoy")
    assert (await alerts.run(now)).alerts == 1
    assert news.titles() == ["Chancay hoy"]


async def test_a_subscription_with_past_is_alerted_to_earlier_articles_once(news: News, now: dt.datetime) -> None:
    news.article("Chancay ayer")
    alerts = news.alerts(Subscription(name="Puerto", query="chancay", past=True))
    assert [(await alerts.run(now)).alerts for _ in range(3)] == [1, 0, 0]


async def test_matching_articles_are_alerted_once_and_others_never(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(PORT, Subscription(name="Cobre", query="cobre OR 铜"))
    await alerts.run(now)
    news.article("Chancay abre", "nada más")
    news.article("Cobre sube", "Las Bambas produce cobre")
    news.article("秘鲁铜矿", "中国买铜")
    news.article("Otra cosa", "sin tema")
    assert [(await alerts.run(now)).alerts for _ in range(2)] == [3, 0]
    assert sorted((line[1], line[3]) for line in news.log()) == [
        ("Cobre", "Cobre sube"),
        ("Cobre", "秘鲁铜矿"),
        ("Puerto", "Chancay abre"),
    ]
    assert len(news.printed) == 3


async def test_borderline_articles_alert_only_subscriptions_that_ask_for_them(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(PORT, Subscription(name="Todo", query="chancay", borderline=True))
    await alerts.run(now)
    news.article("Chancay tal vez", verdict="borderline")
    await alerts.run(now)
    assert [line[1] for line in news.log()] == ["Todo"]


async def test_backfilled_articles_cause_no_alerts(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(PORT)
    await alerts.run(now)
    news.article("Chancay en 2019", backfilled=1)
    news.article("Chancay hoy")
    await alerts.run(now)
    assert news.titles() == ["Chancay hoy"]


async def test_a_syndicated_copy_does_not_alert_twice(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(PORT, Subscription(name="Copias", query="chancay", copies=True))
    await alerts.run(now)
    first = news.article("Chancay original")
    news.article("Chancay copia", outlet="otro", original=first)
    await alerts.run(now)
    news.article("Chancay otra copia", outlet="tercero", original=first)
    await alerts.run(now)
    assert [line[3] for line in news.log() if line[1] == "Puerto"] == ["Chancay original"]
    assert sum(line[1] == "Copias" for line in news.log()) == 3


async def test_an_original_that_is_found_after_its_copy_does_not_alert_again(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(PORT)
    await alerts.run(now)
    copy = news.article("Chancay copia")
    await alerts.run(now)
    original = news.article("Chancay original", outlet="agencia")
    news.db.execute("UPDATE articles SET original = :original WHERE id = :id", {"original": original, "id": copy})
    news.db.conn.commit()
    assert (await alerts.run(now)).alerts == 0


async def test_one_copy_is_alerted_if_its_original_does_not_match(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(PORT)
    await alerts.run(now)
    stub = news.article("Un puerto", "Suscríbase para leer.")
    news.article("Un puerto", "El texto entero: Chancay.", outlet="otro", original=stub)
    news.article("Un puerto", "El texto entero: Chancay.", outlet="tercero", original=stub)
    assert (await alerts.run(now)).alerts == 1


async def test_a_copy_of_an_article_older_than_the_subscription_does_not_alert(news: News, now: dt.datetime) -> None:
    old = news.article("Chancay viejo")
    alerts = news.alerts(PORT)
    await alerts.run(now)
    news.article("Chancay viejo", outlet="otro", original=old)
    assert (await alerts.run(now)).alerts == 0


async def test_a_changed_query_keeps_the_cursor(news: News, now: dt.datetime) -> None:
    await news.alerts(PORT).run(now)
    news.article("Chancay uno")
    await news.alerts(PORT).run(now)
    changed = news.alerts(Subscription(name="puerto", query="chancay OR callao"))
    assert (await changed.run(now)).alerts == 0
    news.article("Callao dos", "nada")
    assert (await changed.run(now)).alerts == 1
    assert [(row["id"], row["query"]) for row in news.rows("SELECT * FROM subscriptions")] == [
        ("puerto", "chancay OR callao")
    ]


async def test_a_subscription_that_is_removed_and_added_again_continues_at_its_cursor(
    news: News, now: dt.datetime
) -> None:
    await news.alerts(PORT).run(now)
    await news.alerts().run(now)
    news.article("Chancay mientras tanto")
    await news.alerts().run(now)
    assert news.log() == []
    assert (await news.alerts(PORT).run(now)).alerts == 1


async def test_an_invalid_query_is_reported_and_stops_no_other_subscription(news: News, now: dt.datetime) -> None:
    broken = Subscription(name="Rota", query="-chancay")
    alerts = news.alerts(broken, PORT)
    await alerts.run(now)
    news.article("Chancay")
    run = await alerts.run(now)
    assert run.alerts == 1
    assert run.problems == (
        (
            'subscription "Rota": the query says only what must not be there; '
            "write what must be there before it: cobre -oro\n  -chancay\n  ^"
        ),
    )
    assert alerts.list_subscriptions()[0].problem == run.problems[0]
    mended = await news.alerts(Subscription(name="Rota", query="chancay")).run(now)
    assert mended.alerts == 1, "articles of the time when the query was invalid match once it is corrected"


@pytest.mark.parametrize(
    "query", ['"' * 50, "(" * 3000, "a OR " * 2000, "NEAR(", "title:x", "^", "钱凯港 \x00", "NOT a"]
)
async def test_no_query_breaks_a_run(news: News, now: dt.datetime, query: str) -> None:
    alerts = news.alerts(Subscription(name="Rara", query=query), PORT)
    await alerts.run(now)
    news.article("Chancay")
    assert (await alerts.run(now)).alerts >= 1


def test_two_names_with_the_same_id_are_refused(news: News) -> None:
    with pytest.raises(AlertError, match='"Perú" and "PERU!" are the same to the desk'):
        news.alerts(Subscription(name="Perú", query="a"), Subscription(name="PERU!", query="b"))


async def test_a_feed_that_refreshes_its_dates_does_not_alert_again(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(PORT)
    await alerts.run(now)
    id_ = news.article("Chancay")
    await alerts.run(now)
    news.db["articles"].update(id_, {"published": "2026-11-22T23:00:00Z", "last_seen": "2026-11-22T23:00:00Z"})
    assert (await alerts.run(now)).alerts == 0


async def test_after_news_db_is_restored_no_alert_is_lost_or_repeated(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(PORT)
    await alerts.run(now)
    news.article("Chancay 1")
    await alerts.run(now)
    backup = news.backup()
    news.article("Chancay 2", url="https://diario.example/dos")
    news.article("Chancay 3", url="https://diario.example/tres")
    await alerts.run(now)
    news.restore(backup)
    assert (await alerts.run(now)).alerts == 0
    assert news.rows("SELECT cursor FROM subscriptions") == [{"cursor": 1}]
    # The ids 2 and 3 are given again: to an article that was never seen, and to one that was alerted to already.
    news.article("Chancay 4", url="https://diario.example/cuatro")
    news.article("Chancay 3", url="https://diario.example/tres")
    news.article("Chancay 2", url="https://diario.example/dos")
    await alerts.run(now)
    assert news.titles() == ["Chancay 1", "Chancay 2", "Chancay 3", "Chancay 4"]


async def test_a_restored_news_db_that_has_grown_past_the_cursor_is_noticed(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(PORT)
    await alerts.run(now)
    news.article("Chancay 1")
    await alerts.run(now)
    backup = news.backup()
    news.article("Chancay 2", url="https://diario.example/dos")
    await alerts.run(now)
    news.restore(backup)
    for number in range(3, 9):
        news.article(f"Chancay {number}", url=f"https://diario.example/n{number}")
    await alerts.run(now)
    assert news.titles() == [f"Chancay {number}" for number in range(1, 9)]


async def test_an_article_that_a_rebuild_removed_does_not_look_like_a_restored_backup(
    news: News, now: dt.datetime
) -> None:
    alerts = news.alerts(PORT)
    await alerts.run(now)
    for number in range(1, 4):
        last = news.article(f"Chancay {number}")
        await alerts.run(now)
    news.remove(last)
    assert (await alerts.run(now)).alerts == 0
    news.article("Chancay nuevo", url="https://diario.example/nuevo")
    assert (await alerts.run(now)).alerts == 1


async def test_the_preview_shows_what_would_have_been_sent_and_records_nothing(news: News, now: dt.datetime) -> None:
    news.article("Chancay viejo", first_seen="2026-10-01T00:00:00Z")
    first = news.article("Chancay nuevo")
    news.article("Chancay copia", outlet="otro", original=first)
    news.article("Chancay dudoso", verdict="borderline")
    alerts = news.alerts(PORT)
    stories = alerts.preview("Puerto", dt.datetime(2026, 11, 1, tzinfo=dt.UTC)).stories
    assert [story.title for story in stories] == ["Chancay nuevo"]
    assert stories[0].also == ("Otro (at the same time)",)
    assert [story.title for story in alerts.preview("puerto", dt.datetime(2026, 9, 1, tzinfo=dt.UTC)).stories] == [
        "Chancay viejo",
        "Chancay nuevo",
    ]
    assert alerts.preview("Puerto", dt.datetime(2027, 1, 1, tzinfo=dt.UTC)).stories == ()
    assert news.rows("SELECT * FROM alerts") == []
    with pytest.raises(AlertError, match='no subscription "Otra"; there are "Puerto"'):
        alerts.preview("Otra", now)
