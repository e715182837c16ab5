"""Which addresses and headlines are a page's own."""

from __future__ import annotations

import pytest

from pipelines.analysis.text.page_identity import PageIdentity, identify_page
from pipelines.analysis.text.page_tree import parse_html

ADDRESS = "https://www.diario.example/economia/puertos/sube-la-carga-1234"


def identity(body: str = "<h1>Sube la carga en los puertos del sur</h1>", address: str = ADDRESS) -> PageIdentity:
    tree = parse_html(f"<html><head><title>Sube la carga | El Diario</title></head><body>{body}</body></html>")
    assert tree is not None
    return identify_page(tree, [address])


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        (ADDRESS, True),
        ("http://diario.example/economia/puertos/sube-la-carga-1234/", True),
        ("https://m.diario.example/economia/puertos/sube-la-carga-1234?ref=home", True),
        ("/economia/puertos/sube-la-carga-1234#article", True),
        ("https://www.diario.example/amp/economia/puertos/sube-la-carga-1234", True),
        ("https://www.diario.example/economia/puertos/sube-la-carga-1234/amp/", True),
        ("https://www.diario.example/economia/baja-el-pollo-999", False),
        ("https://www.diario.example/economia/puertos", None),  # the section
        ("https://www.diario.example/", None),
        ("https://www.diario.example/#/schema/Article/5", None),
        ("urn:uuid:1234", None),
        ("article", None),
        (None, None),
        ({}, None),
    ],
)
def test_an_address_is_compared_by_what_tells_pages_apart(address: object, is_own: bool | None) -> None:
    assert identity().has_address(address) is is_own


@pytest.mark.parametrize(("number", "is_own"), [("12", True), ("13", False)])
def test_numbers_in_a_query_tell_pages_apart(number: str, is_own: bool) -> None:
    own = identity(address="https://diario.example/nota.php?id=12&utm_source=x")
    assert own.has_address(f"https://diario.example/nota.php?id={number}") is is_own


@pytest.mark.parametrize(
    ("title", "is_own"),
    [
        ("Sube la carga en los puertos del sur", True),
        ("SUBE LA CARGA EN LOS PUERTOS DEL SUR | Economía", True),
        ("Economía: sube la carga en los puertos", True),
        ("Crece la carga de fruta en muelles", None),
        ("Baja el precio del pollo", False),
        ("", None),
        (7, None),
    ],
)
def test_a_headline_is_compared_by_its_words(title: object, is_own: bool | None) -> None:
    assert identity().has_title(title) is is_own


def test_chinese_headlines_are_compared_by_their_characters() -> None:
    own = identity("<h1>南方港口货运量创新高</h1>")
    assert own.has_title("南方港口货运量再创新高") is True
    assert own.has_title("鸡肉价格上涨") is False
