"""One thread for numpy's linear algebra.

OpenBLAS starts a thread for each core when numpy is imported. Our matrices are small: with two threads a join of an
article to its story takes five times the CPU time that it takes with one, for the threads wait for each other at work.
"""

from __future__ import annotations

import os

NUMPY_THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def limit_numpy_threads() -> None:
    """Let numpy compute with one thread, unless the environment says how many. Call it before numpy is imported."""
    for name, value in NUMPY_THREADS.items():
        os.environ.setdefault(name, value)
