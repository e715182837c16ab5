"""Marks tests by what they need, so that `make test-quick` can leave out what is slow or starts something.

- browser: the tests of tests/browser
- process: a test whose module or fixtures start processes
- network: a test whose module or fixtures open sockets on loopback, and those of alerts' channels
- slow: marked by hand, where a test takes more than a second

The processes that tests start find no pandas, as those of a desk: sqlite-utils would import it in each of them.

Temporary files lie in memory where there is enough: a desk syncs each transaction to its disk, and waits for it.

Pages of servers in this process have minutes for their statements: a loaded machine decides no answer. A test of
these limits sets its own.

The Hypothesis profile `quick` tries fewer examples where a test does not say how many it needs. No profile has a
deadline for an example or for making one, and no client of HTTP gives up after httpx's five seconds: they would
measure the machine.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import httpx
import pandas  # noqa: F401 - before HIDE_PANDAS is the first place where modules are looked for
import pytest
from hypothesis import HealthCheck, settings

from pipelines.numpy_threads import limit_numpy_threads
from tests.fixtures.waiting import DEADLINE_SECONDS

limit_numpy_threads()  # before any test imports numpy
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("unhurried"), max_examples=20)
settings.load_profile("unhurried")  # --hypothesis-profile=quick wins: it is loaded when the tests are configured

for part in ("connect", "read", "write", "pool"):
    setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, part, DEADLINE_SECONDS)

MEMORY = Path("/dev/shm")
MIN_FREE_MEMORY_BYTES = 1024**3  # tests write a fifth of it; a desk on a disk with less than half of it is nearly full
TESTS = Path(__file__).parent
HIDE_PANDAS = str(TESTS / "fixtures" / "no_pandas")
BROWSER_TESTS = TESTS / "browser"
NETWORK_TESTS = TESTS / "pipelines" / "alerts" / "channels"
PROCESS_FIXTURES = {"crawled"}
NETWORK_FIXTURES = {"crawled", "mailbox", "receiver", "web"}
# What a test module imports, by name or as the object's module, where it starts processes or opens sockets itself.
PROCESS_MODULES = {"subprocess", "multiprocessing", "tests.fixtures.forked_commands", "tests.fixtures.demo_desk"}
PROCESS_MODULES |= {
    "crawler.operations.splits.dask_engine",
    "pipelines.analysis.workers",
    "pipelines.analysis.workers.workers",
    "tests.fixtures.story_kills",
}
# About how many seconds a test takes.
WEIGHTS = {"process": 3, "slow": 3, "browser": 1, "network": 0.3}
NETWORK_MODULES = {"socket", "crawler.demo.server", "tests.fixtures.alert_bench"}


sys.path.insert(0, HIDE_PANDAS)  # children that this process gives its path to
os.environ["PYTHONPATH"] = HIDE_PANDAS  # and all others


def pytest_configure() -> None:
    """Put temporary files into memory, unless PYTEST_DEBUG_TEMPROOT or --basetemp says where they lie."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MIN_FREE_MEMORY_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_sessionfinish() -> None:
    """End the processes that wait for another message to send: Python would complain of them at its end."""
    if "pipelines.alerts.channels.sender" in sys.modules:
        from tests.fixtures.forked_children import end_idle_senders  # noqa: PLC0415 - few tests send

        end_idle_senders()


def pytest_xdist_auto_num_workers() -> int:
    """Return the number of `-n auto`: one more than processors, for many tests wait for processes and servers."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Lengthen the limits of pages, if a test that was collected has them."""
    if threads := sys.modules.get("db.site.readers.query_threads"):
        for limit in ("MAX_WORK_SECONDS", "MAX_PLACE_SECONDS"):
            setattr(threads, limit, float(DEADLINE_SECONDS))
    if server := sys.modules.get("db.site.server"):
        for limit in ("sql_time_limit_ms", "facet_time_limit_ms"):
            server.DATASETTE_SETTINGS[limit] = 1000 * DEADLINE_SECONDS


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a parameter of bytes by its argument: packed bytes hold the time, and pytest-xdist wants equal names."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add the marks `browser`, `process` and `network`; put the files first that have most to wait for."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        modules = _modules_used_by(getattr(item, "module", None))
        if item.path.is_relative_to(BROWSER_TESTS):
            item.add_marker(pytest.mark.browser)
        if fixtures & PROCESS_FIXTURES or modules & PROCESS_MODULES:
            item.add_marker(pytest.mark.process)
        if fixtures & NETWORK_FIXTURES or modules & NETWORK_MODULES or item.path.is_relative_to(NETWORK_TESTS):
            item.add_marker(pytest.mark.network)
    # With --dist loadfile, a long file that begins last would keep one processor at work and the others idle.
    weights: Counter[Path] = Counter()
    for item in items:
        weights[item.path] += max(
            (weight for mark, weight in WEIGHTS.items() if item.get_closest_marker(mark)), default=0
        )
    items.sort(key=lambda item: -weights[item.path])


def _modules_used_by(module: ModuleType | None) -> set[str]:
    values = vars(module).values() if module else ()
    return {
        value.__name__ if isinstance(value, ModuleType) else str(getattr(value, "__module__", "")) for value in values
    }
