"""The people who get messages: their targets, language and time zone. Pure.

desk.db names a person's targets by the person, `person:ana` and `person:ana#2`, and not by their addresses. So waiting
messages still reach a person whose address changes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from db.i18n.languages import Language

MAX_NAME_CHARS = 60


def _is_reference(value: str) -> str:
    if not re.fullmatch(r"(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)", value):
        raise ValueError('secrets stand outside this file: write "env:NAME" or "file:PATH"')
    return value


def _is_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('not a time zone; write a name like "America/Lima"') from error
    return value


def _is_id(value: str) -> str:
    # An id is written to desk.db, logs and `vigia alerts list`, so no address may be an id.
    if not re.fullmatch(r"[^\W_][\w-]{0,59}", value):
        raise ValueError("letters, digits, - and _ alone, at most 60; an address is no id")
    return value


def _is_name(value: str) -> str:
    if not value or len(value) > MAX_NAME_CHARS or "@" in value or not value.isprintable():
        raise ValueError(f"a name of one line, at most {MAX_NAME_CHARS} characters; an address is no name")
    return value


Reference = Annotated[str, AfterValidator(_is_reference)]
Zone = Annotated[str, AfterValidator(_is_zone)]
PersonId = Annotated[str, AfterValidator(_is_id)]


class Person(BaseModel):
    """One `[[person]]` of vigia.toml. Addresses are references to secrets, never the secrets themselves."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: PersonId
    name: Annotated[str, AfterValidator(_is_name)] | None = None  # as the reading room shows it; by default the id
    to: tuple[Reference, ...] = Field(min_length=1)
    language: Language = "en"
    timezone: Zone | None = None  # of times in their messages; by default the subscription's or else the desk's


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One target of a subscription. `target` is its name in desk.db, `reference` leads to the secret address."""

    target: str
    reference: str
    language: Language
    zone: str  # of the times in the message
    person: str | None = None  # their id; None for a target of the subscription itself

    def __str__(self) -> str:
        """Write it for people: "ana (es)", "env:TEAM"."""
        return self.target if self.person is None else f"{self.target.removeprefix('person:')} ({self.language})"


def list_person_recipients(person: Person, *, zone: str) -> list[Recipient]:
    """Return a person's targets, numbered by their position in `to`.

    `zone` is used for a person without one.
    """
    return [
        Recipient(
            target=f"person:{person.id}" + (f"#{number}" if number > 1 else ""),
            reference=reference,
            language=person.language,
            zone=person.timezone or zone,
            person=person.id,
        )
        for number, reference in enumerate(person.to, 1)
    ]


def find_shared_zone(people: Sequence[Person], *, zone: str) -> str:
    """Return the zone that all these people share, or else `zone`.

    `zone` is also used for people without one.
    """
    zones = {person.timezone or zone for person in people}
    return zones.pop() if len(zones) == 1 else zone
