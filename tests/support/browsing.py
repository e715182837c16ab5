"""A real browser on the demo's reading room: what the browser tests and the screenshots share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from demo_desk import DemoDesk, desk_on

from crawler.demo.server import DemoWeb
from db.site.server import SiteServer

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LOCALES = {"en": "en-GB", "es": "es-PE", "zh": "zh-CN"}


@dataclass(frozen=True)
class DemoRoom:
    """The reading room of a demo desk that has read everything once and one revision after it."""

    address: str
    desk: DemoDesk

    def article(self, where: str) -> str:
        """The path of the first article that an SQL condition finds."""
        return f"/article/{self.desk.news(f'SELECT id FROM articles WHERE {where} ORDER BY id')[0][0]}"

    @property
    def revised(self) -> str:
        """The path of the article that its outlet changed."""
        return self.article("id IN (SELECT article FROM revisions)")

    @property
    def copied(self) -> str:
        """The path of a copy whose text differs from its original's."""
        return self.article("original IS NOT NULL AND copy_kind <> 'exact'")

    @property
    def chinese(self) -> str:
        """The path of an original in Chinese."""
        return self.article("language = 'zh' AND original IS NULL")

    def pages(self) -> dict[str, str]:
        """Every kind of page, by the name of its picture."""
        return {
            "front": "/",
            "search": "/?q=chancay+port&period=30",
            "search-chinese": "/?q=钱凯港&sort=rank",
            "mistaken": "/?q=cobre+tittle:china",
            "nothing": "/?q=xyzzy",
            "article": self.revised,
            "copy": self.copied,
            "article-chinese": self.chinese,
            "outlets": "/outlets",
            "outlet": "/outlet/lacordillera",
            "help": "/help",
            "concepts": "/concepts",
            "concept": "/concept/chancay-port",
            "subscribe": "/subscribe?q=chancay+port&country=PE",
            "missing": "/nothing",
            "records": "/news",
            "table": "/news/articles?_size=5",
            "record": "/news/articles/1",
            "query": "/news/copies",
        }


@contextmanager
def demo_room(folder: Path) -> Iterator[DemoRoom]:
    """Crawl the miniature web into `folder`, let it publish its revision and read that, then serve what came of it."""
    with DemoWeb() as web:
        desk = desk_on(web, folder)
        desk.configure(revisit=["1s"])
        desk.crawl()
        web.revise()
        desk.crawl("lacordillera")
        with SiteServer(folder / "news.db", port=0, name="Vigía demo", timezone="America/Lima") as site:
            yield DemoRoom(site.url, desk)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser that runs until the block ends."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Watch:
    """A page, with everything that it complained of and every host that it asked."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append("a dialog opened"), dialog.dismiss()))
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        self.page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective))"
        )


def fits(page: Any) -> bool:
    """Whether nothing of the page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
