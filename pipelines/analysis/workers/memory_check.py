"""Say at the start that a process may use too little memory, instead of failing somewhere later."""

from __future__ import annotations

import resource
from pathlib import Path

from pipelines.analysis.workers.jobs import WorkersError

MIN_ADDRESS_SPACE_BYTES = 700_000_000  # a crawl reserves 300 MB before its first page, a page may need twice that
MIN_MEMORY_BYTES = 480_000_000  # this process holds about 150 MB, the one that workers are forked from about 300 MB


def check_memory() -> None:
    """Raise WorkersError if a limit leaves too little memory to crawl and analyse."""
    soft = resource.getrlimit(resource.RLIMIT_AS)[0]
    if soft not in {resource.RLIM_INFINITY, -1} and soft < MIN_ADDRESS_SPACE_BYTES:
        raise WorkersError(
            f"too little memory: `ulimit -v` allows {soft // 1_000_000} MB of address space;"
            f" allow {MIN_ADDRESS_SPACE_BYTES // 1_000_000} MB or more"
        )
    allowed = read_group_limit()
    if allowed is not None and allowed < MIN_MEMORY_BYTES:
        raise WorkersError(
            f"too little memory: the service or container may use {allowed // 1_000_000} MB;"
            f" allow {MIN_MEMORY_BYTES // 1_000_000} MB or more (MemoryMax= of systemd, --memory of a container)"
        )


def read_group_limit(root: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup")) -> int | None:
    """Return the least memory.max of this process's control groups in bytes; None without one (cgroup v2)."""
    try:
        group = membership.read_text(encoding="utf-8").strip().rpartition("0::")[2].lstrip("/")
    except OSError:
        return None
    limits = []
    for folder in [root / group, *(root / group).parents]:
        if not folder.is_relative_to(root):
            break
        try:
            text = (folder / "memory.max").read_text(encoding="utf-8").strip()
        except OSError:
            continue
        if text.isdecimal():
            limits.append(int(text))
    return min(limits, default=None)
