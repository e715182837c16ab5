"""The whole archive analysed again with today's rules, and what changed by it. No request goes to anyone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from crawler.station import Station
from db.articles import save_article, save_rejection
from db.lookup import Archived, article_places
from pipelines.archive import ArchiveError
from pipelines.items import Article, OutletProfile, Page, Place, Rejection

AHEAD = 16  # pages that are read from the archive before their turn to be stored comes


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild did. `lost` names pages that the archive no longer gives, with the reason."""

    pages: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """For a person."""
        yield f"{self.pages} pages analysed again."
        for change in ("now an article", "now rejected", "record changed", "unchanged"):
            yield f"  {change}: {self.changes[change]}"
        for reason, number in self.reasons.most_common():
            yield f"    rejected, {reason}: {number}"
        if self.lost:
            yield f"  not in the archive any more: {len(self.lost)} (first: {self.lost[0]})"


async def rebuild_archive(station: Station, *, outlet: str | None, progress: Callable[[int, int], None]) -> Rebuilt:
    """Analyse every settled page from the archive and store what today's rules make of it; `progress(done, total)`."""
    settled = list(article_places(station.stores.news, outlet))
    profiles = {known.id: known.profile for known in station.desk.outlets}
    rebuilt = Rebuilt()
    running: list[tuple[Archived, asyncio.Task[tuple[Page, Article | Rejection] | None]]] = []

    async def again(row: Archived) -> tuple[Page, Article | Rejection] | None:
        try:
            found = await asyncio.to_thread(station.stores.archive.read, row.place)
        except ArchiveError as error:
            rebuilt.lost.append(f"{row.url}: {error}")
            return None
        profile = profiles.get(row.outlet) or OutletProfile(id=row.outlet, name=row.outlet)
        page = found.page(profile)
        return page, await station.stores.workers.analyse(page)

    async def next_one() -> None:
        row, task = running.pop(0)
        answer = await task
        if answer is not None:
            await _keep(station, row, *answer, rebuilt=rebuilt)
        progress(rebuilt.pages + len(rebuilt.lost), len(settled))

    for row in settled:
        running.append((row, asyncio.create_task(again(row))))
        if len(running) >= AHEAD:
            await next_one()
    while running:
        await next_one()
    return rebuilt


async def _keep(station: Station, row: Archived, page: Page, outcome: Article | Rejection, *, rebuilt: Rebuilt) -> None:
    rebuilt.pages += 1
    news = station.stores.news
    if isinstance(outcome, Article):
        place = row.place if row.kept else await _moved(station, page)
        saved = save_article(news, outcome, seen_at=page.fetched_at, place=place, rebuilt=True)
        change = "record changed" if saved.outcome == "revised" else "unchanged"
        rebuilt.changes[change if row.kept else "now an article"] += 1
        return
    changed = save_rejection(news, outcome, seen_at=page.fetched_at, place=row.place, replace=True)
    rebuilt.reasons[str(outcome.reason)] += 1
    rebuilt.changes["now rejected" if row.kept and changed else "unchanged"] += 1


async def _moved(station: Station, page: Page) -> Place:
    """A page that turned out to be an article is kept for good: it may not stay in a file that is pruned."""
    return await asyncio.to_thread(station.stores.archive.write, page, rejected=False)
