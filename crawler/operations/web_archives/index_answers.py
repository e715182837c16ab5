"""Read what the indexes of web archives answer. Pure; workers call it, for the answers come from outside.

The Wayback Machine answers one JSON array of rows, the first with the names of the fields, the last with a key to go on
with. Common Crawl answers one JSON object a line. Both are called CDX.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote_plus

from crawler import urls
from crawler.config.outlet import Outlet
from crawler.discovery.candidates import (
    DATE_TOLERANCE,
    EARLIEST_DATE,
    SourceContext,
    SourceEntry,
    collect_candidates,
    to_utc,
)
from crawler.discovery.listing_page import looks_like_article
from db.desk.imports.archived_captures import ArchivedCapture, WarcRange
from pipelines.analysis.metadata.date_parser import find_address_period

IndexForm = Literal["wayback", "commoncrawl"]

MAX_ROWS = 20_000  # of one answer that are read; both archives are asked for fewer
MAX_CRAWLS = 1_000
TIMESTAMP_FORM = "%Y%m%d%H%M%S"  # as archives write moments, in UTC
_MAX_FILE_CHARACTERS = 500
_PAGES = frozenset({"text/html", "application/xhtml+xml", "application/pdf", "application/x-pdf", "unk"})
_TIMESTAMP = re.compile(r"[12]\d{13}")
_FILE = re.compile(r"[A-Za-z0-9][\w=.-]*(?:/[A-Za-z0-9][\w=.-]*)*\.warc\.gz", re.ASCII)
_ENCODED = re.compile(r"[A-Za-z0-9+._*-]*+%[A-Za-z0-9%+._*-]*+")


class IndexAnswerError(Exception):
    """The answer is no index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The time of which articles are wanted; aware, from `since` to before `until`.

    is_closed: a user said until when. One that is not closed ends now, and is the same period tomorrow.
    """

    since: dt.datetime
    until: dt.datetime
    is_closed: bool = True

    @property
    def name(self) -> str:
        """The period as text, the same in each run."""
        return f"{self.since:%Y%m%d}-{self.until:%Y%m%d}" if self.is_closed else f"{self.since:%Y%m%d}-"

    def may_hold(self, url: str) -> bool:
        """Whether an article at this address may be of this time, by the day or month that the address names."""
        named = find_address_period(url)
        if named is None:
            return True
        return _midnight(named.last) >= self.since - 2 * DATE_TOLERANCE and _midnight(named.first) < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexAnswer:
    """One answer of an index: the earliest capture of each page that may be an article, and how many rows it had.

    bad: rows that could not be read. resume: what the next request says to go on; None at the end.
    """

    captures: tuple[ArchivedCapture, ...] = ()
    rows: int = 0
    bad: int = 0
    resume: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlIndex:
    """One crawl of Common Crawl: its id, the address of its index, and when it ran (None: not told)."""

    id: str
    address: str
    first: dt.datetime | None
    last: dt.datetime | None


@dataclass(frozen=True, slots=True)
class _Row:
    url: str
    captured: dt.datetime
    warc: WarcRange | None = None


def read_index_answer(body: bytes, *, form: IndexForm, outlet: Outlet, period: Period, now: dt.datetime) -> IndexAnswer:
    """Read the rows of an answer, and keep those whose address may be an article of the outlet.

    Raises IndexAnswerError if it is no answer of such an index.
    """
    resume = None
    if form == "wayback":
        written, resume = _split_wayback(body)
    else:
        written = _split_lines(body)
    rows: list[_Row] = []
    bad = 0
    for fields in written[:MAX_ROWS]:
        row = _read_row(fields, form=form, now=now)
        bad += row is None
        if row is not None and _is_page(fields) and period.since <= row.captured < period.until:
            rows.append(row)
    captures = _choose_captures(rows, outlet=outlet, period=period, now=now)
    return IndexAnswer(captures=captures, rows=len(written[:MAX_ROWS]), bad=bad, resume=resume)


def _split_wayback(body: bytes) -> tuple[list[Mapping[str, Any]], str | None]:
    if not body.strip():
        return [], None
    rows = _load(body)
    if not isinstance(rows, list):
        raise IndexAnswerError
    resume = None
    if len(rows) > 1 and rows[-2] == [] and isinstance(rows[-1], list) and len(rows[-1]) == 1:
        key = rows[-1][0]
        if not isinstance(key, str) or not key or len(key) > urls.MAX_URL_LENGTH * 3:
            raise IndexAnswerError
        resume = unquote_plus(key) if _ENCODED.fullmatch(key) else key
        rows = rows[:-2]
    if not rows:
        return [], resume
    names = rows[0]
    if not isinstance(names, list) or not {"timestamp", "original"} <= {
        name for name in names if isinstance(name, str)
    }:
        raise IndexAnswerError
    return [
        dict(zip(names, row, strict=True)) if isinstance(row, list) and len(row) == len(names) else {}
        for row in rows[1:]
    ], resume


def _split_lines(body: bytes) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for line in body.splitlines()[: MAX_ROWS + 1]:
        if not line.strip():
            continue
        try:
            row = _load(line)
        except IndexAnswerError:
            row = None
        found.append(row if isinstance(row, dict) else {})
    if found and not any(found):
        raise IndexAnswerError
    return found


def _load(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise IndexAnswerError from error


def _read_row(fields: Mapping[str, Any], *, form: IndexForm, now: dt.datetime) -> _Row | None:
    """Return what a row says, None if it can't be read."""
    url = fields.get("original" if form == "wayback" else "url")
    captured = read_timestamp(fields.get("timestamp"))
    if not isinstance(url, str) or len(url) > urls.MAX_URL_LENGTH or captured is None:
        return None
    if not EARLIEST_DATE <= captured <= now + DATE_TOLERANCE:
        return None
    if form == "wayback":
        return _Row(url, captured)
    file, numbers = fields.get("filename"), [str(fields.get(name, "")) for name in ("offset", "length")]
    if not isinstance(file, str) or len(file) > _MAX_FILE_CHARACTERS or not _FILE.fullmatch(file):
        return None
    if not all(re.fullmatch(r"\d{1,13}", number, re.ASCII) for number in numbers) or int(numbers[1]) == 0:
        return None
    return _Row(url, captured, WarcRange(file=file, offset=int(numbers[0]), length=int(numbers[1])))


def _is_page(fields: Mapping[str, Any]) -> bool:
    """Whether a row is of a whole page, HTML or PDF. Old indexes tell neither status nor format: then it may be."""
    formats = {str(fields[name]) for name in ("mimetype", "mime", "mime-detected") if fields.get(name)}
    status = fields.get("statuscode", fields.get("status")) or "200"
    return str(status) == "200" and not fields.get("truncated") and (not formats or bool(formats & _PAGES))


def _choose_captures(
    rows: list[_Row], *, outlet: Outlet, period: Period, now: dt.datetime
) -> tuple[ArchivedCapture, ...]:
    """Return the earliest capture of each page; none from before the day that its address names."""
    context = SourceContext(url=outlet.home, outlet=outlet, since=None, now=now)
    entries = (SourceEntry(link=row.url) for row in rows)
    found = collect_candidates(entries, context, pattern=outlet.article_pattern).candidates
    pages = {
        one.key: one.url
        for one in found
        if (outlet.article_pattern or looks_like_article(one.url)) and period.may_hold(one.url)
    }
    chosen: dict[str, ArchivedCapture] = {}
    for row in sorted(rows, key=lambda one: one.captured):
        url = urls.canonicalize(row.url)
        page = urls.key(url) if url else ""
        if page not in pages or page in chosen:
            continue
        named = find_address_period(pages[page])
        if named is not None and row.captured < _midnight(named.first) - DATE_TOLERANCE:
            continue
        chosen[page] = ArchivedCapture(key=page, url=row.url, captured=row.captured, warc=row.warc)
    return tuple(chosen.values())


def read_page_count(body: bytes) -> int:
    """Return how many pages the answer to a query of Common Crawl has. Raises IndexAnswerError."""
    told = _load(body)
    pages = told.get("pages") if isinstance(told, dict) else told
    if not isinstance(pages, int) or isinstance(pages, bool) or pages < 0:
        raise IndexAnswerError
    return pages


def read_crawls(body: bytes) -> list[CrawlIndex]:
    """Return the crawls that Common Crawl lists (collinfo.json), the oldest first. Raises IndexAnswerError."""
    told = _load(body)
    if not isinstance(told, list):
        raise IndexAnswerError
    crawls = list(_read_crawls(told[:MAX_CRAWLS]))
    if not crawls:
        raise IndexAnswerError
    return sorted(crawls, key=lambda one: (one.first or EARLIEST_DATE, one.id))


def _read_crawls(told: list[Any]) -> Iterator[CrawlIndex]:
    for one in told:
        if not isinstance(one, dict):
            continue
        name, address = one.get("id"), one.get("cdx-api")
        if isinstance(name, str) and isinstance(address, str) and (url := urls.canonicalize(address)):
            yield CrawlIndex(
                id=name[:100], address=url, first=_read_moment(one.get("from")), last=_read_moment(one.get("to"))
            )


def _read_moment(text: object) -> dt.datetime | None:
    if not isinstance(text, str):
        return None
    try:
        return to_utc(dt.datetime.fromisoformat(text))
    except ValueError:
        return None


def read_timestamp(text: object) -> dt.datetime | None:
    """Return the moment of "20190603150000", as archives write it; None if it is none."""
    if not isinstance(text, str) or not _TIMESTAMP.fullmatch(text):
        return None
    try:
        return dt.datetime.strptime(text, TIMESTAMP_FORM).replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
