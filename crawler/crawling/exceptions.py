"""Why a request was not sent."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class PrivateAddress(IgnoreRequest):
    """The address is not public and `[crawl] allow_networks` does not name its network."""


class OffSite(IgnoreRequest):
    """The address is not one of the outlet's; its keeper may add the host to `hosts`."""


BACK_OFF_MARK = (
    " waits until "  # in what is said of a host that was not asked; db.news.outlet_activity knows such crawls by it
)


class HostInBackOff(IgnoreRequest):
    """The host is to be left in peace for now; what was meant to be fetched stays on the list."""


class StoreFailed(IgnoreRequest):
    """A store of ours failed: the crawl ends, and nothing was learned of the page."""


class ForbiddenByRobotsTxt(IgnoreRequest):
    """robots.txt forbids this address to us."""
