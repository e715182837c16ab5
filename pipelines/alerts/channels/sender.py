"""Send messages through processes that can be killed: sender_process.py does the work.

Whatever a target does (an answer without an end, one byte a second, none at all), its attempt ends at its time limit
and takes no memory of the desk's process. A process is used again after a target that answered; there are as many as
attempts at one time, and those that have nothing to do end by themselves.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipelines.alerts.channels.sender_process import LENGTH_BYTES, SendJob
from pipelines.alerts.errors import AllUnsubscribedError, SendError, SendInterruptedError
from pipelines.alerts.messages.digest import AlertMessage
from pipelines.alerts.unsubscribe import UnsubscribeLinks
from pipelines.child_processes import start_with_channel

START_SECONDS = 120.0  # seconds that a process may take to start: it imports Apprise, on a small machine under load
GRACE_SECONDS = 2.0  # seconds beyond an attempt's limit, at which the process itself says why it ended
STOP_SECONDS = 5.0  # seconds that attempts have to end once the desk stops
MAX_REPORT_BYTES = 64 * 1024  # bytes of one line of the process


@dataclass(slots=True, eq=False)
class _SenderProcess:
    """One process, and our end of its socket."""

    process: subprocess.Popen[bytes]
    channel: socket.socket
    buffer: bytes = b""
    is_ready: bool = False

    def kill(self) -> None:
        """End it at once and give back what it held."""
        self.process.kill()
        self.process.wait()
        self.channel.close()

    async def read_report(self) -> dict[str, Any]:
        """Read its next line. Raises EOFError if it ended."""
        while b"\n" not in self.buffer:
            part = await asyncio.get_running_loop().sock_recv(self.channel, MAX_REPORT_BYTES)
            if not part or len(self.buffer) > MAX_REPORT_BYTES:
                raise EOFError
            self.buffer += part
        line, _, self.buffer = self.buffer.partition(b"\n")
        report: dict[str, Any] = json.loads(line)
        return report

    async def write(self, body: bytes) -> None:
        """Write to it. Raises OSError if it ended."""
        await asyncio.get_running_loop().sock_sendall(self.channel, body)


_idle: list[_SenderProcess] = []  # for every desk and event loop of this process


@dataclass(slots=True)
class MessageSenders:
    """The attempts of one desk that are under way."""

    _running: set[_SenderProcess] = field(default_factory=set)
    _interrupted: bool = False

    async def send(
        self,
        address: str,
        message: AlertMessage,
        *,
        limit: float,
        accepted: set[str] | None = None,
        on_accepted: Callable[[], None] = lambda: None,
        links: UnsubscribeLinks | None = None,
    ) -> None:
        """Send a message to one address within `limit` seconds; see send.send_message for the arguments.

        Raises SendError, AllUnsubscribedError, and SendInterruptedError after `interrupt`.
        """
        known = set() if accepted is None else accepted
        job = SendJob(address=address, message=message, limit_seconds=limit, accepted=frozenset(known), links=links)
        ended = await self._run_job(job, known, on_accepted)
        if ended["kind"] == "unsubscribed":
            raise AllUnsubscribedError(ended["message"])
        if ended["kind"] == "failed":
            raise SendError(ended["message"], unreachable=ended["unreachable"], final=ended["final"])

    def interrupt_later(self) -> None:
        """End the attempts that are still under way after STOP_SECONDS. Called in the event loop."""
        asyncio.get_running_loop().call_later(STOP_SECONDS, self.interrupt)

    def interrupt(self) -> None:
        """End the attempts that are under way, and all that begin later."""
        self._interrupted = True
        for sender in self._running:
            sender.process.kill()

    async def _run_job(self, job: SendJob, accepted: set[str], on_accepted: Callable[[], None]) -> dict[str, Any]:
        if self._interrupted:
            raise SendInterruptedError
        sender = _take_idle() or _start_process()
        self._running.add(sender)
        reusable = False
        try:
            if not sender.is_ready:
                async with asyncio.timeout(START_SECONDS):
                    await sender.read_report()
                sender.is_ready = True
            async with asyncio.timeout(job.limit_seconds + GRACE_SECONDS):
                body = pickle.dumps(job)
                await sender.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)
                while "ended" not in (report := await sender.read_report()):
                    accepted.add(report["accepted"])
                    on_accepted()
                    await sender.write(b".")
            ended: dict[str, Any] = report["ended"]
            reusable = not ended.get("unreachable")  # else something of it may still wait for the target
        except TimeoutError:
            raise SendError(f"no answer within {job.limit_seconds:g} s", unreachable=True) from None
        except (EOFError, OSError):
            if self._interrupted:
                raise SendInterruptedError from None
            raise SendError("the process that sends ended in the middle", unreachable=True) from None
        else:
            return ended
        finally:
            self._running.discard(sender)
            if reusable and not self._interrupted:
                _idle.append(sender)
            else:
                sender.kill()


def _take_idle() -> _SenderProcess | None:
    while _idle:
        sender = _idle.pop()
        if sender.process.poll() is None:
            return sender
        sender.kill()
    return None


def _start_process() -> _SenderProcess:
    """Start a process. What it sends, and where, goes through its socket: arguments can be read by everybody."""
    return _SenderProcess(*start_with_channel(["-m", "pipelines.alerts.channels.sender_process"]))
