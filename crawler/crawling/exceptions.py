"""Exceptions of requests that were not sent."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class PrivateAddress(IgnoreRequest):
    """The address is not public and `[crawl] allow_networks` does not name its network."""


class OffSite(IgnoreRequest):
    """The address belongs to no site of the outlet. `hosts` in its configuration can add the site."""


# In the message of HostInBackOff. db.news.outlet_activity recognises crawls that sent no request by it.
BACK_OFF_MARK = " waits until "


class HostInBackOff(IgnoreRequest):
    """The host is in back-off. The page stays a candidate."""


class StoreFailed(IgnoreRequest):
    """A database, the archive or the worker pool failed, and the crawl ends. The page stays a candidate."""


class ForbiddenByRobotsTxt(IgnoreRequest):
    """robots.txt forbids this address."""
