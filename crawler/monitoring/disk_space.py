"""Decide whether the disk of a desk is nearly full. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

MIN_FREE_BYTES = 500_000_000
MIN_FREE_SHARE = 0.02  # of the disk, up to ENOUGH_FREE_BYTES
ENOUGH_FREE_BYTES = 10_000_000_000
MIN_DAYS_LEFT = 14
GROWTH_DAYS = 7


def daily_growth(sizes: Mapping[dt.date, int], *, today: dt.date) -> float:
    """Return the archive's growth in bytes per day over the last week. Pure.

    Today and days without files are left out.
    """
    days = [size for day, size in sizes.items() if dt.timedelta(0) < today - day <= dt.timedelta(days=GROWTH_DAYS)]
    return sum(days) / len(days) if days else 0.0


def is_disk_nearly_full(free: int, *, total: int, growth: float) -> bool:
    """Return True if too little disk space is free. Pure.

    The limits are in bytes, as a share of the disk, and MIN_DAYS_LEFT at the current growth.
    """
    return free < max(MIN_FREE_BYTES, min(MIN_FREE_SHARE * total, ENOUGH_FREE_BYTES)) or free < MIN_DAYS_LEFT * growth
