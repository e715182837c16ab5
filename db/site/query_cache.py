"""What several pages of one choice ask alike: kept for a minute, and only as long as nothing new was read."""

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

MAX_AGE_SECONDS = 60.0  # seconds
MAX_CACHED_QUERIES = 64  # answers

_starts: WeakKeyDictionary[Datasette, tuple[str, int]] = WeakKeyDictionary()
_answers: WeakKeyDictionary[Datasette, OrderedDict[Hashable, tuple[float, list[Row]]]] = WeakKeyDictionary()


async def read_cached(context: PageContext, name: str, choice: SearchFilters, query: Statement) -> list[Row] | None:
    """The rows of a query called `name` that is the same for every page of the choice; None when it took too long."""
    newest = (await context.rows(articles.NEWEST_ID))[0]
    # Its period begins another second each time, and what was found of a beginning follows from the rest.
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
    """An id after which lies all that was published since a moment; None when that took too long.

    That of the moment's day does for all of the day, whatever is read meanwhile: what comes has a larger id.
    """
    day = since[:10]
    if (known := _starts.get(context.datasette)) and known[0] == day:
        return known[1]
    rows = await context.rows_or_none(articles.start(since=day))
    if not rows or rows[0]["id"] == WHOLE["upto"]:  # nothing yet: what comes would be missed
        return None
    _starts[context.datasette] = (day, rows[0]["id"])
    return int(rows[0]["id"])


def clear_cache() -> None:
    """Keep nothing of the choices that were asked so far."""
    _answers.clear()
