"""Requests to addresses that are not public are refused."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.resolver import dnscache
from twisted.internet import defer
from twisted.internet.base import ReactorBase

from crawler.crawling.networks import DNS_CACHE_SECONDS, GuardedResolver, may_reach, parse_ip_host, parse_networks


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_addresses_of_private_networks_are_refused(address: str) -> None:
    assert not may_reach(address, ())


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public_addresses_may_be_reached(address: str) -> None:
    assert may_reach(address, ())


def test_the_desk_may_allow_a_network() -> None:
    assert may_reach("10.1.2.3", parse_networks(["10.0.0.0/8"]))
    assert not may_reach("192.168.1.1", parse_networks(["10.0.0.0/8"]))


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("[::1]", "::1"),
    ],
)
def test_odd_spellings_of_an_ip_address_are_recognised(host: str, address: str) -> None:
    assert parse_ip_host(host) == address


@given(st.text(max_size=40))
def test_any_host_is_an_address_or_a_name(host: str) -> None:
    found = parse_ip_host(host)
    assert found is None or ipaddress.ip_address(found)


def test_names_are_no_addresses() -> None:
    assert parse_ip_host("gestion.pe") is None
    assert parse_ip_host("1.2.3.4.example") is None


def test_a_name_is_resolved_anew_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    addresses = iter(["93.184.216.34", "93.184.216.35"])
    monkeypatch.setattr(
        "twisted.internet.base.ThreadedResolver.getHostByName",
        lambda *_: defer.succeed(next(addresses)),
    )
    dnscache.clear()
    resolver = GuardedResolver(ReactorBase, allowed=(), proxy=None, timeout=1, clock=lambda: clock[0])  # type: ignore[arg-type]
    seen: list[str] = []
    for seconds in (0.0, DNS_CACHE_SECONDS - 1, DNS_CACHE_SECONDS + 1, DNS_CACHE_SECONDS + 2):
        clock[0] = seconds
        answer: defer.Deferred[str] = resolver.getHostByName("moves.example")
        answer.addCallback(seen.append)
    assert seen == ["93.184.216.34", "93.184.216.34", "93.184.216.35", "93.184.216.35"]
