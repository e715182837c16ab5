"""Numpy computes with one thread wherever a desk runs."""

from __future__ import annotations

import os
import subprocess
import sys

from pipelines.numpy_threads import NUMPY_THREADS
from tests.fixtures.paths import ROOT

COUNT_THREADS = f"""
import os
for name in {list(NUMPY_THREADS)}: os.environ.pop(name, None)
import sys, crawler
assert "numpy" not in sys.modules
import numpy, threadpoolctl
print([one["num_threads"] for one in threadpoolctl.threadpool_info()])
"""


def test_numpy_has_one_thread_after_the_import_of_any_room_of_the_crawler() -> None:
    done = subprocess.run([sys.executable, "-c", COUNT_THREADS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[1]\n"


def test_who_sets_the_number_of_threads_keeps_it() -> None:
    script = "import os, crawler; print(os.environ['OPENBLAS_NUM_THREADS'])"
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "2\n"
