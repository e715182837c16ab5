"""60-second cache of facet counts and charts, dropped when an article is added."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace
from weakref import WeakKeyDictionary

from datasette.app import Datasette

from db.search.filters import WHOLE
from db.site.page_context import PageContext, Row
from db.site.queries import articles
from db.site.queries.articles import SearchFilters, Statement

MAX_AGE_SECONDS = 60.0
MAX_CACHED_QUERIES = 64  # of one Datasette; the oldest are dropped

_starts: WeakKeyDictionary[Datasette, tuple[str, int]] = WeakKeyDictionary()
_answers: WeakKeyDictionary[Datasette, OrderedDict[Hashable, tuple[float, list[Row]]]] = WeakKeyDictionary()


async def read_cached(context: PageContext, name: str, choice: SearchFilters, query: Statement) -> list[Row] | None:
    """Return the rows of a query from the cache, else from the database; None if it takes too long.

    `name` tells queries of the same filters apart. The pages of one result share its rows.
    """
    newest = (await context.rows(articles.NEWEST_ID))[0]
    # `since` moves with each second, and `found` follows from the other filters: neither makes another query.
    same = replace(choice, before=None, sort="time", since=choice.since[:15], found="")
    key = (name, same, context.ahead, *newest.values())
    answers = _answers.setdefault(context.datasette, OrderedDict())
    if key in answers and time.monotonic() - answers[key][0] < MAX_AGE_SECONDS:
        return answers[key][1]
    rows = await context.rows_or_none(query)
    if rows is not None:
        answers[key] = (time.monotonic(), rows)
        answers.move_to_end(key)
        while len(answers) > MAX_CACHED_QUERIES:
            answers.popitem(last=False)
    return rows


async def read_start_id(context: PageContext, since: str) -> int | None:
    """Return an id after which lies all that was published since a moment; None if that takes too long.

    That of the moment's day does for all of the day, whatever is read meanwhile: what comes has a larger id.
    """
    day = since[:10]
    if (known := _starts.get(context.datasette)) and known[0] == day:
        return known[1]
    rows = await context.rows_or_none(articles.start(since=day))
    if not rows or rows[0]["id"] == WHOLE["upto"]:  # no article since: a cached answer would miss the next
        return None
    _starts[context.datasette] = (day, rows[0]["id"])
    return int(rows[0]["id"])


def clear_cache() -> None:
    """Drop all cached rows."""
    _answers.clear()
