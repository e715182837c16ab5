"""The process that sends messages: started by sender.py, given one message at a time, killed if that takes too long.

Only here may a target's answer take memory and time, because this process can be ended and the desk's own can't. Its
standard input is a socket. It reads jobs (4 bytes length, then a pickled SendJob) and writes one JSON object a line:
`{"ready": true}` once, `{"accepted": HASH}` for each recipient of a mail that the server accepted, after which it waits
for one byte, so that a recipient is recorded before the next is served, and `{"ended": …}`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pickle
import resource
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.alerts.errors import AllUnsubscribedError, SendError
from pipelines.child_processes import end_with_parent

if TYPE_CHECKING:
    from pipelines.alerts.messages.digest import AlertMessage
    from pipelines.alerts.unsubscribe import UnsubscribeLinks

LENGTH_BYTES = 4  # bytes before each job, big-endian
MAX_IDLE_SECONDS = 120.0  # seconds without a job after which the process ends by itself
MAX_EXTRA_MEMORY_BYTES = 256 * 1024**2  # bytes that it may take beyond what it has once everything is imported
MAX_ANSWER_BYTES = 64 * 1024  # bytes of an answer's body that are read; the rest is not waited for
MAX_ANSWER_SECONDS = 5.0  # seconds for an answer's body; the status, which counts, has come before
_PART_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SendJob:
    """One message to one address; `accepted` are the hashes of recipients who have it."""

    address: str = field(repr=False)
    message: AlertMessage
    limit_seconds: float
    accepted: frozenset[str]
    links: UnsubscribeLinks | None = field(repr=False)


def run_jobs(channel: socket.socket) -> None:
    """Do the jobs that come, until there are no more."""
    from pipelines.alerts.channels import send  # noqa: PLC0415 - Apprise takes long to import; nothing waits for it before

    send.load_channels()
    limit_answers()
    limit_memory()
    with asyncio.Runner() as runner:
        _write(channel, {"ready": True})
        while job := _read_job(channel):
            runner.run(_do_job(channel, job, send.send_message))


async def _do_job(channel: socket.socket, job: SendJob, send_message: Callable[..., Awaitable[None]]) -> None:
    """Send, and report before anything is cleared up: a thread that Apprise started may never end."""
    accepted = set(job.accepted)
    reported = set(job.accepted)

    def report_accepted() -> None:
        for one in accepted - reported:
            _write(channel, {"accepted": one})
            _read(channel, 1)
            reported.add(one)

    ended: dict[str, Any] = {"kind": "sent"}
    try:
        await send_message(
            job.address,
            job.message,
            limit=job.limit_seconds,
            accepted=accepted,
            on_accepted=report_accepted,
            links=job.links,
        )
    except AllUnsubscribedError as error:
        ended = {"kind": "unsubscribed", "message": str(error)}
    except SendError as error:
        ended = {
            "kind": "failed",
            "message": str(error),
            "unreachable": error.unreachable,
            "final": error.final,
        }
    except Exception as error:  # noqa: BLE001 - only its type is told: the text of an unknown error may hold an address
        ended = {
            "kind": "failed",
            "message": f"unexpected {type(error).__name__}",
            "unreachable": False,
            "final": False,
        }
    _write(channel, {"ended": ended})


def limit_answers() -> None:
    """Let requests, with which Apprise sends, read at most MAX_ANSWER_BYTES of a body in MAX_ANSWER_SECONDS.

    It has no setting for that. What is over the limit is dropped, and the status still says whether the message was
    taken. It holds for every use of requests in this process, which does nothing else.
    """
    import requests  # noqa: PLC0415 - imported with Apprise

    class LimitedSession(requests.Session):
        def send(self, request: Any, **options: Any) -> requests.Response:
            response = super().send(request, **options | {"stream": True})
            response._content = read_answer(response.raw)
            response._content_consumed = True  # requests reads no more then
            response.close()
            return response

    requests.sessions.Session = LimitedSession  # type: ignore[misc]


def read_answer(raw: Any) -> bytes:
    """Read the body of a urllib3 response, as far as the limits allow."""
    body, end = b"", time.monotonic() + MAX_ANSWER_SECONDS
    try:
        while len(body) < MAX_ANSWER_BYTES and time.monotonic() < end:
            part: bytes = raw.read1(_PART_BYTES, decode_content=False)
            if not part:
                break
            body += part
    except Exception:  # noqa: BLE001 - urllib3 and http.client raise many kinds; the status counts, and it has come
        logging.getLogger(__name__).debug("an answer broke off")
    return body[:MAX_ANSWER_BYTES]


def limit_memory() -> None:
    """Let this process take MAX_EXTRA_MEMORY_BYTES more than it has: a MemoryError is then one attempt's failure."""
    statm = Path("/proc/self/statm")
    if not statm.exists():  # not Linux: the time limit bounds it there
        return
    size = int(statm.read_text("ascii").split()[0]) * resource.getpagesize()
    limit = size + MAX_EXTRA_MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _read_job(channel: socket.socket) -> SendJob | None:
    """Wait for the next job; None when none came for MAX_IDLE_SECONDS or the desk's process is gone."""
    channel.settimeout(MAX_IDLE_SECONDS)
    try:
        length = int.from_bytes(_read(channel, LENGTH_BYTES), "big")
        job: SendJob = pickle.loads(_read(channel, length))  # noqa: S301 - from the process that started this one
    except (TimeoutError, EOFError):
        return None
    finally:
        channel.settimeout(None)
    return job


def _read(channel: socket.socket, length: int) -> bytes:
    body = b""
    while len(body) < length:
        part = channel.recv(length - len(body))
        if not part:
            raise EOFError
        body += part
    return body


def _write(channel: socket.socket, value: dict[str, Any]) -> None:
    channel.sendall(json.dumps(value).encode() + b"\n")


def start_sender() -> None:
    """Begin; the desk's process alone decides when this one ends (see pipelines.child_processes)."""
    end_with_parent(os.getppid())  # nothing is sent that no process records
    logging.lastResort = None  # what libraries log may hold an address: send.py reads a status of it, nothing prints it
    channel = socket.socket(fileno=0)
    try:
        run_jobs(channel)
    except (EOFError, OSError):
        pass  # the desk's process ended
    finally:
        os._exit(0)  # a thread of Apprise that still waits for a target is not waited for


if __name__ == "__main__":
    start_sender()
