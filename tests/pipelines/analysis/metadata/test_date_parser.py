"""Dates as outlets write them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.analysis.metadata import date_parser, time_zones

LIMA = time_zones.outlet_zone("PE")
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("written", "moment", "precision"),
    [
        ("2024-11-14T15:30:00-05:00", "2024-11-14T20:30:00Z", "time"),
        ("2024-11-14T20:30:00.123456Z", "2024-11-14T20:30:00Z", "time"),
        ("2024-11-14T15:30:00-0500", "2024-11-14T20:30:00Z", "time"),
        ("2024-11-14 15:30", "2024-11-14T20:30:00Z", "time"),
        ("20241114T203000Z", "2024-11-14T20:30:00Z", "time"),
        ("1731616200000", "2024-11-14T20:30:00Z", "time"),
        ("1731616200", "2024-11-14T20:30:00Z", "time"),
        ("Thu, 14 Nov 2024 15:30:00 -0500", "2024-11-14T20:30:00Z", "time"),
        ("Viernes 21 de Junio de 2024 - 16:45", "2024-06-21T21:45:00Z", "time"),
        ("21 de septiembre del 2016, 6:30 p.m.", "2016-09-21T23:30:00Z", "time"),
        ("07 de Noviembre 2012.-", "2012-11-07T00:00:00Z", "day"),
        ("21 de setiembre de 2016", "2016-09-21T00:00:00Z", "day"),
        ("21/06/2024 16:45", "2024-06-21T21:45:00Z", "time"),
        ("By July 4, 2024", "2024-07-04T00:00:00Z", "day"),
        ("Nov. 14, 2024 at 3:45 pm EST", "2024-11-14T20:45:00Z", "time"),
        ("4 July 2024 | 10:05 GMT", "2024-07-04T10:05:00Z", "time"),
        ("2024-11-14 · Lima", "2024-11-14T00:00:00Z", "day"),
        ("2024-11-14T00:00:00Z", "2024-11-14T00:00:00Z", "day"),
        ("13/25/2024 25/12/2023", "2023-12-25T00:00:00Z", "day"),
    ],
)
def test_a_date_is_read_in_the_form_that_outlets_write(written: str, moment: str, precision: str) -> None:
    found = date_parser.parse_date(written, zone=LIMA)
    assert found is not None
    assert (found.stamp(), found.precision) == (moment, precision)


def test_a_chinese_time_is_taken_in_chinas_zone() -> None:
    found = date_parser.parse_date("2024年11月14日08:30", zone=time_zones.outlet_zone("CN"))
    assert found is not None
    assert (found.stamp(), found.local_stamp()) == ("2024-11-14T00:30:00Z", "2024-11-14T08:30:00+08:00")


@pytest.mark.parametrize(
    "written",
    [
        "hace 3 años",
        "Publicado hace 4 años",
        "hace 2 horas",
        "3 days ago",
        "2小时前",
        "yesterday",
        "Nov 14",
        "12:30",
        "",
        "2024-13-45",
    ],
)
def test_a_relative_or_impossible_date_is_no_date(written: str) -> None:
    assert date_parser.parse_date(written, zone=LIMA) is None


def test_the_offset_that_the_page_gives_is_kept() -> None:
    found = date_parser.parse_date("2026-11-21T18:30:00-05:00")
    assert found is not None
    assert found.local_stamp() == "2026-11-21T18:30:00-05:00"


def test_the_month_comes_first_for_an_american_outlet() -> None:
    found = date_parser.parse_date("06/07/2024", month_first=True)
    assert found is not None
    assert found.stamp() == "2024-06-07T00:00:00Z"


def test_a_country_with_several_zones_gives_none() -> None:
    assert time_zones.outlet_zone("US", "noticias.example.pe") is None
    assert time_zones.outlet_zone("XX", "diario.example.pe") == LIMA


@pytest.mark.parametrize(
    ("written", "is_plausible"),
    [("2026-11-22T12:05:00Z", True), ("2026-11-23T12:00:00Z", False), ("1970-01-01", False)],
)
def test_the_future_and_the_beginning_of_time_are_not_plausible(written: str, is_plausible: bool) -> None:
    found = date_parser.parse_date(written)
    assert found is not None
    assert date_parser.is_plausible(found, now=NOW) is is_plausible


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("/2024/06/21/nota", dt.date(2024, 6, 21)),
        ("/n1/2024/0424/c1001-40223222.html", dt.date(2024, 4, 24)),
        ("/nota-20240621.html", dt.date(2024, 6, 21)),
        ("/a/158310", None),
    ],
)
def test_a_day_in_the_address_is_found(url: str, day: dt.date | None) -> None:
    assert date_parser.find_date_in_url(url) == day


@given(st.text(max_size=600))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found, day = date_parser.parse_date(text, zone=LIMA), date_parser.find_date_in_url(text)
    assert found is None or found.utc.utcoffset() == dt.timedelta(0)
    assert day is None or str(day.year) in text


@given(st.datetimes(min_value=dt.datetime(1991, 1, 1), max_value=dt.datetime(2030, 1, 1)), st.integers(-11, 13))  # noqa: DTZ001
def test_an_iso_moment_keeps_its_instant(naive: dt.datetime, hours: int) -> None:
    moment = naive.replace(microsecond=0, tzinfo=dt.timezone(dt.timedelta(hours=hours)))
    found = date_parser.parse_date(moment.isoformat())
    assert found is not None
    assert found.precision == "day" or found.utc == moment.astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("written", "country", "stamp"),
    [
        ("Thu, 14 Nov 2024 15:30:00 JST", "PE", "2024-11-14T06:30:00Z"),
        ("14 Nov 2024 15:30:00 JST", "PE", "2024-11-14T06:30:00Z"),
        ("Thu, 14 Nov 2024 15:30:00 HKT", "PE", "2024-11-14T07:30:00Z"),
        ("Fri, 14 Jun 2024 15:30:00 BST", "PE", "2024-06-14T14:30:00Z"),
        ("Thu, 14 Nov 2024 15:30:00 PET", "CN", "2024-11-14T20:30:00Z"),
        ("Thu, 14 Nov 2024 15:30:00 COT", "CN", "2024-11-14T20:30:00Z"),
        ("Thu, 14 Nov 2024 15:30:00 CST", "CN", "2024-11-14T07:30:00Z"),
        ("2024-11-14 15:30 CST", "CN", "2024-11-14T07:30:00Z"),
        ("Thu, 14 Nov 2024 15:30:00 CST", "US", "2024-11-14T21:30:00Z"),
        ("2024-11-14 15:30 CST", "US", "2024-11-14T21:30:00Z"),
        ("July 4, 2024 3:45 pm ET", "PE", "2024-07-04T19:45:00Z"),
    ],
)
def test_a_named_zone_is_read_wherever_it_stands(written: str, country: str, stamp: str) -> None:
    found = date_parser.parse_date(written, zone=time_zones.outlet_zone(country))
    assert found is not None
    assert found.stamp() == stamp


@pytest.mark.parametrize("written", ["Thu, 14 Nov 2024 15:30:00 XYT", "14 Nov 2024 15:30 (XYT)"])
def test_an_unknown_zone_leaves_the_day_alone(written: str) -> None:
    found = date_parser.parse_date(written, zone=LIMA)
    assert found is not None
    assert (found.stamp(), found.precision) == ("2024-11-14T00:00:00Z", "day")
