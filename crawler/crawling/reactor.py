"""Run a coroutine on Twisted's asyncio reactor; handle signals, and check resolved names."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from scrapy.utils.reactor import install_reactor

from crawler.crawling.networks import GuardedResolver
from crawler.crawling.session import CrawlSession

T = TypeVar("T")
END_SECONDS = 25.0  # seconds from the first signal to the end of the process, whatever still waits
END_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_in_reactor(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine on an asyncio reactor and return its result; once a process.

    Until the coroutine calls `handle_signals`, and after its end, Ctrl-C and SIGTERM end the process at once.
    """
    _end_at_signals()
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor as installed  # noqa: PLC0415 - importing it installs a reactor

    reactor: Any = installed
    outcome: list[T] = []
    error: list[BaseException] = []

    async def to_the_end() -> None:
        try:
            outcome.append(await main())
        except BaseException as caught:  # noqa: BLE001 - carried out of the reactor and raised below
            error.append(caught)
        finally:
            reactor.stop()

    tasks: list[asyncio.Task[None]] = []
    reactor.callWhenRunning(lambda: tasks.append(asyncio.get_event_loop().create_task(to_the_end())))
    try:
        reactor.run(installSignalHandlers=False)
    finally:
        _end_at_signals()
    if error:
        raise error[0]
    return outcome[0]


def install_resolver(session: CrawlSession) -> None:
    """Check every name that this process resolves against the allowed networks."""
    from twisted.internet import reactor  # noqa: PLC0415 - importing it installs a reactor

    guarded = GuardedResolver(
        reactor, allowed=session.allowed_networks, proxy=session.proxy, timeout=session.desk.crawl.timeout
    )
    guarded.install_on_reactor()


def handle_signals(first: Callable[[], None], *, at_limit: Callable[[], None]) -> None:
    """Call `first` at the first Ctrl-C or SIGTERM; the second one ends the process at once.

    END_SECONDS after the first, `at_limit` is called and the process ends too, whatever still waits. What is stored is
    stored by then, and a page that has no outcome yet is fetched again.
    """
    loop = asyncio.get_running_loop()

    def received(number: int) -> None:
        end_by_default()  # by the kernel: it does not depend on what this process is doing
        try:
            limit = threading.Timer(END_SECONDS, end_now, [number])
            limit.daemon = True
            limit.start()
        except (MemoryError, RuntimeError):  # no memory for a thread: the kernel's alarm needs none
            signal.setitimer(signal.ITIMER_REAL, END_SECONDS)
        first()

    def end_now(number: int) -> None:
        at_limit()
        os._exit(128 + number)  # the databases survive it

    def end_by_default() -> None:
        for number in END_SIGNALS:
            loop.remove_signal_handler(number)
        _end_at_signals()

    for number in END_SIGNALS:
        loop.add_signal_handler(number, received, number)


def _end_at_signals() -> None:
    """Let the kernel end this process at Ctrl-C and SIGTERM.

    Before there is a loop that can end the work, and after it, nobody would hear them: an exception in the middle of
    the event loop leaves threads that Python waits for at its exit, without an end.
    """
    if threading.current_thread() is threading.main_thread():
        for number in END_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
