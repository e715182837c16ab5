"""A button copies a citation or a subscription's block; without scripts they can be selected."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from db.site.server import SiteServer
from tests.fixtures.browsing import DESKTOP, Watch
from tests.fixtures.invented_desk import NOW, build

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with SiteServer(build(tmp_path_factory.mktemp("desk")), port=0, timezone="America/Lima", now=lambda: NOW) as site:
        yield site.url


def copied(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_a_button_copies(browser: Browser, address: str) -> None:
    watch = Watch(browser, viewport=DESKTOP, locale="en-GB", permissions=["clipboard-read", "clipboard-write"])
    page = watch.page
    page.goto(f"{address}/article/1")
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert copied(page).startswith("Redacción. “El puerto de Chancay recibe a la mayor grúa")
    assert copied(page).endswith("https://faro.test/0-nota.")
    page.goto(f"{address}/subscribe?q=chancay&country=PE")
    page.get_by_role("button", name="Copy the block").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert tomllib.loads(copied(page))["subscription"][0]["query"] == "chancay country:PE"
    watch.context.close()
    assert watch.complaints == []


def test_without_clipboard_access_the_text_is_selected_and_copied(browser: Browser, address: str) -> None:
    watch = Watch(browser, viewport=DESKTOP, locale="en-GB")
    watch.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    watch.page.goto(f"{address}/subscribe?q=chancay")
    watch.page.get_by_role("button", name="Copy the block").click()
    watch.page.get_by_role("button", name="Copied").wait_for()
    assert "[[subscription]]" in watch.page.evaluate("getSelection().toString()")
    watch.context.close()


def test_without_scripts_there_is_no_button_and_the_text_is_there(browser: Browser, address: str) -> None:
    watch = Watch(browser, viewport=DESKTOP, locale="en-GB", java_script_enabled=False)
    watch.page.goto(f"{address}/subscribe?q=chancay")
    assert watch.page.locator("button[data-copy]:visible").count() == 0
    assert "[[subscription]]" in watch.page.locator("textarea").input_value()
    with watch.page.expect_download() as download:
        watch.page.goto(f"{address}/article/1")
        watch.page.get_by_role("link", name="RIS").click()
    assert download.value.suggested_filename.endswith("-1.ris")
    assert Path(download.value.path()).read_text("utf-8").startswith("TY  - NEWS")
    watch.context.close()
