"""The catalogues of three languages that pages and messages share."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from pathlib import Path

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from db.i18n.catalogue import SHARED_FOLDER, Catalogue, load_entries
from db.i18n.languages import LANGUAGES, Language
from db.model.outlet_kind import OWNERSHIPS
from db.search.query.vocabulary import KINDS, VERDICTS
from db.site.wording import SiteWording
from pipelines.alerts.messages.wording import MessageWording
from tests.fixtures.catalogues import assert_agrees_with_english

EN, ES, ZH = (SiteWording(language) for language in LANGUAGES)

languages = pytest.mark.parametrize("language", LANGUAGES)


@languages
@pytest.mark.parametrize("folder", [SHARED_FOLDER, SiteWording.folder], ids=["shared", "site"])
def test_the_catalogues_agree_and_have_the_plural_forms_that_their_language_needs(
    folder: Path, language: Language
) -> None:
    assert_agrees_with_english(folder, language)


@languages
def test_every_code_of_the_database_has_its_word(language: Language) -> None:
    codes = {f"kinds.{kind}" for kind in KINDS} | {f"ownerships.{code}" for code in OWNERSHIPS}
    assert codes | {f"verdicts.{verdict}" for verdict in VERDICTS} <= SiteWording(language).entries.keys()


def test_sentences_of_pages_and_messages_are_in_one_catalogue() -> None:
    assert load_entries(SHARED_FOLDER, "en").keys() & load_entries(SiteWording.folder, "en").keys() == set()


def test_a_sentence_has_plural_forms_and_grouped_digits() -> None:
    assert [EN("front.total", n=n) for n in (0, 1, 2, 12345)] == [
        "0 articles",
        "1 article",
        "2 articles",
        "12,345 articles",
    ]
    assert ES("front.total", n=1) == "1 artículo"
    assert ZH("front.total", n=12345) == "共12,345篇报道"


def test_markup_among_the_values_makes_a_sentence_markup_and_escapes_the_others() -> None:
    said = EN("article.copy_of", article=Markup("<b>x</b>"), outlet="<i>")
    assert isinstance(said, Markup)
    assert said == "This is a copy of <b>x</b> in &lt;i&gt;."
    plain = EN("article.copy_of", article="<b>x</b>", outlet="<i>")
    assert not isinstance(plain, Markup)
    assert plain == "This is a copy of <b>x</b> in <i>."


def test_a_missing_sentence_or_value_raises_an_error() -> None:
    for wrong in ({"key": "no.such.sentence"}, {"key": "article.copy_of"}, {"key": "article.copy_of", "outlet": "x"}):
        with pytest.raises(KeyError):
            EN(wrong.pop("key"), **wrong)
    assert EN.template("new.today") == "today {time}"


@given(st.integers(-(10**12), 10**12), st.sampled_from(list(LANGUAGES)))
def test_a_whole_number_is_written_as_unicode_says(n: int, language: Language) -> None:
    words = Catalogue(language)
    assert words.number(n) == format_decimal(n, locale=words.locale)


def test_other_numbers_take_a_pattern() -> None:
    assert [ES.number(12, "0.00"), ES.number(0.456, "0.00"), EN.number(1.5)] == ["12.00", "0.46", "1.5"]


def test_words_are_listed_as_the_language_does() -> None:
    assert [wording.join(["a", "b", "c"]) for wording in (EN, ZH)] == ["a, b, c", "a、b、c"]
    assert EN.join([]) == ""


@pytest.mark.parametrize(
    ("per_day", "said"),
    [
        (41.3, "41 a day"),
        (0.6, "1 a day"),
        (0.49, "3 a week"),
        (0.08, "1 a week"),
        (0.07, "2 a month"),
        (0, "1 a month"),
    ],
)
def test_a_rate_has_the_unit_in_which_it_is_a_whole_number(per_day: float, said: str) -> None:
    assert EN.rate(per_day) == said


def test_an_unknown_code_is_shown_as_it_is_and_none_as_its_replacement() -> None:
    assert [wording.word("kinds", "press") for wording in (EN, ES, ZH)] == ["press", "prensa", "新闻媒体"]
    assert EN.word("kinds", "podcast") == "podcast"
    assert (EN.word("kinds", None), EN.word("kinds", "", unknown="?")) == ("", "?")


def test_days_countries_and_languages_are_named_as_the_language_does() -> None:
    day = dt.date(2026, 11, 19)
    assert [wording.date(day) for wording in (EN, ES, ZH)] == [
        "19 November 2026",
        "19 de noviembre de 2026",
        "2026年11月19日",
    ]
    assert [wording.date(day, "medium") for wording in (EN, ES, ZH)] == [
        "19 Nov 2026",
        "19 nov. 2026",
        "2026年11月19日",
    ]
    assert [wording.date(day, "MMMMd") for wording in (EN, ES, ZH)] == ["19 November", "19 de noviembre", "11月19日"]
    assert [wording.country_name("PE") for wording in (EN, ES, ZH)] == ["Peru", "Perú", "秘鲁"]
    assert [wording.country_name("HK") for wording in (EN, ES, ZH)] == ["Hong Kong", "Hong Kong", "中国香港"]
    assert [wording.language_name("zh") for wording in (EN, ES, ZH)] == ["Chinese", "chino", "中文"]
    assert (EN.country_name("QQ"), EN.country_name(None), EN.language_name("xx"), EN.language_name("")) == (
        "QQ",
        "",
        "xx",
        "",
    )


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("America/Lima", ["Lima", "Lima", "利马"]),
        ("America/Argentina/Buenos_Aires", ["Buenos Aires", "Buenos Aires", "Buenos Aires"]),
        ("America/New_York", ["New York", "Nueva York", "纽约"]),
        ("UTC", ["UTC", "UTC", "UTC"]),
        ("Factory", ["Factory", "Factory", "Factory"]),
    ],
)
def test_a_time_zone_is_named_by_its_city(zone: str, said: list[str]) -> None:
    assert [wording.zone_city(zone) for wording in (EN, ES, ZH)] == said


def test_every_time_zone_has_a_name() -> None:
    assert [zone for zone in zoneinfo.available_timezones() if not EN.zone_city(zone)] == []


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0, ["at the same time", "al mismo tiempo", "同时"]),
        (40, ["40 h later", "40 h después", "晚 40 小时"]),
        (-40, ["40 h earlier", "40 h antes", "早 40 小时"]),
        (47, ["47 h later", "47 h después", "晚 47 小时"]),
        (48, ["2 days later", "2 días después", "晚 2 天"]),
    ],
)
def test_a_page_and_a_mail_describe_a_lag_in_the_same_words(hours: int, words: list[str]) -> None:
    lag = dt.timedelta(hours=hours)
    assert [SiteWording(language).lag(lag) for language in ("en", "es", "zh")] == words  # type: ignore[arg-type]
    assert [MessageWording(language).lag(lag) for language in ("en", "es", "zh")] == words  # type: ignore[arg-type]
