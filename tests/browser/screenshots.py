"""`make screenshots`: the README's pictures, taken of the demo's desk in a real browser."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from crawler.demo.server import DemoWeb
from db.site.serve import SiteServer

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from demo_desk import desk_on  # noqa: E402 -- pytest's pythonpath gives it to tests; this is run by itself

PICTURES = ROOT / "docs"
LARGEST = 300_000  # bytes of one picture
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


def main() -> None:
    """Crawl the miniature web once, serve what came of it, and take front.png and article.png."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no Chromium on this machine: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, DemoWeb() as web:
        desk = desk_on(web, Path(folder))
        print(desk.crawl())
        with SiteServer(desk.folder / "news.db", port=0, name="Vigía demo", timezone="America/Lima") as site:
            take(chromium, site.url)
    for picture in ("front.png", "article.png"):
        size = (PICTURES / picture).stat().st_size
        print(f"docs/{picture}: {size:,} bytes")
        if size > LARGEST:
            sys.exit(f"docs/{picture} is larger than {LARGEST:,} bytes; make its window smaller")


def take(chromium: str, address: str) -> None:
    """Write both pictures."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1160, "height": 800}, color_scheme="light")
        page.goto(address)
        page.screenshot(path=PICTURES / "front.png")
        copied = page.locator("article.entry:has(details.copies) h3 a")  # such a page has most to show
        (copied if copied.count() else page.locator("h3 a")).first.click()
        page.wait_for_url("**/article/**")
        page.screenshot(path=PICTURES / "article.png")
        browser.close()


if __name__ == "__main__":
    main()
