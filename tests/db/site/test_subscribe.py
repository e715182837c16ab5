"""A search becomes a subscription that finds what the page shows, for any words and filters."""

from __future__ import annotations

import datetime as dt
import html
import re
import sqlite3
import tomllib
from collections.abc import Collection
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db.model.outlet_kind import OWNERSHIPS
from db.search import query
from db.search.filters import SearchFilters
from db.search.plan import Plan
from db.search.query import QueryError
from db.search.query.vocabulary import KINDS, load_vocabulary
from db.search.results import select_page
from db.site.components.sparkline import draw_sparkline
from db.site.filters.arguments import FILTER_NAMES, read_arguments, read_filters
from db.site.queries.subscription_preview import select_would_alert
from db.site.subscriptions.proposal import SubscriptionProposal, build_query, propose_name, quote_toml
from pipelines.alerts.subscriptions.subscription import Subscription
from tests.fixtures.invented_desk import CONCEPTS, NOW, OUTLETS, build, reader, save


@pytest.fixture(scope="module")
def news(news_db: Path) -> Database:
    return Database(sqlite3.connect(news_db))


def subscription_in(block: str) -> Subscription:
    (written,) = tomllib.loads(block)["subscription"]
    return Subscription.model_validate(written)


def listed(news: Database, given: dict[str, list[str]]) -> set[int]:
    """Return the ids that the page shows for filters, without the copies under an original."""
    filters = read_filters(given, now=NOW, zone=dt.UTC)
    if filters.words:
        filters = SearchFilters(
            **{name: getattr(filters, name) for name in ("words", *FILTER_NAMES)},
            query=query.read_query(filters.words, load_vocabulary(news)),
        )
    sql, parameters = select_page(Plan(filters=filters, window="all"), limit=5_000)
    return {row["id"] for row in news.query(sql, parameters)}


WORDS = [
    "chancay", "cobre OR litio", '"puerto de Chancay"', "chin* -huelga", "钱凯港", "title:(cobre OR grúa)",
    "a NEAR/5 b", "concept:cosco", "Perú", "(cobre OR chancay) -title:grúa", "lang:zh OR lang:en", "is:copy",
    "cobre AND China",
    'cobre "d\'or"', "«Las Bambas»", "ownership:state chancay",
]  # fmt: skip


def _some(values: Collection[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(list(values)), min_size=1, max_size=2, unique=True)


filters = st.fixed_dictionaries(
    {},
    optional={
        "outlet": _some([row[0] for row in OUTLETS]),
        "country": _some(["PE", "CN", "US", "GB"]),
        "kind": _some(KINDS),
        "ownership": _some(OWNERSHIPS),
        "language": _some(["es", "en", "zh"]),
        "concept": _some([row[0] for row in CONCEPTS]),
        "verdict": _some(["relevant", "borderline"]),
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(words=st.sampled_from(["", *WORDS]), chosen=filters)
@example(words="cobre OR litio", chosen={"outlet": ["agencia-costa"], "language": ["es"]})
def test_the_block_finds_what_words_and_filters_find(news: Database, words: str, chosen: dict[str, list[str]]) -> None:
    addressed = {"q": [words], **chosen}
    asked = read_arguments(addressed)
    text = build_query(asked)
    if not asked:
        assert text == ""
        return
    labels = [value for values in chosen.values() for value in values]
    proposal = SubscriptionProposal(name=propose_name(asked, labels), query=text, copies=True)
    saved = subscription_in(proposal.block)
    assert saved.query == text
    try:
        understood = query.read_query(saved.query, load_vocabulary(news))
    except QueryError:  # words and filters that contradict one another find nothing on the page either
        assert listed(news, addressed) == set()
        return
    found = set(query.find_ids(news, understood))
    copies = {row[0] for row in news.execute("SELECT id FROM articles WHERE original IS NOT NULL")}
    shown = listed(news, addressed)
    assert found - copies == shown - copies
    assert shown <= found


@settings(deadline=None)
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60))
@example(text='it\'s "both"')
@example(text="'''")
@example(text="\x7f\\\n\t\u2028")
def test_any_text_is_a_toml_string(text: str) -> None:
    assert tomllib.loads(f"name = {quote_toml(text)}") == {"name": text}


@settings(deadline=None)
@given(words=st.text(st.characters(codec="utf-8"), max_size=60), value=st.text(max_size=20))
@example(words='"', value='x" OR "y')
@example(words="(", value="*")
def test_any_input_gives_a_mistake_or_a_valid_block(words: str, value: str) -> None:
    asked = read_arguments({"q": [words], "outlet": [value]})
    try:
        text = build_query(asked)
        tree = query.parse_query(text) if text else None
    except QueryError:
        return  # which the page shows
    if tree is not None:
        saved = subscription_in(SubscriptionProposal(name=propose_name(asked, [value]), query=text).block)
        assert query.parse_query(saved.query) == tree


def test_the_words_of_a_query_stay_as_they_were_typed() -> None:
    assert build_query({"q": 'cobre "Las  Bambas"'}) == 'cobre "Las Bambas"'
    assert build_query({"q": "cobre OR litio", "ownership": ("state",)}) == "(cobre OR litio) ownership:state"
    assert build_query({"language": ("zh",), "period": "7", "sort": "rank"}) == "lang:zh"
    assert build_query({"q": "cobre", "outlet": ("faro", "costa")}) == "cobre (outlet:faro OR outlet:costa)"
    assert build_query({"language": ("zh", "en")}) == "lang:zh OR lang:en"
    assert build_query({"q": "x", "outlet": ("el_faro.pe",)}) == 'x outlet:"el_faro.pe"'


def block_of(text: str) -> str:
    match = re.search(r"<textarea[^>]*>(.*?)</textarea>", text, re.DOTALL)
    assert match
    return html.unescape(match[1])


async def test_the_page_gives_the_block_and_what_it_would_have_sent(client: httpx.AsyncClient) -> None:
    text = (await client.get("/subscribe?q=chancay+OR+钱凯港&ownership=state&period=7")).text
    saved = subscription_in(block_of(text))
    assert saved.query == "(chancay OR 钱凯港) ownership:state"
    assert saved.when == "immediately"
    assert not saved.copies
    assert "2 stories in the last eight weeks" in text
    assert "New cranes arrive at Chancay" in text
    assert "The period is left out" in text
    assert text.count('<rect class="some"') == 1


async def test_a_subscription_to_an_outlet_includes_copies(client: httpx.AsyncClient) -> None:
    saved = subscription_in(block_of((await client.get("/subscribe?outlet=puertos")).text))
    assert saved.copies
    assert "Llega a Chancay la mayor" in (await client.get("/subscribe?outlet=puertos")).text
    # A copy speaks for an original that the query does not find; where it finds both the story is told once.
    assert "Llega a Chancay la mayor" in (await client.get("/subscribe?kind=trade-press")).text
    assert "Llega a Chancay la mayor" not in (await client.get("/subscribe?q=title:grúa")).text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/subscribe", "No search yet"),
        ("/subscribe?period=7", "No search yet"),
        ("/subscribe?q=%22chancay", "This quotation mark is never closed"),
        ("/subscribe?q=country:PE&country=CN", "no article has country:PE and country:CN at once"),
        ("/subscribe?outlet=nowhere", "there is no outlet"),
        ("/subscribe?q=-peru", "says only what must not be there"),
    ],
)
async def test_a_search_that_is_no_subscription_explains_why(client: httpx.AsyncClient, path: str, said: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert said.lower() in html.unescape(answer.text).lower()
    assert "<textarea" not in answer.text


async def test_a_frequent_subscription_is_proposed_as_daily(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.site.subscriptions.would_send.MAX_STORIES_A_DAY", 10)
    path = build(tmp_path)
    db = Database(sqlite3.connect(path))
    for number in range(80):
        save(db, NOW, 1 + number, "faro", "es", f"Nota {number}", f"Nota {number} del Perú.", ["fta"])
    db.conn.commit()
    began = NOW - dt.timedelta(days=7)
    db.execute(
        "UPDATE articles SET first_seen = :began WHERE first_seen < :began", {"began": f"{began:%Y-%m-%dT%H:%M:%SZ}"}
    )
    db.conn.commit()
    async with reader(path) as client:
        text = (await client.get("/subscribe?q=nota&outlet=faro")).text
    saved = subscription_in(block_of(text))
    assert (saved.when, saved.at_most) == ("daily 07:30", 20)
    assert "too many to read" in text


@pytest.mark.parametrize(
    ("language", "hours", "said"),
    [
        ("en", 20, "3 stories in all, 2 of them published since the first crawl, 20 hours ago. It is too soon"),
        ("en", 48, "3 stories in all, 3 of them published since the first crawl, 2 days ago. That is 10.5 a week."),
        ("es", 20, "publicadas después de la primera lectura (hace 20 horas): 2. Es pronto"),
        ("zh", 20, "共3个事件。首次抓取：20小时前，此后发布的有2个。目前还无法估计每周的数量。"),
    ],
)
async def test_what_the_first_crawl_brings_is_no_weekly_rate(
    tmp_path: Path, language: str, hours: int, said: str
) -> None:
    path = build(tmp_path)
    db = Database(sqlite3.connect(path))
    for number, age in enumerate((1, 5, 30)):
        save(db, NOW, age, "faro", "es", f"Nota {number}", f"Nota {number} del Perú.", ["fta"])
    began = {"began": f"{NOW - dt.timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"}
    db.execute("UPDATE articles SET first_seen = max(first_seen, :began)", began)
    db.conn.commit()
    async with reader(path, language=language) as client:
        assert said in (await client.get("/subscribe?q=title:nota")).text


def test_the_preview_chart_has_a_text_for_screen_readers() -> None:
    drawn = draw_sparkline([0, 3, 1], label="<b>1</b>", titles=["a", "b&", "c"])
    assert 'aria-label="&lt;b&gt;1&lt;/b&gt;"' in drawn
    assert "<title>b&amp;</title>" in drawn
    assert drawn.count("<rect") == 3
    assert "style" not in drawn
    assert "<svg" in draw_sparkline([], label="")


@pytest.mark.parametrize(
    "words", ["chancay", "concept:cosco", "ownership:state", "cobre OR concept:cosco", "-cobre lang:es"]
)
def test_a_preview_reads_the_articles_of_its_weeks_alone(news: Database, words: str) -> None:
    understood = query.read_query(words, load_vocabulary(news))
    sql, asked = select_would_alert(understood, after=3, since="2026-01-01", borderline=False, copies=False)
    plan = [row[3] for row in news.execute(f"EXPLAIN QUERY PLAN {sql}", asked)]
    assert any("rowid" in step or "id>?" in step or "article>?" in step or "FTS" in step.upper() for step in plan)
    assert [step for step in plan if re.match(r"SCAN (articles|mentions|a|m|other)\b", step)] == []
