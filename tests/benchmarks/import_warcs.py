"""Measure `vigia import` on a file like CC-NEWS, 95 % off topic, beside other programs that read WARC files.

    .venv/bin/python -m tests.benchmarks.import_warcs [--shared DIR] [--pages 4000] [--relevant 0.05] [--keep DIR]
        [--peer-pages 400] [--peer-python PATH]

The pages are those of the shared folder's `pages/` and the relevant ones of `web/`, under addresses made up for them.
`--keep` is a folder in which the files stay for the next run: 20,000 pages have 900 MB. The import has two
workers. Beside it: warcio with trafilatura, and news-please's `from_warc` in the interpreter of `--peer-python`; these
are slow and read the first `--peer-pages` alone, which are mixed like the whole.

Prints pages for each CPU second of all processes, and the largest memory of one process, in MB. Of imports and of
news-please, the time for a file of one page, which is that of the start, is subtracted.
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
from collections.abc import Callable, Iterator
from functools import partial
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
PEER = Path(__file__).with_name("peers_warc.py")


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


def read_with_news_please(path: Path, *, python: str) -> None:
    subprocess.run([python, str(PEER), str(path)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def run_import(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "vigia.toml").write_text(DESK, encoding="utf-8")
        vigia = Path(sys.executable).with_name("vigia")
        command = [str(vigia), "--desk", folder, "import", str(path), "--outlets", "any"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measure(work: Callable[[Path], None], path: Path) -> tuple[float, float, float] | None:
    """Return CPU seconds of a piece of work with all its processes, wall seconds, and MB of its largest process.

    None if it failed; what it said was printed.
    """
    reading, writing = os.pipe()
    begun = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            work(path)
        except subprocess.CalledProcessError as error:
            print((error.stderr or b"").decode("utf-8", "replace").strip() or error, file=sys.stderr)
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
        return None
    seconds, memory = json.loads(answer)
    return seconds, time.perf_counter() - begun, memory


def compare(name: str, work: Callable[[Path], None], path: Path, *, pages: int, one: Path | None = None) -> None:
    """Print what a piece of work on a file takes, without what it takes on the file of `one` page."""
    start = measure(work, one) if one else (0.0, 0.0, 0.0)
    whole = measure(work, path) if start else None
    if start is None or whole is None:
        print(f"{name:30} not measured", flush=True)
        return
    seconds, wall, memory = whole
    rate = (pages - bool(one)) / max(seconds - start[0], 0.01)
    print(f"{name:30}{pages:8,}{start[0]:8.1f}{seconds:9.1f}{wall:9.1f}{rate:13.0f}{memory:8.0f}", flush=True)


def make_files(folder: Path, asked: argparse.Namespace) -> tuple[Path, Path, Path]:
    """Return the whole file, one of its first pages for slow programs, and one of a single page; make what lacks."""
    paths = []
    for pages, share in ((asked.pages, asked.relevant), (asked.peer_pages, asked.relevant), (1, 1.0)):
        path = folder / f"{pages}-{share}.warc.gz"
        if not path.exists():
            part = path.with_suffix(".part")
            write_file(part, choose_pages(asked.shared, pages=pages, share=share))
            part.rename(path)
        paths.append(path)
    return paths[0], paths[1], paths[2]


def main() -> None:
    """Make the files, and measure each reader on them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--pages", type=int, default=4_000)
    parser.add_argument("--relevant", type=float, default=0.05)
    parser.add_argument("--keep", type=Path, help="a folder in which the files stay")
    parser.add_argument("--peer-pages", type=int, default=400)
    parser.add_argument("--peer-python", default=sys.executable, help="an interpreter that has news-please")
    asked = parser.parse_args()
    if not (asked.shared / "web" / "pages.jsonl").exists():
        sys.exit(f"{asked.shared}: not there; set VIGIA_SHARED to the folder of the shared material")
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        whole, some, one = make_files(asked.keep or Path(temporary), asked)
        print(f"{asked.pages:,} pages, {whole.stat().st_size / 1e6:,.0f} MB packed, {asked.relevant:.0%} on the topic")
        print(f"{'':30}{'pages':>8}{'start':>8}{'CPU s':>9}{'clock':>9}{'pages/CPU s':>13}{'MB':>8}")
        compare("FastWARC, reading alone", read_with_fastwarc, whole, pages=asked.pages)
        compare("warcio, reading alone", read_with_warcio, whole, pages=asked.pages)
        compare("vigia import", run_import, whole, pages=asked.pages, one=one)
        compare("warcio and trafilatura", extract_with_trafilatura, some, pages=asked.peer_pages)
        peer = partial(read_with_news_please, python=asked.peer_python)
        compare("news-please's from_warc", peer, some, pages=asked.peer_pages, one=one)


if __name__ == "__main__":
    main()
