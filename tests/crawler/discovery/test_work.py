"""What a source costs grows with its size and no faster, whatever it holds."""

from __future__ import annotations

import datetime as dt

import pytest

from crawler.config.outlet import Outlet, Source
from crawler.discovery import discover
from crawler.discovery.candidates import plain_text
from crawler.discovery.feed import MAX_FEED_TAGS
from crawler.discovery.markup import MAX_ATTRIBUTES, cut_tags, strip_crowded_tags
from db.text.entities import unescape_entities
from tests.fixtures.growth import measure_growth
from tests.fixtures.hostile_sources import FAMILIES

URL = "https://diario.test/s"
OUTLET = Outlet(id="d", name="D", home="https://diario.test/", languages=("es",), kind="press", feeds=(URL,))
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_work_grows_with_the_size(name: str) -> None:
    kind, make = FAMILIES[name]
    source = Source(url=URL, kind=kind)
    assert measure_growth(lambda body: discover(source, body, url=URL, outlet=OUTLET, now=NOW), make, size=60_000) <= 3


def test_a_number_of_five_thousand_digits_in_a_title_is_no_error() -> None:
    body = f"<rss><channel><item><link>/a</link><title>x &amp;#{'1' * 5000};</title></item></channel></rss>"
    (found,) = discover(Source(url=URL, kind="feed"), body.encode(), url=URL, outlet=OUTLET, now=NOW).candidates
    assert found.title == "x \ufffd"
    assert unescape_entities("&#" + "0" * 5000 + "65; &#x" + "f" * 5000 + "; &#65;") == "A \ufffd A"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a<script>b</script>c", "a c"),
        ("a<SCRIPT x=1>b</Script >c<style>d</style>e", "a c e"),
        ("a<!-- b -->c<!-- d", "a c"),
        ("a<script>b<!-- </script>c --> d", "a c --> d"),
        ("a<script>b<!-- x -->c", "ab c"),
    ],
)
def test_scripts_and_comments_are_no_text(markup: str, text: str) -> None:
    assert plain_text(markup, 100) == text


@pytest.mark.slow
def test_a_feed_of_too_many_tags_gives_its_first_entries_and_a_warning() -> None:
    item = b"<item><title>a</title><link>https://diario.test/%d</link></item>"
    body = b"<rss><channel>" + b"".join(item % number for number in range(MAX_FEED_TAGS // 4)) + b"</channel></rss>"
    found = discover(Source(url=URL, kind="feed"), body, url=URL, outlet=OUTLET, now=NOW)
    assert any("tags" in warning for warning in found.warnings)
    assert len(found.candidates) == 5_000


def test_crowded_tags_lose_their_attributes_and_others_stay() -> None:
    crowded = "<item " + " ".join(f"a{n}='>'" for n in range(2 * MAX_ATTRIBUTES)) + ">"
    plain = "<a href='/x?a=1&b=2' title=\"it's\">text</a> 1 < 2"
    assert strip_crowded_tags(plain + crowded + plain) == f"{plain}<item>{plain}"
    assert cut_tags("<a><b><c>", 2) == ("<a><b>", True)
    assert cut_tags("<a><b>", 2) == ("<a><b>", False)
