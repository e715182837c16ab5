"""Take the README's pictures of the demo desk in a browser: `make screenshots`.

`make screenshots ALL=FOLDER` takes every page instead: in three languages, on a desktop and a phone, light and dark.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # this file is run as a script
from tests.fixtures.browsing import CHROMIUM, DESKTOP, LOCALES, PHONE, DemoRoom, chromium, demo_room  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES = ROOT / "docs"
TALLEST = 2_600  # pixels; longer pages are cut
LARGEST = 300_000  # bytes of one picture


def main() -> None:
    """Crawl the miniature web, serve the desk, and take the pictures."""
    if CHROMIUM is None:
        sys.exit("There is no Chromium on this machine: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, demo_room(Path(folder)) as room, chromium() as browser:
        if len(sys.argv) > 1:
            take_all(browser, room, Path(sys.argv[1]), wanted=sys.argv[2:])
        else:
            take(browser, room)


def take(browser: Browser, room: DemoRoom) -> None:
    """Write front.png and article.png for the README."""
    PICTURES.mkdir(exist_ok=True)
    context = browser.new_context(viewport={"width": 1160, "height": 800}, color_scheme="light", locale="en-GB")
    page = context.new_page()
    for name, path in (("front.png", "/"), ("article.png", room.revised)):
        page.goto(room.address + path)
        page.screenshot(path=PICTURES / name)
        size = (PICTURES / name).stat().st_size
        print(f"docs/{name}: {size:,} bytes")
        if size > LARGEST:
            sys.exit(f"docs/{name} is larger than {LARGEST:,} bytes; make its window smaller")
    context.close()


def take_all(browser: Browser, room: DemoRoom, folder: Path, *, wanted: list[str]) -> None:
    """Write FOLDER/PAGE-LANGUAGE-WINDOW-SCHEME.png of every page, or only of the named pages."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = {name: path for name, path in room.pages().items() if not wanted or name in wanted}
    for language, locale in LOCALES.items():
        for window, viewport in (("desktop", DESKTOP), ("phone", PHONE)):
            for scheme in ("light", "dark"):
                context = browser.new_context(viewport=viewport, color_scheme=scheme, locale=locale)
                page = context.new_page()
                for name, address in chosen.items():
                    page.goto(room.address + address)
                    page.evaluate(
                        "for (const it of document.querySelectorAll('.copies, .comparison details')) it.open = true"
                    )
                    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
                    clip = {"x": 0, "y": 0, "width": viewport["width"], "height": height}
                    path = folder / f"{name}-{language}-{window}-{scheme}.png"
                    page.screenshot(path=path, full_page=True, clip=clip)
                context.close()
        print(f"{folder}: {len(chosen)} pages in {locale}")


if __name__ == "__main__":
    main()
