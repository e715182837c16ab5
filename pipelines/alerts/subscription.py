"""A subscription as the desk's file states it: what to look for, whom to tell, in which rhythm."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_RHYTHM = re.compile(r"immediately|daily ([01]\d|2[0-3]):[0-5]\d")


def _is_reference(value: str) -> str:
    if not re.fullmatch(r"(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)", value):
        raise ValueError('secrets stand outside this file: write "env:NAME" or "file:PATH"')
    return value


def _is_rhythm(value: str) -> str:
    if not _RHYTHM.fullmatch(value):
        raise ValueError('write "immediately" or "daily 07:30"')
    return value


Reference = Annotated[str, AfterValidator(_is_reference)]


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
    query: str = Field(min_length=1, max_length=10_000)
    to: tuple[Reference, ...] = ()
    when: Annotated[str, AfterValidator(_is_rhythm)] = "immediately"
    borderline: bool = False  # also articles whose relevance is not certain
    copies: bool = False  # also copies of what was already there
    past: bool = False  # a new subscription begins with what the desk already has, not with what comes

    @property
    def id(self) -> str:
        """What the desk knows it by: a new query keeps what was matched, a new name begins anew."""
        return slug(self.name)
