"""A subscription's query is in the language of the search page; its error names the place of the mistake."""

from __future__ import annotations

import datetime as dt

import pytest

from db.search.query import find_ids, load_vocabulary, read_query
from pipelines.alerts.errors import AlertError, SubscriptionQueryError
from pipelines.alerts.matching import articles as matching
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.alert_desk import News


def concept(news: News, id_: str, *articles: int) -> None:
    names = {"name_en": "Chancay port", "name_es": "Puerto de Chancay", "name_zh": "钱凯港"}
    news.db["concepts"].insert({"id": id_, **names}, ignore=True)
    news.db["mentions"].insert_all({"article": article, "concept": id_, "count": 1} for article in articles)
    news.db.conn.commit()


async def test_a_concept_query_matches_articles_in_three_languages(news: News, now: dt.datetime) -> None:
    concept(news, "chancay-port")
    alerts = news.alerts(Subscription(name="Puerto", query="concept:chancay-port -lang:pt"))
    await alerts.run(now)
    concept(news, "chancay-port", news.article("Chancay"), news.article("钱凯港"), news.article("Chancay Port"))
    news.article("Callao", "Otro puerto.")
    assert (await alerts.run(now)).alerts == 3


async def test_an_invalid_query_is_reported_with_a_caret_and_the_others_continue(news: News, now: dt.datetime) -> None:
    concept(news, "chancay-port")
    news.article("Antes")
    alerts = news.alerts(
        Subscription(name="Campo", query="peru tittle:chancay"),
        Subscription(name="Concepto", query="concept:chancay-prot"),
        Subscription(name="Puerto", query="chancay"),
    )
    await alerts.run(now)
    news.article("Chancay")
    run = await alerts.run(now)
    assert run.alerts == 1
    assert run.problems == (
        'subscription "Campo": there is no field "tittle"; did you mean title:?\n  peru tittle:chancay\n       ^',
        (
            'subscription "Concepto": there is no concept "chancay-prot"; did you mean concept:chancay-port?\n'
            "  concept:chancay-prot\n          ^"
        ),
    )
    assert [one.problem for one in alerts.list_subscriptions()] == [*run.problems, None]
    with pytest.raises(AlertError, match="did you mean title:"):
        alerts.preview("Campo", now - dt.timedelta(days=30))


async def test_a_query_becomes_valid_when_its_concept_is_added(news: News, now: dt.datetime) -> None:
    news.db["concepts"].insert({"id": "cosco", "name_en": "COSCO"})
    alerts = news.alerts(Subscription(name="Puerto", query="concept:chancay-port"))
    assert len((await alerts.run(now)).problems) == 1
    concept(news, "chancay-port")
    assert (await alerts.run(now)).problems == ()


async def test_the_list_suggests_a_concept_for_words_that_name_it(news: News) -> None:
    concept(news, "chancay-port")
    listed = news.alerts(Subscription(name="Puerto", query="puerto de Chancay")).list_subscriptions()[0]
    assert listed.problem is None
    assert listed.notes == (
        (
            'subscription "Puerto": "puerto de Chancay" is a concept: '
            "concept:chancay-port finds it by its names in all languages"
        ),
    )


async def test_subscriptions_are_listed_before_the_first_crawl(news: News) -> None:
    news.db.close()
    news.path.unlink()
    listed = news.alerts(Subscription(name="Puerto", query="concept:chancay-port")).list_subscriptions()[0]
    assert listed.problem is None
    assert listed.notes == ()


async def test_a_query_for_borderline_articles_or_copies_gets_them(news: News, now: dt.datetime) -> None:
    alerts = news.alerts(
        Subscription(name="Dudosos", query="chancay verdict:borderline"),
        Subscription(name="Copias", query="chancay is:copy"),
        Subscription(name="Sin dudosos", query="chancay -verdict:borderline", borderline=True),
    )
    await alerts.run(now)
    first = news.article("Chancay")
    news.article("Chancay dudoso", verdict="borderline")
    news.article("Chancay copia", outlet="otro", original=first)
    news.article("Chancay otra copia", outlet="tercero", original=first)
    await alerts.run(now)
    assert sorted((line[1], line[3]) for line in news.log()) == [
        ("Copias", "Chancay copia"),
        ("Copias", "Chancay otra copia"),
        ("Dudosos", "Chancay dudoso"),
        ("Sin dudosos", "Chancay"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("many", [1, 60])
async def test_many_subscriptions_find_what_one_finds_and_what_the_search_page_finds(
    news: News, now: dt.datetime, many: int
) -> None:
    queries = [
        "chancay",
        "chin* OR 钱凯",
        "title:puerto outlet:diario",
        "peru NEAR/2 cobre",
        "is:paywalled",
        "cobre -x",
    ]
    wanted = [Subscription(name=f"{number} {query}", query=query) for number in range(many) for query in queries]
    alerts = news.alerts(*wanted)
    news.article("Antes de todo: puerto Chancay, cobre del Perú")
    await alerts.run(now)
    for title, text in [
        ("Puerto de Chancay", "Nada más"),
        ("Cobre", "El cobre del Perú va a China"),
        ("钱凯港", "中国"),
        ("Chinos", "x cobre"),
        ("Otra cosa", "sin tema"),
    ]:
        news.article(title, text, paywalled=int(title == "Cobre"))
    await alerts.run(now)
    vocabulary = load_vocabulary(news.db)
    alerted: dict[str, list[int]] = {subscription.id: [] for subscription in wanted}
    for row in news.rows("SELECT subscription, article FROM alerts ORDER BY article"):
        alerted[row["subscription"]].append(row["article"])
    for subscription in wanted:
        assert alerted[subscription.id] == find_ids(news.db, read_query(subscription.query, vocabulary), after=1)
        assert len(alerted[subscription.id]) >= 1


def test_a_query_of_ten_thousand_terms_is_refused_in_one_line_with_its_place(news: News) -> None:
    long = Subscription.model_construct(name="Larga", query=" OR ".join(f"w{number}" for number in range(10_000)))
    with pytest.raises(SubscriptionQueryError) as caught:
        matching.find_subscription_matches(news.db, long, after=0, upto=0)
    first, query, mark = str(caught.value).split("\n")
    assert first == 'subscription "Larga": more than 2,000 words and phrases; split it into several queries'
    assert query[len(mark) - 1 :].startswith("w2000 OR")
