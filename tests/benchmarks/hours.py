"""Run the tests that depend on the date at each hour of a day, and print one line for each hour.

    .venv/bin/python -m tests.benchmarks.hours [--hours 0-23] [--day 2026-03-08] [TESTS …]

Needs a C compiler: a small library that is loaded before all others shifts the clock for the tests and for the
processes that they start. It shifts CLOCK_REALTIME alone. Waits go by the monotonic clock, which stays as it is
(libfaketime also replaces clock_nanosleep, and then Python's time.sleep fails). The clock begins at half past each
hour, UTC, of the day, and goes on from there. The tests are those whose files read the present: DEPENDENT finds them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fixtures.paths import ROOT

# What reads the present: by itself, in the miniature web, or in a `vigia` command.
DEPENDENT = re.compile(r"datetime\.now|date\.today|time\.time\(|utc_now|DemoDesk|DemoWeb|demo_desk|crawled\b")
QUICK = "not (browser or slow)"
SHIFTED_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long ahead(void) {
    const char *text = getenv("SECONDS_AHEAD");
    return text ? atol(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, at);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) at->tv_sec += ahead();
    return result;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


def find_tests(marks: str) -> list[str]:
    """Return the test files that depend on the present."""
    found = [path for path in (ROOT / "tests").rglob("test_*.py") if DEPENDENT.search(path.read_text("utf-8"))]
    if "not (browser" in marks:
        found = [path for path in found if "browser" not in path.parts]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def build_clock(folder: Path) -> Path:
    """Compile the library; return its path."""
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(SHIFTED_CLOCK, encoding="utf-8")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    return library


def run_at(moment: dt.datetime, tests: list[str], marks: str, clock: Path) -> tuple[str, list[str]]:
    """Run tests by a clock that begins at a moment; return pytest's sum and the tests that failed."""
    ahead = int(moment.timestamp() - time.time())
    shifted = os.environ | {"LD_PRELOAD": str(clock), "SECONDS_AHEAD": str(ahead)}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", marks, "--tb=short", *tests]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=shifted)
    lines = ended.stdout.strip().splitlines() or ended.stderr.strip().splitlines() or ["no output"]
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    if ended.returncode not in (0, 1):
        failed += lines[-20:]
    return lines[-1], failed


def read_hours(text: str) -> range:
    """Read "7" or "0-23"."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def read_day(text: str) -> dt.datetime:
    """Read a day, which begins at midnight UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def main() -> None:
    """Run, and end with 1 if any test failed at any hour."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=read_hours, default=range(24), metavar="0-23")
    today = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    parser.add_argument("--day", type=read_day, default=today, metavar="YYYY-MM-DD")
    parser.add_argument("--marks", default=QUICK, help="pytest's -m")
    parser.add_argument("--list", action="store_true", help="print the test files and end")
    parser.add_argument("tests", nargs="*")
    options = parser.parse_args()
    tests = options.tests or find_tests(options.marks)
    if options.list:
        print("\n".join(tests))
        return
    print(f"{len(tests)} files, -m '{options.marks}', {options.day:%d %b %Y} UTC", flush=True)
    went_well = True
    with tempfile.TemporaryDirectory() as folder:
        clock = build_clock(Path(folder))
        for hour in options.hours:
            began = time.monotonic()
            summary, failed = run_at(options.day + dt.timedelta(hours=hour, minutes=30), tests, options.marks, clock)
            line = f"{hour:02}:30  {time.monotonic() - began:6.0f} s  {summary}"
            print(line, *failed, sep="\n    ", flush=True)
            went_well = went_well and not failed
    raise SystemExit(not went_well)


if __name__ == "__main__":
    main()
