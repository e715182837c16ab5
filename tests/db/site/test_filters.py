"""Filters in the address of a page: several values, days, and the links of the facets."""

from __future__ import annotations

import datetime as dt
import sqlite3
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from db import migrations
from db.model.day_span import bound_days, read_day
from db.search.counts import select_day_counts, select_facet_counts
from db.search.plan import Plan
from db.search.results import select_page
from db.site.filters import facets
from db.site.filters.arguments import (
    FILTER_NAMES,
    build_address,
    list_pairs,
    list_refused,
    read_arguments,
    read_filters,
)
from db.site.page_arguments import DAY_NAMES, MAX_VALUES
from db.site.wording import SiteWording

EN = SiteWording("en")
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
LIMA, SHANGHAI = ZoneInfo("America/Lima"), ZoneInfo("Asia/Shanghai")
OUTLETS = {
    id_: {
        "id": id_,
        "name": id_.title(),
        "country": country,
        "kind": "press",
        "ownership": "private",
        "languages": "es",
    }
    for id_, country in (("faro", "PE"), ("costa", "PE"), ("diario", "CN"))
}


@pytest.fixture(scope="module")
def news() -> sqlite3.Connection:
    db = Database(memory=True)
    migrations.news.apply(db)
    db.table("outlets").insert({"id": "faro", "name": "El Faro"})
    moments = (
        ("2026-11-22T03:30:00Z", "time"), ("2026-11-22T06:00:00Z", "time"), ("2026-11-22T00:00:00Z", "day"),
        ("2026-11-23T00:00:00Z", "day"), ("2026-11-23T04:59:59Z", "time"), ("2026-11-21T15:00:00Z", "time"),
    )  # fmt: skip
    for number, (moment, precision) in enumerate(moments, start=1):
        row = {"url": f"https://faro.test/{number}", "outlet": "faro", "title": "", "text": "", "words": 0}
        row |= {"published": moment, "published_precision": precision, "text_sha256": "", "verdict": "relevant"}
        row |= {"relevance": 1, "first_seen": "2026-11-24T07:00:00Z", "last_seen": "2026-11-24T07:00:00Z"}
        db.table("articles").insert(row)
    return db.conn


names = st.sampled_from(["q", "period", "sort", "before", "by", "chart", *DAY_NAMES, *FILTER_NAMES])
values = st.lists(st.text(max_size=30) | st.sampled_from(["7", "rank", "2026-11-01", "2026-11-30"]), max_size=3)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(names, values))
def test_any_address_gives_filters_that_the_database_can_answer(args: dict[str, list[str]]) -> None:
    filters = read_filters(args, now=NOW, zone=LIMA)
    for sql, parameters in (
        select_page(Plan(filters=filters), limit=5),
        select_facet_counts(Plan(filters=filters)),
        select_day_counts(Plan(filters=filters), since=""),
    ):
        DATABASE.execute(sql, parameters).fetchall()
    found = read_arguments(args)
    again: dict[str, list[str]] = {}
    for name, value in list_pairs(found):
        again.setdefault(name, []).append(value)
    assert read_arguments(again) == found


def _database() -> sqlite3.Connection:
    db = Database(memory=True)
    migrations.news.apply(db)
    return db.conn


DATABASE = _database()


@pytest.mark.parametrize(
    ("zone", "first", "last", "found"),
    [
        (LIMA, "2026-11-22", "2026-11-22", {2, 3, 5}),
        (LIMA, "2026-11-21", "2026-11-21", {1, 6}),
        (LIMA, "2026-11-23", "", {4}),
        (LIMA, "", "2026-11-22", {1, 2, 3, 5, 6}),
        (dt.UTC, "2026-11-22", "2026-11-22", {1, 2, 3}),
        (SHANGHAI, "2026-11-22", "2026-11-22", {1, 2, 3}),
        (SHANGHAI, "2026-11-23", "2026-11-23", {4, 5}),
    ],
)
def test_days_are_those_under_which_articles_are_listed(
    news: sqlite3.Connection, zone: dt.tzinfo, first: str, last: str, found: set[int]
) -> None:
    filters = read_filters({"from": [first], "to": [last]}, now=NOW, zone=zone)
    assert {row[0] for row in news.execute(*select_page(Plan(filters=filters), limit=10))} == found
    counted = news.execute(*select_day_counts(Plan(filters=filters), since="2026-11-01T00:00:00Z")).fetchall()
    assert sum(row[1] for row in counted) == len(found)


@pytest.mark.parametrize("text", ["", "2026-11-31", "20261130", "2026-W48-1", "30/11/2026", "1899-12-31", "9999-12-31"])
def test_only_dates_of_the_calendar_as_pages_write_them_are_days(text: str) -> None:
    assert read_day(text) is None
    assert bound_days(read_day("1900-01-01"), read_day("2199-12-31"), SHANGHAI).until == "2199-12-31T16:00:00Z"


def test_days_that_can_not_be_used_are_refused_and_a_period_gives_way_to_days() -> None:
    assert read_arguments({"from": ["2026-11-30"], "to": ["2026-11-01"]}) == {}
    assert list_refused({"from": ["2026-11-30"], "to": ["2026-11-01"]}) == ["from", "to"]
    assert list_refused({"from": ["yesterday"], "to": ["2026-11-01"]}) == ["from"]
    both = {"from": ["2026-11-01"], "period": ["7"]}
    assert (read_arguments(both), list_refused(both)) == ({"from": "2026-11-01"}, ["period"])


def test_addresses_of_filters_keep_the_other_filters() -> None:
    asked = read_arguments({"q": ["钱凯"], "language": ["zh"]})
    rows = [{"facet": "all", "value": "", "n": 3}, {"facet": "language", "value": "zh", "n": 3}]
    rows += [{"facet": "outlet", "value": "a", "n": 2}, {"facet": "outlet", "value": "b", "n": 1}]
    found = {facet.name: facet for facet in facets.build_facets(asked, rows, outlets={}, concepts={}, wording=EN)}
    assert found["language"].options[0].href == "/?q=%E9%92%B1%E5%87%AF"
    assert found["outlet"].options[0].href == "/?q=%E9%92%B1%E5%87%AF&language=zh&outlet=a"
    assert [option.label for option in facets.list_chosen(asked, tuple(found.values()), EN)] == ["Chinese"]


def test_a_chosen_filter_takes_further_values_whose_number_is_not_known() -> None:
    asked = read_arguments({"outlet": ["faro", "faro", " "], "from": ["2026-11-01"], "to": ["2026-11-05"]})
    assert asked == {"from": "2026-11-01", "to": "2026-11-05", "outlet": ("faro",)}
    rows = [{"facet": "all", "value": "", "n": 3}, {"facet": "outlet", "value": "faro", "n": 3}]
    built = facets.build_facets(asked, rows, outlets=OUTLETS, concepts={}, wording=EN)
    found = {facet.name: facet for facet in built}["outlet"]
    assert [(it.label, it.n, it.chosen) for it in (*found.options, *found.further)] == [
        ("Faro", 3, True),
        ("Costa", None, False),
        ("Diario", None, False),
    ]
    assert found.options[1].href == "/?from=2026-11-01&to=2026-11-05&outlet=faro&outlet=costa"
    chips = facets.list_chosen(asked, built, EN)
    assert [(it.label, it.href) for it in chips] == [
        ("1 Nov 2026 to 5 Nov 2026", "/?outlet=faro"),
        ("Faro", "/?from=2026-11-01&to=2026-11-05"),
    ]


def test_a_filter_takes_a_bounded_number_of_values() -> None:
    many = [f"o{number}" for number in range(MAX_VALUES + 5)]
    assert read_arguments({"outlet": many})["outlet"] == tuple(many[:MAX_VALUES])
    assert build_address({"outlet": ("a", "b")}, path="/search.csv") == "/search.csv?outlet=a&outlet=b"


def test_a_chosen_filter_has_its_count_and_rare_values_are_folded() -> None:
    rows = [{"facet": "all", "value": "", "n": 40}]
    rows += [{"facet": "concept", "value": f"c{n}", "n": 40 - n} for n in range(40)]
    asked = read_arguments({"concept": ["c1"]})
    (facet,) = [
        it for it in facets.build_facets(asked, rows, outlets={}, concepts={}, wording=EN) if it.name == "concept"
    ]
    assert [(it.label, it.n) for it in facet.options if it.chosen] == [("c1", 39)]  # nearly all, and yet not left out
    assert len(facet.options) == 12
    assert len(facet.further) == 20
    assert [it.label for it in facets.list_chosen(asked, (facet,), EN)] == ["c1"]
