"""The miniature web: its responses, its clock and its faults."""

from __future__ import annotations

import datetime as dt
import gzip
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from lxml import html as lxml_html
from protego import Protego

from crawler.config.desk import load_desk
from crawler.demo import DemoWeb, ExpectedPage, write_desk
from tests.fixtures.waiting import DEADLINE_SECONDS

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def ask(web: DemoWeb, url: str, method: str = "GET", **headers: str) -> Reply:
    """Send one request through the proxy, without following redirects."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=DEADLINE_SECONDS)
    try:
        connection.request(method, url, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        said = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, said, response.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def still() -> Iterator[DemoWeb]:
    """A miniature web that no test changes."""
    with DemoWeb(now=NOON) as web:
        yield web


@pytest.fixture
def web() -> Iterator[DemoWeb]:
    with DemoWeb(now=NOON, slow=0.2) as web:
        yield web


def charset_of(reply: Reply) -> str:
    said = re.search(rb'charset="?([\w-]+)', reply.headers["content-type"].encode() + reply.body[:1000])
    assert said
    return said[1].decode()


def squeezed(text: str) -> str:
    return " ".join(text.replace("\u3000", " ").split())


def words_of(page: ExpectedPage, reply: Reply) -> str:
    tree = lxml_html.fromstring(reply.body.decode(charset_of(reply)))
    return squeezed(str(tree.text_content()))


def test_every_page_shows_what_is_expected_of_it(still: DemoWeb) -> None:
    for page in still.expected():
        reply = ask(still, page.url)
        assert reply.status == 200, page.url
        shown = words_of(page, reply)
        assert squeezed(page.title) in shown, page.url
        for paragraph in page.text.split("\n\n"):
            assert squeezed(paragraph) in shown, (page.url, paragraph)
        for author in page.authors:
            assert author in shown, page.url


def test_every_outlets_sources_list_all_its_visible_pages(still: DemoWeb) -> None:
    for outlet, urls in still.source_urls().items():
        listed = ""
        for url in urls:
            listed += ask(still, url).body.decode("gbk" if outlet == "haibinribao" else "utf-8", "replace")
            for child in re.findall(r"<loc>(\S+\.gz)</loc>", listed):
                listed += gzip.decompress(ask(still, child).body).decode()
        for page in still.expected():
            if page.outlet == outlet:
                names = {address for url in (page.url, *page.twins) for address in (url, urlsplit(url).path)}
                assert any(name in listed for name in names), page.url


def test_its_desk_loads_and_has_every_outlet_and_source(still: DemoWeb, tmp_path) -> None:
    write_desk(tmp_path, proxy=still.proxy)
    desk = load_desk(tmp_path)
    assert desk.crawl.proxy == still.proxy
    assert {outlet.id for outlet in desk.outlets} == {outlet.id for outlet in still.outlets}
    for outlet in desk.outlets:
        assert [source.url for source in outlet.sources] == still.source_urls()[outlet.id]
    assert [subscription.when for subscription in desk.subscriptions] == ["immediately", "daily 07:30"]


def test_an_unchanged_page_answers_304(still: DemoWeb) -> None:
    page = still.expected()[0]
    first = ask(still, page.url)
    by_tag = ask(still, page.url, If_None_Match=first.headers["etag"])
    by_date = ask(still, page.url, If_Modified_Since=first.headers["last-modified"])
    assert (by_tag.status, by_tag.body) == (304, b"")
    assert by_date.status == 304
    other_tag = ask(still, page.url, If_None_Match='"x"', If_Modified_Since=first.headers["last-modified"])
    assert other_tag.status == 200


def test_head_answers_like_get_without_a_body(still: DemoWeb) -> None:
    page = still.expected()[0]
    got, head = ask(still, page.url), ask(still, page.url, "HEAD")
    assert head.status == 200
    assert head.body == b""
    assert head.headers["content-length"] == str(len(got.body))


def test_a_host_of_the_real_web_is_never_served(still: DemoWeb) -> None:
    assert ask(still, "http://example.org/").status == 502


def test_www_is_the_same_host_and_an_unknown_path_is_404(still: DemoWeb) -> None:
    assert ask(still, "http://www.lacordillera.test/").status == 200
    assert ask(still, "http://lacordillera.test/nada").status == 404


def test_some_outlets_send_gzip_to_clients_that_accept_it(still: DemoWeb) -> None:
    page = next(page for page in still.expected() if page.outlet == "lacordillera")
    plain, zipped = ask(still, page.url), ask(still, page.url, Accept_Encoding="gzip")
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == plain.body


def test_one_connection_serves_many_requests(still: DemoWeb) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", still.port, timeout=DEADLINE_SECONDS)
    for page in still.expected()[:10]:
        connection.request("GET", page.url)
        assert connection.getresponse().read()
    connection.close()


def test_many_connections_at_one_time_are_all_answered(still: DemoWeb) -> None:
    pages = still.expected()
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda page: ask(still, page.url), pages * 2))
    assert {reply.status for reply in replies} == {200}


def test_the_revision_changes_headline_and_figure_and_validators(web: DemoWeb) -> None:
    before = next(page for page in web.expected() if "US$ 3.500" in page.title)
    first = ask(web, before.url)
    web.revise()
    after = next(page for page in web.expected() if page.url == before.url)
    assert "US$ 4.200" in after.title
    assert "4.200 millones de dólares" in after.text
    assert before.published == after.published
    second = ask(web, before.url, If_None_Match=first.headers["etag"], If_Modified_Since=first.headers["last-modified"])
    assert second.status == 200
    assert squeezed(after.text.split("\n\n")[0]) in words_of(after, second)


def test_advancing_the_clock_publishes_new_stories_and_the_revision(web: DemoWeb) -> None:
    urls = {page.url for page in web.expected()}
    titles = {page.title for page in web.expected()}
    web.advance(dt.timedelta(minutes=15))
    later = web.expected()
    new = [page for page in later if page.url not in urls]
    assert new
    assert all(NOON < page.published <= web.now for page in new)
    assert ask(web, new[0].url).status == 200
    assert any(page.title not in titles for page in later if page.url in urls)


def test_a_story_of_the_future_is_404_until_its_date(web: DemoWeb) -> None:
    with DemoWeb(now=NOON) as ahead:
        ahead.advance(dt.timedelta(minutes=15))
        future = {page.url for page in ahead.expected()} - {page.url for page in web.expected()}
    assert future
    assert {ask(web, url).status for url in future} == {404}


@pytest.mark.parametrize(("how", "status"), [("500", 500), ("503", 503), ("429", 429), ("403", 403), ("none", 200)])
def test_a_host_answers_with_the_fault_that_is_set(web: DemoWeb, how, status) -> None:
    web.fail("lacordillera.test", how)
    reply = ask(web, "http://lacordillera.test/news-sitemap.xml")
    assert reply.status == status
    assert ("retry-after" in reply.headers) is (status in {429, 503})
    assert ask(web, "http://haibinribao.test/latest.html").status == 200


def test_a_host_may_drop_connections(web: DemoWeb) -> None:
    web.fail("lacordillera.test", "drop")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        ask(web, "http://lacordillera.test/")
    assert web.hits[-1].status == 0


def test_robots_txt_alone_may_fail(web: DemoWeb) -> None:
    web.fail("lacordillera.test", "robots503")
    assert ask(web, "http://lacordillera.test/robots.txt").status == 503
    assert ask(web, "http://lacordillera.test/news-sitemap.xml").status == 200


def test_the_fault_garbage_sends_half_a_source(web: DemoWeb) -> None:
    whole = ask(web, "http://lacordillera.test/news-sitemap.xml").body
    web.fail("*", "garbage")
    half = ask(web, "http://lacordillera.test/news-sitemap.xml").body
    assert half.endswith(b"\xff")
    assert whole.startswith(half[:-5])


def test_a_slow_host_does_not_delay_closing_the_web() -> None:
    with DemoWeb(now=NOON, slow=10 * DEADLINE_SECONDS) as web:
        web.fail("*", "slow")
        asking = threading.Thread(target=lambda: ask(web, "http://lacordillera.test/"))
        asking.start()
        time.sleep(0.3)  # the request has arrived: a slow host records none
    asking.join(timeout=DEADLINE_SECONDS / 2)
    assert not asking.is_alive()


def test_hits_record_the_requests(web: DemoWeb) -> None:
    ask(web, "http://lacordillera.test/?page=2", User_Agent="Vigia/0.1")
    (hit,) = web.hits
    assert (hit.host, hit.path, hit.method, hit.status) == ("lacordillera.test", "/?page=2", "GET", 200)
    assert hit.headers["user-agent"] == "Vigia/0.1"
    web.forget_hits()
    assert web.hits == []


def test_robots_txt_forbids_exactly_the_forbidden_pages(still: DemoWeb) -> None:
    rules = {
        outlet.host: Protego.parse(ask(still, f"http://{outlet.host}/robots.txt").body.decode())
        for outlet in still.outlets
    }
    for page in still.expected():
        host = urlsplit(page.url).netloc
        assert rules[host].can_fetch(page.url, "Vigia") is not page.forbidden, page.url


def test_the_json_ld_of_pages_is_valid(still: DemoWeb) -> None:
    found = 0
    for page in still.expected():
        tree = lxml_html.fromstring(ask(still, page.url).body)
        for script in tree.xpath('//script[@type="application/ld+json"]/text()'):
            said = json.loads(str(script))
            assert said["headline"] == page.title
            assert dt.datetime.fromisoformat(said["datePublished"]) == page.published
            assert (str(said.get("isAccessibleForFree")) == "False") is page.paywalled
            found += 1
    assert found


def test_a_second_web_with_the_same_start_has_the_same_addresses_and_dates() -> None:
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    with DemoWeb(began=yesterday) as first:
        before = {(page.url, page.published) for page in first.expected()}
    with DemoWeb(began=yesterday) as again:
        assert {(page.url, page.published) for page in again.expected()} == before
        assert any("4.200" in page.title for page in again.expected())


def test_an_unknown_fault_is_refused_with_the_known_ones(web: DemoWeb) -> None:
    with pytest.raises(ValueError, match=r"no such fault: .teapot.; there are 500, 503"):
        web.fail("lacordillera.test", "teapot")  # type: ignore[arg-type]


def test_an_invalid_request_does_not_break_the_next_one(web: DemoWeb) -> None:
    for nonsense in (
        b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT a.test:443 HTTP/1.1\r\n\r\n",
        b"\x00\xff\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", web.port), timeout=DEADLINE_SECONDS) as raw:
            raw.sendall(nonsense)
            raw.shutdown(socket.SHUT_WR)
            answered = b"".join(iter(lambda: raw.recv(4096), b""))
        assert b" 400 " in answered or b" 501 " in answered or b"Error code: 400" in answered
    assert ask(web, "http://lacordillera.test/").status == 200


def test_a_copy_names_its_source_below_the_text(still: DemoWeb) -> None:
    (page,) = (page for page in still.expected() if page.credited_to)
    assert f"Fuente: {page.credited_to}" in words_of(page, ask(still, page.url))
    assert "Fuente" not in page.text
