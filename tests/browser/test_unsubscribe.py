"""The unsubscribe page in a browser, under the security policy of the reading room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from db.connection import open_desk, open_news
from db.desk import secret_keys, unsubscribes
from db.desk.subscriptions import enrol
from db.site.server import SiteServer
from pipelines.alerts import http_endpoints, unsubscribe
from pipelines.alerts.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from playwright.sync_api import Browser


class Site:
    """A reading room without an article, and its desk.db."""

    def __init__(self, folder: Path) -> None:
        self.news, self.path = folder / "news.db", folder / "desk.db"
        open_news(self.news).close()
        self.desk = open_desk(self.path)
        with self.desk.atomic():
            enrol(self.desk, "puerto", name="Puerto", query="chancay", cursor=0, now=dt.datetime.now(dt.UTC))
        subscriptions = {"puerto": Subscription(name="Puerto", query="chancay")}
        app = http_endpoints.build_alerts_application(
            news=self.news,
            desk=self.path,
            name="Vigía",
            timezone="UTC",
            subscriptions=lambda: subscriptions,
            base_url=lambda: self.server.url,
        )
        self.server = SiteServer(self.news, port=0, mounts={http_endpoints.MOUNT_PATH: app})

    def link(self, language: str) -> str:
        key = secret_keys.get_key(self.desk, "leave")
        url = unsubscribe.make_unsubscribe_url(
            f"{language}@example.org", key=key, subscription="puerto", language=language, public_url=self.server.url
        )
        assert url is not None
        return url

    def left(self) -> int:
        return len(unsubscribes.read_unsubscribed(self.desk, "puerto"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("leaving"))
    with site.server:
        yield site
    site.desk.close()


@pytest.mark.parametrize(
    ("language", "width", "scheme", "button", "done"),
    [
        ("en", 1280, "light", "Unsubscribe", "Unsubscribed"),
        ("es", 320, "dark", "Darme de baja", "Baja registrada"),
        ("zh", 390, "light", "退订", "已退订"),
    ],
)
def test_a_reader_confirms_and_unsubscribes_by_keyboard(
    browser: Browser, site: Site, language: str, width: int, scheme: str, button: str, done: str
) -> None:
    before = site.left()
    context = browser.new_context(viewport={"width": width, "height": 640}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.link(language))
    assert site.left() == before, "looking at it changes nothing"
    assert Axe().run(page).violations_count == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == button
    page.keyboard.press("Enter")
    page.wait_for_selector(f"h1:has-text('{done}')")
    assert site.left() == before + 1
    assert Axe().run(page).violations_count == 0
    assert complaints == [], "the policy has nothing to forbid"
    assert all(url.startswith(site.server.url) for url in asked)
    context.close()
