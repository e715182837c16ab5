"""Measure `vigia import` on a file like CC-NEWS, 95 % off topic, beside other programs that read WARC files.

    .venv/bin/python -m tests.benchmarks.import_warcs [--shared DIR] [--pages 4000] [--relevant 0.05] [--keep DIR]
        [--only WORD...] [--peer-pages 400] [--peer-python PATH] [--fundus-python PATH]

The pages are those of the shared folder's `pages/` and the relevant ones of `web/`, under addresses made up for them.
`--keep` is a folder in which the files stay for the next run: 20,000 pages have 900 MB. Imports run in one process, in
the two workers of a session, and on one and two workers of Dask, there with splits of several sizes. Beside them:
warcio with trafilatura, news-please's `from_warc` and Fundus, each in its own interpreter. These are slow and read the
first `--peer-pages` alone, which are mixed like the whole. `--only`: the lines whose name has one of these words.

Prints pages for each CPU second of all processes, also of those that were killed or left alone, the largest memory of
one process, in MB, and how much more CPU time an import takes than in one process. The time for a file of four pages,
which is that of the start, is subtracted, but for programs that start in no time. On Dask these are four splits, so
that each worker starts.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
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
HOSTS = 40
START_PAGES = 4
Work = Callable[[Path], None]
NEWS_PLEASE, FUNDUS = (Path(__file__).with_name(name) for name in ("peers_warc.py", "peers_fundus.py"))
WAYS = {
    "one process": ("--workers", "0"),
    "session, 2 workers": ("--workers", "2"),
    "Dask, 1 worker": ("--dask", "--workers", "1"),
    "Dask, 2 workers": ("--dask", "--workers", "2"),
    **{f"Dask, 2, splits of {mb} MB": ("--dask", "--workers", "2", "--megabytes", str(mb)) for mb in (1, 4, 10)},
}
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, prctl(2)


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


def read_with_peer(path: Path, *, python: str, script: Path) -> None:
    subprocess.run([python, str(script), str(path)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def run_import(path: Path, *, way: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.import_once", str(path.absolute()), *way]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def measure(work: Work, path: Path) -> tuple[float, float, float] | None:
    """Return CPU seconds of a piece of work with all its processes, wall seconds, and MB of its largest process.

    None if it failed; what it said was printed.
    """
    reading, writing = os.pipe()
    begun = time.perf_counter()
    child = os.fork()
    if child == 0:
        ctypes.CDLL(None).prctl(_SUBREAPER, 1)  # what its processes leave alone is its own to wait for
        try:
            work(path)
        except subprocess.CalledProcessError as error:
            print((error.stderr or b"").decode("utf-8", "replace").strip() or error, file=sys.stderr)
            os._exit(1)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.wait()
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


def compare(
    name: str, work: Work, path: Path, *, pages: int, start: tuple[Work, Path] | None, base: float | None = None
) -> float | None:
    """Print what a piece of work on a file takes, without what the work of its `start` takes on another file.

    Returns its pages for each CPU second, None if it failed. base: those of an import in one process.
    """
    begin = measure(*start) if start else (0.0, 0.0, 0.0)
    whole = measure(work, path) if begin else None
    if begin is None or whole is None:
        print(f"{name:32} not measured", flush=True)
        return None
    seconds, wall, memory = whole
    rate = (pages - (START_PAGES if start else 0)) / max(seconds - begin[0], 0.01)
    print(f"{name:32}{pages:8,}{begin[0]:8.1f}{seconds:9.1f}{wall:9.1f}{rate:13.0f}{memory:8.0f}", end="")
    print(f"{base / rate - 1:+9.0%}" if base else "", flush=True)
    return rate


def make_files(folder: Path, asked: argparse.Namespace) -> tuple[Path, Path, Path]:
    """Return the whole file, one of its first pages for slow programs, and one of START_PAGES; make what lacks."""
    paths = []
    for pages, share in ((asked.pages, asked.relevant), (asked.peer_pages, asked.relevant), (START_PAGES, 1.0)):
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
    parser.add_argument("--fundus-python", default=sys.executable, help="an interpreter that has Fundus")
    parser.add_argument("--only", nargs="+", default=[""], metavar="WORD", help="measure lines with these words alone")
    asked = parser.parse_args()
    if not (asked.shared / "web" / "pages.jsonl").exists():
        sys.exit(f"{asked.shared}: not there; set VIGIA_SHARED to the folder of the shared material")
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        whole, some, few = make_files(asked.keep or Path(temporary), asked)
        print(f"{asked.pages:,} pages, {whole.stat().st_size / 1e6:,.0f} MB packed, {asked.relevant:.0%} on the topic")
        print(f"{'':32}{'pages':>8}{'start':>8}{'CPU s':>9}{'clock':>9}{'pages/CPU s':>13}{'MB':>8}{'more CPU':>9}")
        lines: list[tuple[str, Work, Path, int, tuple[Work, Path] | None]] = [
            ("FastWARC, reading alone", read_with_fastwarc, whole, asked.pages, None),
            ("warcio, reading alone", read_with_warcio, whole, asked.pages, None),
            ("warcio and trafilatura", extract_with_trafilatura, some, asked.peer_pages, None),
        ]
        for name, python, script in (
            ("news-please's from_warc", asked.peer_python, NEWS_PLEASE),
            ("Fundus", asked.fundus_python, FUNDUS),
        ):
            peer = partial(read_with_peer, python=python, script=script)
            lines.append((name, peer, some, asked.peer_pages, (peer, few)))
        for name, way in WAYS.items():
            of_start = partial(run_import, way=(*way, "--megabytes", "0.001") if "--dask" in way else way)
            lines.append((f"import: {name}", partial(run_import, way=way), whole, asked.pages, (of_start, few)))
        base: float | None = None
        for name, work, path, pages, start in lines:
            if any(word in name for word in asked.only):
                rate = compare(name, work, path, pages=pages, start=start, base=base)
                base = rate if name == "import: one process" else base


if __name__ == "__main__":
    main()
