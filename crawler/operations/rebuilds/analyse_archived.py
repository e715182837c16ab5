"""Analyse archived pages side by side and give them back in their order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from dataclasses import replace

from crawler.operations.rebuilds.page_inputs import Analysed, AnalysedPage, LostPage, PageInputs
from db.news.rebuilds.archived_pages import ArchivedPage
from pipelines.analysis.workers.workers import Workers
from pipelines.archive.warc_files import Archive, ArchiveError

_MAX_PAGES_AHEAD = 16  # pages that are read and analysed before the first of them is given back


async def analyse_archived(
    rows: Iterable[ArchivedPage], *, archive: Archive, inputs: PageInputs, workers: Workers
) -> AsyncGenerator[Analysed]:
    """Yield each row with the outcome of its page. Raises WorkersError if the workers fail."""

    async def analyse(row: ArchivedPage) -> Analysed:
        try:
            page = await asyncio.to_thread(inputs.read_page, archive, row)
        except ArchiveError as error:
            return LostPage(row, str(error))
        outcome = await workers.analyse(page, repeated=inputs.lines.get(row.outlet, ()))
        return AnalysedPage(row, replace(page, body=b"", headers=()), outcome)

    running: deque[asyncio.Task[Analysed]] = deque()
    try:
        for row in rows:
            running.append(asyncio.create_task(analyse(row)))
            if len(running) >= _MAX_PAGES_AHEAD:
                yield await running[0]
                running.popleft()
        while running:
            yield await running[0]
            running.popleft()
    finally:  # after an error nobody takes the others: asyncio would print a traceback for each that fails as well
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
