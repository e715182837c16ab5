"""Learn the repeated lines of outlets again, from a sample of their pages."""

from __future__ import annotations

import datetime as dt
import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import TypeAdapter
from sqlite_utils import Database

from crawler.operations.rebuilds.page_inputs import Analysed, AnalysedPage
from crawler.operations.splits.json_values import dump_json_value
from db.desk import repeated_lines
from db.model.repeated_lines import SeenLines
from db.news.rebuilds.archived_pages import ArchivedPage, add_sampled_lines, read_sampled_lines
from pipelines.item_pipelines import Stores, count_seen_lines


def choose_sample(pages: Iterable[tuple[int, ArchivedPage]]) -> list[int]:
    """Return the positions of at most MAX_OUTLET_PAGES pages of each outlet, among those that were read in full.

    They are chosen by the hash of their keys, so they cover all times and do not depend on the order of the pages.
    """
    chosen: dict[str, list[tuple[int, int]]] = defaultdict(list)  # heaps, the greatest hash first
    for position, page in pages:
        if page.was_read:
            hashed = int.from_bytes(hashlib.blake2b(page.key.encode()).digest(), "big")
            heap = chosen[page.outlet]
            if len(heap) < repeated_lines.MAX_OUTLET_PAGES:
                heapq.heappush(heap, (-hashed, position))
            else:
                heapq.heappushpop(heap, (-hashed, position))
    return sorted(position for heap in chosen.values() for _, position in heap)


@dataclass(frozen=True, slots=True)
class _SampledPage:
    """What is counted of a page."""

    key: str
    seen_at: dt.datetime
    lines: SeenLines


_SAMPLED: TypeAdapter[_SampledPage] = TypeAdapter(_SampledPage)


def keep_sampled(news: Database, batch: Iterable[Analysed]) -> None:
    """Keep what analysed pages show, until the lines of their outlets are learned."""
    shown = [
        (one.page.outlet.id, _SampledPage(one.page.key, one.page.fetched_at, lines))
        for one in batch
        if isinstance(one, AnalysedPage) and (lines := one.outcome.seen_lines)
    ]
    add_sampled_lines(news, [(outlet, dump_json_value(_SAMPLED, page)) for outlet, page in shown])


def learn_lines(stores: Stores, outlet: str) -> None:
    """Learn the lines of an outlet in place of those that it has, in one transaction."""
    with stores.desk.atomic():
        repeated_lines.forget_lines(stores.desk, [outlet])
        for told in read_sampled_lines(stores.news, outlet):
            page = _SAMPLED.validate_json(told)
            count_seen_lines(stores, page.lines, key=page.key, outlet=outlet, seen_at=page.seen_at)
