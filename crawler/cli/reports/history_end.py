"""How the commands that read the past end: early at Ctrl-C, or with their articles compared."""

from __future__ import annotations

import asyncio
import contextlib

from crawler.cli.main import error_console
from crawler.crawling.exceptions import StoreFailed
from crawler.crawling.reactor import handle_signals
from crawler.crawling.session import CrawlSession
from crawler.operations.compare_stories import compare_pending


def handle_end() -> asyncio.Event:
    """Return an event that the first Ctrl-C or SIGTERM sets, which is also told on the terminal."""
    ending = asyncio.Event()

    def end() -> None:
        error_console.print("Ending: storing what is in progress. Press Ctrl-C again to stop at once.")
        ending.set()

    handle_signals(end, at_limit=lambda: None)
    return ending


async def finish_reading(session: CrawlSession, ending: asyncio.Event) -> None:
    """Join the new articles in stories, unless the run is ending. Raises the fatal error of the session."""
    if not ending.is_set():
        with contextlib.suppress(StoreFailed):
            await compare_pending(session, is_ending=ending.is_set)
    if session.fatal_error:
        raise session.fatal_error
