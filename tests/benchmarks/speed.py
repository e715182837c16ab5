"""Measure pages per CPU second beside trafilatura with metadata: `python tests/benchmarks/speed.py`.

Both take turns, twenty pages at a time, so that other work on the machine affects both, and compute with one thread, as
workers do. The encoder is loaded before. Then prints what decoding and the prefilter cost, and whether the prefilter
rejects pages that the full chain would keep. Needs the shared material (VIGIA_SHARED, or ../shared beside the
repository).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import gc
import gzip
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import trafilatura

from db.model.article import Article
from pipelines.analysis import analyse as analysis
from pipelines.analysis.analyse import analyse
from pipelines.analysis.decoding import to_utf8
from pipelines.analysis.metadata.language import detect_language
from pipelines.numpy_threads import NUMPY_THREADS
from pipelines.page import OutletProfile, Page
from pipelines.relevance.prefilter import may_be_relevant
from pipelines.relevance.topic import load_topic
from pipelines.vectors import load_encoder

SHARED = Path(os.environ.get("VIGIA_SHARED") or Path(__file__).resolve().parents[3] / "shared")
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
OUTLET = OutletProfile(id="x", name="")


def main() -> None:
    compute_with_one_thread()
    if not SHARED.exists():
        sys.exit(f"{SHARED}: not there; set VIGIA_SHARED to the folder of the shared material")
    pages = read_pages(SHARED / "pages" / "scrapinghub" / "truth.jsonl")
    print(f"{len(pages)} pages of scrapinghub, every page in full (no prefilter)")
    report(pages, full=True)
    mixed = mix()
    print(f"{len(mixed)} pages, 95 % of them off topic, as a crawl analyses them")
    report(mixed, full=False)
    of_scrapinghub = mix(off=pages)
    print(f"{len(of_scrapinghub)} pages, 95 % of them scrapinghub's, as a crawl analyses them")
    report(of_scrapinghub, full=False)
    for country in ("XX", "PE", "CN"):
        steps(pages, country)
    lost()


def compute_with_one_thread() -> None:
    """Start the program again if numpy was imported without that limit: a desk and its workers always have it."""
    if not NUMPY_THREADS.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | NUMPY_THREADS)


def mix(off: list[Page] | None = None) -> list[Page]:
    """Return off-topic pages, with one in twenty on topic, in a fixed order."""
    off = off or [
        page for name in ("scrapinghub", "fundus") for page in read_pages(SHARED / "pages" / name / "truth.jsonl")
    ]
    on = read_pages(SHARED / "web" / "pages.jsonl", label="relevant")
    chosen = off + random.Random(1).choices(on, k=len(off) // 19)
    random.Random(2).shuffle(chosen)
    return chosen


def report(pages: list[Page], *, full: bool) -> None:
    """Print both rates and their ratio, and the rate without what stories and figures add to an article on topic."""
    ours, theirs, added = measured(pages, full=full)
    rate, other = len(pages) / ours, len(pages) / theirs
    print(f"  vigia        {rate:7.1f} pages per CPU second ({1000 / rate:.1f} ms a page)")
    print(f"  trafilatura  {other:7.1f} pages per CPU second ({1000 / other:.1f} ms a page), with metadata")
    print(f"  ratio        {rate / other:7.1f}")
    print(f"  without stories and figures {len(pages) / (ours - added):7.1f} pages per CPU second")


def measured(pages: list[Page], *, full: bool) -> tuple[float, float, float]:
    """Return the CPU seconds of analyse and of trafilatura for the same pages, with models loaded before.

    The third number is the part of the first that wordings of stories and figures took.
    """
    topic = load_topic("china_peru")
    ours = theirs = 0.0
    for page in pages[:5]:
        analyse(page, topic=topic, full=True)
        _by_trafilatura(page)
    detect_language(
        "Hamnen tog emot sitt första fartyg och folket firade hela natten med dans och sång."
    )  # loads its model
    load_encoder()  # workers are forked with it, and with the topic's words
    topic.matcher.prepare()
    gc.collect()
    gc.freeze()  # garbage collection leaves out all objects made until now
    added = Stopwatch()
    added.watch("_find_wording")
    added.watch("_read_figures")
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
    added.end()
    return ours, theirs, added.seconds


class Stopwatch:
    """Adds up the CPU seconds of functions of the analysis."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._watched: dict[str, Callable[..., object]] = {}

    def watch(self, name: str) -> None:
        """Put a watched function in the place of one of pipelines.analysis.analyse."""
        function = self._watched[name] = getattr(analysis, name)

        def watched(*arguments: object) -> object:
            start = time.process_time()
            try:
                return function(*arguments)
            finally:
                self.seconds += time.process_time() - start

        setattr(analysis, name, watched)

    def end(self) -> None:
        """Put the functions back."""
        for name, function in self._watched.items():
            setattr(analysis, name, function)


def steps(pages: list[Page], country: str) -> None:
    """Print what decoding and the prefilter cost on off-topic pages, as if all outlets were of that country."""
    topic, outlet = load_topic("china_peru"), dataclasses.replace(OUTLET, country=country)
    raw = [to_utf8(page.body) for page in pages]
    decoding = _least(lambda: [to_utf8(page.body) for page in pages])
    asking = _least(lambda: [may_be_relevant(page, topic=topic, outlet=outlet) for page in raw])
    passed = sum(may_be_relevant(page, topic=topic, outlet=outlet) for page in raw)
    each = 1000 / len(pages)
    print(
        f"  outlets of {country}: decoding {each * decoding:.2f} ms a page, prefilter {each * asking:.2f} ms,"
        f" {100 * (1 - passed / len(pages)):.1f} % turned away"
    )


def _least(work: Callable[[], object], repeats: int = 5) -> float:
    """Return the CPU seconds of the quickest of several runs: other work on the machine can only add to it."""
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def lost() -> None:
    """Print how many pages the full chain keeps and the prefilter rejects; there must be none."""
    topic = load_topic("china_peru")
    rows = json.loads((SHARED / "web" / "outlets.json").read_text(encoding="utf-8"))
    countries = {row["id"]: row.get("country") or "XX" for row in rows}
    pages = read_pages(SHARED / "web" / "pages.jsonl", countries=countries)
    for title, chosen in (
        ("as they are", pages),
        ("as of Peruvian outlets", _moved(pages, "PE")),
        ("as of Chinese outlets", _moved(pages, "CN")),
    ):
        kept = [page for page in chosen if isinstance(analyse(page, topic=topic, full=True), Article)]
        turned_away = [page.url for page in kept if not isinstance(analyse(page, topic=topic), Article)]
        print(f"  of {len(chosen)} pages, {title}: {len(kept)} kept in full, {len(turned_away)} of them lost")
        for url in turned_away:
            print(f"    lost {url}")


def _moved(pages: Iterable[Page], country: str) -> list[Page]:
    return [dataclasses.replace(page, outlet=dataclasses.replace(page.outlet, country=country)) for page in pages]


def _by_trafilatura(page: Page) -> None:
    trafilatura.bare_extraction(
        page.body, url=page.url, favor_precision=True, include_comments=False, with_metadata=True
    )


def read_pages(truth: Path, *, label: str | None = None, countries: dict[str, str] | None = None) -> list[Page]:
    with truth.open(encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if label is None or row.get("label") == label]
    return [
        Page(
            url=row["url"],
            key=row["url"],
            body=gzip.decompress((truth.parent / row["file"]).read_bytes()),
            outlet=dataclasses.replace(OUTLET, country=countries[row["outlet"]]) if countries else OUTLET,
            fetched_at=NOW,
        )
        for row in rows
    ]


if __name__ == "__main__":
    main()
