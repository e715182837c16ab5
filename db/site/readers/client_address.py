"""Whose request it is: the address of the connection, or that which a trusted proxy forwards."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, MutableMapping, Sequence
from typing import Any

from db.site.security import AsgiApplication, AsgiReceive, AsgiSend

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_FORWARDED_HOPS = 20  # proxies that are looked through, from the nearest
MAX_HEADER_CHARACTERS = 4_000  # of X-Forwarded-For or Forwarded, counted from the end
# RFC 7239, 4: pairs `for=…` of one hop; commas part hops, and stand in no address.
_FORWARDED_FOR = re.compile(r'(?i:(?:^|;)\s*for)\s*=\s*(?:"([^"\\]*)"|([^\s;",]+))')


class ProxyError(ValueError):
    """What stands under `trusted_proxies` is no address and no network. Its text is one line with the remedy."""


def read_networks(written: Iterable[str]) -> tuple[Network, ...]:
    """Read addresses and networks. Raises ProxyError."""
    found = []
    for one in written:
        try:
            found.append(ipaddress.ip_network(one.strip()))
        except ValueError as error:
            raise ProxyError(
                f'"{one}" is no address and no network; write "127.0.0.1", or "10.0.0.0/8" for a network'
            ) from error
    return tuple(found)


def trust_proxies(app: AsgiApplication, trusted: Sequence[Network]) -> AsgiApplication:
    """Wrap an ASGI application: give it the reader's address as the client's where a trusted proxy forwards it."""

    async def application(scope: MutableMapping[str, Any], receive: AsgiReceive, send: AsgiSend) -> None:
        if scope["type"] == "http" and trusted:
            scope = dict(scope, client=(find_client(scope, trusted), 0))
        await app(scope, receive, send)

    return application


def find_client(scope: MutableMapping[str, Any], trusted: Sequence[Network]) -> str:
    """Return the address of the reader: the rightmost that is not of a trusted proxy.

    A proxy writes one of the two headers and hands on the other as the reader sent it. So where they name different
    readers neither is believed, and the proxy's own address counts.
    """
    connected = str(scope["client"][0]) if scope.get("client") else ""
    peer = read_address(connected)
    if peer is None or not _is_trusted(peer, trusted):
        return connected
    forwarded_for = _header_values(scope, b"x-forwarded-for")
    forwarded = _header_values(scope, b"forwarded")
    named = [
        _rightmost_untrusted(hops, peer, trusted)
        for hops in (
            [hop.strip() for hop in forwarded_for.split(",")] if forwarded_for else [],
            [_forwarded_for(hop) for hop in forwarded.split(",")] if forwarded else [],
        )
        if hops
    ]
    return str(named[0]) if named and named.count(named[0]) == len(named) else str(peer)


def client_network(scope: MutableMapping[str, Any]) -> str:
    """Return the client's address; of IPv6 its /64 network, which one reader has for himself."""
    client = scope.get("client")
    address = read_address(str(client[0])) if client else None
    if address is None:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def read_address(text: str) -> Address | None:
    """Read an address, with or without port, brackets and zone; IPv4 in IPv6 as IPv4. None if it is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _rightmost_untrusted(hops: Sequence[str], peer: Address, trusted: Sequence[Network]) -> Address:
    """Return the last address that a trusted proxy saw; what stands behind it the reader may have invented."""
    seen = peer
    for hop in list(reversed(hops))[:MAX_FORWARDED_HOPS]:
        address = read_address(hop)
        if address is None:
            return seen
        seen = address
        if not _is_trusted(address, trusted):
            return seen
    return seen


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in trusted)


def _forwarded_for(hop: str) -> str:
    match = _FORWARDED_FOR.search(hop)
    return (match[1] or match[2] or "") if match else ""


def _header_values(scope: MutableMapping[str, Any], name: bytes) -> str:
    values = b",".join(value for key, value in scope["headers"] if key.lower() == name)
    return values[-MAX_HEADER_CHARACTERS:].decode("latin-1")
