"""The fields of a subscription's form: from what a reader typed to settings, and back. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from db.desk.analysts.reader_subscriptions import SubscriptionSettings
from db.i18n.languages import find_language
from db.model.times import WEEKDAYS
from db.search.query import QueryError, Vocabulary, read_query
from db.site.analysts.forms import VERSION_FIELD
from db.site.exports.citations import printable_line
from db.site.subscriptions.drafts import Draft, TypedFields

MAX_SUBSCRIPTION_NAME: Final = 200  # characters
MAX_TYPED_QUERY: Final = 2_000  # characters
MAX_AT_MOST: Final = 1_000
RHYTHMS: Final = ("immediately", "hourly", "daily", "weekly")
FLAGS: Final = ("once_per_story", "figures", "revisions", "borderline", "copies")  # boxes to tick
FIELDS: Final = (
    *("name", "query", "recipient", "language", "rhythm", "time", "weekday"),
    *("quiet_from", "quiet_to", "quiet_days", "at_most"),
    *FLAGS,
    VERSION_FIELD,
)
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


class FieldError(Exception):
    """A field can't be used. `field` is its name, `key` the sentence of the catalogue that says why."""

    def __init__(self, field: str, key: str) -> None:
        super().__init__(f"{field}: {key}")
        self.field = field
        self.key = key


def read_settings(typed: TypedFields, *, vocabulary: Vocabulary, recipients: Collection[str]) -> SubscriptionSettings:
    """Read the settings from a form. `recipients`: who may get its messages, "" for nobody.

    Raises FieldError for the first field that can't be used.
    """
    recipient = _one(typed, "recipient")
    if recipient not in recipients:
        raise FieldError("recipient", "subscription.no_recipient")
    at_most = _one(typed, "at_most")
    return SubscriptionSettings(
        name=_read_name(_one(typed, "name")),
        query=_read_query_text(_one(typed, "query"), vocabulary),
        recipient=recipient,
        language=find_language(_one(typed, "language")) or "en",
        when=_read_rhythm_fields(typed),
        quiet=_read_quiet_fields(typed),
        at_most=_read_number(at_most) if at_most else None,
        **{flag: bool(_one(typed, flag)) for flag in FLAGS},
    )


def write_fields(settings: SubscriptionSettings) -> dict[str, tuple[str, ...]]:
    """Return the fields of a form from which `read_settings` reads these settings."""
    rhythm, *rest = settings.when.split()
    periods = settings.quiet.split(", ") if settings.quiet else []
    hours = next((period for period in periods if ":" in period), "-")
    days = next((period for period in periods if ":" not in period), "")
    fields = {
        "name": settings.name,
        "query": settings.query,
        "recipient": settings.recipient,
        "language": settings.language,
        "rhythm": rhythm,
        "time": rest[-1] if rest else "07:30",
        "weekday": rest[0] if len(rest) > 1 else "mon",
        "quiet_from": hours.partition("-")[0],
        "quiet_to": hours.partition("-")[2],
        "at_most": "" if settings.at_most is None else str(settings.at_most),
        VERSION_FIELD: settings.version,
        **{flag: "1" if getattr(settings, flag) else "" for flag in FLAGS},
    }
    return {name: (value,) for name, value in fields.items()} | {"quiet_days": tuple(days.split())}


def list_undo_fields(before: Draft, standing: SubscriptionSettings) -> list[tuple[str, str]]:
    """Return the fields of a form that gives a subscription the settings of before; none if those stand."""
    (version,) = before.typed[VERSION_FIELD]
    if version == standing.version:
        return []
    fields = dict(before.typed) | {VERSION_FIELD: (standing.version,)}
    return [(name, value) for name, values in fields.items() for value in values]


def keep_known_fields(typed: TypedFields) -> dict[str, tuple[str, ...]]:
    """Return the fields of the form alone, each of a length that can be shown again."""
    return {name: tuple(value[: MAX_TYPED_QUERY + 1] for value in typed[name][:7]) for name in FIELDS if name in typed}


def _one(typed: TypedFields, name: str) -> str:
    """Return the last value of a field on one line, without control and direction characters; "" if it is missing."""
    values = typed.get(name, ())
    return printable_line(values[-1]) if values else ""


def _read_name(name: str) -> str:
    if not name:
        raise FieldError("name", "subscription.no_name")
    if len(name) > MAX_SUBSCRIPTION_NAME:
        raise FieldError("name", "subscription.long_name")
    return name


def _read_query_text(text: str, vocabulary: Vocabulary) -> str:
    if not text:
        raise FieldError("query", "subscription.no_query")
    if len(text) > MAX_TYPED_QUERY:
        raise FieldError("query", "subscription.long_query")
    try:
        read_query(text, vocabulary)
    except QueryError as error:
        raise FieldError("query", "subscription.wrong_query") from error
    return text


def _read_rhythm_fields(typed: TypedFields) -> str:
    """Return the rhythm as vigia.toml writes it: "weekly mon 07:30"."""
    rhythm, time, weekday = (_one(typed, name) for name in ("rhythm", "time", "weekday"))
    if rhythm not in RHYTHMS:
        raise FieldError("rhythm", "subscription.no_rhythm")
    if rhythm in ("immediately", "hourly"):
        return rhythm
    if not _TIME.fullmatch(time):
        raise FieldError("time", "subscription.wrong_time")
    if rhythm == "daily":
        return f"daily {time}"
    if weekday not in WEEKDAYS:
        raise FieldError("weekday", "subscription.no_weekday")
    return f"weekly {weekday} {time}"


def _read_quiet_fields(typed: TypedFields) -> str:
    """Return the quiet hours as vigia.toml writes them: "22:00-07:00, sat sun"."""
    begin, end = _one(typed, "quiet_from"), _one(typed, "quiet_to")
    days = [day for day in WEEKDAYS if day in typed.get("quiet_days", ())]
    if len(days) == len(WEEKDAYS):
        raise FieldError("quiet_days", "subscription.always_quiet")
    if not begin and not end:
        return " ".join(days)
    if not (_TIME.fullmatch(begin) and _TIME.fullmatch(end)):
        raise FieldError("quiet_from", "subscription.half_quiet")
    if begin == end:
        raise FieldError("quiet_from", "subscription.empty_quiet")
    return ", ".join(filter(None, [f"{begin}-{end}", " ".join(days)]))


def _read_number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= MAX_AT_MOST:
        raise FieldError("at_most", "subscription.wrong_at_most")
    return int(text)
