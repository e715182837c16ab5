"""A planned briefing of vigia.toml: its rhythm, period, formats and recipients."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr

from db.i18n.languages import Language
from pipelines.alerts.subscriptions.person import Person, Reference, Zone
from pipelines.alerts.subscriptions.subscription import Subscription, make_slug
from pipelines.alerts.subscriptions.timing import read_rhythm

BriefingFormat = Literal["docx", "html", "md"]
_ALL_NEWS = "*"  # the query of a subscription to everything


def _is_briefing_rhythm(value: str) -> str:
    help_text = 'write a day and an hour, or an hour of each day: "weekly mon 07:30", "daily 07:30"'
    try:
        rhythm = read_rhythm(value)
    except ValueError as error:
        raise ValueError(help_text) from error
    if rhythm in ("immediately", "hourly"):
        raise ValueError(help_text)
    return rhythm


class BriefingMailing(Subscription):
    """The recipients of a planned briefing, as a subscription whose messages are delivered like any others."""

    formats: tuple[BriefingFormat, ...] = ("docx",)

    @property
    def id(self) -> str:
        """Its id in desk.db. No subscription can have it: theirs have no colon."""
        return f"briefing:{make_slug(self.name)}"


class PlannedBriefing(BaseModel):
    """One `[[briefing]]` of vigia.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=200)
    when: Annotated[str, AfterValidator(_is_briefing_rhythm)]
    query: str = Field(default="", max_length=10_000)  # "" for everything
    days: int | None = Field(default=None, ge=1, le=366)  # how many days ago it begins; by default with the last one
    to: tuple[Reference, ...] = ()
    people: tuple[str, ...] = ()  # ids of persons
    language: Language = "en"  # for its own targets; people have their own
    timezone: Zone | None = None  # of `when`; by default its people's or else the desk's
    formats: tuple[BriefingFormat, ...] = Field(default=("docx",), min_length=1)  # of the attached files
    _persons: tuple[Person, ...] = PrivateAttr(default=())

    def with_people(self, there: Mapping[str, Person]) -> Self:
        """Return the briefing with its people. Raises ValueError with the id of a person who is not defined."""
        known_here = self.model_copy()
        known_here._persons = self._make_mailing().with_people(there).persons
        return known_here

    @property
    def mailing(self) -> BriefingMailing:
        """Whom it goes to."""
        return self._make_mailing().with_people({person.id: person for person in self._persons})

    def _make_mailing(self) -> BriefingMailing:
        return BriefingMailing(
            name=self.name,
            query=self.query or _ALL_NEWS,
            to=self.to,
            people=self.people,
            language=self.language,
            when=self.when,
            timezone=self.timezone,
            formats=tuple(dict.fromkeys(self.formats)),
        )

    def find_first_day(self, today: dt.date, *, last: dt.date | None) -> dt.date:
        """Return the first day of the period that ends with `today`. `last`: the day of the one before, if any."""
        if self.days is not None:
            return today - dt.timedelta(days=self.days)
        if last is not None and last <= today:
            return last
        return today - dt.timedelta(days=7 if self.when.startswith("weekly") else 1)
