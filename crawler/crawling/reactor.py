"""Run a coroutine on Twisted's asyncio reactor; handle signals, and check resolved names."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from scrapy.utils.reactor import install_reactor

from crawler.crawling.networks import GuardedResolver
from crawler.crawling.session import CrawlSession

T = TypeVar("T")


def run_in_reactor(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine on an asyncio reactor and return its result; once a process."""
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
    reactor.run(installSignalHandlers=False)
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


def handle_signals(first: Callable[[], None], *, again: Callable[[], None]) -> None:
    """Call `first` at the first Ctrl-C or SIGTERM, `again` at the second.

    After `again` the process ends at once.
    """
    loop = asyncio.get_running_loop()
    seen: list[int] = []

    def received(number: int) -> None:
        seen.append(number)
        if len(seen) == 1:
            first()
        else:
            again()
            os._exit(128 + number)  # the databases survive it

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, received, number)
