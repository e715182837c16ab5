"""Run `vigia up` for an hour with hostile outlets among honest ones, and print what it holds every five minutes.

    .venv/bin/python -m tests.benchmarks.soak [--minutes 60] [--every 5] [--shared DIR] [--size 3000000]

The honest outlets are those of the replayed web, which publishes, edits and fails as time goes on; each attack of
hostile_outlets.py is an outlet of its own beside them. A row tells how many processes there are, memory (RSS and, with
shared pages counted once, PSS, of all; RSS of the first), descriptors and threads of all and of the first, bytes of
both WALs, CPU, what is stored, and how long the reading room's pages take. Then `vigia up` is told to end: how long
that took, how it ended, whether both databases are whole and whether every page of the honest outlets is stored.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.hostile_outlets import make_attacks
from tests.fixtures.hostile_web import Chunks, HostileWeb, hostile_web
from tests.fixtures.process_tree import family_of, look_at
from tests.fixtures.waiting import wait_until

SHARED = Path(os.environ.get("VIGIA_SHARED", Path(__file__).resolve().parents[3] / "shared"))
VIGIA = Path(sys.executable).with_name("vigia")
PAGES = ("/", "/outlets", "/concepts", "/?q=chancay", "/?q=puerto+OR+cobre&language=es", "/-/health")
ROUNDS = 5  # of PAGES at each look
PATIENCE_SECONDS = 60
FAULTS = ("500", "503", "429", "403", "drop", "slow", "empty", "garbage", "robots503")
SUBSCRIPTION = """
[[subscription]]
name = "all"
query = 'China OR Perú OR Peru OR 中国 OR 秘鲁'
borderline = true
copies = true
"""


@dataclass
class Web:
    """The replayed web with the hostile hosts among its own; `seen` counts requests for hostile hosts."""

    replay: ModuleType
    server: ThreadingHTTPServer
    hostile: dict[str, HostileWeb]
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def port(self) -> int:
        """The proxy's port."""
        return int(self.server.server_address[1])

    def publish(self, share: float) -> None:
        """Let honest outlets show this share (0 to 1) of their pages, the oldest first."""
        moments = sorted(self.replay.moment(row) for row in self.server.pages.values())  # type: ignore[attr-defined]
        with self.replay.lock:
            self.replay.state["clock"] = None if share >= 1 else moments[int(share * (len(moments) - 1))]

    def disturb(self, look: int) -> None:
        """Edit some pages, and let each fault fall on another honest host than before."""
        hosts = sorted(self.server.hosts)  # type: ignore[attr-defined]
        urls = sorted(row["url"] for row in self.server.pages.values())  # type: ignore[attr-defined]
        now = datetime.now(UTC)
        with self.replay.lock:
            self.replay.state["edits"] |= dict.fromkeys(urls[look % 20 :: 20], now)
            self.replay.state["faults"] = {
                hosts[(look * len(FAULTS) + number) % len(hosts)]: fault for number, fault in enumerate(FAULTS)
            }

    def calm(self) -> None:
        """End all faults."""
        with self.replay.lock:
            self.replay.state["faults"] = {}


@contextlib.contextmanager
def serve_web(shared: Path, folder: Path, size: int) -> Iterator[Web]:
    """Serve both kinds of outlets through one proxy on loopback; write folder/vigia.toml."""
    spec = importlib.util.spec_from_file_location("replay", shared / "web" / "replay.py")
    if spec is None or spec.loader is None or not (shared / "web" / "replay.py").exists():
        raise SystemExit(f"{shared}: no replayed web there; name the folder with --shared")
    replay = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(replay)
    prepared: dict[str, dict[str, object]] = {}
    with contextlib.ExitStack() as stack:
        web = Web(replay, None, {})  # type: ignore[arg-type] # set below, for its handler needs the web
        for number, prepare in enumerate(make_attacks(size).values()):
            host = f"hostile{number}.test"
            one = web.hostile[host] = stack.enter_context(hostile_web())
            one.url = f"http://{host}"
            prepared[host] = prepare(one)

        class Handler(replay.Replay):  # type: ignore[misc, name-defined]
            def do_GET(self) -> None:  # noqa: N802 - the library's name
                address = urlsplit(self.path)
                one = web.hostile.get(address.netloc)
                if one is None:
                    super().do_GET()
                    return
                web.seen[address.netloc] += 1
                self.close_connection = True
                with contextlib.suppress(OSError):  # the client may leave at any time
                    send_raw(self.connection, one, address.path)

        web.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        web.server.daemon_threads = True
        web.server.folder, web.server.log = shared / "web", None  # type: ignore[attr-defined]
        web.server.hosts, web.server.pages = replay.load(shared / "web")  # type: ignore[attr-defined]
        web.server.bare = {}  # type: ignore[attr-defined]
        write_desk(web, folder, prepared)
        threading.Thread(target=web.server.serve_forever, daemon=True).start()
        stack.callback(web.server.shutdown)
        yield web


def send_raw(connection: Any, one: HostileWeb, path: str) -> None:
    """Answer as the hostile host does."""
    connection.settimeout(PATIENCE_SECONDS)
    page = one.pages.get(path)
    chunks: Chunks = page() if page else one.any_page(path) if one.any_page else [b"HTTP/1.1 404 Not Found\r\n\r\n"]
    for chunk in chunks:
        if one.closed.is_set():
            return
        connection.sendall(chunk)


def write_desk(web: Web, folder: Path, hostile: dict[str, dict[str, object]]) -> None:
    """Write the replayed web's own desk, with all intervals short, and the hostile outlets."""
    web.replay.write_desk(folder, web.server.hosts, web.port)  # type: ignore[attr-defined]
    path = folder / "vigia.toml"
    lines = [path.read_text(encoding="utf-8").replace("[[outlet]]", '[[outlet]]\nevery = "3m"'), SUBSCRIPTION]
    for host, sources in hostile.items():
        keys = {"id": host.partition(".")[0], "name": host, "home": f"http://{host}/", "languages": ["es"]}
        whole = {**keys, "kind": "press", "every": "5m", **sources}
        lines += ["[[outlet]]", *(f"{name} = {json.dumps(value)}" for name, value in whole.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def count_stored(folder: Path) -> tuple[int, int]:
    """Return the numbers of articles and of rejections."""
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'news.db'}?mode=ro", uri=True, timeout=30)) as news:
        return tuple(
            news.execute("SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM rejections)").fetchone()
        )


def read_pages(url: str) -> tuple[list[float], int]:
    """Read the reading room's pages one after the other; return milliseconds of each and how many failed."""
    waited, failed = [], 0
    for _ in range(ROUNDS):
        for page in PAGES:
            began = time.monotonic()
            try:
                with urllib.request.urlopen(url + page, timeout=PATIENCE_SECONDS) as answer:
                    answer.read()
            except urllib.error.HTTPError as error:
                failed += page != "/-/health" or error.code != 503  # which says that an outlet or the disk is ill
            except OSError:
                failed += 1
            waited.append(1000 * (time.monotonic() - began))
    return waited, failed


HEADINGS = (
    "minute", "procs", "RSS MB", "PSS MB", "first MB", "fds", "first", "threads", "first", "WAL news", "WAL desk",
    "CPU s", "articles", "rejected", "hostile", "p50 ms", "p95 ms", "max ms", "failed",
)  # fmt: skip


def look(running: subprocess.Popen[bytes], folder: Path, url: str, web: Web, minute: float) -> list[str]:
    """Return one row of the table."""
    held = [one for process in family_of(running.pid) if (one := look_at(process))]
    first = held[0]
    wal = [path.stat().st_size if path.exists() else 0 for path in (folder / "news.db-wal", folder / "desk.db-wal")]
    articles, rejections = count_stored(folder)
    waited, failed = read_pages(url)
    figures = (
        f"{minute:.1f}", len(held), sum(one.rss_mb for one in held), sum(one.pss_mb for one in held), first.rss_mb,
        sum(one.descriptors for one in held), first.descriptors, sum(one.threads for one in held), first.threads, *wal,
        sum(one.cpu_s for one in held), articles, rejections, web.seen.total(), statistics.median(waited),
        statistics.quantiles(waited, n=20)[-1], max(waited), failed,
    )  # fmt: skip
    return [f"{figure:.0f}" if isinstance(figure, float) else str(figure) for figure in figures]


def print_row(cells: list[str] | tuple[str, ...]) -> None:
    """Print a row at once, so that a broken run leaves what it saw."""
    print(" ".join(f"{cell:>8}" for cell in cells), flush=True)


def soak(web: Web, folder: Path, *, minutes: float, every: float) -> bool:
    """Run `vigia up`, print the table, end it; return whether all went as it should."""
    log = folder / "up.log"
    with log.open("wb") as output:
        running = subprocess.Popen([VIGIA, "--desk", folder, "up", "--port", "0"], stdout=output, stderr=output)
    try:
        wait_until(lambda: running.poll() is not None or "Reading room: " in log.read_text("utf-8"), what="its start")
        found = re.search(r"Reading room: (\S+)", log.read_text("utf-8"))
        if not found:
            raise SystemExit(log.read_text("utf-8"))
        url, began, looks = found[1].rstrip("/"), time.monotonic(), int(minutes / every)
        print_row(HEADINGS)
        for number in range(looks + 1):
            # Everything is published, and no fault is left, for the last fifth: what failed has time to be fetched.
            share = min(1.0, 0.3 + 0.7 * number / (0.8 * looks))
            web.publish(share)
            web.disturb(number) if share < 1 else web.calm()
            print_row(look(running, folder, url, web, (time.monotonic() - began) / 60))
            until = began + 60 * every * (number + 1)
            while number < looks and time.monotonic() < until and running.poll() is None:
                time.sleep(1)
            if running.poll() is not None:
                print(f"ended by itself with {running.returncode}:\n" + log.read_text("utf-8")[-3000:])
                return False
        told = time.monotonic()
        running.send_signal(signal.SIGTERM)
        code = running.wait(PATIENCE_SECONDS)
        print(f"SIGTERM: ended with {code} after {time.monotonic() - told:.1f} s")
    finally:
        running.kill()
        running.wait()
    return report(web, folder, log) and code == 0


def report(web: Web, folder: Path, log: Path) -> bool:
    """Print what is stored and what went wrong; return whether all went as it should."""
    whole = []
    for name in ("news.db", "desk.db"):
        with contextlib.closing(sqlite3.connect(folder / name)) as database:
            whole.append(database.execute("PRAGMA integrity_check").fetchone()[0])
    with contextlib.closing(sqlite3.connect(folder / "news.db")) as news:
        rows = news.execute("SELECT url FROM articles UNION ALL SELECT url FROM rejections").fetchall()
    times = Counter(url for (url,) in rows)
    expected = {row["url"] for row in web.server.pages.values()}  # type: ignore[attr-defined]
    hosts = {urlsplit(url).hostname for url in expected}
    honest = sum(urlsplit(url).hostname in hosts for url in times)
    twice = sum(count > 1 for count in times.values())
    text = log.read_text("utf-8")
    print(f"databases: {', '.join(whole)}; {text.count('Traceback')} tracebacks in its output")
    print(f"honest pages: {honest} stored of {len(expected)} published, {twice} of all pages twice")
    print(f"hostile hosts: {len(web.seen)} of {len(web.hostile)} asked, {web.seen.total()} requests")
    return set(whole) == {"ok"} and not twice and "Traceback" not in text


def main() -> None:
    """Run and end with 1 if something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=5, help="minutes between two looks")
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--size", type=int, default=3_000_000, help="bytes of large bodies")
    parser.add_argument("--keep", type=Path, help="copy the desk folder there at the end")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "desk")
        with serve_web(options.shared, folder, options.size) as web:
            went_well = soak(web, folder, minutes=options.minutes, every=options.every)
        if options.keep:
            shutil.copytree(folder, options.keep)
    raise SystemExit(not went_well)


if __name__ == "__main__":
    main()
