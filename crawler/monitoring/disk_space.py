"""Decide whether the disk of a desk is nearly full."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.archive.warc_files import Archive

MIN_FREE_BYTES = 500_000_000
MIN_FREE_SHARE = 0.02  # of the disk, up to ENOUGH_FREE_BYTES
ENOUGH_FREE_BYTES = 10_000_000_000
MIN_DAYS_LEFT = 14
GROWTH_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSpace:
    """The disk of a desk folder, in bytes, and the archive's growth in bytes a day."""

    free: int
    total: int
    growth: float

    @property
    def is_nearly_full(self) -> bool:
        """True if too little space is free."""
        return is_disk_nearly_full(self.free, total=self.total, growth=self.growth)


def measure_disk(folder: Path, archive: Path, *, today: dt.date) -> DiskSpace:
    """Measure the disk of a desk folder, and how fast its archive grows."""
    usage = shutil.disk_usage(folder)
    growth = daily_growth(Archive(archive).sizes_by_day(), today=today)
    return DiskSpace(free=usage.free, total=usage.total, growth=growth)


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
