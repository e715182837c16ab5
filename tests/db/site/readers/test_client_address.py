"""Whose request it is: what a proxy forwards is believed of trusted proxies alone, and nothing behind it."""

from __future__ import annotations

from typing import Any

import pytest

from db.site.readers.client_address import (
    ProxyError,
    client_network,
    find_client,
    read_address,
    read_networks,
)

TRUSTED = read_networks(["127.0.0.1", "::1", "10.0.0.0/8", "2001:db8:f::/48"])


def scope_of(client: str | None, *headers: tuple[str, str]) -> dict[str, Any]:
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return {"type": "http", "client": (client, 4711) if client is not None else None, "headers": pairs}


@pytest.mark.parametrize(
    ("client", "headers", "reader"),
    [
        # Nobody forwards, or nobody who is trusted.
        ("198.51.100.1", [], "198.51.100.1"),
        ("198.51.100.1", [("x-forwarded-for", "203.0.113.9")], "198.51.100.1"),
        ("198.51.100.1", [("forwarded", "for=203.0.113.9")], "198.51.100.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        # What the reader forged stands to the left of what the proxy added.
        ("127.0.0.1", [("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
        ("127.0.0.1", [("x-forwarded-for", "192.0.2.1, 203.0.113.9")], "203.0.113.9"),
        ("127.0.0.1", [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
        ("127.0.0.1", [("x-forwarded-for", "127.0.0.1, 203.0.113.9, 10.1.2.3")], "203.0.113.9"),
        ("10.9.9.9", [("x-forwarded-for", "203.0.113.9:5050")], "203.0.113.9"),
        ("::ffff:127.0.0.1", [("x-forwarded-for", "::ffff:203.0.113.9")], "203.0.113.9"),
        ("::1", [("x-forwarded-for", "[2001:db8:1::7]:443")], "2001:db8:1::7"),
        ("127.0.0.1", [("x-forwarded-for", "10.0.0.7")], "10.0.0.7"),
        # What is no address is not looked past.
        ("127.0.0.1", [("x-forwarded-for", "203.0.113.9, unknown")], "127.0.0.1"),
        ("127.0.0.1", [("x-forwarded-for", "203.0.113.9, x, 10.0.0.7")], "10.0.0.7"),
        ("127.0.0.1", [("x-forwarded-for", "")], "127.0.0.1"),
        # RFC 7239
        ("127.0.0.1", [("forwarded", 'For="[2001:db8:cafe::17]:4711"')], "2001:db8:cafe::17"),
        ("127.0.0.1", [("forwarded", "for=192.0.2.1, for=203.0.113.9;proto=https;by=10.0.0.1")], "203.0.113.9"),
        ("127.0.0.1", [("forwarded", "proto=https;for=203.0.113.9")], "203.0.113.9"),
        ("127.0.0.1", [("forwarded", "for=203.0.113.9, for=_hidden")], "127.0.0.1"),
        ("127.0.0.1", [("forwarded", "for=203.0.113.9, by=10.0.0.1")], "127.0.0.1"),
        # A proxy writes one header and hands on the other as the reader sent it.
        ("127.0.0.1", [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=192.0.2.1")], "127.0.0.1"),
        ("127.0.0.1", [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=203.0.113.9")], "127.0.0.1"),
        ("127.0.0.1", [("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9")], "203.0.113.9"),
    ],
)
def test_the_rightmost_address_that_is_not_trusted_counts(
    client: str, headers: list[tuple[str, str]], reader: str
) -> None:
    assert find_client(scope_of(client, *headers), TRUSTED) == reader


def test_a_long_chain_of_forged_hops_costs_little_and_changes_nothing() -> None:
    forged = ", ".join(["10.0.0.1"] * 100_000)
    assert find_client(scope_of("127.0.0.1", ("x-forwarded-for", f"{forged}, 203.0.113.9")), TRUSTED) == "203.0.113.9"
    assert find_client(scope_of("127.0.0.1", ("x-forwarded-for", forged)), TRUSTED) == "10.0.0.1"


def test_without_trusted_proxies_no_header_is_believed() -> None:
    scope = scope_of("127.0.0.1", ("x-forwarded-for", "203.0.113.9"), ("forwarded", "for=203.0.113.9"))
    assert find_client(scope, ()) == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_reader_has_an_address_or_a_network_of_ipv6(address: str | None, network: str) -> None:
    headers = (("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1"))
    assert client_network(scope_of(address, *headers)) == network


def test_what_is_no_network_is_refused_with_a_remedy() -> None:
    for wrong in ("localhost", "10.0.0.1/8", "1.2.3", "", "*"):
        with pytest.raises(ProxyError, match="is no address and no network; write"):
            read_networks([wrong])
    assert read_address("nginx") is None
