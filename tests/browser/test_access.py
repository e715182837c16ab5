"""Accessibility: axe-core finds no fault on any page, and the keyboard reaches everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.fixtures.browsing import DESKTOP, LOCALES, PHONE, DemoRoom, fits

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
STOCK = {"records", "table", "record", "query"}  # Datasette's own pages


@pytest.mark.parametrize(
    ("language", "window", "scheme"), [("en", "desktop", "light"), ("es", "phone", "dark"), ("zh", "desktop", "dark")]
)
def test_axe_finds_nothing(browser: Browser, room: DemoRoom, language: str, window: str, scheme: str) -> None:
    viewport = DESKTOP if window == "desktop" else PHONE
    context = browser.new_context(viewport=viewport, color_scheme=scheme, locale=LOCALES[language])
    page = context.new_page()
    found = {}
    for name, path in room.pages().items():
        page.goto(room.address + path)
        page.evaluate("for (const it of document.querySelectorAll('details')) it.open = true")
        result = Axe().run(page, options=RULES)
        found[name] = [
            (it["id"], node["target"], node["failureSummary"])
            for it in result.response["violations"]
            for node in it["nodes"]
        ]
        if not fits(page) and name not in STOCK:
            found[name].append(("wider than its window", [], ""))
        if page.evaluate("document.documentElement.lang").partition("-")[0] != language:
            found[name].append(("in another language", [], ""))
    context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("language", LOCALES)
def test_no_page_scrolls_sideways_at_320_pixels(browser: Browser, room: DemoRoom, language: str) -> None:
    # WCAG 2.2, 1.4.10: a window of 1280 pixels at 400 %.
    context = browser.new_context(viewport={"width": 320, "height": 640}, locale=LOCALES[language])
    page = context.new_page()
    for name, path in room.pages().items():
        if name not in ("table", "query"):  # wide tables, which scroll within their frame
            page.goto(room.address + path)
            assert fits(page), name
    context.close()


def test_the_keyboard_alone_is_enough(page: Page, room: DemoRoom) -> None:
    page.goto(room.address)
    page.keyboard.press("Tab")
    skip = page.locator("a.skip[href='#content']")
    assert skip.evaluate("it => it === document.activeElement")
    assert skip.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    summary = page.locator("details.copies summary").first
    summary.focus()
    assert summary.evaluate("it => getComputedStyle(it).outlineWidth") == "3px"
    page.keyboard.press("Enter")
    assert page.locator("details.copies[open]").count() == 1
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("a/b")
    assert page.locator("#q").input_value() == "a/b"


def test_every_stop_of_the_tab_key_is_visibly_focused(page: Page, room: DemoRoom) -> None:
    page.goto(room.address + room.revised)
    unseen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        at = page.evaluate("""() => {
            const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
            const shown = style.outlineStyle !== 'none' && box.width > 0 && box.left >= 0;
            return {shown, what: it.outerHTML.slice(0, 80)};
        }""")
        if at["what"].startswith("<body"):
            break
        if not at["shown"]:
            unseen.append(at["what"])
    assert unseen == []


def test_text_in_another_language_has_a_lang_attribute(page: Page, room: DemoRoom) -> None:
    page.goto(room.address)
    languages = set(page.locator("article.entry h3 a").evaluate_all("all => all.map(it => it.lang)"))
    assert languages == {"en", "es", "zh"}
    page.goto(room.address + room.chinese)
    assert page.locator("h1").get_attribute("lang") == page.locator(".prose").get_attribute("lang") == "zh"


def test_nothing_moves_with_prefers_reduced_motion(browser: Browser, room: DemoRoom) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{room.address}/news/articles?_size=5")
    moving = (
        "[...document.querySelectorAll('*')].filter(it => parseFloat(getComputedStyle(it).transitionDuration) > 0.01)"
    )
    assert page.evaluate(f"{moving}.length") == 0
    context.close()


def test_an_article_prints_as_text_with_its_source(page: Page, room: DemoRoom) -> None:
    page.goto(room.address + room.revised)
    page.emulate_media(media="print")
    for gone in ("header.masthead", "footer.ft", ".skip", "aside ul.concepts"):
        assert not page.locator(gone).first.is_visible(), gone
    for kept in ("h1", ".prose", ".byline .outlet", ".printed-address"):
        assert page.locator(kept).first.is_visible(), kept
    assert page.pdf(format="A4").startswith(b"%PDF")
