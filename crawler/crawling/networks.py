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


def _parse_v4(written: str) -> tuple[ipaddress.IPv4Network, ...]:
    return tuple(map(ipaddress.IPv4Network, written.split()))


def _parse_v6(written: str) -> tuple[ipaddress.IPv6Network, ...]:
    return tuple(map(ipaddress.IPv6Network, written.split()))


# IANA's registries of special-purpose addresses (iana.org/assignments/iana-ipv4-special-registry and -ipv6-), as of
# October 2025: what is not globally reachable, and the exceptions within it. The registries do not list multicast, and
# of IPv6 only 2000::/3 has been assigned to be routed at all.
_NOT_GLOBAL_V4 = _parse_v4(
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24"
    " 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
)
_GLOBAL_V4 = _parse_v4("192.0.0.9/32 192.0.0.10/32")
_ASSIGNED_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_GLOBAL_V6 = _parse_v6("2001::/23 2001:db8::/32 3fff::/20")
_GLOBAL_V6 = _parse_v6(
    "2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:3::/32 2001:4:112::/48 2001:20::/28 2001:30::/28"
)
# Forms of which the IPv4 address inside decides where a packet ends: (network, bits to the right of that address).
_CARRIES_V4 = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped (RFC 4291, 2.5.5.2)
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64 (RFC 6052)
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4 (RFC 3056)
)
_ISATAP = 0x00005EFE  # RFC 5214, 6.1: so begins an interface identifier that ends in an IPv4 address; 0x0200 may be set


def may_reach(address: str, allowed: Networks) -> bool:
    """True if an IP address is globally reachable or in a network that the desk allows.

    An IPv6 address that carries an IPv4 address leads there, so that one decides.
    """
    ip = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        for network, shift in _CARRIES_V4:
            if ip in network:
                ip = ipaddress.IPv4Address(int(ip) >> shift & 0xFFFFFFFF)
                break
    return any(ip.version == network.version and ip in network for network in allowed) or _is_global(ip)


def _is_global(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """True if IANA's registries say that an address can be reached from everywhere."""
    if isinstance(ip, ipaddress.IPv4Address):
        return any(ip in network for network in _GLOBAL_V4) or not any(ip in network for network in _NOT_GLOBAL_V4)
    if ip not in _ASSIGNED_V6:
        return False
    if int(ip) >> 32 & 0xFDFFFFFF == _ISATAP and not _is_global(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)):
        return False
    return any(ip in network for network in _GLOBAL_V6) or not any(ip in network for network in _NOT_GLOBAL_V6)


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
