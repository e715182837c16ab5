"""Decide which IP addresses may be reached; a resolver that checks names."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from scrapy.resolver import CachingThreadedResolver, dnscache
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

DNS_CACHE_SECONDS = 600.0  # how long a resolved address is cached


Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]


def parse_networks(written: Sequence[str]) -> Networks:
    """Parse `[crawl] allow_networks`. Raises ValueError for a text that is no network."""
    return tuple(ipaddress.ip_network(network) for network in written)


def may_reach(address: str, allowed: Networks) -> bool:
    """True if an IP address is public or in a network that the desk allows.

    IANA's special-purpose registries say what is public.
    """
    ip = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    embedded = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64 (RFC 6052): the last four bytes are the IPv4 address
        embedded = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if embedded is not None:
        ip = embedded
    if any(ip.version == network.version and ip in network for network in allowed):
        return True
    return ip.is_global and not ip.is_multicast


def parse_ip_host(host: str) -> str | None:
    """Return the IP address that a URL's host is, or None if it is a name.

    Resolvers also accept odd forms: 0x7f.1, 2130706433.
    """
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


class GuardedResolver(CachingThreadedResolver):
    """Resolver that fails for names whose address may not be reached.

    It is installed on the reactor once. It empties Scrapy's cache regularly, because that keeps an address until the
    process ends.
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
        self.cache_cleared = clock()
        # The desk's own proxy may be in a private network; NetworkGuardMiddleware stops URLs that name it.
        self.proxy_host = (urlsplit(proxy).hostname or "") if proxy else ""

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802 - Twisted's name
        """Resolve a name. Fails with DNSLookupError if its address may not be reached."""
        if self.clock() - self.cache_cleared > DNS_CACHE_SECONDS:
            dnscache.clear()
            self.cache_cleared = self.clock()
        answer = super().getHostByName(name, timeout)
        return answer if name == self.proxy_host else answer.addCallback(self._checked, name)

    def _checked(self, address: str, name: str) -> str:
        if not may_reach(address, self.allowed):
            raise DNSLookupError(f"{name} resolves to {address}, which is not a public address")
        return address
