"""Plan when a stored article is fetched again, to see whether the outlet changed it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlite_utils import Database

from db.desk.visits import Visit, plan_visit
from pipelines.page import Page


def plan_next_visit(
    desk: Database,
    *,
    key: str,
    page: Page | None,
    visit: Visit | None,
    etag: str | None,
    last_modified: str | None,
    revisit: Sequence[dt.timedelta],
    now: dt.datetime,
) -> None:
    """Plan an article's next visit: the next of the `revisit` times after it was first seen.

    `visit` is the visit that was just made, or None for a new article. Times that have passed are left out. After the
    last one the article is not fetched again.
    """
    url = visit.url if visit else page.url if page else None
    if url is None:
        return
    first_seen = visit.first_seen if visit else now
    upcoming = [wait for wait in revisit if wait > now - first_seen]
    plan_visit(
        desk,
        key=visit.key if visit else key,
        url=url,
        outlet=page.outlet.id if page else visit.outlet if visit else "",
        etag=etag or (visit.etag if visit else None),
        last_modified=last_modified or (visit.last_modified if visit else None),
        visited=visit.visited + 1 if visit else 0,
        first_seen=first_seen,
        next_visit=first_seen + upcoming[0] if upcoming else None,
    )
