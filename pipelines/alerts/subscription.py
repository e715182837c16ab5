"""A subscription as the desk's file states it: what to look for, whom to tell, in which rhythm."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipelines.alerts.rhythm import read_quiet, read_rhythm


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


def _is_quiet(value: str) -> str:
    read_quiet(value)
    return value


Reference = Annotated[str, AfterValidator(_is_reference)]
Zone = Annotated[str, AfterValidator(_is_zone)]


def slug(name: str) -> str:
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
    when: Annotated[str, AfterValidator(read_rhythm)] = "immediately"
    timezone: Zone | None = None  # of `when`, `quiet`, the day of `at_most` and the times in messages; else the desk's
    quiet: Annotated[str, AfterValidator(_is_quiet)] = ""  # when nothing is sent: it is held until then
    at_most: int | None = Field(default=None, ge=1)  # alerts that are told in a day; further ones are counted
    borderline: bool = False  # also articles whose relevance is not certain
    copies: bool = False  # also copies of what was already there
    past: bool = False  # a new subscription begins with what the desk already has, not with what comes

    @property
    def id(self) -> str:
        """What the desk knows it by: a new query keeps what was matched, a new name begins anew."""
        return slug(self.name)
