"""A subscription of vigia.toml: its query, recipients and rhythm."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal, Self

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
    """Return the id for a name: lower case, without accents, with hyphens between words.

    Letters of other scripts, such as Chinese, stay unchanged.
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = "-".join(re.findall(r"[^\W_]+", plain))
    return words or hashlib.sha256(name.encode()).hexdigest()[:12]


class Subscription(BaseModel):
    """One `[[subscription]]` of vigia.toml. Targets are references to secrets, never the secrets themselves."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=200)
    query: str = Field(min_length=1, max_length=100_000)  # its parser checks the syntax
    to: tuple[Reference, ...] = ()
    people: tuple[str, ...] = ()  # ids of persons
    language: Language = "en"  # of messages to its own targets; people have their own
    when: Annotated[str, AfterValidator(read_rhythm)] = "immediately"
    timezone: Zone | None = None  # of `when`, `quiet` and `at_most`; by default its people's or else the desk's
    quiet: Annotated[str, AfterValidator(_is_quiet)] = ""  # hours in which nothing is sent; messages wait for their end
    at_most: int | None = Field(default=None, ge=1)  # alerts that are sent in a day; further ones are only counted
    borderline: bool = False  # include articles whose relevance is uncertain
    copies: bool = False  # include copies of earlier articles
    once_per: Literal["article", "story"] = "article"  # "story": later articles of a told story are one line each
    figures: bool = False  # one line, once for each story, where outlets give different figures
    revisions: bool = False  # include changes of figures, names or headline, each change once
    heartbeat: Annotated[str, AfterValidator(_is_heartbeat)] | None = None  # when to hear that nothing matched
    past: bool = False  # begin with the articles that the desk already has, not with the next one
    _persons: tuple[Person, ...] = PrivateAttr(default=())  # those of `people`; compared too

    def with_people(self, there: Mapping[str, Person]) -> Self:
        """Return the subscription with its people. Raises ValueError with the id of a person who is not defined."""
        for id_ in self.people:
            if id_ not in there:
                known = f"there are {', '.join(there)}" if there else "there is none: add a [[person]]"
                raise ValueError(f'no person "{id_}"; {known}')
        known_here = self.model_copy()
        known_here._persons = tuple(there[id_] for id_ in dict.fromkeys(self.people))
        return known_here

    @property
    def persons(self) -> tuple[Person, ...]:
        """Its people, each once."""
        if not self.people:
            return ()
        if {person.id for person in self._persons} != set(self.people):
            raise AssertionError("a subscription with people is to be made with_people")
        return self._persons

    @property
    def id(self) -> str:
        """Its id in desk.db, made of its name: after a change of the name it counts as a new subscription."""
        return make_slug(self.name)

    @property
    def label(self) -> str:
        """What it is called among all subscriptions of the desk."""
        return self.name
