"""Analyse archived pages side by side and give them back in their order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from dataclasses import replace

from crawler.operations.rebuilds.page_inputs import Analysed, AnalysedPage, LostPage, PageInputs
from db.news.rebuilds.archived_pages import ArchivedPage
from pipelines.analysis.workers.in_order import await_in_order
from pipelines.analysis.workers.workers import Workers
from pipelines.archive.warc_files import Archive, ArchiveError

_MAX_PAGES_AHEAD = 16  # pages that are read and analysed before the first of them is given back


def analyse_archived(
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

    return await_in_order((analyse(row) for row in rows), ahead=_MAX_PAGES_AHEAD)
