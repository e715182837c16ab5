"""The login page in a browser: under the security policy, by keyboard, and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from datasette_auth_passwords.utils import hash_password

from db.connection import open_news
from db.site.server import ReaderAccess, SiteServer
from tests.fixtures.browsing import DESKTOP, PHONE, Watch, fits

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PASSWORD = "un puerto, dos grúas"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("desk") / "news.db"
    open_news(path).close()
    lock = ReaderAccess(password_hash=hash_password(PASSWORD, iterations=10_000), secret="s" * 64)
    with SiteServer(path, port=0, name="Mesa de prueba", access=lock) as server:
        yield server.url


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_reader_enters_reads_and_leaves(browser: Browser, address: str, script: bool) -> None:
    watch = Watch(browser, viewport=DESKTOP, java_script_enabled=script)
    page = watch.page
    page.goto(f"{address}/outlets")
    assert "/-/login?next=" in page.url
    focused = page.locator("input[type=password]:focus")
    focused.wait_for()  # a page gives its field the focus when it is first drawn
    page.keyboard.type("no es esta")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("alert").inner_text() == "Wrong password."
    focused.wait_for()  # else Chromium would find another focus when it comes to that, and say so
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/outlets")
    assert [cookie["httpOnly"] for cookie in watch.context.cookies() if cookie["name"] == "ds_actor"] == [True]
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/-/login")
    page.goto(address)
    assert "/-/login" in page.url
    watch.context.close()
    # The browser itself logs the response 403.
    assert [it for it in watch.complaints if "403" not in it] == []
    assert watch.hosts == {address.removeprefix("http://")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_page_fits_and_can_be_read_by_everyone(
    browser: Browser, address: str, size: dict[str, int], scheme: str
) -> None:
    for language, words in (("en-GB", "Password"), ("es-PE", "Contraseña"), ("zh-CN", "密码")):
        context = browser.new_context(viewport=size, color_scheme=scheme, locale=language, bypass_csp=True)
        page = context.new_page()
        page.goto(address)
        assert page.locator("label").inner_text() == words
        assert fits(page)
        assert Axe().run(page).response["violations"] == []
        context.close()
