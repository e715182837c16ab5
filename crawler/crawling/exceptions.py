"""Exceptions of requests that were not sent."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest


class PrivateAddress(IgnoreRequest):
    """The address is neither public nor in `[crawl] allow_networks`."""


# In a request's `meta`: it may leave the outlet's sites, as a newsletter's links do, whose answers are not read.
ANY_SITE = "vigia_any_site"


class OffSite(IgnoreRequest):
    """The address is on no site of the outlet; its `hosts` can add one."""


# In the message of HostInBackOff. db.news.outlet_activity recognises crawls that sent no request by it.
BACK_OFF_MARK = " waits until "


class HostInBackOff(IgnoreRequest):
    """The host is in back-off. The page stays a candidate."""


class StoreFailed(IgnoreRequest):
    """A database, the archive or the workers failed. The page stays a candidate."""


class ForbiddenByRobotsTxt(IgnoreRequest):
    """robots.txt forbids this address."""


class HeaderTooLarge(Exception):  # noqa: N818 - named for what is refused, as the others
    """The header of a response is over the limit."""


class TooManyChunks(Exception):  # noqa: N818 - named for what is refused, as the others
    """A body comes in more chunks than its bytes explain."""


class NestedCompression(IgnoreRequest):
    """A body was compressed more times over than are undone."""
