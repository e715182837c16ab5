"""When a host or a page is asked again. Pure."""

from __future__ import annotations

import datetime as dt
import email.utils

FIRST_WAIT = dt.timedelta(minutes=5)


LONGEST_GUESS = dt.timedelta(hours=1)  # where the host did not say for how long; perhaps our own network was down


LONGEST_WAIT = dt.timedelta(days=1)


def retry_after(value: str | None, *, now: dt.datetime) -> dt.timedelta | None:
    """Read Retry-After (RFC 9110, 10.2.3): seconds or a date; None if there is none or it can't be read."""
    if not value:
        return None
    if value.strip().isdecimal():
        return dt.timedelta(seconds=min(int(value.strip()[:9]), LONGEST_WAIT.total_seconds()))
    try:
        until = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
    return max(until - now, dt.timedelta(0))


def wait_for(asked: dt.timedelta | None, *, failures: int) -> dt.timedelta:
    """How long to leave a host in peace: what it asked up to a day, else doubling from five minutes to an hour."""
    if asked is not None:
        return min(max(asked, dt.timedelta(seconds=1)), LONGEST_WAIT)
    guess: dt.timedelta = min(FIRST_WAIT * 2 ** min(failures, 9), LONGEST_GUESS)
    return guess


FIRST_RETRY = dt.timedelta(minutes=10)


LONGEST_RETRY = dt.timedelta(days=1)


def retry_at(attempts: int, *, now: dt.datetime) -> dt.datetime:
    """When to try a page again: ten minutes, then twice as long each time, a day at the most."""
    wait: dt.timedelta = min(FIRST_RETRY * 2 ** min(attempts, 10), LONGEST_RETRY)
    return now + wait
