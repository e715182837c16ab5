"""Components of pages: sentences, comparisons, moments, filters, the chart, and the plans of their queries."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db import migrations
from db.connection import open_news
from db.model.outlet_kind import speaks_for_state
from db.news.version_comparison import compare_for_page
from db.search.counts import select_day_counts, select_facet_counts
from db.search.filters import SearchFilters, Statement
from db.search.plan import Plan
from db.search.results import select_page
from db.site import local_time
from db.site.components import volume_chart
from db.site.components.text_diff import SideBySide, pair_paragraphs
from db.site.queries import articles
from db.site.queries.edit_list import EDITS_OF_DAYS, TRIFLES_OF_DAYS
from db.site.queries.outlets import CONDITION
from db.site.wording import SiteWording, describe_standing
from db.text.excerpt import split_paragraphs, take_first_sentence
from db.text.sentences import split_sentences
from db.text.text_changes import Change
from db.text.web_address import web_address

EN = SiteWording("en")
LIMA = local_time.load_zone("America/Lima")
TEXTS = st.text(st.sampled_from("aá. 。!?“”\n秘鲁Dr 12,") | st.characters(), max_size=200)


@settings(deadline=None)
@given(TEXTS)
def test_sentences_joined_are_the_text(text: str) -> None:
    assert "".join(split_sentences(text, keep_spaces=True)) == text


@settings(deadline=None)
@given(TEXTS)
def test_a_first_sentence_is_short_and_never_fails(text: str) -> None:
    assert len(take_first_sentence(text, longest=80)) <= 83
    assert bool(take_first_sentence(text)) == bool(split_paragraphs(text))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("El Dr. Quispe llegó a Lima con tres maletas y un informe. Luego habló.",
         "El Dr. Quispe llegó a Lima con tres maletas y un informe."),
        ("一批设备日前运抵秘鲁钱凯港。预计三周内完成。", "一批设备日前运抵秘鲁钱凯港。"),
        ("Por Ana Ruiz\nEl puerto creció 3.5 % en octubre, según el gremio de agentes marítimos. Otra. " + "x " * 90,
         "El puerto creció 3.5 % en octubre, según el gremio de agentes marítimos."),
        ("“Vendrán más”, dijo. El ministro no dio una fecha para el segundo muelle del puerto. Y más.",
         "“Vendrán más”, dijo. El ministro no dio una fecha para el segundo muelle del puerto."),
        ("", ""),
    ],
)  # fmt: skip
def test_the_first_sentence_skips_bylines_and_abbreviations(text: str, first: str) -> None:
    assert take_first_sentence(text) == first


def side_by_side(before: str, after: str) -> SideBySide:
    return pair_paragraphs(compare_for_page(("", before), ("", after)).text)


def test_two_versions_stand_side_by_side_by_paragraph() -> None:
    before = "Uno igual.\nDos igual.\nTres igual.\nSon 60 días.\nCinco igual.\nSeis igual.\nSiete igual."
    after = before.replace("60", "45").replace("\nSiete igual.", "\nSiete igual.\nOcho nuevo.")
    rows = side_by_side(before, after).rows
    assert [row.stayed for row in rows] == [2, 0, 0, 0, 1, 0, 0]
    assert "".join(change.text for change in rows[2].before) == "Son 60 días.\n"
    assert [change for change in rows[2].after if change.kind == "in"] == [Change("in", "45 ")]
    assert side_by_side(before, before).rows == ()


@given(TEXTS, TEXTS)
def test_side_by_side_loses_no_word_of_either_version(before: str, after: str) -> None:
    rows = side_by_side(before, after).rows
    assert rows or _joined(before) == _joined(after)
    for side, text in (("before", before), ("after", after)) if rows else ():
        shown = [_joined("".join(change.text for change in getattr(row, side))) for row in rows]
        folded = [".*" if row.stayed else re.escape(words) for row, words in zip(rows, shown, strict=True)]
        assert re.fullmatch("".join(folded), _joined(text), re.DOTALL)


def test_versions_that_take_too_much_work_stand_whole() -> None:
    before, after = "Sí o no. No o sí. " * 4_000, "No o sí. Sí o no. Tal vez. " * 3_000
    shown = side_by_side(before, after)
    assert shown.throughout
    (pair,) = shown.rows
    assert "".join(change.text for change in pair.before).rstrip() == before.rstrip()
    assert "".join(change.text for change in pair.after).rstrip() == after.rstrip()


def _joined(text: str) -> str:
    return "".join(text.split())


def test_a_date_without_a_time_is_the_same_day_in_every_zone() -> None:
    midnight = dt.datetime(2026, 11, 14, tzinfo=dt.UTC)
    assert local_time.day_of_article(midnight, "day", LIMA) == dt.date(2026, 11, 14)
    assert local_time.day_of_article(midnight, "time", LIMA) == dt.date(2026, 11, 13)
    assert local_time.describe_moment(midnight, "day", LIMA, EN) == "14 Nov 2026"
    assert local_time.describe_moment(midnight, "time", LIMA, EN) == "13 Nov 2026, 19:00"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (dt.date(2026, 11, 22), "Today, 22 November"),
        (dt.date(2026, 11, 21), "Yesterday, 21 November"),
        (dt.date(2026, 11, 19), "Thursday, 19 November"),
        (dt.date(2024, 3, 3), "3 March 2024"),
        (dt.date(2026, 11, 23), "23 November 2026"),
    ],
)
def test_days_are_named_relative_to_today(day: dt.date, words: str) -> None:
    assert local_time.describe_day(day, dt.date(2026, 11, 22), EN) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0.2, "at the same time"), (12, "12 min later"), (-300, "5 h earlier"), (4000, "3 days later")],
)
def test_lags_are_rounded_to_one_unit(minutes: float, words: str) -> None:
    assert EN.lag(dt.timedelta(minutes=minutes)) == words


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://faro.test/a?b=c", "https://faro.test/a?b=c"),
        (" http://faro.test/ ", "http://faro.test/"),
        ("javascript:alert(1)", None),
        ("JAVASCRIPT://faro.test/%0aalert(1)", None),
        ("data:text/html,x", None),
        ("//faro.test/", None),
        ("https://", None),
        ("http://[", None),
        (None, None),
        (7, None),
    ],
)
def test_only_web_addresses_become_links(url: object, address: str | None) -> None:
    assert web_address(url) == address


def test_the_chart_counts_each_week_and_is_well_formed() -> None:
    today = dt.date(2026, 11, 22)
    rows = [("2026-11-16", 2, 2, 0), ("2026-11-22", 1, 0, 0), ("2026-11-15", 4, 0, 4), ("2020-01-01", 9, 9, 0)]
    weeks = volume_chart.count_spans([*rows, ("nonsense", 1, 1, 0)], today=today)
    assert len(weeks) == volume_chart.CHART_WEEKS
    assert (weeks[-1].state, weeks[-1].other, weeks[-1].all, weeks[-2].private) == (2, 1, 3, 4)
    drawn = ET.fromstring(str(volume_chart.draw_volume_chart(weeks, EN)))
    assert drawn.attrib["aria-label"].endswith("the most in one week: 4")


def test_the_chart_counts_days_of_the_desks_time_zone(tmp_path: Path) -> None:
    news = open_news(tmp_path / "news.db")
    news.table("outlets").insert({"id": "faro", "name": "El Faro"})
    moments = [("2026-11-22T03:30:00Z", "time"), ("2026-11-22T06:00:00Z", "time"), ("2026-11-22T00:00:00Z", "day")]
    for number, (moment, precision) in enumerate(moments):
        row = {
            "url": f"https://faro.test/{number}",
            "outlet": "faro",
            "title": "",
            "text": "",
            "words": 0,
            "relevance": 1,
        }
        row |= {"published": moment, "published_precision": precision, "text_sha256": "", "verdict": "relevant"}
        news.table("articles").insert(row | {"first_seen": "2026-11-22T07:00:00Z", "last_seen": "2026-11-22T07:00:00Z"})

    def days(ahead: int) -> dict[str, int]:
        sql, parameters = select_day_counts(Plan(filters=SearchFilters()), since="2026-11-01T00:00:00Z", ahead=ahead)
        return {row[0]: row[1] for row in news.execute(sql, parameters)}

    assert days(0) == {"2026-11-22": 3}
    assert days(-300) == {"2026-11-21": 1, "2026-11-22": 2}  # in Lima; a day alone stays
    assert days(-210) == {"2026-11-22": 3}  # the first is of midnight there
    assert days(-211) == {"2026-11-21": 1, "2026-11-22": 2}
    assert days(18 * 60) == {"2026-11-22": 2, "2026-11-23": 1}
    news.close()


def test_the_chart_of_a_young_desk_has_a_bar_for_each_day() -> None:
    days = volume_chart.count_spans([("2026-11-20", 3, 1, 1), ("2026-10-26", 1, 1, 0)], today=dt.date(2026, 11, 22))
    assert len(days) == 35
    assert (days[0].start, days[-1].start) == (dt.date(2026, 10, 19), dt.date(2026, 11, 22))
    assert volume_chart.unit_of_spans(days) == "day"
    assert "20 November 2026: 3 articles (1 state, 1 private, 1 other)" in volume_chart.draw_volume_chart(days, EN)


def test_kind_and_ownership_are_said_without_saying_state_twice() -> None:
    assert describe_standing("state-media", "state", EN) == "state media"
    assert describe_standing("agency", "state", EN) == "news agency, state-owned"
    assert speaks_for_state("press", "state")
    assert not speaks_for_state("press", "private")


def _database() -> sqlite3.Connection:
    db = Database(memory=True)
    migrations.news.apply(db)
    return db.conn


DATABASE = _database()


@pytest.mark.parametrize(
    "query",
    [
        select_page(Plan(filters=SearchFilters()), limit=40),
        select_page(Plan(filters=SearchFilters(since="2026-11-01T00:00:00Z", language=("es",))), limit=40),
        select_page(Plan(filters=SearchFilters(outlet=("faro",))), limit=40),
        select_page(Plan(filters=SearchFilters(concept=("chancay",))), limit=40),
        select_page(Plan(filters=SearchFilters(outlet=("faro", "costa"))), limit=40),
        select_page(Plan(filters=SearchFilters(concept=("chancay", "cosco")), index="concept"), limit=40),
        select_facet_counts(Plan(filters=SearchFilters(concept=("chancay", "cosco")))),
        select_page(
            Plan(filters=SearchFilters(since="2026-11-01T05:00:00Z", first_day="2026-11-01T00:00:00Z")), limit=40
        ),
        (EDITS_OF_DAYS, {"since": "", "until": "9", "before": None, "outlet": None, "kind": "", "limit": 1}),
        (TRIFLES_OF_DAYS, {"since": "", "until": "9", "before": None, "outlet": None, "after": 0, "limit": 1}),
        (articles.NAMED_NEWEST, {"most": 1_000}),
        select_page(Plan(filters=SearchFilters(words="chancay")), limit=40),
        select_page(Plan(filters=SearchFilters(ownership=("state",))), limit=40),
        select_page(Plan(filters=SearchFilters(before=("2026-11-01T00:00:00Z", 7))), limit=40),
        select_facet_counts(Plan(filters=SearchFilters())),
        select_day_counts(Plan(filters=SearchFilters()), since="2026-05-01T00:00:00Z"),
        (articles.CONCEPTS_OF, {"ids": "[1]"}),
        (articles.COPIES_OF, {"ids": "[1]"}),
        (articles.REVISIONS_OF, {"ids": "[1]"}),
        (articles.FAMILY, {"root": 1}),
        (CONDITION, {"outlet": None}),
        (articles.FAILING, {}),
        (articles.NEWEST_ID, {}),
    ],
)
def test_no_page_reads_all_articles(query: Statement) -> None:
    plan = [row[3] for row in DATABASE.execute(f"EXPLAIN QUERY PLAN {query[0]}", query[1])]
    large = ("SCAN a", "SCAN m", "SCAN r", "SCAN c")
    assert [step for step in plan if step.startswith(large) and "INDEX" not in step] == [], plan


@pytest.mark.parametrize(
    "filters",
    [
        SearchFilters(),
        SearchFilters(language=("es",)),
        SearchFilters(ownership=("state",)),
        SearchFilters(verdict=("borderline",)),
        SearchFilters(outlet=("a",)),
        SearchFilters(outlet=("a", "b")),
        SearchFilters(until="2026-11-01T00:00:00Z"),
    ],
)
def test_the_first_page_comes_out_of_the_index_in_order(filters: SearchFilters) -> None:
    sql, parameters = select_page(Plan(filters=filters), limit=40)
    plan = [row[3] for row in DATABASE.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    assert not any("TEMP B-TREE" in step and "RIGHT PART" not in step for step in plan), plan
