"""What a worker process is asked to do, within which limits, and how that can fail."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits:
    """What one job may use; a job that uses more is ended and has no result."""

    seconds: float  # wall time; longer where its process waits for a processor, see job_clock
    memory_bytes: int  # beyond what its worker process holds when the job begins
    answer_bytes: int  # of the result, pickled


class JobFault(enum.StrEnum):
    """Why a job has no result."""

    TIMED_OUT = "timed out"
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out of memory"
    ANSWER_TOO_LARGE = "answer too large"
    RAISED = "raised"


class JobFailed(Exception):  # noqa: N818 - an outcome, not an error of ours
    """A job has no result. Its text completes a sentence that begins with what was done.

    `trace` is the traceback in the worker if the function raised.
    """

    def __init__(self, fault: JobFault, sentence: str, *, trace: str = "") -> None:
        super().__init__(sentence)
        self.fault = fault
        self.trace = trace


@dataclass(slots=True, eq=False)
class Job:
    """One call of a function in a worker: "module:function", its arguments, and whether it also gets the topic."""

    function: str
    args: tuple[Any, ...]
    options: dict[str, Any]
    limits: JobLimits
    key: str  # jobs with the same key take turns with those of other keys
    wants_topic: bool = False
    number: int = 0
    losses: int = 0  # workers that were lost with it through no fault of a job
    result: asyncio.Future[tuple[bytes, Callable[[], None]]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def fail(self, error: Exception) -> None:
        """End it without a result."""
        if not self.result.done():
            self.result.set_exception(error)


class WorkersError(Exception):
    """The worker processes can't do their work. Its text is one line: what, and why."""


class WorkersStopped(WorkersError):  # noqa: N818 - a state, not a fault
    """The workers were stopped before this job had a result: its page must stay unrecorded and come again."""


def describe_limit(fault: JobFault, limits: JobLimits) -> str:
    """Say which limit a job passed."""
    match fault:
        case JobFault.TIMED_OUT:
            return f"did not end within {limits.seconds:g} seconds"
        case JobFault.OUT_OF_MEMORY:
            return f"needed more than {limits.memory_bytes / 1e6:g} MB of memory"
        case _:
            return f"gave a result of more than {limits.answer_bytes / 1e6:g} MB"
