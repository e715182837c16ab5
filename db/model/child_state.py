"""A child sitemap: a sitemap that an index names."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildState:
    """When a child sitemap was last asked, and when it last listed a page that was new."""

    url: str
    fetched_at: dt.datetime | None
    grew_at: dt.datetime | None
