"""What may go wrong while alerts go out, made to happen: over a real mail server, a real webhook receiver and the log.

Each fault gives an Outcome: what should have arrived, what did not, what came again as the same message (the same
Message-ID or webhook-id) and what was told a second time in another one. `stated` is what the documentation promises.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib
import multiprocessing
import os
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from alert_bench import CHANNELS, NOON, TEAM, Outcome, alerts_of, bench
from alert_desk import Mailbox, Receiver

from db.connection import StoreError, open_news

# Every step that alerts record, and what lies between them: (what it is, module, function, moment).
STEPS = [
    ("matching begins", "pipelines.alerts.matching.articles", "mend", "before"),
    ("alerts are written, not committed", "db.desk.alerts", "save_alerts", "after"),
    ("alerts to revisions are written, not committed", "db.desk.revision_alerts", "save_updates", "after"),
    ("cursors are moved, not committed", "db.desk.subscriptions", "move_cursors", "after"),
    ("the watermark is written, not committed", "db.desk.subscriptions", "set_watermark", "after"),
    ("the match is committed", "pipelines.alerts.matching.articles", "match", "after"),
    ("a digest is written, not committed", "db.desk.alerts", "make_digest", "after"),
    ("the digests are committed", "pipelines.alerts.digests", "gather", "after"),
    ("a delivery is about to be recorded as sending", "db.desk.alerts", "mark_sending", "before"),
    ("a delivery is recorded as sending", "db.desk.alerts", "mark_sending", "after"),
    ("the message is composed", "pipelines.alerts.delivery", "compose", "after"),
    ("the log is written, not recorded", "pipelines.alerts.channels.log_file", "append", "after"),
    ("the server took it for {nth}, not recorded", "db.desk.alerts", "mark_accepted", "before"),
    ("the server took it for {nth}, recorded", "db.desk.alerts", "mark_accepted", "after"),
    ("everything arrived, not recorded", "db.desk.alerts", "mark_sent", "before"),
    ("everything arrived, recorded", "db.desk.alerts", "mark_sent", "after"),
]
ONLY = {"compose": ("mail", "webhook"), "append": ("log",), "mark_accepted": ("mail",)}
# Killed between a target's answer and our record of it: sent again, as the same message.
NARROW = {("mail", "mark_accepted", "before"), ("webhook", "mark_sent", "before")}


# --- killed -----------------------------------------------------------------------------------------------------------


def context() -> Any:
    """Processes that begin with everything imported."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["alert_faults", "pipelines.alerts.channels.send"])
    return forks


def die(folder: str, channel: str, module: str, name: str, moment: str, nth: int) -> None:
    """Run alerts once in this process, which is killed at a step."""
    room = importlib.import_module(module)
    done = getattr(room, name)
    calls = 0

    def step(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = done(*arguments, **options)
        if calls == nth and moment == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(room, name, step)
    asyncio.run(alerts_of(Path(folder), channel).run(NOON))


def run_often(folder: str, channel: str, times: int) -> None:
    """Run alerts again and again in this process."""
    for _ in range(times):
        asyncio.run(alerts_of(Path(folder), channel).run(dt.datetime.now(dt.UTC)))


def kill_steps() -> list[tuple[str, str, str, str, str, int]]:
    """(what it is, channel, module, function, moment, which call) of every kill."""
    return [
        (what.format(nth=f"recipient {nth}"), channel, module, name, moment, nth)
        for what, module, name, moment in STEPS
        for channel in ONLY.get(name, CHANNELS)
        for nth in ((1, 2, 3) if name == "mark_accepted" else (1,))
    ]


def killed(folder: Path, step: tuple[str, str, str, str, str, int]) -> Outcome:
    """SIGKILL at a step, then what came meanwhile, and two runs as after a restart."""
    what, channel, module, name, moment, nth = step
    with bench(folder, channel) as made:
        first = made.article(1)
        made.run()
        made.article(2)
        made.revise(first, 4)
        child = context().Process(target=die, args=(str(folder), channel, module, name, moment, nth))
        end(child, code=-signal.SIGKILL)
        made.article(3)
        for _ in range(2):
            made.run()
        again = int((channel, name, moment) in NARROW)
        return made.outcome(f"killed: {what}", stated=(0, again, 0), note="the narrow case" if again else "")


def killed_by_target(folder: Path, channel: str, *, at: str) -> Outcome:
    """SIGKILL as the target has the recipient's address, or the whole message and has not answered."""
    with bench(folder, channel) as made:
        made.article(1)
        child = context().Process(
            target=die, args=(str(folder), channel, "db.desk.alerts", "mark_ended", "before", 1)
        )  # which is not called: the target kills

        def kill(*_: Any) -> Any:
            if child.is_alive() and child.pid is not None:
                os.kill(child.pid, signal.SIGKILL)
            return None

        if channel == "webhook":
            made.hook.taken = kill
        elif at == "address":
            made.mailbox.refuse = kill
        else:
            made.mailbox.answer = lambda: kill() or "250 kept"
        end(child, code=-signal.SIGKILL)
        made.mailbox.refuse, made.mailbox.answer, made.hook.taken = (lambda _: None), (lambda: "250 kept"), lambda: None
        made.article(2)
        for _ in range(2):
            made.run()
        narrow = at == "message"
        fault = f"killed: the target has the {at}, and has not answered"
        return made.outcome(fault, stated=(0, int(narrow), 0), note="the narrow case" if narrow else "")


def end(child: BaseProcess, *, code: int) -> None:
    """Let a process come to that end."""
    child.start()
    child.join(60)
    if child.exitcode != code:
        child.kill()
        raise AssertionError(f"the process ended with {child.exitcode}, not {code}: the step was not reached")


def two_at_once(folder: Path, channel: str) -> Outcome:
    """Two processes that send for one desk, while articles come."""
    with bench(folder, channel) as made:
        children = [context().Process(target=run_often, args=(str(folder), channel, 15)) for _ in range(2)]
        for child in children:
            child.start()
        for number in range(1, 21):
            made.article(number)
        for child in children:
            child.join(120)
        made.run(dt.datetime.now(dt.UTC))
        return made.outcome("two processes at once")


# --- disks and backups ------------------------------------------------------------------------------------------------


def disk_full(folder: Path, channel: str, *, steps: range) -> Outcome:
    """No file grows beyond a limit, a little later in each round: every write of desk.db fails once, and room comes."""
    with bench(folder, channel) as made:
        alerts = made.alerts()  # one process, as `vigia up`
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        failed = 0
        for number, limit in enumerate(steps, 1):
            made.article(number)
            try:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
                asyncio.run(alerts.run(NOON))
            except StoreError:
                failed += 1
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            for minute in range(1, 4):
                asyncio.run(alerts.run(NOON + dt.timedelta(minutes=minute)))
        return made.outcome("disk full for desk.db", note=f"{failed} of {len(steps)} runs failed")


def restored(folder: Path, channel: str, names: tuple[str, ...]) -> Outcome:
    """Databases of yesterday: what was found since is found again, in another order, and something new before it."""
    with bench(folder, channel) as made:
        made.article(1)
        made.run(NOON)
        made.news.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for name in ("news.db", "desk.db"):
            shutil.copy(folder / name, folder / f"{name}.backup")
        for number in (2, 3):
            made.article(number)
        made.run(NOON + dt.timedelta(hours=1))
        made.news.db.close()
        for name in names:
            for suffix in ("-wal", "-shm"):
                (folder / f"{name}{suffix}").unlink(missing_ok=True)
            shutil.copy(folder / f"{name}.backup", folder / name)
        made.news.db = open_news(made.news.path)
        made.run(NOON + dt.timedelta(hours=2))
        for number in (4, 3, 2) if "news.db" in names else (4,):
            made.article(number)
            made.run(NOON + dt.timedelta(hours=3))
        people = len(TEAM) if channel == "mail" else 1
        stated = (0, 0, 2 * people) if "desk.db" in names else (0, 0, 0)
        note = "what was sent since the backup is not remembered" if "desk.db" in names else ""
        return made.outcome(f"{' and '.join(names)} restored from a backup", stated=stated, note=note)


# --- targets and clocks -----------------------------------------------------------------------------------------------


def down(folder: Path, channel: str, *, hours: int, every: dt.timedelta = dt.timedelta(minutes=5)) -> Outcome:
    """A target that does not answer for hours, while an article comes every three of them."""
    with bench(folder, channel) as made:
        target: Mailbox | Receiver = made.mailbox if channel == "mail" else made.hook
        target.stop()
        now, given_up = NOON, 0
        number = 0
        while now < NOON + dt.timedelta(hours=hours):
            if (now - NOON) % dt.timedelta(hours=3) == dt.timedelta():
                number += 1
                made.article(number)
            given_up += made.run(now).failed
            now += every
        target.start()
        for _ in range(14):
            now += every
            made.run(now)
        lost = given_up * (len(TEAM) if channel == "mail" else 1)
        note = f"{given_up} messages given up after a day and reported" if hours > 24 else ""
        return made.outcome(f"target down for {hours} hours", stated=(lost, 0, 0), note=note)


def refusing(folder: Path, status: int) -> Outcome:
    """A webhook that answers an error for six hours."""
    with bench(folder, "webhook") as made:
        made.hook.status = status
        made.article(1)
        now = NOON
        for _ in range(72):
            made.run(now)
            now += dt.timedelta(minutes=5)
        made.hook.requests.clear()  # it took none of them
        made.hook.status = 200
        for _ in range(14):
            made.run(now)
            now += dt.timedelta(minutes=5)
        return made.outcome(f"webhook answers {status} for six hours")


def bad_address(folder: Path) -> Outcome:
    """One of three addresses is refused for good."""
    with bench(folder, "mail") as made:
        made.mailbox.refuse = lambda address: "550 no such person" if address == TEAM[1] else None
        made.article(1)
        given_up = sum(made.run(NOON + dt.timedelta(minutes=15 * step)).failed for step in range(110))
        note = f"the other two have it at once; {given_up} given up after a day and reported"
        return made.outcome("one bad address among three", stated=(1, 0, 0), note=note)


def drops_in_data(folder: Path) -> Outcome:
    """The server closes the connection in the middle of a message, for each of the first three attempts."""
    with bench(folder, "mail") as made:
        made.mailbox.stop()
        made.article(1)

        async def dropping() -> None:
            server = await asyncio.start_server(drop, "127.0.0.1", made.mailbox.port)
            async with server:
                for minute in (0, 2, 5):
                    await made.alerts().run(NOON + dt.timedelta(minutes=minute))

        asyncio.run(dropping())
        made.mailbox.start()
        for minute in (20, 40):
            made.run(NOON + dt.timedelta(minutes=minute))
        return made.outcome("server drops in the middle of DATA")


async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """SMTP up to the middle of a message."""
    writer.write(b"220 hello\r\n")
    while line := await reader.readline():
        if line.startswith(b"DATA"):
            writer.write(b"354 go on\r\n")
            await reader.readuntil(b"Message-ID: ")
            break
        writer.write(b"250 well\r\n")
    writer.close()


def clock_jumps(folder: Path, channel: str, *, by: dt.timedelta, rhythm: str = "immediately") -> Outcome:
    """The clock jumps and, after some hours, back; an article comes in each hour."""
    with bench(folder, channel, rhythm=rhythm, quiet="22:00-07:00") as made:
        now = NOON
        for hour in range(30):
            if hour == 5:
                now += by
            if hour == 15:
                now -= by
            made.article(hour + 1)
            for minute in (0, 20, 40):
                made.run(now + dt.timedelta(minutes=minute))
            now += dt.timedelta(hours=1)
        for _ in range(60):
            now += dt.timedelta(hours=1)
            made.run(now)
        way = "forward" if by > dt.timedelta() else "back"
        return made.outcome(f"clock jumps {way} a day and returns, {rhythm}")


def all_faults(folder: Path) -> Iterator[tuple[str, Callable[[], Outcome]]]:
    """Every fault by a name, each in a desk of its own."""
    faults: list[tuple[str, Callable[..., Outcome], tuple[Any, ...], dict[str, Any]]] = [
        (f"killed {step[1]} {step[0]}", killed, (step,), {}) for step in kill_steps()
    ]
    for channel, at in (("mail", "address"), ("mail", "message"), ("webhook", "message")):
        faults.append((f"killed {channel} {at}", killed_by_target, (channel,), {"at": at}))
    for channel in CHANNELS:
        faults.append((f"two processes {channel}", two_at_once, (channel,), {}))
        faults.append((f"disk full {channel}", disk_full, (channel,), {"steps": range(0, 160_000, 4_000)}))
        for names in (("news.db",), ("desk.db",), ("news.db", "desk.db")):
            faults += [(f"restored {channel} {names}", restored, (channel, names), {})]
    for channel in ("mail", "webhook"):
        for hours in (6, 48):
            faults += [(f"down {channel} {hours}", down, (channel,), {"hours": hours})]
    faults += [
        ("webhook 500", refusing, (500,), {}),
        ("bad address", bad_address, (), {}),
        ("drops in DATA", drops_in_data, (), {}),
    ]
    for days in (1, -1):
        for rhythm in ("immediately", "daily 07:30"):
            by = dt.timedelta(days=days)
            faults.append((f"clock {days} {rhythm}", clock_jumps, ("mail",), {"by": by, "rhythm": rhythm}))
    for number, (name, fault, arguments, options) in enumerate(faults):
        yield name, partial(fault, folder / str(number), *arguments, **options)
