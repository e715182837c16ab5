"""Measure how large a desk's databases grow, and what a backup costs.

    .venv/bin/python tests/benchmarks/backups.py [--articles 10000 100000] [--folder DIR]

The articles are those of many_articles.py: about 2 kB of text each, with their stories, but without fingerprints. They
are made once in `--folder`. Prints the size of news.db, the CPU seconds and the time of `vigia backup`, and the size of
what it wrote. The archive of pages is not part of it: it is copied as it is, at the speed of the disk.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import many_articles

DESK = '[desk]\ndirectory = "none"\n'


def main() -> None:
    """Make the databases, back each up and print a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--folder", type=Path, default=Path("many-articles"), help="where the databases are kept")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    print(" articles  news.db MB  kB each  backup CPU s       s  packed MB")
    for articles in asked.articles:
        made = asked.folder / f"news-{articles}.db"
        if not made.exists():
            many_articles.make(made, articles)
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            desk = Path(folder)
            (desk / "vigia.toml").write_text(DESK, encoding="utf-8")
            (desk / "news.db").hardlink_to(made)
            packed = desk / "backup.tar.gz"
            vigia = Path(sys.executable).with_name("vigia")
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(
                [str(vigia), "--desk", folder, "backup", "--to", str(packed)], check=True, capture_output=True
            )
            after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - began
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            size = made.stat().st_size
            print(
                f"{articles:9,} {size / 1e6:11,.0f} {size / articles / 1e3:8.1f} {cpu:13.1f} {seconds:7.1f}"
                f" {packed.stat().st_size / 1e6:10,.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
