"""Which addresses may be reached: IANA's registries decide, and the IPv4 address that another form carries."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.crawling.networks import may_reach, parse_networks

V4 = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
# One block of each registry that is not globally reachable, written from the registries and not from the code.
PRIVATE_V4 = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/29",
    "192.0.0.8/32",
    "192.0.0.170/31",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "224.0.0.0/4",
)
PRIVATE_V6 = (
    "::/128",
    "::1/128",
    "::/96",
    "::ffff:0:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/32",
    "2001:2::/48",
    "2001:10::/28",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
)


def embed(ip: ipaddress.IPv4Address) -> list[str]:
    """Every form in which an IPv6 address leads to this IPv4 address, or claims to."""
    number = int(ip)
    forms = (
        number,  # IPv4-compatible
        0xFFFF << 32 | number,  # IPv4-mapped
        0xFFFF << 48 | number,  # IPv4-translated (SIIT)
        0x64FF9B << 96 | number,  # NAT64
        0x64FF9B0001 << 80 | number,  # NAT64, for local use
        0x2002 << 112 | number << 80 | 1,  # 6to4
        0x20010000 << 96 | number ^ 0xFFFFFFFF,  # Teredo
        0x2001067C02B0DB32 << 64 | 0x5EFE << 32 | number,  # ISATAP
        0x2001067C02B0DB32 << 64 | 0x02005EFE << 32 | number,
    )
    return [str(ipaddress.IPv6Address(form)) for form in forms]


@pytest.mark.parametrize("block", [*PRIVATE_V4, *PRIVATE_V6])
@given(st.data())
def test_no_address_of_a_special_block_is_reached(block: str, data: st.DataObject) -> None:
    network = ipaddress.ip_network(block)
    number = data.draw(st.integers(int(network.network_address), int(network.broadcast_address)))
    assert not may_reach(str(type(network.network_address)(number)), ())


@given(V4)
def test_no_form_leads_to_an_ipv4_address_that_is_refused(ip: ipaddress.IPv4Address) -> None:
    if not may_reach(str(ip), ()):
        assert [form for form in embed(ip) if may_reach(form, ())] == []


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0"])
def test_the_machine_and_its_network_are_refused_in_every_form(ip: str) -> None:
    assert not may_reach(ip, ())
    assert [form for form in embed(ipaddress.IPv4Address(ip)) if may_reach(form, ())] == []


@given(st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address))
def test_an_ipv6_address_outside_what_is_assigned_is_refused(ip: ipaddress.IPv6Address) -> None:
    if ip not in ipaddress.IPv6Network("2000::/3") and ip not in ipaddress.IPv6Network("64:ff9b::/96"):
        assert ip.ipv4_mapped or not may_reach(str(ip), ())


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.216.34",
        "192.0.0.9",
        "2606:4700::1111",
        "2a00:1450:4001:800::200e",
        "2001:4860:4860::8888",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
        "2002:101:101::1",
        "240e:0:1::1",
        "2001:20::1",
        "2620:4f:8000::1",
    ],
)
def test_public_addresses_are_reached(address: str) -> None:
    assert may_reach(address, ())


@given(V4)
def test_an_allowed_network_is_reached_in_the_forms_that_lead_there(ip: ipaddress.IPv4Address) -> None:
    allowed = parse_networks([f"{ip}/32"])
    assert may_reach(str(ip), allowed)
    assert may_reach(f"::ffff:{ip}", allowed)
    assert may_reach(f"64:ff9b::{ip}", allowed)
