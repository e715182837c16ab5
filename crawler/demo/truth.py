"""The expected record of each page, and the requests that were made, for tests to compare with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Label = Literal["relevant", "irrelevant", "borderline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPage:
    """The result of a correct analysis of one visible page."""

    url: str
    outlet: str
    title: str
    text: str = field(repr=False)  # paragraphs and subheads that the page shows, joined by a blank line
    published: dt.datetime  # UTC, to the minute
    precision: Literal["time", "day"]  # whether the page itself shows the time or only the day
    language: str
    label: Label
    copy_of: str | None = None  # the original's URL
    credited_to: str | None = None  # the source that a line below the text names
    paywalled: bool = False
    sponsored: bool = False
    authors: tuple[str, ...] = ()  # as in the byline, including desks ("Markets desk")
    forbidden: bool = False  # robots.txt forbids it, though a source lists it
    twins: tuple[str, ...] = ()  # other addresses of the same page: AMP, redirect, with trackers


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRequest:
    """One request to the miniature web."""

    host: str
    path: str  # with its query
    method: str
    headers: Mapping[str, str] = field(repr=False)  # names in lower case
    at: dt.datetime  # UTC by the machine's clock, to measure politeness
    status: int  # 0 for a dropped connection
