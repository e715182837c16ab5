"""Analyse records side by side and give them back in the order of their file."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from itertools import islice

from crawler.operations.imports.foreign_records import ForeignRecord
from db.model.article import Article
from db.model.rejection import Rejection
from pipelines.page import Page

_BATCH_RECORDS = 200  # that are read before the event loop goes on
_BATCH_BYTES = 4_000_000  # of pages
_MAX_PAGES_AHEAD = 24  # that are read and analysed before the first of them is given back
_MAX_RECORDS_AHEAD = 2_000

Outcome = Article | Rejection
Analyse = Callable[[Page], Awaitable[Outcome]]
ReadBatch = Callable[[Iterator[ForeignRecord]], list[ForeignRecord]]


async def analyse_records(
    records: Iterator[ForeignRecord],
    analyse: Analyse,
    *,
    read: ReadBatch | None = None,
    is_ending: Callable[[], bool] = lambda: False,
) -> AsyncGenerator[tuple[ForeignRecord, Outcome | None]]:
    """Yield each record with the outcome of its page, None if it has none.

    `read` reads a batch in a thread (`read_batch`). When it is ending, what is being analysed is still given back.
    """
    read = read or read_batch
    ahead: deque[tuple[ForeignRecord, asyncio.Future[Outcome] | None]] = deque()
    pages, is_stopped = 0, False
    try:
        while not is_stopped and (batch := await asyncio.to_thread(read, records)):
            for record in batch:
                if is_stopped := is_ending():
                    break
                task = asyncio.ensure_future(analyse(record.page)) if record.page is not None else None
                pages += task is not None
                ahead.append((record, task))
                while ahead and (
                    ahead[0][1] is None
                    or ahead[0][1].done()
                    or pages > _MAX_PAGES_AHEAD
                    or len(ahead) > _MAX_RECORDS_AHEAD
                ):
                    first, running = ahead[0]
                    outcome = None if running is None else await running
                    ahead.popleft()
                    pages -= running is not None
                    yield first, outcome
        while ahead:
            first, running = ahead[0]
            outcome = None if running is None else await running
            ahead.popleft()
            yield first, outcome
    finally:  # after an error nobody takes the others: asyncio would print a traceback for each that fails as well
        left = [running for _, running in ahead if running is not None]
        for running in left:
            running.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def read_batch(records: Iterator[ForeignRecord]) -> list[ForeignRecord]:
    """Read the next records, some pages at once; none at the end."""
    batch: list[ForeignRecord] = []
    size = 0
    for record in islice(records, _BATCH_RECORDS):
        batch.append(record)
        size += len(record.page.body) if record.page else 0
        if size > _BATCH_BYTES:
            break
    return batch
