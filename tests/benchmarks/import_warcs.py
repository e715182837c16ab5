"""Measure `vigia import` on a file like CC-NEWS, 95 % off topic, beside warcio with trafilatura alone.

    .venv/bin/python -m tests.benchmarks.import_warcs [--shared DIR] [--pages 4000] [--relevant 0.05]

The pages are those of the shared folder's `pages/` and the relevant ones of `web/`, under addresses made up for them.
Prints pages for each CPU second of all processes, and the largest memory of one process, in MB. The time of an import
of one page, which is that of the start, is subtracted and printed by itself.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import trafilatura
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

SHARED = Path(os.environ.get("VIGIA_SHARED") or Path(__file__).resolve().parents[3] / "shared")
DESK = '[desk]\ndirectory = "none"\n\n[crawl]\nworkers = 2\n'
HOSTS = 40


def unpack(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def choose_pages(shared: Path, *, pages: int, share: float) -> Iterator[bytes]:
    """Yield pages in turn, of which `share` are on the topic; the files of each kind come again and again."""
    others = cycle([unpack(path) for path in sorted((shared / "pages").glob("*/html/*"))])
    rows = map(json.loads, (shared / "web" / "pages.jsonl").read_text("utf-8").splitlines())
    relevant = cycle([unpack(shared / "web" / row["file"]) for row in rows if row["label"] == "relevant"])
    due = 0.0
    for _ in range(pages):
        due += share
        is_relevant, due = due >= 1, due % 1
        yield next(relevant if is_relevant else others)


def write_file(path: Path, pages: Iterator[bytes]) -> None:
    """Write the pages as CC-NEWS has them: the decoded body, one gzip member a record."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number, body in enumerate(pages):
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            writer.write_record(
                writer.create_warc_record(
                    f"https://news{number % HOSTS}.example/story-{number}.html",
                    "response",
                    payload=io.BytesIO(body),
                    length=len(body),
                    http_headers=headers,
                    warc_headers_dict={"WARC-Date": "2026-01-01T00:00:00Z"},
                )
            )


def read_with_fastwarc(path: Path) -> None:
    with path.open("rb") as file:
        for record in FastIterator(file, parse_http=False):
            record.reader.read()


def read_with_warcio(path: Path) -> None:
    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            record.content_stream().read()


def extract_with_trafilatura(path: Path) -> None:
    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            url = record.rec_headers.get_header("WARC-Target-URI")
            trafilatura.bare_extraction(record.content_stream().read(), url=url, with_metadata=True)


def run_import(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "vigia.toml").write_text(DESK, encoding="utf-8")
        vigia = Path(sys.executable).with_name("vigia")
        command = [str(vigia), "--desk", folder, "import", str(path), "--outlets", "any"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measure(work: object, path: Path) -> tuple[float, float, float]:
    """Return CPU seconds of a piece of work with all its processes, wall seconds, and MB of its largest process."""
    reading, writing = os.pipe()
    begun = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            work(path)  # type: ignore[operator]
        except subprocess.CalledProcessError as error:
            print(error, file=sys.stderr)
            os._exit(1)
        own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
        os.write(writing, json.dumps([seconds, max(own.ru_maxrss, others.ru_maxrss) / 1024]).encode())
        sys.stdout.flush()
        os._exit(0)
    os.close(writing)
    answer = os.read(reading, 1_000)
    os.close(reading)
    os.waitpid(child, 0)
    if not answer:
        sys.exit(1)
    seconds, memory = json.loads(answer)
    return seconds, time.perf_counter() - begun, memory


def main() -> None:
    """Make the file, and measure each reader on it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--pages", type=int, default=4_000)
    parser.add_argument("--relevant", type=float, default=0.05)
    asked = parser.parse_args()
    if not (asked.shared / "web" / "pages.jsonl").exists():
        sys.exit(f"{asked.shared}: not there; set VIGIA_SHARED to the folder of the shared material")
    with tempfile.TemporaryDirectory() as folder:
        whole, one = Path(folder) / "whole.warc.gz", Path(folder) / "one.warc.gz"
        write_file(whole, choose_pages(asked.shared, pages=asked.pages, share=asked.relevant))
        write_file(one, choose_pages(asked.shared, pages=1, share=1.0))
        print(f"{asked.pages:,} pages, {whole.stat().st_size / 1e6:,.0f} MB packed, {asked.relevant:.0%} on the topic")
        start, _, _ = measure(run_import, one)
        print(f"{'start of an import':34}{start:8.1f} CPU s")
        for name, work, before in (
            ("FastWARC, reading alone", read_with_fastwarc, 0.0),
            ("warcio, reading alone", read_with_warcio, 0.0),
            ("vigia import", run_import, start),
            ("warcio and trafilatura", extract_with_trafilatura, 0.0),
        ):
            seconds, wall, memory = measure(work, whole)
            rate = asked.pages / max(seconds - before, 0.01)
            print(f"{name:34}{seconds:8.1f} CPU s {wall:8.1f} s {rate:8.0f} pages/CPU s {memory:6.0f} MB")


if __name__ == "__main__":
    main()
