"""Take pictures of a digest in a browser: `python tests/browser/message_screenshots.py FOLDER`.

In three languages, at a phone's width and on a desktop, light and dark.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # this file is run as a script
from db.i18n.languages import LANGUAGES  # noqa: E402
from tests.fixtures.digest_example import as_mailed, digest, heartbeat  # noqa: E402

WIDTHS = {"phone": 390, "desktop": 1100}


def main(folder: Path) -> None:
    """Write FOLDER/digest-es-phone-dark.png and the like."""
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("There is no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        for scheme in ("light", "dark"):
            for size, width in WIDTHS.items():
                context = browser.new_context(
                    viewport={"width": width, "height": 800},
                    color_scheme=scheme,  # type: ignore[arg-type]
                    java_script_enabled=False,
                )
                page = context.new_page()
                for language in LANGUAGES:
                    for name, message in (("digest", digest(language)), ("quiet", heartbeat(language))):
                        page.set_content(as_mailed(message)[1])
                        page.screenshot(path=folder / f"{name}-{language}-{size}-{scheme}.png", full_page=True)
                context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
