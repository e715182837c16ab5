"""Pages per CPU second, beside trafilatura with metadata: `python tests/benchmarks/speed.py`.

Both take turns, twenty pages at a time, so that what else the machine does falls on both. Needs
the shared material (VIGIA_SHARED, or ../shared beside the repository).
"""

from __future__ import annotations

import datetime as dt
import gc
import gzip
import json
import os
import random
import sys
import time
from pathlib import Path

import trafilatura

from pipelines.analysis import analyse
from pipelines.items import OutletProfile, Page
from pipelines.language import language_of
from pipelines.topic import load_topic

SHARED = Path(os.environ.get("VIGIA_SHARED") or Path(__file__).resolve().parents[3] / "shared")
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
OUTLET = OutletProfile(id="x", name="")


def main() -> None:
    if not SHARED.exists():
        sys.exit(f"{SHARED}: not there; set VIGIA_SHARED to the folder of the shared material")
    pages = _pages(SHARED / "pages" / "scrapinghub" / "truth.jsonl")
    print(f"{len(pages)} pages of scrapinghub, every page in full (no prefilter)")
    report(pages, full=True)
    mixed = mix()
    print(f"{len(mixed)} pages, 95 % of them off topic, as a crawl analyses them")
    report(mixed, full=False)


def mix() -> list[Page]:
    """Off-topic pages as they were published, with one in twenty on topic, in an order that does not change."""
    off = _pages(SHARED / "pages" / "scrapinghub" / "truth.jsonl") + _pages(SHARED / "pages" / "fundus" / "truth.jsonl")
    on = _pages(SHARED / "web" / "pages.jsonl", label="relevant")
    chosen = off + random.Random(1).choices(on, k=len(off) // 19)
    random.Random(2).shuffle(chosen)
    return chosen


def report(pages: list[Page], *, full: bool) -> None:
    """Both rates and their ratio."""
    ours, theirs = measured(pages, full=full)
    rate, other = len(pages) / ours, len(pages) / theirs
    print(f"  vigia        {rate:7.1f} pages per CPU second ({1000 / rate:.1f} ms a page)")
    print(f"  trafilatura  {other:7.1f} pages per CPU second ({1000 / other:.1f} ms a page), with metadata")
    print(f"  ratio        {rate / other:7.1f}")


def measured(pages: list[Page], *, full: bool) -> tuple[float, float]:
    """CPU seconds of analyse and of trafilatura over the same pages, models loaded before."""
    topic = load_topic("china_peru")
    ours = theirs = 0.0
    for page in pages[:5]:
        analyse(page, topic=topic, full=True)
        _by_trafilatura(page)
    language_of(
        "Hamnen tog emot sitt första fartyg och folket firade hela natten med dans och sång."
    )  # loads its model
    gc.collect()
    gc.freeze()  # what was loaded before is not looked through again by either
    for first in range(0, len(pages), 20):
        batch = pages[first : first + 20]
        start = time.process_time()
        for page in batch:
            analyse(page, topic=topic, full=full)
        middle = time.process_time()
        for page in batch:
            _by_trafilatura(page)
        ours += middle - start
        theirs += time.process_time() - middle
    return ours, theirs


def _by_trafilatura(page: Page) -> None:
    trafilatura.bare_extraction(
        page.body, url=page.url, favor_precision=True, include_comments=False, with_metadata=True
    )


def _pages(truth: Path, *, label: str | None = None) -> list[Page]:
    with truth.open(encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if label is None or row.get("label") == label]
    return [
        Page(
            url=row["url"],
            key=row["url"],
            body=gzip.decompress((truth.parent / row["file"]).read_bytes()),
            outlet=OUTLET,
            fetched_at=NOW,
        )
        for row in rows
    ]


if __name__ == "__main__":
    main()
