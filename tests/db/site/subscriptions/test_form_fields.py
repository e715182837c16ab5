"""The form of a subscription gives what vigia.toml could say, or one field that is wrong."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.desk.analysts.reader_subscriptions import StoredSubscription, SubscriptionSettings
from db.i18n.languages import LANGUAGES
from db.model.times import WEEKDAYS
from db.search.query import Vocabulary
from db.site.subscriptions.describe_settings import describe_quiet, describe_rhythm
from db.site.subscriptions.drafts import MAX_DRAFTS, Draft, Drafts
from db.site.subscriptions.form_fields import (
    FIELDS,
    FLAGS,
    RHYTHMS,
    FieldError,
    keep_known_fields,
    read_settings,
    write_fields,
)
from db.site.wording import SiteWording
from pipelines.alerts.subscriptions.person import Person
from pipelines.alerts.subscriptions.reader_subscription import DeskReaders, join_reader_subscriptions

ANA = Person(id="ana", to=("env:ANA",), language="es", timezone="America/Lima")
NOW = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)
GOOD = {"name": ("Puerto",), "query": ("chancay",), "recipient": ("ana",), "rhythm": ("daily",), "time": ("07:30",)}

times = st.times().map(lambda time: f"{time:%H:%M}") | st.sampled_from(["", "7:30", "24:00", "٠٧:٣٠", "07:30:00"])
forms = st.fixed_dictionaries(
    {
        "name": st.text(max_size=210),
        "query": st.sampled_from(["chancay", '"钱凯 港" OR cobre', "(", "", "x" * 2_001, "a\0b"]),
        "recipient": st.sampled_from(["ana", "", "li"]),
        "language": st.sampled_from([*LANGUAGES, "xx"]),
        "rhythm": st.sampled_from([*RHYTHMS, ""]),
        "time": times,
        "weekday": st.sampled_from([*WEEKDAYS, ""]),
        "quiet_from": times,
        "quiet_to": times,
        "at_most": st.sampled_from(["", "0", "1", "1000", "1001", "²", "-1", "1e3"]),
        **dict.fromkeys(FLAGS, st.sampled_from(["", "1"])),
    }
).map(lambda fields: {name: (value,) for name, value in fields.items()})
quiet_days = st.sets(st.sampled_from(WEEKDAYS)).map(tuple)


def read(typed: dict[str, tuple[str, ...]]) -> SubscriptionSettings:
    return read_settings(typed, vocabulary=Vocabulary(), recipients=("", "ana"))


@settings(deadline=None, max_examples=120)
@given(typed=forms, days=quiet_days)
def test_any_form_gives_a_subscription_that_alerts_take_or_a_field_with_a_sentence(
    typed: dict[str, tuple[str, ...]], days: tuple[str, ...]
) -> None:
    try:
        found = read(typed | {"quiet_days": days})
    except FieldError as error:
        wrong = error
    else:
        wrong = None
    if wrong is not None:
        assert wrong.field in FIELDS
        assert SiteWording("es")(wrong.key)
        return
    assert read(write_fields(found)) == found
    stored = StoredSubscription(number=1, person="ana", settings=found, created=NOW)
    (subscription,) = join_reader_subscriptions([stored], DeskReaders(people=(ANA,))).values()
    assert (subscription.when, subscription.quiet, subscription.query) == (found.when, found.quiet, found.query)
    for language in LANGUAGES:
        wording = SiteWording(language)
        assert describe_rhythm(found.when, wording)
        assert bool(describe_quiet(found.quiet, wording)) == bool(found.quiet)


def test_a_name_has_no_character_that_controls_a_terminal_or_turns_what_follows() -> None:
    found = read(GOOD | {"name": ("Puerto\x1b[31m \r\n\u202eogol\u2066",), "query": ("chancay\x07",)})
    assert (found.name, found.query) == ("Puerto[31m ogol", "chancay")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": (" \0 ",)}, "name"),
        ({"name": ("x" * 201,)}, "name"),
        ({"query": ("",)}, "query"),
        ({"query": ("x" * 2_001,)}, "query"),
        ({"query": ('"chancay',)}, "query"),
        ({"query": ("tittle:x",)}, "query"),
        ({"recipient": ("li",)}, "recipient"),
        ({"rhythm": ("monthly",)}, "rhythm"),
        ({"time": ("",)}, "time"),
        ({"rhythm": ("weekly",), "weekday": ("",)}, "weekday"),
        ({"quiet_from": ("22:00",)}, "quiet_from"),
        ({"quiet_from": ("22:00",), "quiet_to": ("22:00",)}, "quiet_from"),
        ({"quiet_days": WEEKDAYS}, "quiet_days"),
        ({"at_most": ("0",)}, "at_most"),
        ({"at_most": ("20 a day",)}, "at_most"),
    ],
)
def test_the_field_that_is_wrong_is_named(changed: dict[str, tuple[str, ...]], field: str) -> None:
    with pytest.raises(FieldError) as caught:
        read(GOOD | changed)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("language", "rhythm", "quiet"),
    [
        ("en", "weekly, Monday at 07:30", "22:00–07:00, Sat Sun"),
        ("es", "cada lunes a las 07:30", "22:00–07:00, sáb dom"),
        ("zh", "每星期一07:30", "22:00–07:00、周六 周日"),
    ],
)
def test_settings_are_said_in_the_reader_s_words(language: str, rhythm: str, quiet: str) -> None:
    wording = SiteWording(language)  # type: ignore[arg-type]
    assert describe_rhythm("weekly mon 07:30", wording) == rhythm
    assert describe_quiet("22:00-07:00, sat sun", wording) == quiet


def test_a_draft_keeps_the_fields_of_the_form_alone_and_bounded() -> None:
    kept = keep_known_fields({"name": ("x" * 9_000,), "token": ("secret",), "quiet_days": WEEKDAYS * 3})
    assert len(kept["name"][0]) == 2_001
    assert kept["quiet_days"] == WEEKDAYS
    assert "token" not in kept


def test_a_draft_is_found_by_its_own_reader_until_others_push_it_out() -> None:
    drafts = Drafts()
    draft = Draft(typed={}, field="name", problem="subscription.no_name")
    key = drafts.keep("ana", draft)
    assert drafts.find("ana", key) is draft
    assert drafts.find("li", key) is None
    assert drafts.find("ana", None) is None
    for _ in range(MAX_DRAFTS):
        drafts.keep("li", draft)
    assert drafts.find("ana", key) is None
