"""Feeds, sitemaps and JSON indexes read dates as pages do."""

import datetime as dt
import json

import pytest

from crawler.config.outlet import JsonIndex, Outlet
from crawler.discovery.candidates import SourceContext
from crawler.discovery.feed import read_feed
from crawler.discovery.json_index import read_index
from crawler.discovery.sitemap import read_sitemap
from crawler.discovery.source_response import read_response

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
HOME = "https://ribao.test/"
WRITTEN = [
    ("2024年11月14日 08:30", dt.datetime(2024, 11, 14, 0, 30, tzinfo=dt.UTC)),
    ("14 de noviembre de 2024", dt.datetime(2024, 11, 14, tzinfo=dt.UTC)),
    ("2024/11/14 08:30", dt.datetime(2024, 11, 14, 0, 30, tzinfo=dt.UTC)),
    ("2024-11-14 08:30:00 GMT+8", dt.datetime(2024, 11, 14, 0, 30, tzinfo=dt.UTC)),
    ("14-11-2024 08:30", dt.datetime(2024, 11, 14, 0, 30, tzinfo=dt.UTC)),
    ("Thu, 14 Nov 2024 08:30:00", dt.datetime(2024, 11, 14, 0, 30, tzinfo=dt.UTC)),
    ("Thu, 14 Nov 2024 08:30:00 CST", dt.datetime(2024, 11, 14, 0, 30, tzinfo=dt.UTC)),
    ("Thursday, 14-Nov-24 08:30:00 GMT", dt.datetime(2024, 11, 14, 8, 30, tzinfo=dt.UTC)),
    ("Thu, 14 Nov 2024 15:30:00 JST", dt.datetime(2024, 11, 14, 6, 30, tzinfo=dt.UTC)),
]


def context(address: str) -> SourceContext:
    index = JsonIndex(url="https://ribao.test/api", published="when", link="link", items="")
    outlet = Outlet(
        id="ribao",
        name="R",
        home="https://ribao.test/",
        languages=("zh",),
        kind="press",
        country="CN",
        indexes=(index,),
    )
    return SourceContext(url=address, outlet=outlet, since=None, now=NOW)


def feed_dates(element: str, written: str) -> list[dt.datetime | None]:
    body = (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>R</title><item><title>T</title>'
        f"<link>https://ribao.test/a-1</link><{element}>{written}</{element}></item></channel></rss>"
    )
    response = read_response(body.encode(), content_type="text/xml")
    return [candidate.published for candidate in read_feed(response, context(HOME + "feed.xml")).candidates]


@pytest.mark.parametrize("element", ["pubDate", "dc:date"])
@pytest.mark.parametrize(("written", "moment"), WRITTEN)
def test_a_feed_reads_a_date_as_a_page_does(element: str, written: str, moment: dt.datetime) -> None:
    assert feed_dates(element, written) == [moment]


@pytest.mark.parametrize("written", ["2024-11", "November 2024", "14 Nov", "2024/31/12", "hace 2 horas", "0000-00-00"])
def test_a_date_of_a_feed_in_an_unknown_form_is_none(written: str) -> None:
    assert feed_dates("pubDate", written) == [None]


@pytest.mark.parametrize(("written", "moment"), WRITTEN)
def test_a_sitemap_reads_a_date_as_a_page_does(written: str, moment: dt.datetime) -> None:
    body = (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://ribao.test/a-1</loc>'
        f"<lastmod>{written}</lastmod></url></urlset>"
    )
    found = read_sitemap(read_response(body.encode(), content_type="text/xml"), context("https://ribao.test/s.xml"))
    assert [candidate.modified for candidate in found.candidates] == [moment]


@pytest.mark.parametrize(("written", "moment"), WRITTEN)
def test_a_json_index_reads_a_date_as_a_page_does(written: str, moment: dt.datetime) -> None:
    body = json.dumps([{"link": "https://ribao.test/a-1", "when": written}])
    there = context("https://ribao.test/api")
    index = there.outlet.indexes[0]
    found = read_index(read_response(body.encode(), content_type="application/json"), there, index)
    assert [candidate.published for candidate in found.candidates] == [moment]


def test_a_field_of_a_json_index_that_is_named_gmt_is_utc_in_every_country() -> None:
    body = json.dumps([{"link": "https://ribao.test/a-1", "date_gmt": "2024-11-14T08:30:00"}])
    index = JsonIndex(url="https://ribao.test/api", published="date_gmt", link="link", items="")
    response = read_response(body.encode(), content_type="application/json")
    found = read_index(response, context("https://ribao.test/api"), index)
    assert [candidate.published for candidate in found.candidates] == [dt.datetime(2024, 11, 14, 8, 30, tzinfo=dt.UTC)]
