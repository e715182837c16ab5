"""Reading in a browser breaks no Content-Security-Policy and sends no request to another host."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from db.site.server import SiteServer
from tests.fixtures.browsing import Watch, fits
from tests.fixtures.invented_desk import NOW, build

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = build(tmp_path_factory.mktemp("desk"))
    with SiteServer(path, port=0, name="Mesa de prueba", timezone="America/Lima", now=lambda: NOW) as server:
        yield server.url


@pytest.fixture(params=[(1280, 900, "light"), (390, 844, "dark")], ids=["desktop", "phone-dark"])
def watch(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Watch]:
    width, height, scheme = request.param
    found = Watch(browser, now=NOW, viewport={"width": width, "height": height}, color_scheme=scheme)
    yield found
    found.context.close()
    assert found.complaints == []
    assert found.hosts == {address.removeprefix("http://")}


def test_a_morning_from_the_front_page_to_a_chinese_article(watch: Watch, address: str) -> None:
    page = watch.page
    page.goto(address)
    assert page.locator("article.entry").count() == 40
    assert fits(page)
    page.locator("details.copies summary").first.click()
    assert page.locator("details.copies[open] li").count() == 2
    page.get_by_role("searchbox").fill("钱凯港")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    assert page.locator("article.entry").count() == 2
    assert page.locator("h3 mark").inner_text() == "钱凯港"
    page.locator("h3 a").first.click()
    page.wait_for_url("**/article/**")
    assert page.locator("h1").inner_text() == "钱凯港迎来新一批自动化设备"
    assert page.locator(".prose mark").count() == 2
    assert "state media" in page.locator(".text .byline").inner_text()
    assert fits(page)


def test_entries_are_reached_opened_and_ticked_by_keys_but_not_while_typing(watch: Watch, address: str) -> None:
    page = watch.page
    page.goto(f"{address}/?list=compact")
    place = "[...document.querySelectorAll('article.entry')].indexOf(document.activeElement.closest('article.entry'))"
    for key, reached in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        assert page.evaluate(place) == reached
    page.keyboard.press("x")  # no box to tick: nothing happens
    page.keyboard.press("?")
    assert page.locator("dialog#keys[open] dd").count() == 6
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    assert page.evaluate(place) == 1
    title = page.locator("article.entry h3").nth(1).inner_text()
    page.keyboard.press("/")
    page.keyboard.type("jok?")
    assert page.get_by_role("searchbox").input_value() == "jok?"
    assert page.locator("dialog[open]").count() == 0
    page.locator("article.entry h3 a").nth(1).focus()
    page.keyboard.press("o")
    page.wait_for_url("**/article/**")
    assert page.locator("h1").inner_text() == title
    assert fits(page)


def test_a_compact_list_prints_whole_headlines_and_addresses(watch: Watch, address: str) -> None:
    page = watch.page
    page.goto(f"{address}/?list=compact")
    entry = page.locator("article.entry").first
    assert not entry.locator(".printed-address").is_visible()
    page.emulate_media(media="print")
    assert entry.locator(".printed-address").is_visible()
    assert entry.locator(".byline").evaluate("it => getComputedStyle(it).whiteSpace") == "normal"


def test_a_bar_of_the_chart_is_reached_by_the_keyboard_and_leads_to_its_days(watch: Watch, address: str) -> None:
    page = watch.page
    page.goto(address)
    bar = page.locator(".volume a").last
    bar.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**from=2026-11-16&to=2026-11-22")
    assert page.locator(".days input[name=from]").input_value() == "2026-11-16"
    assert page.locator(".volume a.faint").count() > 0
    assert fits(page)


def test_filters_are_set_and_removed_by_links(watch: Watch, address: str) -> None:
    page = watch.page
    page.goto(address)
    page.locator(".facet.language a", has_text="Chinese").click()
    page.wait_for_url("**language=zh**")
    assert {it.get_attribute("lang") for it in page.locator("h3 a").all()} == {"zh"}
    page.locator(".chosen a").click()
    page.wait_for_url(lambda url: "language" not in url)
    assert page.locator("article.entry").count() == 40


def test_what_is_new_since_the_last_visit_is_marked(watch: Watch, address: str) -> None:
    page = watch.page
    page.goto(address)
    assert page.locator(".entry .new").count() == 0  # a first visit: everything is new, nothing is marked
    third = page.locator("article.entry").nth(2).get_attribute("data-seen")
    two_hours_ago = int((NOW - dt.timedelta(hours=2)).timestamp() * 1000)
    page.evaluate(
        "visit => localStorage.setItem('vigia-visit', visit)", json.dumps({"seen": third, "at": two_hours_ago})
    )
    page.reload()
    assert page.locator(".entry .new").count() == 2
    assert page.locator(".since").inner_text().startswith("2 new since today 08:00")
    page.locator(".since button").click()
    assert page.locator("article.entry:visible").count() == 2
    page.reload()
    assert page.locator(".entry .new").count() == 2  # the visit goes on


def test_a_page_that_is_new_to_its_end_says_at_least_and_the_next_page_counts_nothing(
    watch: Watch, address: str
) -> None:
    page = watch.page
    page.goto(address)
    long_ago = json.dumps({"seen": "2000-01-01T00:00:00Z", "at": 10**12})
    page.evaluate("visit => localStorage.setItem('vigia-visit', visit)", long_ago)
    page.reload()
    assert page.locator(".entry .new").count() == 40
    assert page.locator(".since").inner_text().startswith("At least 40 new since 8 September")
    page.locator(".turn a[rel=next]").click()
    page.wait_for_url("**before=**")
    assert page.locator(".entry .new").count() > 0
    assert page.locator(".since").is_hidden()


def test_hostile_articles_do_nothing(watch: Watch, address: str) -> None:
    page = watch.page
    for path in ("/?q=alert", "/?outlet=faro", "/news/articles?_search=alert", "/news/search?words=alert"):
        page.goto(address + path)
        assert fits(page) or "/news/" in path
    page.goto(f"{address}/?q=alert")
    links = [it.get_attribute("href") for it in page.locator("h3 a").all()]
    assert len(links) >= 2
    for link in links:
        page.goto(address + (link or ""))
        assert page.locator("h1").count() == 1
        assert page.locator("img, iframe, svg[onload]").count() == 0


def test_the_records_work_under_the_strict_policy(watch: Watch, address: str) -> None:
    page = watch.page
    for path in ("/news", "/outlets", "/news/articles/1", "/news/copies", "/article/5", "/article/14", "/nothing"):
        page.goto(address + path)
        watch.complaints[:] = [it for it in watch.complaints if "404" not in it]  # the last address does not exist
        assert fits(page), path
    page.goto(f"{address}/news/articles")
    if page.viewport_size["width"] > 600:
        page.locator("th[data-column=title] svg").click()
        page.locator(".dropdown-menu a.dropdown-sort-asc").click()
        page.wait_for_url("**_sort=title**")


def test_pages_can_be_read_without_javascript_and_by_keyboard(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator("article.entry").count() == 40
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    context.close()
