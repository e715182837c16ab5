"""An analyst's first five minutes on the demo desk: in three languages, on a desktop and on a phone."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rispy

from db.i18n.languages import LANGUAGES
from db.search.query import parse_query
from db.site.wording import SiteWording
from tests.fixtures.browsing import DESKTOP, LOCALES, MORNING, PHONE, DemoRoom, Watch, fits

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(params=["desktop", "phone"])
def watch(request: pytest.FixtureRequest, browser: Browser, room: DemoRoom, language: str) -> Iterator[Watch]:
    viewport = DESKTOP if request.param == "desktop" else PHONE
    scheme = "light" if request.param == "desktop" else "dark"
    found = Watch(browser, now=MORNING, viewport=viewport, color_scheme=scheme, locale=LOCALES[language])
    yield found
    found.context.close()
    assert found.complaints == []
    assert found.hosts == {room.address.removeprefix("http://")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_five_minute_morning(watch: Watch, room: DemoRoom, language: str) -> None:
    page, t = watch.page, SiteWording(language)

    # New articles by day, with their outlets.
    page.goto(room.address)
    assert page.locator("html").get_attribute("lang") == t.tag
    assert page.locator(".day h2").first.inner_text().startswith(t("dates.today", day="").strip(" ,"))
    first = page.locator("article.entry").first
    for part in (
        "h3 a",
        ".byline .outlet",
        ".byline .standing",
        ".byline .language",
        ".when time",
        ".lead",
        ".concepts a",
    ):
        assert first.locator(part).first.inner_text().strip(), part
    assert page.locator("svg.volume").get_attribute("aria-label")
    assert fits(page)

    # A filter: outlets through which states speak.
    page.locator(".facet.ownership a", has_text=t("ownerships.state")).click()
    page.wait_for_url("**ownership=state")
    listed = page.locator("article.entry")
    of_state = page.locator("article.entry", has=page.locator(".byline .state"))
    assert 0 < listed.count() == of_state.count()
    assert t("front.stories", n=listed.count()) in page.locator(".total").inner_text()

    # An article of the agency, the outlets that copied it, and what they left out.
    entry = page.locator("article.entry", has_text="granada y pecana").first
    assert t("entry.also_in", n=2) in entry.locator("details.copies summary").inner_text()
    entry.locator("h3 a").click()
    page.wait_for_url("**/article/*")
    assert page.locator("h1").get_attribute("lang") == "es"
    page.locator(".family li", has_text=t("copy_kinds.excerpt")).locator("a.to").click()
    page.locator("#compared").wait_for()
    page.wait_for_load_state()  # its styles too
    assert page.locator("#compared h2").inner_text() == t("article.compared")
    assert page.locator("#compared del").count() > 0
    assert "agroexportaciones" in page.locator("#compared del").last.inner_text()
    assert fits(page)

    # What changed in an article that its outlet corrected.
    page.locator("header a.desk").click()
    page.wait_for_url(f"{room.address}/")
    page.locator("article.entry", has=page.locator(".badge.updated")).locator("h3 a").first.click()
    page.wait_for_url("**/article/*")
    changed = page.locator("#changed")
    assert "3.500" in changed.locator("del").first.inner_text()
    assert "4.200" in changed.locator("ins").first.inner_text()
    assert t("badges.updated") in page.locator(".text .byline").inner_text()

    # The citation, as a file for a reference library.
    with page.expect_download() as download:
        page.locator(".cite a", has_text="RIS").click()
    (reference,) = rispy.loads(Path(download.value.path()).read_text("utf-8"))
    assert reference["title"].startswith("Exportaciones de cobre a China")

    # A search in Chinese, by two characters of a name.
    search = page.get_by_role("searchbox")
    search.fill("钱凯")
    search.press("Enter")
    page.wait_for_url("**q=**")
    assert "钱凯" in page.locator("h1 q").inner_text()
    in_chinese = page.locator("article.entry", has=page.locator("h3 a[lang=zh], .passages a[lang=zh]"))
    assert 0 < page.locator("article.entry").count() == in_chinese.count()
    assert page.locator("mark").first.inner_text() == "钱凯"

    # A subscription of this search: its block for vigia.toml, and what it would have sent.
    page.get_by_role("link", name=t("exports.save")).click()
    page.wait_for_url("**/subscribe**")
    (block,) = tomllib.loads(page.locator("#block").input_value())["subscription"]
    assert parse_query(block["query"]) == parse_query("钱凯")
    assert page.locator(".preview li").count() > 0
    assert fits(page)


@pytest.mark.parametrize("language", ["en"])
def test_the_switch_changes_the_language_of_this_page_and_of_the_next(
    watch: Watch, room: DemoRoom, language: str
) -> None:
    page = watch.page
    page.goto(f"{room.address}/?q=cobre&period=30")
    page.get_by_role("link", name="中文").click()
    page.wait_for_url("**lang=zh**")
    assert "q=cobre&period=30" in page.url
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.get_by_role("link", name="媒体", exact=True).first.click()
    page.wait_for_url("**/outlets")
    assert page.locator("h1").inner_text() == "媒体"
    page.get_by_role("link", name="Español").click()
    page.wait_for_url("**lang=es**")
    assert page.locator("h1").inner_text() == "Medios"


def test_the_morning_works_without_javascript(browser: Browser, room: DemoRoom) -> None:
    context = browser.new_context(java_script_enabled=False, locale="es-PE", viewport=PHONE)
    page = context.new_page()
    page.goto(room.address)
    page.locator("details.copies summary").first.click()
    assert page.locator("details.copies[open] a").first.is_visible()
    page.get_by_role("searchbox").fill("arándanos")
    page.get_by_role("button", name="Buscar").click()
    page.wait_for_url("**q=**")
    assert page.locator("article.entry").count() > 0
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**lang=en**")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("button:visible").all_inner_texts() == [
        "Search",
        "Show",
    ]  # buttons that need a script are hidden
    context.close()
