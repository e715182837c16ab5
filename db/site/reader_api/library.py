"""Gather what a reader's apps see, and write what they mark, in the two databases of a desk."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from db.connection import explain_errors, open_desk, open_news
from db.desk import alerts
from db.desk.analysts.reader_subscriptions import list_subscriptions_of
from db.desk.analysts.reading_states import MAX_STARS, load_reading_states, save_read, save_stars
from db.i18n.languages import Language
from db.news.outlets import OutletRow
from db.site.analysts.reader import AnalystDesk, Reader
from db.site.reader_api.item_rows import (
    MAX_LISTED_ITEMS,
    ItemRow,
    ListedItem,
    list_items_by_key,
    list_last_items,
    list_outlet_rows,
    read_item_keys,
    read_item_rows,
)
from db.site.reader_api.streams import ApiError, ItemLabel, Library, Stream, StreamRequest, select_items
from db.site.subscriptions.alert_desk import AlertDesk
from db.site.wording import SiteWording
from db.text.sanitise import one_line

MAX_LABEL_CHARACTERS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class AppReader:
    """Whose app asks, and the language of its labels."""

    reader: Reader
    language: Language


class ReaderLibraries:
    """The libraries of a desk's readers. `alert_desk`: None where there are no subscriptions. Raises StoreError.

    The list of the last articles is the same for all; it is kept until there is a newer one.
    """

    def __init__(self, desk: AnalystDesk, *, alert_desk: AlertDesk | None) -> None:
        self.desk = desk
        self.alert_desk = alert_desk
        self._last_items: list[ListedItem] = []

    def load(self, who: AppReader) -> tuple[Library, list[OutletRow]]:
        """Return a reader's library and all outlets."""
        with self._open() as (news, private):
            outlets = list_outlet_rows(news)
            return self._gather(news, private, who, outlets), outlets

    def read_items(self, ids: Sequence[int]) -> dict[int, ItemRow]:
        """Return the rows of items by id."""
        with self._open_news() as news:
            return read_item_rows(news, ids)

    def mark(
        self, who: AppReader, ids: Sequence[int], *, read: bool | None, starred: bool | None, now: dt.datetime
    ) -> None:
        """Mark items as read or unread, starred or not; None changes nothing. Raises ApiError for too many stars."""
        with self._open_news() as news:
            listed = [item.id for item in self._list_last(news)]
            keys = read_item_keys(news, ids) if starred is not None else []
        with self._open_desk() as private, private.atomic():
            if starred is not None and not save_stars(private, who.reader.id, keys, is_starred=starred, now=now):
                raise ApiError(403, f"There can be {MAX_STARS} starred articles; take some stars away first.")
            if read is not None:
                known = frozenset(listed)
                save_read(private, who.reader.id, [id_ for id_ in ids if id_ in known], is_read=read, listed=listed)

    def mark_all(self, who: AppReader, stream: Stream, *, until: str) -> None:
        """Mark the items of a stream that came up to a moment ("" for all) as read."""
        library, _ = self.load(who)
        request = StreamRequest(stream=stream, excluding=(Stream("read"),), until=until, count=len(library.items))
        found, _ = select_items(library, request)
        listed = [item.id for item in library.items[: library.last_items]]
        with self._open_desk() as private:
            save_read(private, who.reader.id, [item.id for item in found], is_read=True, listed=listed)

    def _list_last(self, news: Database) -> Sequence[ListedItem]:
        kept, newest = self._last_items, list_last_items(news, limit=1)
        if kept[:1] != newest:
            kept = self._last_items = list_last_items(news)
        return kept

    def _gather(self, news: Database, private: Database, who: AppReader, outlets: Sequence[OutletRow]) -> Library:
        states = load_reading_states(private, who.reader.id)
        items = self._list_last(news)
        starred = list_items_by_key(news, states.starred_keys)
        first = items[-1].id if items else 0
        older = sorted((item for item in starred if item.id < first), reverse=True)
        return Library(
            items=[*items, *older],
            last_items=len(items),
            states=states,
            starred=frozenset(item.id for item in starred),
            labels=self._label(private, who, outlets, first=first),
        )

    def _label(
        self, private: Database, who: AppReader, outlets: Sequence[OutletRow], *, first: int
    ) -> dict[str, ItemLabel]:
        """Return a label for each country that has outlets, and for each of the reader's subscriptions."""
        wording = SiteWording(who.language)
        by_country: dict[str, set[str]] = {}
        for outlet in outlets:
            if outlet["country"]:
                by_country.setdefault(outlet["country"], set()).add(outlet["id"])
        labels = {wording.country_name(code): ItemLabel(outlets=frozenset(ids)) for code, ids in by_country.items()}
        for id_, name in self._list_subscriptions(private, who.reader):
            found = alerts.list_alerted_ids(private, id_, first=first, limit=MAX_LISTED_ITEMS)
            text = make_label(wording("apps.alert_label", name=name))
            number = 2
            while text in labels:
                text, number = make_label(wording("apps.alert_label", name=name), number), number + 1
            labels[text] = ItemLabel(articles=found, is_folder=False)
        return labels

    def _list_subscriptions(self, private: Database, reader: Reader) -> list[tuple[str, str]]:
        """Return id and name of the reader's subscriptions, and of those in vigia.toml by which they get messages."""
        if self.alert_desk is None:
            return []
        own = [(one.id, one.settings.name) for one in list_subscriptions_of(private, reader.id) if not one.deleted_at]
        return [*reversed(own), *((one.id, one.name) for one in self.alert_desk.list_configured(reader))]

    @contextlib.contextmanager
    def _open(self) -> Iterator[tuple[Database, Database]]:
        with self._open_news() as news, self._open_desk(readonly=True) as private:
            yield news, private

    @contextlib.contextmanager
    def _open_news(self) -> Iterator[Database]:
        path = self.desk.news_db
        with contextlib.closing(open_news(path, readonly=True)) as news, explain_errors(path):
            yield news

    @contextlib.contextmanager
    def _open_desk(self, *, readonly: bool = False) -> Iterator[Database]:
        path = self.desk.desk_db
        with contextlib.closing(open_desk(path, readonly=readonly)) as private, explain_errors(path):
            yield private


def make_label(text: str, number: int = 1) -> str:
    """Return a label's text: one line without slashes, which part the ids of streams, and a number from 2 on."""
    plain = one_line(text.replace("/", "-"), MAX_LABEL_CHARACTERS)
    return plain if number == 1 else f"{plain} ({number})"
