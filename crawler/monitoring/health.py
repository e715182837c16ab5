"""How a desk is doing, in figures that name no subscription and no person: what `/-/health` shows."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass
from typing import Any

from crawler.config.desk import Desk
from crawler.monitoring.disk_space import measure_disk
from crawler.monitoring.problems import find_delivery_problems, find_stuck_since, read_running_mailings
from db.connection import explain_errors, open_desk, open_news
from db.desk.deliveries import count_waiting_deliveries
from db.model.times import stamp
from db.news.outlet_activity import find_last_crawl_end
from pipelines.silence import read_health


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskHealth:
    """The health of a desk at one moment. `problems` are words: crawl, outlets, deliveries, disk."""

    checked_at: dt.datetime
    last_crawl: dt.datetime | None  # when one ended
    watched: int  # outlets
    answered: int  # of these, when they were last asked
    waiting: int  # deliveries
    given_up: int  # targets whose last message was given up
    free_bytes: int  # of the disk
    problems: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as `/-/health` answers."""
        return {
            "healthy": not self.problems,
            "problems": list(self.problems),
            "checked_at": stamp(self.checked_at),
            "last_crawl": stamp(self.last_crawl) if self.last_crawl else None,
            "outlets": {"watched": self.watched, "answered": self.answered},
            "deliveries": {"waiting": self.waiting, "given_up": self.given_up},
            "disk": {"free_bytes": self.free_bytes},
        }


def read_desk_health(desk: Desk, *, started_at: dt.datetime, now: dt.datetime) -> DeskHealth:
    """Read the health of a desk whose process started at a time. Raises StoreError if a database can't be read."""
    with contextlib.closing(open_news(desk.news_db, readonly=True)) as news, explain_errors(desk.news_db):
        last_crawl = find_last_crawl_end(news)
        outlets = read_health(news, watched=[outlet.id for outlet in desk.enabled_outlets])
        is_stuck = find_stuck_since(desk, news, started_at=started_at, now=now) is not None
    waiting = given_up = 0
    if desk.desk_db.exists():
        with contextlib.closing(open_desk(desk.desk_db, readonly=True)) as private, explain_errors(desk.desk_db):
            waiting = count_waiting_deliveries(private, list(read_running_mailings(desk, private)))
            given_up = len(list(find_delivery_problems(desk, private)))
    disk = measure_disk(desk.folder, desk.archive, today=now.date())
    found = {
        "crawl": is_stuck,
        "outlets": last_crawl is not None and outlets.watched > 0 and outlets.answered == 0,
        "deliveries": given_up > 0,
        "disk": disk.is_nearly_full,
    }
    return DeskHealth(
        checked_at=now,
        last_crawl=last_crawl,
        watched=outlets.watched,
        answered=outlets.answered,
        waiting=waiting,
        given_up=given_up,
        free_bytes=disk.free,
        problems=tuple(word for word, is_wrong in found.items() if is_wrong),
    )
