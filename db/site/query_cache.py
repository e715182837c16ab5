"""60-second cache of facet counts, charts and comparisons, dropped when an article is added or a crawl begins."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import replace
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from datasette.app import Datasette

from db.search.counts import select_first_id
from db.search.plan import ALL_IDS, Plan
from db.search.statement import RowStatement, RowT
from db.site.page_context import PageContext
from db.site.queries import articles

MAX_AGE_SECONDS = 60.0
SLOW_MAX_AGE_SECONDS = 3_600.0
MAX_CACHED_QUERIES = 64  # queries cached for one Datasette; the oldest are dropped

ComputedT = TypeVar("ComputedT")

_starts: WeakKeyDictionary[Datasette, tuple[str, int]] = WeakKeyDictionary()
_answers: WeakKeyDictionary[Datasette, OrderedDict[Hashable, tuple[float, object]]] = WeakKeyDictionary()
_slow_answers: WeakKeyDictionary[Datasette, OrderedDict[Hashable, tuple[float, object]]] = WeakKeyDictionary()
_locks: WeakKeyDictionary[Datasette, asyncio.Lock] = WeakKeyDictionary()


async def read_cached(context: PageContext, name: str, plan: Plan, statement: RowStatement[RowT]) -> list[RowT] | None:
    """Return the rows of a statement from the cache, else from the database; None if it takes too long.

    `name` tells statements of the same filters apart. The pages of one result share its rows.
    """
    # `since` changes every second, and `found` follows from the other filters: both are left out of the cache key.
    filters = replace(plan.filters, before=None, sort="time", since=plan.filters.since[:15])
    same = replace(plan, filters=filters, found="")
    key = (name, same, context.utc_offset_minutes)
    return await compute_cached(context, key, lambda: context.read_or_none(statement))


async def compute_cached(
    context: PageContext, key: Hashable, compute: Callable[[], Awaitable[ComputedT | None]]
) -> ComputedT | None:
    """Return what `compute` gives from the cache, else compute it; None, which it gives for too slow, is not kept."""
    newest = (await context.read(articles.NEWEST_ID))[0]
    key = (key, *newest.values())
    answers = _answers.setdefault(context.datasette, OrderedDict())
    if key in answers and time.monotonic() - answers[key][0] < MAX_AGE_SECONDS:
        return cast("ComputedT", answers[key][1])
    found = await compute()
    if found is not None:
        answers[key] = (time.monotonic(), found)
        answers.move_to_end(key)
        while len(answers) > MAX_CACHED_QUERIES:
            answers.popitem(last=False)
    return found


async def compute_hourly(context: PageContext, key: Hashable, compute: Callable[[], Awaitable[ComputedT]]) -> ComputedT:
    """Return what `compute` gave within the last hour, whatever was added since; else compute it, one at a time.

    For what takes a good part of a second of the processor. Who asks for the same meanwhile gets the same.
    """
    answers = _slow_answers.setdefault(context.datasette, OrderedDict())

    def is_known() -> bool:
        return key in answers and time.monotonic() - answers[key][0] < SLOW_MAX_AGE_SECONDS

    if is_known():
        return cast("ComputedT", answers[key][1])
    async with _locks.setdefault(context.datasette, asyncio.Lock()):
        if is_known():  # another request has computed it meanwhile
            return cast("ComputedT", answers[key][1])
        found = await compute()
        answers[key] = (time.monotonic(), found)
        answers.move_to_end(key)
        while len(answers) > MAX_CACHED_QUERIES:
            answers.popitem(last=False)
    return found


async def read_start_id(context: PageContext, since: str) -> int | None:
    """Return an id below all articles published since a moment; None if that takes too long.

    The id of a day is valid for the whole day, because articles that are added later have larger ids.
    """
    day = since[:10]
    if (known := _starts.get(context.datasette)) and known[0] == day:
        return known[1]
    rows = await context.read_or_none(select_first_id(since=day))
    if not rows or rows[0]["id"] == ALL_IDS["upto"]:  # no article since: a cached answer would miss the next
        return None
    _starts[context.datasette] = (day, rows[0]["id"])
    return int(rows[0]["id"])


def clear_cache() -> None:
    """Drop all cached rows."""
    _answers.clear()
    _slow_answers.clear()
