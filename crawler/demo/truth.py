"""What tests may rely on: the truth of each page, and what was asked of the miniature web."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Label = Literal["relevant", "irrelevant", "borderline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPage:
    """The truth of one visible page, as a careful reader would record it."""

    url: str
    outlet: str
    title: str
    text: str = field(repr=False)  # paragraphs and subheads that the page shows, joined by a blank line
    published: dt.datetime  # UTC, to the minute
    precision: Literal["time", "day"]  # what the page itself tells of `published`
    language: str
    label: Label
    copy_of: str | None = None  # the original's URL
    credited_to: str | None = None  # whom a line below the text names as its source
    paywalled: bool = False
    sponsored: bool = False
    authors: tuple[str, ...] = ()  # as the byline has them, desks ("Markets desk") included
    forbidden: bool = False  # robots.txt forbids it, although the outlet's source lists it
    twins: tuple[str, ...] = ()  # other addresses of the same page: AMP, redirect, with trackers


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRequest:
    """One request that reached the miniature web."""

    host: str
    path: str  # with its query
    method: str
    headers: Mapping[str, str] = field(repr=False)  # names in small letters
    at: dt.datetime  # UTC, by the machine's clock: for measuring politeness
    status: int  # 0 for a dropped connection
