"""What a hostile outlet or reader costs, and what an honest one waits beside it: one line for each attack.

    .venv/bin/python -m tests.benchmarks.hostile [--cap 60] [--only WORD] [--size 10000000] [--vigia COMMAND]

A real `vigia up` of a fresh desk has three neighbours on loopback: the attack, an honest outlet of ten articles and an
honest reader, who asks for a page every 0.2 s. An attack is an outlet (hostile_outlets.py) or ten readers with many
connections (hostile_readers.py). It ends when the honest outlet was read and the desk has nothing to do any more, at
the cap, or, for readers, after --seconds. Printed: CPU seconds and peak memory of the desk with its processes, how
long it took, when the honest outlet's last article was asked for, the honest reader's median and longest wait, and how
many of his requests failed. Floods of costly questions to a large database: query_flood.py.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.hostile_outlets import TEXT, Serve, html, make_attacks, page
from tests.benchmarks.hostile_readers import READER_ATTACKS, start_attack
from tests.fixtures.hostile_web import HostileWeb, answer, hostile_web, write_desk
from tests.fixtures.process_tree import family_of, look_at
from tests.fixtures.waiting import wait_until

VIGIA = Path(sys.executable).with_name("vigia")
HONEST_ARTICLES = 10
HONEST_PAGES = ("/outlets", "/?q=chancay", "/", "/help")
PATIENCE_SECONDS = 30
DESCRIPTORS = 1_024  # that the desk may open, as systemd and most shells allow
LOOK_SECONDS = 0.25
CALM_SECONDS = 3.0  # after which the desk has nothing to do, if it used less than CALM_CPU_SECONDS meanwhile
CALM_CPU_SECONDS = 0.4  # the honest reader alone costs about half of that


def honest(web: HostileWeb) -> dict[str, object]:
    """An outlet of ten articles."""
    links = [f"{web.url}/honest/{number}" for number in range(HONEST_ARTICLES)]
    items = "".join(f"<item><title>Chancay {link}</title><link>{link}</link></item>" for link in links)
    web.pages["/feed"] = lambda: answer(f"<rss><channel>{items}</channel></rss>".encode(), kind="application/rss+xml")
    web.any_page = lambda path: answer(html(TEXT + path)) if "/honest/" in path else answer(b"", status="404 Not Found")
    return {"home": f"{web.url}/", "feeds": [f"{web.url}/feed"]}


@dataclass
class HonestReader:
    """Reads one page after the other, until `ended`."""

    url: str
    waits: list[float] = field(default_factory=list)
    failed: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        """Read."""
        number = 0
        while not self.ended.wait(0.2):
            began = time.monotonic()
            try:
                with urllib.request.urlopen(self.url + HONEST_PAGES[number % 4], timeout=PATIENCE_SECONDS) as got:
                    got.read()
            except OSError:
                self.failed += not self.ended.is_set()
            if not self.ended.is_set():
                self.waits.append(time.monotonic() - began)
            number += 1


@dataclass
class Cost:
    """What one attack cost, so far."""

    cpu_s: float = 0
    wall_s: float = 0
    peak_mb: float = 0
    honest_s: float | None = None
    waits: list[float] = field(default_factory=list)
    failed: int = 0
    note: str = ""

    def __str__(self) -> str:
        asked = "never" if self.honest_s is None else f"{self.honest_s:.1f}"
        median, longest = (statistics.median(self.waits), max(self.waits)) if self.waits else (0, 0)
        return (
            f"{self.cpu_s:7.1f} {self.wall_s:7.1f} {self.peak_mb:8.0f} {asked:>9}"
            f" {median:9.3f} {longest:9.3f} {self.failed:7} {self.note}"
        )


@contextlib.contextmanager
def running_desk(folder: Path, vigia: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run `vigia up` for a block; yields the process and the reading room's address."""
    log = folder / "up.log"
    with log.open("wb") as output:
        command = [
            "sh",
            "-c",
            f'ulimit -Sn {DESCRIPTORS}; exec "$0" "$@"',
            vigia,
            "--desk",
            folder,
            "up",
            "--port",
            "0",
        ]
        desk = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        wait_until(lambda: desk.poll() is not None or "Reading room: " in log.read_text("utf-8"), what="its start")
        found = re.search(r"Reading room: (\S+)", log.read_text("utf-8"))
        if not found:
            raise SystemExit(log.read_text("utf-8"))
        yield desk, found[1].rstrip("/")
        if desk.poll() is not None:
            print(log.read_text("utf-8")[-2000:], flush=True)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(desk.pid, signal.SIGKILL)
        desk.wait()


def measure(name: str, prepare: Serve, *, cap: float, seconds: float, vigia: Path) -> Cost:
    """Run a desk with one hostile and one honest outlet, and an honest reader."""
    cost = Cost()
    with contextlib.ExitStack() as stack:
        # On two addresses, because two outlets of one site would wait for each other.
        bad, good = stack.enter_context(hostile_web()), stack.enter_context(hostile_web("127.0.0.2"))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        hostile = {"home": f"{bad.url}/", **prepare(bad)}
        desk = write_desk({"hostile": hostile, "honest": honest(good)}, timeout=15, allow_networks=["127.0.0.0/8"])
        (folder / "vigia.toml").write_text(desk, encoding="utf-8")
        began = time.monotonic()
        process, url = stack.enter_context(running_desk(folder, vigia))
        reader = HonestReader(url)
        thread = threading.Thread(target=reader.read, daemon=True)
        thread.start()
        if name in READER_ATTACKS:
            attack = start_attack(name, url)
            stack.callback(attack.wait)
            stack.callback(attack.kill)
        watch(process, cost, good, began=began, cap=cap, seconds=seconds if name in READER_ATTACKS else 0)
        waiting_since = time.monotonic()
        reader.ended.set()
        thread.join(PATIENCE_SECONDS)
        if time.monotonic() - waiting_since > 1:  # he waited still
            reader.waits.append(time.monotonic() - waiting_since)
        cost.waits, cost.failed = reader.waits, reader.failed
    return cost


def watch(
    process: subprocess.Popen[bytes], cost: Cost, good: HostileWeb, *, began: float, cap: float, seconds: float
) -> None:
    """Note what the desk uses until it has nothing to do, at least so many seconds."""
    started, calm_since, calm_cpu = time.monotonic(), time.monotonic(), 0.0
    while process.poll() is None:
        held = [one for pid in family_of(process.pid) if (one := look_at(pid))]
        cost.cpu_s = max(cost.cpu_s, sum(one.cpu_s for one in held))
        cost.peak_mb = max(cost.peak_mb, sum(one.pss_mb for one in held))
        now = time.monotonic()
        cost.wall_s = now - began
        asked = [at - began for at, path in good.asked if "/honest/" in path]
        cost.honest_s = max(asked) if len(asked) >= HONEST_ARTICLES else None
        if cost.cpu_s - calm_cpu > CALM_CPU_SECONDS:
            calm_since, calm_cpu = now, cost.cpu_s
        if seconds and now - started > seconds and cost.honest_s:
            return
        if not seconds and cost.honest_s and now - calm_since > CALM_SECONDS:
            return
        if cost.wall_s > cap:
            cost.note = "ended at the cap"
            return
        time.sleep(LOOK_SECONDS)
    cost.note = f"it ended with {process.returncode}"


def main() -> None:
    """Print a line for each attack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cap", type=float, default=60, help="seconds after which a desk is ended")
    parser.add_argument("--seconds", type=float, default=15, help="of each attack by readers")
    parser.add_argument("--only", default="", help="attacks whose name has this word")
    parser.add_argument("--size", type=int, default=10_000_000, help="bytes of large bodies")
    parser.add_argument("--vigia", type=Path, default=VIGIA, help="the command, also of another checkout")
    options = parser.parse_args()
    print(
        f"{'attack':42} {'CPU s':>7} {'wall s':>7} {'peak MB':>8} {'outlet s':>9}"
        f" {'reader s':>9} {'longest':>9} {'failed':>7}",
        flush=True,
    )
    quiet: Serve = page(lambda: answer(html(TEXT)))
    for name, prepare in {"none": quiet, **make_attacks(options.size), **dict.fromkeys(READER_ATTACKS, quiet)}.items():
        if options.only in name:
            cost = measure(name, prepare, cap=options.cap, seconds=options.seconds, vigia=options.vigia)
            print(f"{name:42} {cost}", flush=True)


if __name__ == "__main__":
    main()
