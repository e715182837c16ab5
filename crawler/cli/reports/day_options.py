"""The options --since and --until of commands that choose articles by their day."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import click

from crawler.config.desk import Desk
from db.model.day_span import DayBounds, bound_days, read_day

DAY = click.DateTime(["%Y-%m-%d"])


def read_day_options(since: dt.datetime | None, until: dt.datetime | None, desk: Desk) -> DayBounds:
    """Return the days that the options name, in the desk's time zone. Raises UsageError if they are none."""
    for option, moment in (("--since", since), ("--until", until)):
        if moment and read_day(f"{moment:%Y-%m-%d}") is None:
            raise click.UsageError(f"{option} {moment:%Y-%m-%d}: no article is of that year")
    if since and until and until < since:
        raise click.UsageError(f"--until {until:%Y-%m-%d} lies before --since {since:%Y-%m-%d}")
    return bound_days(since and since.date(), until and until.date(), zoneinfo.ZoneInfo(desk.desk.timezone))
