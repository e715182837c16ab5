"""The content of the miniature web: every kind of source and page, and texts of realistic length."""

from __future__ import annotations

import datetime as dt
import gzip
import http.client
import json
from collections import Counter
from collections.abc import Iterator

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from crawler.demo import DemoWeb
from crawler.demo.content import load_web, parse_age, strip_markup
from crawler.demo.dates import long_date, short_date
from crawler.demo.sources import listed_address
from tests.fixtures.waiting import DEADLINE_SECONDS

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
OUTLETS, STORIES = load_web(NOON)


@pytest.fixture(scope="module")
def web() -> Iterator[DemoWeb]:
    with DemoWeb(now=NOON) as web:
        yield web


def ask(web: DemoWeb, url: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=DEADLINE_SECONDS)
    try:
        connection.request("GET", url)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def size(text: str, language: str) -> int:
    """Count words; Chinese text counts its characters as a corresponding number of words."""
    return round(len(text) / 1.8) if language == "zh" else len(text.split())


def test_there_are_outlets_of_all_kinds_with_every_kind_of_source() -> None:
    assert len(OUTLETS) >= 10
    assert {source.kind for outlet in OUTLETS for source in outlet.sources} == {
        "rss",
        "atom",
        "news-sitemap",
        "sitemap-index",
        "listing",
        "wordpress",
        "json",
        "gone",
    }
    assert {"state-media", "agency", "press", "regional", "think-tank", "trade-press", "government", "aggregator"} <= {
        outlet.kind for outlet in OUTLETS
    }
    assert {outlet.charset for outlet in OUTLETS} == {"utf-8", "gbk", "iso-8859-1"}


def test_every_host_is_in_the_reserved_test_domain() -> None:
    assert all(outlet.host.endswith(".test") for outlet in OUTLETS)


def test_most_pages_are_relevant_in_three_languages(web: DemoWeb) -> None:
    pages = web.expected()
    relevant = [page for page in pages if page.label == "relevant"]
    assert len(pages) >= 60
    assert 0.55 <= len(relevant) / len(pages) <= 0.75
    by_language = Counter(page.language for page in relevant)
    assert by_language["es"] >= 15
    assert by_language["en"] >= 8
    assert by_language["zh"] >= 8
    assert {page.label for page in pages} == {"relevant", "irrelevant", "borderline"}


def test_most_pages_are_from_different_hours_of_the_last_three_days(web: DemoWeb) -> None:
    ages = [NOON - page.published for page in web.expected()]
    assert sum(age < dt.timedelta(days=3) for age in ages) > len(ages) / 2
    assert max(ages) < dt.timedelta(days=14)
    assert len({page.published.hour for page in web.expected()}) >= 12


def test_every_story_is_long_enough_and_no_paragraph_is_repeated() -> None:
    own = [story for story in STORIES if story.copy_of is None]
    for story in own:
        words = size(" ".join(strip_markup(paragraph) for paragraph in story.paragraphs), story.language)
        assert 145 <= words <= 1100, (story.id, words)
    repeated = [text for text, times in Counter(p for story in own for p in story.paragraphs).items() if times > 1]
    assert repeated == []


def test_there_are_pages_of_every_kind_and_form(web: DemoWeb) -> None:
    pages = web.expected()
    assert sum(page.copy_of is not None for page in pages) >= 3
    for trait in ("paywalled", "sponsored", "forbidden"):
        assert any(getattr(page, trait) for page in pages), trait
    assert any(page.precision == "day" for page in pages)
    assert any(story.revision for story in STORIES)
    assert any(story.published > NOON for story in STORIES)
    assert any(size(page.text, page.language) > 800 for page in pages)


def test_a_relevant_article_never_says_china() -> None:
    silent = [
        story
        for story in STORIES
        if story.label == "relevant" and not any(word in story.text.lower() for word in ("chin", "pekín", "中国"))
    ]
    assert len(silent) >= 2


def test_copies_have_the_originals_text_with_another_headline_or_cut(web: DemoWeb) -> None:
    by_url = {page.url: page for page in web.expected()}
    copies = [page for page in by_url.values() if page.copy_of]
    for copy in copies:
        original = by_url[copy.copy_of or ""]
        assert original.published < copy.published
        assert original.outlet != copy.outlet
        shared = set(original.text.split("\n\n")) & set(copy.text.split("\n\n"))
        assert len(shared) >= 2
    assert any(copy.title != by_url[copy.copy_of or ""].title for copy in copies)
    assert any(len(copy.text) < 0.6 * len(by_url[copy.copy_of or ""].text) for copy in copies)


def test_a_paywalled_page_shows_only_its_beginning(web: DemoWeb) -> None:
    for story in STORIES:
        if story.paywalled:
            _, _, body = ask(web, story.url)
            assert story.paragraphs[-1] not in body.decode()
            assert b"isAccessibleForFree" in body


def test_listed_redirects_lead_to_the_page(web: DemoWeb) -> None:
    moved = [story for story in STORIES if story.redirected]
    assert moved
    for story in moved:
        status, headers, _ = ask(web, listed_address(story))
        assert (status, headers["location"]) == (301, story.url)


def test_an_amp_twin_names_its_page_as_canonical(web: DemoWeb) -> None:
    twins = [story for story in STORIES if story.amp]
    assert twins
    for story in twins:
        status, _, body = ask(web, f"http://{story.outlet.host}{story.twins['amp']}")
        assert status == 200
        assert f'<link rel="canonical" href="{story.url}">' in body.decode()


def test_the_chinese_pages_are_gbk_and_declare_it_only_in_the_document(web: DemoWeb) -> None:
    page = next(page for page in web.expected() if page.outlet == "haibinribao")
    _, headers, body = ask(web, page.url)
    assert headers["content-type"] == "text/html"
    assert page.title in body.decode("gbk")
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_feeds_are_well_formed_and_carry_dates(web: DemoWeb) -> None:
    for outlet in OUTLETS:
        for source in outlet.sources:
            if source.kind in {"rss", "atom"}:
                parsed = feedparser.parse(ask(web, f"http://{outlet.host}{source.path}")[2])
                assert not parsed.bozo, parsed.get("bozo_exception")
                assert all(entry.published_parsed for entry in parsed.entries)
                visible = [page for page in web.expected() if page.outlet == outlet.id]
                assert [entry.title for entry in parsed.entries] == [page.title for page in visible]


def test_sitemaps_are_well_formed_and_their_children_gzipped(web: DemoWeb) -> None:
    children = 0
    for outlet in OUTLETS:
        for source in outlet.sources:
            if "sitemap" in source.kind:
                root = etree.fromstring(ask(web, f"http://{outlet.host}{source.path}")[2])
                locations = [str(text) for text in root.xpath('//*[local-name()="loc"]/text()')]
                for child in (location for location in locations if location.endswith(".gz")):
                    children += 1
                    assert etree.fromstring(gzip.decompress(ask(web, child)[2])).tag.endswith("urlset")
    assert children == 2


def test_json_indexes_list_every_page_with_its_date(web: DemoWeb) -> None:
    posts = json.loads(ask(web, "http://agenciaquipu.test/wp-json/wp/v2/posts?per_page=100")[2])
    mine = {page.url: page for page in web.expected() if page.outlet == "agenciaquipu"}
    assert {post["link"] for post in posts} == set(mine)
    for post in posts:
        assert dt.datetime.fromisoformat(post["date_gmt"] + "+00:00") == mine[post["link"]].published
    rows = json.loads(ask(web, "http://portalcomercio.test/noticias.json")[2])["noticias"]
    assert {row["enlace"] for row in rows} == {page.url for page in web.expected() if page.outlet == "portalcomercio"}


def test_a_dead_feed_answers_410(web: DemoWeb) -> None:
    assert ask(web, "http://ecodelsur.test/rss/negocios.xml")[0] == 410


def test_no_page_refers_to_anything_outside_the_miniature_web(web: DemoWeb) -> None:
    for page in web.expected():
        tree = etree.HTML(ask(web, page.url)[2])
        for address in tree.xpath("//@src | //link[@rel='stylesheet']/@href"):
            assert str(address).startswith("/"), (page.url, address)


def test_pictures_are_png(web: DemoWeb) -> None:
    status, headers, body = ask(web, "http://lacordillera.test/img/1.png")
    assert (status, headers["content-type"], body[:8]) == (200, "image/png", b"\x89PNG\r\n\x1a\n")


@given(days=st.integers(0, 99), hours=st.integers(0, 99), minutes=st.integers(0, 99))
def test_parse_age_reads_days_hours_and_minutes(days: int, hours: int, minutes: int) -> None:
    assert parse_age(f"{days}d {hours}h {minutes}m") == dt.timedelta(days=days, hours=hours, minutes=minutes)


@pytest.mark.parametrize("wrong", ["", "soon", "3", "2h 1d"])
def test_a_wrong_age_says_what_to_write(wrong: str) -> None:
    with pytest.raises(ValueError, match="write something like"):
        parse_age(wrong)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("es-weekday", "Domingo 22 de Noviembre de 2026 - 12:00"),
        ("es-long", "22 de noviembre de 2026, 12:00 h"),
        ("es-slashes", "22/11/2026 12:00"),
        ("es-day", "22 de noviembre del 2026"),
        ("en-long", "November 22, 2026 12:00 p.m."),
        ("en-day", "22 November 2026"),
        ("zh", "2026年11月22日12:00"),
        ("zh-dashes", "2026-11-22 12:00"),
    ],
)
def test_dates_have_the_forms_of_outlets(form: str, text: str) -> None:
    assert long_date(NOON, form) == text


def test_datelines_are_in_the_storys_language() -> None:
    assert [short_date(NOON, language) for language in ("es", "en", "zh")] == ["22 nov.", "Nov. 22", "11月22日"]
