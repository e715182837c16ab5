"""Run queries for a page. A query over the time limit gives None, and the page leaves that part out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast
from weakref import WeakKeyDictionary

from datasette.app import Datasette
from datasette.database import QueryInterrupted
from datasette.utils.asgi import Request

from db.i18n.concept_names import ConceptNames, choose_concept_name, read_concept_names
from db.model.times import utc_now
from db.news.outlets import OutletRow
from db.search.plan import TooSlowError
from db.search.statement import Parameters, Row, RowsOf, RowStatement, RowT
from db.site import local_time
from db.site.queries import articles
from db.site.reader_language import wording_of
from db.site.wording import SiteWording

_clocks: WeakKeyDictionary[Datasette, Callable[[], dt.datetime]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownConcept:
    """A concept as pages show it. `name` is in the reader's language, else in another, else its id with spaces."""

    id: str
    name: str
    names: ConceptNames
    kind: str | None
    side: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """Data that every page needs: database, desk's name and zone, the current time, and the reader's wording."""

    datasette: Datasette
    database: str
    name: str
    zone: dt.tzinfo
    now: dt.datetime
    wording: SiteWording
    _outlets: dict[str, OutletRow] = field(default_factory=dict, init=False, repr=False, compare=False)
    _concepts: dict[str, ShownConcept] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def today(self) -> dt.date:
        """Today in the desk's time zone."""
        return self.now.astimezone(self.zone).date()

    @property
    def utc_offset_minutes(self) -> int:
        """Offset of the desk's time zone from UTC now, in minutes."""
        return round((self.now.astimezone(self.zone).utcoffset() or dt.timedelta()).total_seconds() / 60)

    def moment(self, text: str | None, precision: str | None = None) -> str:
        """Describe a stored moment in the reader's words and the desk's zone; of precision "day", the day alone."""
        return local_time.describe_moment(local_time.read_moment(text), precision, self.zone, self.wording)

    def day(self, text: str | None, precision: str | None) -> str:
        """Describe the day of a stored moment in the desk's zone; "" if there is none."""
        moment = local_time.read_moment(text)
        if moment is None:
            return ""
        return self.wording.date(local_time.day_of_article(moment, precision, self.zone), "medium")

    async def rows(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """Run any statement for db.search; `read` says what the rows are. Raises TooSlowError if it takes too long."""
        try:
            results = await self.datasette.get_database(self.database).execute(sql, parameters or {})
        except QueryInterrupted as error:
            raise TooSlowError(sql) from error
        return [dict(row) for row in results.rows]

    async def read(self, sql: RowsOf[RowT], parameters: Parameters | None = None) -> list[RowT]:
        """Return all rows of a statement, which must be bounded. Raises TooSlowError if it takes too long."""
        return cast("list[RowT]", await self.rows(sql, parameters))

    async def read_or_none(self, statement: RowStatement[RowT]) -> list[RowT] | None:
        """Return all rows of a statement, or None if it takes too long: for a part that a page may leave out."""
        try:
            return await self.read(*statement)
        except TooSlowError:
            return None

    async def read_by_id(self, sql: RowsOf[RowT], ids: list[int]) -> dict[int, list[RowT]]:
        """Return rows of the articles with these ids, grouped by the value of their first column."""
        found: dict[int, list[Row]] = {}
        for row in await self.rows(sql, {"ids": json.dumps(ids)}):
            found.setdefault(next(iter(row.values())), []).append(row)
        return cast("dict[int, list[RowT]]", found)

    async def outlets(self) -> dict[str, OutletRow]:
        """Return all outlets by id. A page reads them once."""
        if not self._outlets:
            self._outlets.update((row["id"], row) for row in await self.read(articles.OUTLETS))
        return self._outlets

    async def is_public_copy(self) -> bool:
        """Return True for a public copy, which has first sentences and no texts (db.public_copy)."""
        return bool(await self.datasette.get_database(self.database).table_exists("publication"))

    async def concepts(self) -> dict[str, ShownConcept]:
        """Return all concepts by id. A page reads them once."""
        if not self._concepts:
            self._concepts.update((row["id"], self._show_concept(row)) for row in await self.read(articles.CONCEPTS))
        return self._concepts

    def _show_concept(self, row: articles.ConceptRow) -> ShownConcept:
        names = read_concept_names(row["names"])
        name = choose_concept_name(names, self.wording.language) or row["id"].replace("-", " ")
        return ShownConcept(id=row["id"], name=name, names=names, kind=row["kind"], side=row["side"])


def set_page_clock(datasette: Datasette, now: Callable[[], dt.datetime]) -> None:
    """Let the pages of a Datasette take the current time from `now`, which returns aware moments."""
    _clocks[datasette] = now


def page_context(datasette: Datasette, request: Request | None = None) -> PageContext:
    """Make the context of a request, in its language; without a request in English.

    The desk's name and time zone are in Datasette's metadata under plugins, "vigia".
    """
    configured = datasette.plugin_config("vigia") or {}
    names = [name for name in datasette.databases if not name.startswith("_")]
    return PageContext(
        datasette=datasette,
        database="news" if "news" in names else names[0],
        name=str(configured.get("name") or "Vigía"),
        zone=local_time.load_zone(str(configured.get("timezone") or "UTC")),
        now=_clocks.get(datasette, utc_now)(),
        wording=wording_of(request),
    )


def parse_json_list(text: str | None) -> list[Any]:
    """Parse a JSON list; [] for anything else, which an older version or another program may have written."""
    try:
        value = json.loads(text or "[]")
    except ValueError:
        return []
    return value if isinstance(value, list) else []
