"""Crawls of the miniature web by the real command, over real sockets."""

from __future__ import annotations

import datetime as dt
import signal
from collections import Counter

from crawler import urls
from tests.fixtures.demo_desk import DemoDesk
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until

CONDITIONAL = ("if-none-match", "if-modified-since")


def keys_of(addresses: list[str]) -> Counter[str]:
    return Counter(urls.key(address) for address in addresses)


def page_hits(desk: DemoDesk) -> list[str]:
    """Requests for pages: neither robots.txt nor a source nor a child sitemap."""
    sources = {url for found in desk.web.source_urls().values() for url in found}
    children = {row[0] for row in desk.desk("SELECT url FROM sources")}
    seen = [f"http://{hit.host}{hit.path}" for hit in desk.web.hits if hit.path != "/robots.txt"]
    return [url for url in seen if url not in sources | children]


def test_every_page_becomes_an_article_or_a_rejection_exactly_once(crawled: DemoDesk) -> None:
    expected = {urls.key(page.url) for page in crawled.web.expected()}
    settled = keys_of(crawled.settled())
    assert set(settled) >= expected
    assert max(settled.values()) == 1
    assert crawled.desk("SELECT count(*) FROM candidates") == [(0,)]


def test_a_second_crawl_asks_each_source_once_with_validators_and_no_page(desk: DemoDesk) -> None:
    desk.crawl()
    before = len(desk.settled())
    desk.web.forget_hits()
    desk.crawl()
    assert page_hits(desk) == []
    asked = Counter(f"http://{hit.host}{hit.path}" for hit in desk.web.hits)
    alive = {url for (url,) in desk.desk("SELECT url FROM sources WHERE failures = 0")}
    assert {asked[url] for url in alive} == {1}
    for hit in desk.web.hits:
        if f"http://{hit.host}{hit.path}" in alive:
            assert any(name in hit.headers for name in CONDITIONAL)
    assert len(desk.settled()) == before


def test_a_page_that_robots_txt_forbids_is_never_requested(crawled: DemoDesk) -> None:
    forbidden = [page.url for page in crawled.web.expected() if page.forbidden]
    assert forbidden
    assert not set(forbidden) & {f"http://{hit.host}{hit.path}" for hit in crawled.web.hits}
    assert [row[0] for row in crawled.news("SELECT url FROM rejections WHERE reason = 'robots'")] == forbidden


def test_robots_txt_is_requested_once_a_day(desk: DemoDesk) -> None:
    desk.crawl("lacordillera")
    desk.crawl("lacordillera")
    asked = [hit for hit in desk.web.hits if hit.path == "/robots.txt"]
    assert len(asked) == 1


def test_no_page_is_requested_from_a_host_whose_robots_txt_can_not_be_read(desk: DemoDesk) -> None:
    desk.web.fail("lacordillera.test", "robots503")
    desk.crawl("lacordillera", "mineriaypuertos")
    assert {hit.path for hit in desk.web.hits if hit.host == "lacordillera.test"} == {"/robots.txt"}
    assert desk.desk("SELECT failures, outcome FROM sources WHERE outlet = 'lacordillera'")[0] == (1, "waits")
    assert desk.desk("SELECT wait_until > '2000' FROM hosts WHERE host = 'lacordillera.test'") == [(1,)]
    desk.web.fail("lacordillera.test", "none")
    desk.web.forget_hits()
    desk.crawl("lacordillera", "mineriaypuertos")
    assert not [hit for hit in desk.web.hits if hit.host == "lacordillera.test"]


def test_a_429_makes_the_host_wait_and_loses_no_page(desk: DemoDesk) -> None:
    desk.crawl("lacordillera")
    settled = len(desk.settled())
    desk.web.fail("lacordillera.test", "429")
    desk.run("crawl", "lacordillera")
    (until,) = desk.desk("SELECT wait_until FROM hosts WHERE host = 'lacordillera.test'")[0]
    assert dt.datetime.fromisoformat(until) > max(hit.at for hit in desk.web.hits)
    assert len(desk.settled()) == settled


def test_pages_of_a_host_that_fails_are_tried_again_later(desk: DemoDesk) -> None:
    desk.configure(delay=0.3)
    crawling = desk.start("crawl", "lacordillera")
    wait_until(lambda: page_hits_safe(desk), what="the first page")
    desk.web.fail("lacordillera.test", "500")
    crawling.communicate(timeout=DEADLINE_SECONDS)
    waiting = desk.desk("SELECT url, attempts, retry_at, last_error FROM candidates")
    assert waiting
    assert {row[3] for row in waiting} == {"answered 500"}
    desk.web.fail("lacordillera.test", "none")
    desk.crawl("lacordillera")
    assert len(desk.desk("SELECT url FROM candidates")) == len(waiting)  # their time has not come


def page_hits_safe(desk: DemoDesk) -> list[str]:
    return page_hits(desk) if (desk.folder / "desk.db").exists() and desk.web.hits else []


def test_a_dead_feed_is_recorded_with_its_reason(crawled: DemoDesk) -> None:
    dead = crawled.desk("SELECT url, status, outcome, failures, detail FROM sources WHERE failures > 0")
    assert [row[1:] for row in dead] == [(410, "http-410", 1, "answered 410")]


def test_each_host_is_asked_one_request_at_a_time_and_not_faster_than_the_delay(desk: DemoDesk) -> None:
    desk.configure(delay=0.4)
    desk.crawl("mineriaypuertos", "portalcomercio")
    for host in ("mineriaypuertos.test", "portalcomercio.test"):
        times = [hit.at for hit in desk.web.hits if hit.host == host]
        assert len(times) > 4
        # A busy machine may note a request late, so the span of all requests is judged, not the smallest gap, and
        # even of the span a half may be lost.
        assert (times[-1] - times[0]).total_seconds() > 0.5 * 0.4 * (len(times) - 1)


def test_requests_have_a_user_agent_with_the_contact(desk: DemoDesk) -> None:
    desk.crawl("portalcomercio")
    assert {hit.headers["user-agent"].split("/")[0] for hit in desk.web.hits} == {"Vigia"}
    assert all("vigia-demo.test/contact" in hit.headers["user-agent"] for hit in desk.web.hits)


def test_an_article_that_changes_becomes_a_revision(desk: DemoDesk) -> None:
    desk.configure(revisit=["1s", "400d"])
    desk.crawl()
    desk.web.revise()
    desk.crawl_at(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2))
    (revised,) = desk.news("SELECT article FROM revisions")
    ((old, new),) = desk.news(
        "SELECT r.text, a.text FROM revisions r JOIN articles a ON a.id = r.article WHERE a.id = ?", revised
    )
    assert old != new
    assert desk.news("SELECT count(*) FROM articles WHERE last_seen > first_seen") == desk.news(
        "SELECT count(*) FROM articles"
    )


def test_ctrl_c_stores_what_was_fetched_and_a_later_crawl_takes_the_rest(desk: DemoDesk) -> None:
    desk.configure(delay=0.4)
    limits = {
        "crawler.runner:STOP_ANALYSIS_SECONDS": DEADLINE_SECONDS,  # on a busy machine the analysis takes longer
        "crawler.crawling.reactor:END_SECONDS": 2 * DEADLINE_SECONDS,
    }
    crawling = desk.start("crawl", "lacordillera", "haibinribao", "pacificdispatch", "agenciaquipu", limits=limits)
    wait_until(lambda: len(page_hits_safe(desk)) >= 8, what="eight pages")
    crawling.send_signal(signal.SIGINT)
    _, errors = crawling.communicate(timeout=DEADLINE_SECONDS)
    assert "waiting for" in errors
    assert "Traceback" not in errors
    redirects = {f"http://{hit.host}{hit.path}" for hit in desk.web.hits if 300 <= hit.status < 400}
    fetched = set(keys_of([url for url in page_hits(desk) if url not in redirects]))
    assert fetched <= set(keys_of(desk.settled()))
    desk.configure(delay=0.01)
    desk.crawl()
    assert set(keys_of(desk.settled())) >= {urls.key(page.url) for page in desk.web.expected()}
    assert max(keys_of(desk.settled()).values()) == 1


def test_without_a_network_one_line_says_so(desk: DemoDesk) -> None:
    desk.web.fail("*", "drop")
    ended = desk.run("crawl", "lacordillera", "portalcomercio")
    assert ended.returncode == 1
    assert "no outlet answered" in ended.stderr
    assert "Traceback" not in ended.stderr
