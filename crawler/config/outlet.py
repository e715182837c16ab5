"""One outlet and its sources, as `[[outlet]]` describes them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from pipelines.alerts.subscriptions.person import Reference
from pipelines.page import OutletProfile

OutletKind = Literal[
    "state-media",
    "agency",
    "press",
    "regional",
    "think-tank",
    "research",
    "trade-press",
    "government",
    "association",
    "aggregator",
]
Ownership = Literal["state", "private", "nonprofit", "public", "unknown"]
SourceKind = Literal["feed", "sitemap", "listing", "index", "mailbox"]

# How often an outlet is crawled if its `every` is not set, by how often outlets of its kind publish.
DEFAULT_INTERVALS: dict[str, dt.timedelta] = {
    "state-media": dt.timedelta(minutes=30),
    "agency": dt.timedelta(minutes=20),
    "press": dt.timedelta(minutes=30),
    "regional": dt.timedelta(minutes=45),
    "aggregator": dt.timedelta(hours=1),
    "trade-press": dt.timedelta(hours=1),
    "government": dt.timedelta(hours=2),
    "association": dt.timedelta(hours=6),
    "think-tank": dt.timedelta(hours=3),
    "research": dt.timedelta(hours=3),
}

_DURATION = re.compile(r"(0*[1-9]\d*)\s*(s|m|h|d)")
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(value: object) -> object:
    """Read "90s", "30m", "6h" or "7d".

    Raises ValueError for anything else, also for a number without a unit.
    """
    if isinstance(value, dt.timedelta):
        return value
    if not isinstance(value, str) or not (match := _DURATION.fullmatch(value.strip())):
        raise ValueError('write a duration like "30m", "6h" or "7d"')
    return dt.timedelta(**{_UNIT[match[2]]: int(match[1])})


def _write_duration(value: dt.timedelta) -> str:
    """Write a duration as parse_duration reads it."""
    return f"{value.total_seconds():.0f}s"


Duration = Annotated[
    dt.timedelta,
    BeforeValidator(parse_duration),
    Field(gt=dt.timedelta(0), le=dt.timedelta(days=400)),
    PlainSerializer(_write_duration, when_used="json-unless-none"),
]


def _check_web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise ValueError("write a whole address that begins with http:// or https:// and has no password")
    return value


def _check_pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return value


def _check_id(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", value):
        raise ValueError("write an id of small letters, digits, - and _")
    return value


def _check_country(value: str) -> str:
    if not re.fullmatch("[A-Z]{2}", value):
        raise ValueError('write the two capital letters of ISO 3166, like "PE"')
    return value


def _check_language(value: str) -> str:
    if not re.fullmatch("[a-z]{2}", value):
        raise ValueError('write the two small letters of ISO 639-1, like "es"')
    return value


WebAddress = Annotated[str, AfterValidator(_check_web_address)]
Pattern = Annotated[str, AfterValidator(_check_pattern)]
Id = Annotated[str, AfterValidator(_check_id)]
Country = Annotated[str, AfterValidator(_check_country)]
LanguageCode = Annotated[str, AfterValidator(_check_language)]


def _check_sender(value: str) -> str:
    if not re.fullmatch(r"[\w.+=~-]{0,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}", value, re.ASCII | re.IGNORECASE):
        raise ValueError('write the address of a sender like "news@example.org", or "@example.org" for a whole domain')
    return value


Sender = Annotated[str, AfterValidator(_check_sender)]


class JsonIndex(BaseModel):
    """A JSON index of articles, with the dotted paths of its fields.

    The defaults fit WordPress REST (`/wp-json/wp/v2/posts`), whose document is itself the list.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: WebAddress
    items: str = ""
    link: str = "link"
    title: str = "title.rendered"
    published: str = "date_gmt"
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A feed, sitemap, listing page, JSON index or mailbox of an outlet; the `url` of a mailbox is only a name."""

    url: str
    kind: SourceKind
    index: JsonIndex | None = None


class Outlet(BaseModel):
    """One `[[outlet]]` table, checked. Frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: Id
    name: str = Field(min_length=1)
    home: WebAddress
    country: Country = "XX"  # ISO 3166 alpha-2; XX if unknown
    languages: tuple[LanguageCode, ...] = Field(min_length=1)  # ISO 639-1
    kind: OutletKind
    ownership: Ownership = "unknown"
    ownership_source: WebAddress | None = None
    feeds: tuple[WebAddress, ...] = ()
    sitemaps: tuple[WebAddress, ...] = ()
    listings: tuple[WebAddress, ...] = ()
    indexes: tuple[JsonIndex, ...] = ()
    mailbox: Reference | None = None  # of the address of a mailbox with newsletters, see crawler.config.mailbox_address
    mailbox_senders: tuple[Sender, ...] = Field(default=(), max_length=50)  # whose messages are read
    article_pattern: Pattern | None = None
    hosts: tuple[str, ...] = ()  # further hosts with pages of this outlet
    paywall: str | None = None  # a note for people; not used by the crawler
    robots: str | None = None  # a note for people; the crawler follows the live robots.txt
    every: Duration | None = None
    candidates: Literal["all", "mentions"] = "all"  # "mentions": only candidates whose title names the topic
    max_pages: int | None = Field(default=None, ge=1)
    unconfirmed: bool = False  # no recent public evidence that one of its sources answers; it is asked last
    enabled: bool = True
    note: str | None = None  # why it is disabled, or another remark for the operator

    @model_validator(mode="after")
    def _check_sources(self) -> Outlet:
        if bool(self.mailbox) != bool(self.mailbox_senders):
            raise ValueError(
                "mailbox and mailbox_senders belong together; "
                'write mailbox = "env:IMAP_…" and mailbox_senders = ["news@example.org"]'
            )
        if self.enabled and not self.sources:
            raise ValueError('no feeds, sitemaps, listings or indexes; add feeds = ["https://…"] or enabled = false')
        return self

    @property
    def sources(self) -> tuple[Source, ...]:
        """All sources, in the order in which they are read."""
        return (
            *(Source(url=url, kind="feed") for url in self.feeds),
            *(Source(url=url, kind="sitemap") for url in self.sitemaps),
            *(Source(url=index.url, kind="index", index=index) for index in self.indexes),
            *(Source(url=url, kind="listing") for url in self.listings),
            *([Source(url=f"mailbox:{self.id}", kind="mailbox")] if self.mailbox else []),
        )

    @property
    def requested_sources(self) -> tuple[Source, ...]:
        """The sources that are requested by HTTP: all but a mailbox."""
        return tuple(source for source in self.sources if source.kind != "mailbox")

    @property
    def interval(self) -> dt.timedelta:
        """The time between two crawls of this outlet."""
        return self.every or DEFAULT_INTERVALS[self.kind]

    @property
    def profile(self) -> OutletProfile:
        """The part of the outlet that the analysis of its pages uses."""
        return OutletProfile(
            id=self.id,
            name=self.name,
            home=self.home,
            country=self.country,
            languages=self.languages,
            kind=self.kind,
        )
