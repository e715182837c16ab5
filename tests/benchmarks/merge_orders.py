"""Measure whether the order in which files and splits become ready changes a desk.

    .venv/bin/python -m tests.benchmarks.merge_orders [--files 3] [--parts 12] [--dask]

Files like those of CC-NEWS, made of our own sentences (tests/fixtures/wire_set.py), are imported by one command, by one
command for each file, and each into a database of its own, united afterwards by addresses, also that of each of many
parts. Each line tells how many there are of each kind, and in brackets how many are not in the first line
(after `vigia rebuild`, in the first line of those):

articles, by address · texts: with title, text, dates and capture · copies: each with its original · stories: each with
all its articles · first: who told a story first · figures and divergences, with their places in the texts

--dask: also on two processes of Dask, in whichever order they end.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any

from crawler.config.desk import load_desk
from crawler.crawling.session import CrawlSession
from crawler.operations.imports.import_warcs import WarcImport
from crawler.operations.imports.sources.find_warcs import find_warcs
from crawler.operations.rebuilds.rebuild_archive import rebuild_archive
from crawler.operations.splits.dask_engine import DaskEngine, EnginePlace
from tests.fixtures.local_engine import LocalEngine
from tests.fixtures.wire_set import capture_again, list_pages, write_crawlers_files, write_files, write_outlets

SPLIT_BYTES = 4_000
KINDS = ("articles", "texts", "copies", "stories", "first", "figures", "divergences")
Found = dict[str, set[Hashable]]


class LowestChoice(random.Random):
    """Chooses the lowest number, so that an engine ends its splits in the order in which they are asked for."""

    def randint(self, a: int, b: int) -> int:
        """Return `a`."""
        return a


class HighestChoice(random.Random):
    """Chooses the highest number, so that an engine ends the split first that was asked for last."""

    def randint(self, a: int, b: int) -> int:
        """Return `b`."""
        return b


async def run_import(folder: Path, warcs: Iterable[Path], engine: Any) -> None:
    async with CrawlSession(load_desk(folder), workers_at_first_job=True) as session:
        work = WarcImport(session, engine=engine, split_bytes=SPLIT_BYTES)
        report = await work.import_files(find_warcs(map(str, warcs)))
        assert all(file.is_finished and not file.problem for file in report.files), report


async def run_rebuild(folder: Path) -> None:
    async with CrawlSession(load_desk(folder)) as session:
        await rebuild_archive(session, outlet=None, progress=lambda *_: None)


def read_desk(folder: Path) -> Found:
    """Read what a desk says, without the numbers of its rows."""
    with sqlite3.connect(folder / "news.db") as db:
        texts = db.execute(
            "SELECT url, outlet, title, text, published, published_precision, first_seen, verdict FROM articles"
        ).fetchall()
        copies = db.execute("SELECT c.url, o.url FROM articles AS c JOIN articles AS o ON o.id = c.original").fetchall()
        members = db.execute(
            "SELECT s.story, a.url FROM story_articles AS s JOIN articles AS a ON a.id = s.article"
        ).fetchall()
        first = db.execute(
            """
            SELECT a.url FROM stories AS s JOIN articles AS a ON a.id = s.first_article WHERE s.merged_into IS NULL
            """
        ).fetchall()
        figures = db.execute(
            """
            SELECT f.id, a.url, f.start, f.surface, f.value, f.low, f.high, f.unit, f.measure, f.concept, f.scope
            FROM figures AS f JOIN articles AS a ON a.id = f.article
            """
        ).fetchall()
        divergences = db.execute(
            """
            SELECT d.id, d.kind, d.measure, d.concept, d.unit, d.since, d.closed, f.figure FROM divergences AS d
            JOIN divergence_figures AS f ON f.divergence = d.id
            """
        ).fetchall()
    stories: dict[int, set[str]] = defaultdict(set)
    for story, url in members:
        stories[story].add(url)
    figure = {id_: told for id_, *told in figures}
    differing: dict[tuple[Any, ...], set[tuple[Any, ...]]] = defaultdict(set)
    for id_, *told, member in divergences:
        differing[(id_, *told)].add(tuple(figure[member]))
    return {
        "articles": {row[0] for row in texts},
        "texts": set(texts),
        "copies": set(copies),
        "stories": set(map(frozenset, stories.values())),
        "first": set(first),
        "figures": {tuple(told) for told in figure.values()},
        "divergences": {(told[1:], frozenset(those)) for told, those in differing.items()},
    }


def unite(parts: Sequence[Found]) -> Found:
    """Unite what desks say by the addresses of their articles: stories that share one become one."""
    stories: list[frozenset[str]] = []
    for story in (story for part in parts for story in part["stories"]):
        shared = [other for other in stories if other & story]  # type: ignore[operator]
        stories = [other for other in stories if other not in shared] + [frozenset().union(story, *shared)]  # type: ignore[arg-type]
    texts = {row[0]: row for part in reversed(parts) for row in part["texts"]}  # type: ignore[index]
    united: Found = {kind: set().union(*(part[kind] for part in parts)) for kind in KINDS}
    return united | {"texts": set(texts.values()), "stories": set(stories)}


class Measurement:
    """Imports the same pages in many ways, and tells what differs from the first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.expected: Found = {}
        self.desks = 0

    def make_desk(self) -> Path:
        self.desks += 1
        folder = self.root / f"desk-{self.desks}"
        folder.mkdir()
        (folder / "vigia.toml").write_text(f'[desk]\ndirectory = "none"\n{write_outlets()}', encoding="utf-8")
        return folder

    def tell(self, name: str, found: Found) -> None:
        """Print a line."""
        self.expected = self.expected or found
        cells = [f"{len(found[kind])} ({len(found[kind] - self.expected[kind])})" for kind in KINDS]
        is_same = all(found[kind] == self.expected[kind] for kind in KINDS)
        print(f"{name:36}" + "".join(f"{cell:>12}" for cell in cells) + f"  {'yes' if is_same else 'no'}", flush=True)

    async def import_at_once(self, warcs: Sequence[Path], *, with_dask: bool) -> None:
        print("one command; files and splits become ready")
        for name, order, given in (
            ("  in their order", LowestChoice(), warcs),
            ("  in the reverse order", HighestChoice(), warcs[::-1]),
            ("  shuffled, seed 1", random.Random(1), shuffle(warcs, seed=1)),
            ("  shuffled, seed 2", random.Random(2), shuffle(warcs, seed=2)),
        ):
            desk = self.make_desk()
            await run_import(desk, given, LocalEngine(order=order))
            self.tell(name, read_desk(desk))
        if with_dask:
            desk = self.make_desk()
            async with DaskEngine(EnginePlace(workers=2)) as engine:
                await run_import(desk, warcs, engine)
            self.tell("  as two processes of Dask end", read_desk(desk))

    async def import_each(self, warcs: Sequence[Path]) -> None:
        print("one command for each file")
        desks = []
        for name, given in (
            ("  in their order", warcs),
            ("  in the reverse order", warcs[::-1]),
            ("  shuffled", shuffle(warcs, seed=1)),
        ):
            desk = self.make_desk()
            for warc in given:
                await run_import(desk, [warc], LocalEngine(order=LowestChoice()))
            self.tell(name, read_desk(desk))
            desks.append((name, desk))
        print("and after vigia rebuild")
        at_once = self.make_desk()
        await run_import(at_once, warcs, LocalEngine(order=LowestChoice()))
        self.expected = {}  # repeated lines are cut from older texts too
        for name, desk in [("  one command", at_once), *desks]:
            await run_rebuild(desk)
            self.tell(name, read_desk(desk))

    async def unite_parts(self, warcs: Sequence[Path]) -> None:
        found = []
        for warc in warcs:
            desk = self.make_desk()
            await run_import(desk, [warc], LocalEngine(order=LowestChoice()))
            found.append(read_desk(desk))
        self.tell(f"  of {len(warcs)} parts", unite(found))


async def measure(root: Path, *, files: int, parts: int, with_dask: bool) -> None:
    pages = list_pages()
    pages += capture_again(pages)
    for title, write in (("in the order of capture", write_files), ("of crawlers side by side", write_crawlers_files)):
        warcs = write(root / title, pages, files=files)
        size = sum(path.stat().st_size for path in warcs) / 1e6
        print(f"\n{files} files {title}, {len(pages)} pages on the topic, {size:.1f} MB")
        print(f"{'':36}" + "".join(f"{kind:>12}" for kind in KINDS) + "  the same")
        measurement = Measurement(root / f"desks {title}")
        measurement.root.mkdir()
        await measurement.import_at_once(warcs, with_dask=with_dask)
        print("one database for each part, united by addresses")
        await measurement.unite_parts(warcs)
        if write is write_files:
            await measurement.unite_parts(write(root / "parts", pages, files=parts))
        await measurement.import_each(warcs)


def shuffle(warcs: Sequence[Path], *, seed: int) -> list[Path]:
    return random.Random(seed).sample(warcs, len(warcs))


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=3)
    parser.add_argument("--parts", type=int, default=12)
    parser.add_argument("--dask", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(measure(Path(name), files=asked.files, parts=asked.parts, with_dask=asked.dask))


if __name__ == "__main__":
    main()
