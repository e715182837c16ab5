"""Whatever a target does, an attempt ends, uses bounded memory and reveals no address."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.alerts.channels import sender
from pipelines.alerts.channels.sender import MessageSenders
from pipelines.alerts.errors import SendError, SendInterruptedError
from tests.fixtures import hostile_targets as targets
from tests.fixtures.alert_desk import Mailbox, Receiver
from tests.fixtures.digest_example import trial_message
from tests.fixtures.forked_children import end_idle_senders
from tests.fixtures.paths import ROOT
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until, wait_until_async

KEY = "c2lnbmVkLXdpdGgtdGhpcnR5LXR3by1ieXRlcy4u"
SIGNED = "signed+http://" + KEY + "@127.0.0.1:{port}/hook-with-secret"
APPRISE = {
    "json": "json://127.0.0.1:{port}/hook-with-secret",
    "ntfy": "ntfy://127.0.0.1:{port}/hook-with-secret",
    "gotify": "gotify://127.0.0.1:{port}/hook-with-secret",
}
MAIL = "mailto://127.0.0.1:{port}/ana@example.org?from=vigia@desk.example&secret=hook-with-secret"
Behaviour = Callable[[socket.socket, threading.Event], None]
HTTP_BEHAVIOURS = [
    targets.never_answer,
    targets.send_endless_body,
    targets.send_endless_chunks,
    targets.drip_body,
    targets.drip_headers,
    targets.flood_headers,
    targets.send_endless_continue,
    targets.redirect_to_itself,
]
ENDLESS = [targets.send_endless_body, targets.drip_body]
CASES = {
    SIGNED: [*ENDLESS, targets.drip_headers, targets.send_endless_continue],
    APPRISE["json"]: HTTP_BEHAVIOURS,
    APPRISE["ntfy"]: ENDLESS,
    APPRISE["gotify"]: ENDLESS,
    MAIL: targets.SMTP_BEHAVIOURS,
}
LIMIT_SECONDS = 5.0
BY_STATUS = (SIGNED, APPRISE["json"])  # whose answer's status counts, though its body has no end; others read it too
MAX_AT_ONCE = 4
MAX_GROWTH_KB = 100_000


@pytest.fixture(autouse=True)
def forked_children() -> None:
    """Senders start as those of a desk do, and there is none of another test."""
    end_idle_senders()


@pytest.mark.slow
@pytest.mark.parametrize("address", CASES, ids=lambda address: address.partition(":")[0])
async def test_an_attempt_ends_whatever_the_target_does(address: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slots = asyncio.Semaphore(MAX_AT_ONCE)
    connections: dict[str, int] = {}

    async def send_to(behaviour: Behaviour) -> str | None:
        async with slots:
            with targets.hostile_target(behaviour) as target:
                is_taken = behaviour in ENDLESS and address in BY_STATUS
                limit = DEADLINE_SECONDS if is_taken else LIMIT_SECONDS
                try:
                    await MessageSenders().send(address.format(port=target.port), trial_message(), limit=limit)
                except SendError as error:
                    return str(error)
                finally:
                    connections[behaviour.__name__] = target.connections
        return None

    async with asyncio.timeout(4 * DEADLINE_SECONDS):  # so that only an attempt without an end fails the test
        errors = await asyncio.gather(*map(send_to, CASES[address]))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_GROWTH_KB
    assert set(connections.values()) <= {0, 1}, "asked once, no redirect was followed"
    assert any(connections.values())  # a busy machine may let a limit pass before the connection
    said = caplog.text + str(errors)
    assert "ended in the middle" not in said
    assert "hook-with-secret" not in said
    assert KEY not in said
    if address in BY_STATUS:
        taken = [behaviour for behaviour, error in zip(CASES[address], errors, strict=True) if error is None]
        assert taken == ENDLESS


async def test_attempts_that_wait_for_their_targets_end_with_the_desk() -> None:
    senders = MessageSenders()
    with targets.hostile_target(targets.drip_headers) as target:
        attempts = [
            asyncio.create_task(senders.send(SIGNED.format(port=target.port), trial_message(), limit=600))
            for _ in range(3)
        ]
        await wait_until_async(lambda: target.connections == 3, what="each attempt's connection")
        senders.interrupt()
        results = await asyncio.gather(*attempts, return_exceptions=True)
    assert [type(result) for result in results] == [SendInterruptedError] * 3
    with pytest.raises(SendInterruptedError):
        await senders.send(SIGNED.format(port=1), trial_message(), limit=1)


async def test_no_argument_and_no_environment_of_a_sending_process_holds_an_address(receiver: Receiver) -> None:
    senders = MessageSenders()
    with targets.hostile_target(targets.never_answer) as target:
        address = SIGNED.format(port=target.port)
        attempt = asyncio.create_task(senders.send(address, trial_message(), limit=600))
        await wait_until_async(lambda: target.connections, what="the connection")
        (process,) = [one.process for one in senders._running]
        folder = Path(f"/proc/{process.pid}")
        shown = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        assert b"sender_process" in shown
        assert KEY.encode() not in shown
        assert b"hook-with-secret" not in shown
        senders.interrupt()
        with pytest.raises(SendInterruptedError):
            await attempt
    assert process.returncode is not None


async def test_a_sending_process_is_used_again_only_after_a_target_that_answered(
    receiver: Receiver,
) -> None:
    senders = MessageSenders()
    address = SIGNED.format(port=receiver.port)
    await senders.send(address, trial_message(), limit=60)
    first = sender._idle[-1].process.pid
    await senders.send(address, trial_message(), limit=60)
    assert sender._idle[-1].process.pid == first
    with pytest.raises(SendError, match="no connection"):
        await senders.send(SIGNED.format(port=9), trial_message(), limit=60)
    assert first not in [one.process.pid for one in sender._idle]
    await senders.send(address, trial_message(), limit=60)


async def test_a_recipient_is_recorded_before_the_next_gets_the_mail(mailbox: Mailbox) -> None:
    seen: list[int] = []
    accepted: set[str] = set()
    address = mailbox.url("ana@example.org", "li@example.org", "bob@example.org")
    await MessageSenders().send(
        address,
        trial_message(),
        limit=60,
        accepted=accepted,
        on_accepted=lambda: seen.append(len(mailbox.received)),
    )
    assert seen == [1, 2, 3]
    assert len(accepted) == 3
    await MessageSenders().send(address, trial_message(), limit=60, accepted=accepted)
    assert len(mailbox.received) == 3


def test_a_sending_process_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    with targets.hostile_target(targets.never_answer) as target:
        code = (
            "import asyncio, os, threading\n"
            "from pipelines.alerts.channels.sender import MessageSenders\n"
            "from tests.fixtures.digest_example import trial_message\n"
            "senders = MessageSenders()\n"
            "async def main():\n"
            f"    sending = asyncio.create_task(senders.send({SIGNED.format(port=target.port)!r}, trial_message(), "
            "limit=600))\n"
            "    await asyncio.sleep(0.1)\n"
            "    print([one.process.pid for one in senders._running][0], flush=True)\n"
            "    await sending\n"
            "asyncio.run(main())\n"
        )
        desk = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        assert desk.stdout is not None
        pid = int(desk.stdout.readline())
        wait_until(lambda: target.connections == 1, what="the connection")
        desk.kill()
        desk.wait()
        wait_until(lambda: not Path(f"/proc/{pid}").exists() or _is_zombie(pid), what="the end of the process")


def _is_zombie(pid: int) -> bool:
    try:
        return "(zombie)" in Path(f"/proc/{pid}/status").read_text("utf-8")
    except FileNotFoundError:
        return True
