"""Gather what a desk has of the articles asked for: their records in news.db, their captures in the archive."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from crawler.config.desk import Desk
from crawler.operations.apply_marks import parse_address
from crawler.operations.evidence.evidence_form import MAX_ARTICLES, EvidenceError
from db.connection import explain_errors, open_news
from db.i18n.concept_names import choose_concept_name
from db.model.article import Place
from db.model.times import read_stamp
from db.news.ledgers.article_record import ArticleRecord, one_state, read_article_record
from db.news.page_lookup import find_article, find_rejection, read_mentions
from pipelines.archive.captures import Capture, find_captures, read_capture
from pipelines.archive.warc_files import Archive, ArchiveError

# A page is stored some seconds after it was fetched; it is fetched again after an hour at the earliest, by default.
_LONGEST_ANALYSIS = dt.timedelta(minutes=50)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredArticle:
    """An article, its captures in the order of fetching, and which of them each version was read from."""

    record: ArticleRecord
    keywords: tuple[str, ...]
    captures: tuple[Capture, ...]
    sources: tuple[Capture | None, ...]  # one for each version, None if the archive does not hold it


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What goes into a pack. `as_of`: the newest moment in the records, so that the same state makes the same pack."""

    desk: Desk
    articles: tuple[GatheredArticle, ...]
    as_of: str


def gather_evidence(desk: Desk, addresses: Sequence[str]) -> Evidence:
    """Return what the desk has of the articles at these addresses, in this order, each once.

    Raises EvidenceError if one of them is no article of the desk, StoreError if news.db can't be read.
    """
    news = open_news(desk.news_db, readonly=True)
    try:
        with explain_errors(desk.news_db), one_state(news):
            records = [(record, _list_keywords(news, record)) for record in _read_records(news, addresses)]
    finally:
        news.conn.close()
    captures = _find_captures(desk, [record for record, _ in records])
    articles = tuple(
        GatheredArticle(record=record, keywords=keywords, captures=found, sources=_match_versions(record, found))
        for (record, keywords), found in zip(records, captures, strict=True)
    )
    moments = [record.row["last_seen"] for record, _ in records]
    moments += [version["since"] for record, _ in records for version in record.versions]
    return Evidence(desk=desk, articles=articles, as_of=max(moments))


def _read_records(news: Database, addresses: Sequence[str]) -> Iterator[ArticleRecord]:
    rows, unknown = {}, []
    for address in addresses:
        url, key = parse_address(address)
        if row := find_article(news, key):
            rows[row["id"]] = row
        elif rejection := find_rejection(news, key):
            unknown.append(f"{url} (rejected: {rejection['reason']})")
        else:
            unknown.append(url)
    if unknown:
        raise EvidenceError(
            f"{', '.join(unknown)}: there is no article of that address, so no pack was written; "
            f"`vigia why {unknown[0].partition(' ')[0]}` says what became of it"
        )
    if len(rows) > MAX_ARTICLES:
        raise EvidenceError(f"{len(rows):,} articles: a pack holds at most {MAX_ARTICLES:,}; make several")
    for row in rows.values():
        yield read_article_record(news, row)


def _list_keywords(news: Database, record: ArticleRecord) -> tuple[str, ...]:
    names = [choose_concept_name(mention["names"], "en") for mention in read_mentions(news, record.row["id"])]
    return tuple(name for name in names if name)


def _find_captures(desk: Desk, records: Sequence[ArticleRecord]) -> list[tuple[Capture, ...]]:
    """Return the captures of each article, of the days on which a version appeared or its page was last read."""
    archive = Archive(desk.archive)
    # Its own address comes first; another article may have been led to by the same one.
    owners = {key: number for number, record in enumerate(records) for key in record.keys}
    owners |= {record.keys[0]: number for number, record in enumerate(records)}
    found: list[dict[Place, Capture]] = [{} for _ in records]
    days: set[dt.date] = set()
    for number, record in enumerate(records):
        if place := _place_of(record):
            with contextlib.suppress(ArchiveError):  # the place names no file of this archive
                # The file may have been lost and begun anew, with another page at this place.
                if (capture := read_capture(archive, place)) and owners.get(capture.key) == number:
                    found[number][place] = capture
                    days.add(capture.fetched_at.date())
        for moment in (*(version["since"] for version in record.versions), record.row["last_seen"]):
            days |= {read_stamp(moment).date(), (read_stamp(moment) - _LONGEST_ANALYSIS).date()}
    for capture in find_captures(archive, days, owners.keys()):
        found[owners[capture.key]][capture.place] = capture
    return [tuple(sorted(one.values(), key=_order)) for one in found]


def _order(capture: Capture) -> tuple[dt.datetime, str, int]:
    return capture.fetched_at, capture.place.file, capture.place.offset


def _match_versions(record: ArticleRecord, captures: Sequence[Capture]) -> tuple[Capture | None, ...]:
    """Return the capture that each version was read from: the last one that was fetched before the version was stored.

    A capture from before the version before it, or from long before, is another one.
    """
    begins = [read_stamp(version["since"]) for version in record.versions]
    found: list[Capture | None] = []
    for before, since in itertools.pairwise([dt.datetime.min.replace(tzinfo=dt.UTC), *begins]):
        earliest = max(before, since - _LONGEST_ANALYSIS)
        # `since` has whole seconds, and a page is fetched before it is stored.
        near = [one for one in captures if earliest <= one.fetched_at < since + dt.timedelta(seconds=1)]
        found.append(near[-1] if near else None)
    if found[-1] is None and (place := _place_of(record)):  # the latest reading shows the latest version
        found[-1] = next((one for one in captures if one.place == place), None)
    return tuple(found)


def _place_of(record: ArticleRecord) -> Place | None:
    row = record.row
    if row["archive_file"] is None or row["archive_offset"] is None:
        return None
    return Place(file=row["archive_file"], offset=row["archive_offset"])
