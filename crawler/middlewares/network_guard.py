"""No request leaves for an address that is not public, nor for a site that is not the outlet's.

Two gates: before a request (also each redirect), by its URL; and at name resolution, where a public name may turn out
to point into a private network (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.resolver import CachingThreadedResolver, dnscache
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from crawler import urls

KNOWN_FOR = 600.0  # seconds that a name's address is taken for known

Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]


class PrivateAddress(IgnoreRequest):
    """The address is not public and `[crawl] allow_networks` does not name its network."""


class OffSite(IgnoreRequest):
    """The address is not one of the outlet's; its keeper may add the host to `hosts`."""


def networks(written: Sequence[str]) -> Networks:
    """Read `allow_networks`."""
    return tuple(ipaddress.ip_network(network) for network in written)


def may_reach(address: str, allowed: Networks) -> bool:
    """Whether an IP address is public (IANA's special-purpose registries) or in a network that the desk allows."""
    ip = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    embedded = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64 (RFC 6052): the last four bytes are the IPv4 address
        embedded = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if embedded is not None:
        ip = embedded
    if any(ip.version == network.version and ip in network for network in allowed):
        return True
    return ip.is_global and not ip.is_multicast


def literal(host: str) -> str | None:
    """The IP address that a URL's host is, also in the odd forms that resolvers accept (0x7f.1, 2130706433)."""
    try:
        return str(ipaddress.ip_address(host.strip("[]").partition("%")[0]))
    except ValueError:
        pass
    parts = host.rstrip(".").split(".")
    try:
        numbers = [int(part, 16 if part.lower().startswith("0x") else 8 if part[0:1] == "0" else 10) for part in parts]
    except ValueError:
        return None
    if len(numbers) > 4 or any(n < 0 for n in numbers) or any(n > 255 for n in numbers[:-1]):
        return None
    last = 256 ** (5 - len(numbers))
    if numbers[-1] >= last:
        return None
    value = sum(n << (8 * (3 - i)) for i, n in enumerate(numbers[:-1])) + numbers[-1]
    return str(ipaddress.IPv4Address(value))


class NetworkGuard:
    """Downloader middleware: the first gate, and the desk's proxy for what passes it."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> NetworkGuard:
        """Scrapy's constructor."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let a request pass or raise PrivateAddress or OffSite."""
        spider: Any = self.crawler.spider
        parts = urlsplit(request.url)
        if parts.scheme not in {"http", "https"}:
            raise OffSite(f"{parts.scheme}: addresses are not fetched")
        host = parts.hostname or ""
        address = literal(host)
        local_name = host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
        if (address and not may_reach(address, spider.station.allowed)) or (local_name and not spider.station.allowed):
            raise PrivateAddress(f"{host} is not a public address; [crawl] allow_networks can allow it")
        if not urls.same_site(request.url, spider.sites):
            raise OffSite(f"leads to {host}, which is not one of this outlet's; hosts = [{host!r}] would allow it")
        # None too: else Scrapy would take the environment's http_proxy, which resolves names behind the second gate.
        request.meta["proxy"] = spider.station.proxy


class GuardedResolver(CachingThreadedResolver):
    """The second gate: what a name resolves to. Installed on the reactor once, for every crawl of the process.

    Scrapy's cache keeps an address for as long as the process lives; a desk is up for months and outlets move.
    """

    def __init__(
        self,
        reactor: ReactorBase,
        *,
        allowed: Networks,
        proxy: str | None,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(reactor, cache_size=10_000, timeout=timeout)
        self.allowed = allowed
        self.clock = clock
        self.forgotten = clock()  # when the cache was emptied
        # The keeper chose the proxy: it may stand in the private network. URLs that name it are stopped by the guard.
        self.proxy_host = (urlsplit(proxy).hostname or "") if proxy else ""

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802 - Twisted's name
        """Resolve, then hold the answer against the networks that may be reached."""
        if self.clock() - self.forgotten > KNOWN_FOR:
            dnscache.clear()
            self.forgotten = self.clock()
        answer = super().getHostByName(name, timeout)
        return answer if name == self.proxy_host else answer.addCallback(self._checked, name)

    def _checked(self, address: str, name: str) -> str:
        if not may_reach(address, self.allowed):
            raise DNSLookupError(f"{name} resolves to {address}, which is not a public address")
        return address
