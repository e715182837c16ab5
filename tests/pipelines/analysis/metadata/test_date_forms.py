"""Dates in the forms in which people write them: order of day and month, parts of the day, scripts, zones."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.analysis.metadata import date_forms, date_parser
from pipelines.analysis.metadata.date_parser import Moment
from pipelines.analysis.metadata.time_zones import find_named_zone, outlet_zone

LIMA = outlet_zone("PE")


def read(written: str, country: str = "PE") -> Moment | None:
    return date_parser.parse_date(written, zone=outlet_zone(country), month_first=country == "US")


def clock(written: str, country: str = "PE") -> str | None:
    """The local time that a text gives, or the day alone."""
    found = read(written, country)
    return None if found is None else (found.local_stamp() or found.stamp())[: 16 if found.local else 10]


@pytest.mark.parametrize(
    "written",
    [
        "9 de marzo de 2026, 7:40 de la noche",
        "9 de marzo de 2026 a las 7:40 p. m.",
        "9 de marzo de 2026, 19:40 p. m.",
        "9 de março de 2026, 7h40 da noite",
        "9 mars 2026, 7h40 du soir",
        "9 marzo 2026, 7:40 di sera",
        "9. März 2026, 7:40 Uhr abends",
        "March 9, 2026, 7:40 in the evening",
        "March 9, 2026 / 7:40 PM / Updated 3 hours ago",
        "19:40 h, lunes 9 de marzo de 2026",
        "7:40 pm, March 9, 2026",
        "09. 03. 2026, 19:40 Uhr",
        "9-03-2026 19:40",
        "2026-Mar-09 19:40",
        "Mon Mar 9 19:40:00 2026",
        "9, marzo, 2026 19:40",
        "2026年3月9日 晚上7:40",
        "2026年3月9日晚7时40分",
        "2026年3月9日下午7點40分22秒",
        "2026年3月9日（星期一）19时40分",
        "２０２６年３月９日　１９：４０",
        "２０２６/０３/０９ 19：40",
        "二〇二六年三月九日 19:40",
        "2026年3月9日午後7時40分",
        "2026년 3월 9일 오후 7시 40분",
        "2026-03-09\u200e 19:40\u200b",
    ],
)
def test_an_hour_is_read_by_its_part_of_the_day_in_any_script(written: str) -> None:
    assert clock(written) == "2026-03-09T19:40"


@pytest.mark.parametrize(
    ("year", "shown"), [("2000", "2000-11-03"), ("2026", "2026-11-03"), ("dos mil veintiséis", "2026-11-03")]
)
def test_a_deed_is_dated_by_its_year_in_digits_or_words(year: str, shown: str) -> None:
    assert clock(f"a los tres días del mes de noviembre de {year}") == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026年3月9日下午3点半", "2026-03-09T15:30"),
        ("2026年3月9日15时", "2026-03-09T15:00"),
        ("2026年3月9日中午12点10分", "2026-03-09T12:10"),
        ("2026年3月9日凌晨12点10分", "2026-03-09T00:10"),
        ("9 de marzo de 2026, 12:10 de la madrugada", "2026-03-09T00:10"),
        ("9 de marzo de 2026, 1:10 del mediodía", "2026-03-09T13:10"),
        ("9 March 2026, 9 am", "2026-03-09T09:00"),
        ("9 March 2026, 12 noon", "2026-03-09T12:00"),
        ("9 de marzo de 2026, 12 de la noche", "2026-03-09"),  # of which of two days?
        ("9 de marzo de 2026, 15:30 a. m.", "2026-03-09"),
        ("9 de marzo de 2026, 15:30 -5 fotos", "2026-03-09T15:30"),
        ("9 de marzo de 2026 09:00-10:30", "2026-03-09T09:00"),
        ("9 de marzo de 2026, 2.500 toneladas", "2026-03-09"),
    ],
)
def test_an_hour_that_is_open_is_none_and_others_are_exact(written: str, shown: str) -> None:
    assert clock(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        "2026-03",
        "March 2026",
        "marzo de 2026",
        "2026",
        "9 de marzo",
        "2026年3月",
        "2026-W11",
        "31/02/2026",
        "2026-31-12",
    ],
)
def test_what_has_no_day_month_and_year_is_no_date(written: str) -> None:
    assert read(written) is None


@pytest.mark.parametrize(
    ("country", "written", "minutes"),
    [
        ("PE", "PET", -300),
        ("ES", "PET", -300),
        ("CN", "COT", -300),
        ("CN", "CST", 480),
        ("SG", "CST", 480),
        ("US", "CST", -360),
        ("MX", "CST", -360),
        ("PE", "CST", -360),
        ("CU", "CST", -300),
        ("GB", "BST", 60),
        ("BD", "BST", 360),
        ("CN", "BST", 60),
        ("IL", "IST", 120),
        ("IN", "IST", 330),
        ("PH", "PST", 480),
        ("CN", "PST", -480),
        ("SA", "AST", 180),
        ("PE", "JST", 540),
        ("PE", "HKT", 480),
        ("PE", "America/Bogota", -300),
        ("PE", "Asia/Shanghai", 480),
        ("PE", "北京时间", 480),
        ("CN", "hora de Lima", -300),
    ],
)
def test_a_zone_name_means_the_outlets_own_hour_where_it_has_several_meanings(
    country: str, written: str, minutes: int
) -> None:
    found = read(f"2026-01-14 15:30 {written}", country)
    assert found is not None
    assert found.local is not None
    assert found.local.utcoffset() == dt.timedelta(minutes=minutes)


def test_a_name_in_the_form_of_the_iana_data_base_that_is_none_leaves_the_hour_to_the_outlet() -> None:
    assert find_named_zone("Europe/Nowhere", dt.datetime(2026, 1, 14, 15, 30), LIMA) is None  # noqa: DTZ001


@pytest.mark.parametrize(("written", "hours"), [("14/01/2026 15:30", 1), ("14/07/2026 15:30", 2)])
def test_a_bare_time_is_local_with_summer_time(written: str, hours: int) -> None:
    found = read(written, "ES")
    assert found is not None
    assert found.local is not None
    assert found.local.utcoffset() == dt.timedelta(hours=hours)


def test_dates_of_a_text_are_found_in_their_order_whatever_their_form() -> None:
    text = "Publicado 14/03/2026 | Actualizado el 15 de marzo de 2026 · 2026-03-16"
    found = date_forms.find_written_dates(text, zone=None)
    assert [str(date.value) for date in found] == ["2026-03-14", "2026-03-15", "2026-03-16"]
    assert text[found[1].start : found[1].end] == "15 de marzo de 2026"


@given(
    st.datetimes(min_value=dt.datetime(1991, 1, 1), max_value=dt.datetime(2030, 1, 1)),  # noqa: DTZ001
    st.sampled_from(
        [
            "{0:%d/%m/%Y} {0:%H:%M}",
            "{0:%Y/%m/%d} {0:%H:%M}",
            "{0:%d-%m-%Y} {0:%H:%M}",
            "{0:%d.%m.%Y}, {0:%H.%M} Uhr",
            "{0.year}年{0.month}月{0.day}日 {0:%H:%M}",
            "{0.year}年{0.month}月{0.day}日{0.hour}时{0.minute}分",
            "{0:%H:%M} {0:%d/%m/%Y}",
            "{0:%a}, {0:%d} {0:%b} {0:%Y} {0:%H:%M}:00 America/Lima",
            "{0:%B} {0.day}, {0.year} {0:%I:%M} {0:%p}",
        ]
    ),
)
def test_a_moment_is_read_back_from_every_form(moment: dt.datetime, form: str) -> None:
    found = date_parser.parse_instant(form.format(moment), zone=LIMA)
    assert found is not None
    assert found.replace(tzinfo=None) == moment.replace(second=0, microsecond=0)


@pytest.mark.parametrize(
    "text",
    [
        "14/11/" * 10_000,
        "2026年" * 10_000,
        "1 de mayo de " * 10_000,
        "9" * 100_000,
        "2026-11-14 " + " ," * 100_000,
        "\u200b" * 100_000,
        "一二〇" * 30_000,
        "9999-12-31T23:59:59-14:00",
        "2026-11-14 15:30 " + "A/" * 50_000,
    ],
)
def test_no_text_costs_more_than_its_beginning(text: str) -> None:
    start = time.process_time()
    read(text)
    assert time.process_time() - start < 5
