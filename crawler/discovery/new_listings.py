"""Decide what is new in a source: pages, and child sitemaps to read. Pure.

An outlet's own dates are a hint, never the verdict: a `lastmod` may stand still for years, and a page may enter a list
days after its date. New is what a source did not list before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence

from crawler.discovery.candidates import DATE_TOLERANCE, Candidate
from db.model.child_state import ChildState

MAX_CHILDREN = 20  # child sitemaps that one crawl reads of an index
MAX_CHILDREN_FIRST_READ = 3  # of them at an index's first reading whose newest pages are taken
NEWEST_CHILDREN = 3  # that every crawl reads, however long they have listed nothing new
MIN_DUE_CHILDREN = 5  # that one crawl reads although the index does not say that they have changed
QUIET_SHARE = 4  # a child sitemap that listed nothing new for four days is read once a day
MAX_CHILD_REST = dt.timedelta(days=1)


def select_new(
    unknown: Sequence[Candidate],
    *,
    since: dt.datetime | None,
    limit: int,
    is_first: bool,
    was_read: bool,
) -> list[Candidate]:
    """Select the pages of a source to fetch; the others are its past.

    unknown: pages that are neither stored nor passed over, newest first.
    since: when the source, or the index that names it, was last read; None if never.
    is_first: whether nothing is known of what it listed before. Then only pages with a date after `since` are new, or
    the newest up to `limit` if there is no such time. `was_read`: it was read when that was not yet recorded, so that
    its undated pages are new as well.
    limit: of the pages that are not dated after `since`.
    """
    if since is None:
        return list(unknown[:limit])
    floor = since - DATE_TOLERANCE
    recent, others = [], []
    for candidate in unknown:
        dates = [date for date in (candidate.published, candidate.modified) if date is not None]
        if dates and max(dates) >= floor:
            recent.append(candidate)
        elif not is_first or (was_read and not dates):
            others.append(candidate)
    return recent + others[:limit]


def choose_children(
    named: Mapping[str, dt.datetime | None],
    states: Iterable[ChildState],
    *,
    new: Collection[str],
    since: dt.datetime | None,
    now: dt.datetime,
) -> list[str]:
    """Choose the child sitemaps that this crawl reads of an index, MAX_CHILDREN at most.

    named: the child sitemaps that the index names, newest first, with the date that it states of each.
    These are read: the `new` ones, which the index did not name before; the newest; those that changed after `since`,
    by the index's word, as far as there is room; and of all others those that are due, the longest unread first.
    """
    known = {state.url: state for state in states}
    floor = since and since - DATE_TOLERANCE
    first: dict[str, None] = dict.fromkeys(url for url in named if url in new)
    first |= dict.fromkeys(list(named)[:NEWEST_CHILDREN])
    first |= dict.fromkeys(url for url, date in named.items() if date and floor and date >= floor)
    front = list(first)[: MAX_CHILDREN - MIN_DUE_CHILDREN]
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    due = [
        ((known[url].fetched_at if url in known else None) or never, url)
        for url in named
        if url not in front and (url in first or is_child_due(known.get(url), now=now))
    ]
    due.sort(key=lambda entry: entry[0])
    return [*front, *(url for _, url in due[: MAX_CHILDREN - len(front)])]


def is_child_due(state: ChildState | None, *, now: dt.datetime) -> bool:
    """Return True if a child sitemap should be read again: the longer it has listed nothing new, the more rarely."""
    if state is None or state.fetched_at is None or state.grew_at is None:
        return True
    rest = min((state.fetched_at - state.grew_at) / QUIET_SHARE, MAX_CHILD_REST)
    return now - state.fetched_at >= rest
