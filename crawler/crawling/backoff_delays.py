"""Decide when a host, a page or an outlet is requested again after a failure. Pure.

One rule: the wait doubles with each failure in a row, from `first` to `longest`.

| asked again | first wait     | longest wait          | counted                                     |
|-------------|----------------|-----------------------|---------------------------------------------|
| host        | 5 minutes      | 1 hour                | answers 429 and 503, unreadable robots.txt  |
| page        | 10 minutes     | 1 day                 | attempts to fetch it                        |
| outlet      | its interval   | 1 day or its interval | crawls in which no source answered          |
| source      | 1 hour         | 1 day                 | readings that were ended, see source_jobs   |

A Retry-After header replaces a host's wait; at most a day of it is obeyed.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import random
from collections.abc import Callable
from dataclasses import dataclass

MAX_RETRY_AFTER = dt.timedelta(days=1)
MAX_DOUBLINGS = 8  # an outlet that is crawled every minute waits four hours at most
OUTLET_JITTER = 0.1  # share of an outlet's wait, added or taken off, so that outlets do not all fall due at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """A wait that doubles with each failure in a row."""

    first: dt.timedelta
    longest: dt.timedelta

    def wait(self, failures: int) -> dt.timedelta:
        """Return the wait after that many earlier failures in a row."""
        wait: dt.timedelta = min(self.first * 2 ** min(failures, MAX_DOUBLINGS), self.longest)
        return wait


# An hour at most for a host that did not say how long: perhaps our own network was down.
HOST_BACKOFF = Backoff(first=dt.timedelta(minutes=5), longest=dt.timedelta(hours=1))
SOURCE_BACKOFF = Backoff(first=dt.timedelta(hours=1), longest=dt.timedelta(days=1))
PAGE_BACKOFF = Backoff(first=dt.timedelta(minutes=10), longest=dt.timedelta(days=1))


def outlet_backoff(interval: dt.timedelta) -> Backoff:
    """Return the waits of an outlet that is crawled at this interval."""
    return Backoff(first=interval, longest=max(dt.timedelta(days=1), interval))


def parse_retry_after(value: str | None, *, now: dt.datetime) -> dt.timedelta | None:
    """Read Retry-After (RFC 9110, 10.2.3): seconds or a date; None if unreadable."""
    if not value:
        return None
    if value.strip().isdecimal():
        return dt.timedelta(seconds=min(int(value.strip()[:9]), MAX_RETRY_AFTER.total_seconds()))
    try:
        until = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
    return max(until - now, dt.timedelta(0))


def get_host_wait(retry_after: dt.timedelta | None, *, failures: int) -> dt.timedelta:
    """Return how long a host is in back-off.

    That is its Retry-After, from a second to a day, or else the doubled wait.
    """
    if retry_after is not None:
        return min(max(retry_after, dt.timedelta(seconds=1)), MAX_RETRY_AFTER)
    return HOST_BACKOFF.wait(failures)


def get_page_retry(attempts: int, *, now: dt.datetime) -> dt.datetime:
    """Return when a page is fetched again after that many earlier attempts."""
    return now + PAGE_BACKOFF.wait(attempts)


def get_source_retry(failing_since: dt.datetime, *, failures: int) -> dt.datetime:
    """Return when a source is read again whose reading was ended that often since then."""
    waits = (SOURCE_BACKOFF.wait(earlier) for earlier in range(min(failures, MAX_DOUBLINGS)))
    return failing_since + sum(waits, dt.timedelta())


def get_next_crawl(
    now: dt.datetime, interval: dt.timedelta, *, failures: int = 0, chance: Callable[[], float] = random.random
) -> dt.datetime:
    """Return when an outlet is crawled again, give or take a tenth of its wait."""
    return now + outlet_backoff(interval).wait(failures) * (1 + OUTLET_JITTER * (2 * chance() - 1))
