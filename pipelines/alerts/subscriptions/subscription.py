"""A subscription as the desk's file states it: what to look for, whom to tell, in which rhythm."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr

from db.i18n.languages import Language
from pipelines.alerts.subscriptions.person import Person, Reference, Zone
from pipelines.alerts.subscriptions.timing import read_quiet_hours, read_rhythm


def _is_quiet(value: str) -> str:
    read_quiet_hours(value)
    return value


def _is_heartbeat(value: str) -> str:
    if read_rhythm(value) == "immediately":
        raise ValueError('write when nothing matched for so long that you want to hear of it: "weekly mon 08:00"')
    return value


@lru_cache(maxsize=65_536)
def make_slug(name: str) -> str:
    """A name's identity: lower case, accents folded, hyphens between words; Chinese and the like stay as they are."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = "-".join(re.findall(r"[^\W_]+", plain))
    return words or hashlib.sha256(name.encode()).hexdigest()[:12]


class Subscription(BaseModel):
    """One `[[subscription]]` of vigia.toml. Targets are references to secrets, never the secrets themselves."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=200)
    query: str = Field(min_length=1, max_length=100_000)  # what a query may be, its parser says
    to: tuple[Reference, ...] = ()
    people: tuple[str, ...] = ()  # ids of persons
    language: Language = "en"  # of messages to its own targets; people have theirs
    when: Annotated[str, AfterValidator(read_rhythm)] = "immediately"
    timezone: Zone | None = None  # of `when`, `quiet` and the day of `at_most`; else its people's, else the desk's
    quiet: Annotated[str, AfterValidator(_is_quiet)] = ""  # when nothing is sent: it is held until then
    at_most: int | None = Field(default=None, ge=1)  # alerts that are told in a day; further ones are counted
    borderline: bool = False  # also articles whose relevance is not certain
    copies: bool = False  # also copies of what was already there
    revisions: bool = False  # also what changed in figures, names or the headline of an article, once for each change
    heartbeat: Annotated[str, AfterValidator(_is_heartbeat)] | None = None  # when to hear that nothing matched
    past: bool = False  # a new subscription begins with what the desk already has, not with what comes
    _persons: tuple[Person, ...] = PrivateAttr(default=())  # who `people` are: a changed person is a change of this

    def with_people(self, there: Mapping[str, Person]) -> Self:
        """The same subscription, knowing its people. ValueError names one whom the desk does not have."""
        for id_ in self.people:
            if id_ not in there:
                known = f"there are {', '.join(there)}" if there else "there is none: add a [[person]]"
                raise ValueError(f'no person "{id_}"; {known}')
        known_here = self.model_copy()
        known_here._persons = tuple(there[id_] for id_ in dict.fromkeys(self.people))
        return known_here

    @property
    def persons(self) -> tuple[Person, ...]:
        """Who its people are, each once."""
        if not self.people:
            return ()
        if {person.id for person in self._persons} != set(self.people):
            raise AssertionError("a subscription with people is to be made with_people")
        return self._persons

    @property
    def id(self) -> str:
        """What the desk knows it by: a new query keeps what was matched, a new name begins anew."""
        return make_slug(self.name)
