"""The HTML of a mail in a real browser: it fits a phone and a dark screen, and sends no request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from db.i18n.languages import LANGUAGES, Language
from tests.fixtures.browsing import fits
from tests.fixtures.digest_example import ROWS, as_mailed, digest, heartbeat, row

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Mail programs show a message within their own page, which has the landmarks.
RULES = {"rules": {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_digest_fits_its_window_and_can_be_read_by_everyone(browser: Browser, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for language in LANGUAGES:
        for message in (digest(language), heartbeat(language)):
            page.set_content(as_mailed(message)[1])
            for width in (320, 390, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                assert fits(page)
            result = Axe().run(page, options=RULES)
            assert result.violations_count == 0, result.generate_report()
    page.close()
    assert asked == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_long_and_hostile_words_do_not_widen_the_message(browser: Browser, language: Language) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    endless = row(**{**ROWS[0], "title": "x" * 10_000, "outlet_name": "y" * 300, "text": "Chancay" * 3_000})
    nasty = row(**{**ROWS[0], "title": "<script>document.title = 'owned'</script><img src=//evil.example/x>"})
    page.set_content(as_mailed(digest(language, rows=(endless, nasty)))[1])
    assert fits(page)
    assert page.title() != "owned"
    assert page.locator("img, script").count() == 0
    page.close()
