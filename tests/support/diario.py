"""Diario, an outlet that we invented, and what discovery finds in an answer of one of its sources."""

from __future__ import annotations

import datetime as dt

from crawler.config.outlet import Outlet, Source, SourceKind
from crawler.discovery import Found, discover

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
_OUTLET = {"id": "diario", "name": "Diario", "home": "https://www.diario.test/", "languages": ["es"], "kind": "press"}


def diario(**stated: object) -> Outlet:
    """The outlet, with what a test states of it besides."""
    return Outlet.model_validate(_OUTLET | stated)


def found_in(
    body: str | bytes,
    url: str,
    kind: SourceKind,
    *,
    content_type: str,
    since: dt.datetime | None = None,
    **stated: object,
) -> Found:
    """What discovery finds at NOW in the answer of the outlet's one source."""
    outlet = diario(**{f"{kind}s": [url]} | stated)
    body = body.encode() if isinstance(body, str) else body
    source = Source(url=url, kind=kind)
    return discover(source, body, url=url, content_type=content_type, outlet=outlet, since=since, now=NOW)
