"""Compare articles that have no wording yet with others, so that an older desk gets its stories."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from crawler.crawling.session import CrawlSession
from db.model.story_wording import StoryWording
from db.model.times import read_stamp
from db.news.ledgers.copy_sources import read_untraced_groups, trace_pending_group
from db.news.stories.joining import join_article
from db.news.stories.pending import PendingArticle, drop_pending, read_pending_article, read_pending_ids
from db.news.stories.wordings import WORDING_RETENTION, prune_wordings
from pipelines.analysis.workers.jobs import JobFailed, JobLimits

MAX_TEXT_CHARACTERS = 100_000  # more is not sent to a worker, which reads the first sentences
WORDING_LIMITS = JobLimits(seconds=30, memory_bytes=1_000_000_000, answer_bytes=1_000_000)
_MIN_SHOWN = 100  # articles; fewer take seconds
_AHEAD = 4  # articles that are read before the first of them is stored
_PRUNED_EVERY = 2_000  # articles


@dataclass(frozen=True, slots=True)
class ComparedArticles:
    """How many articles were compared, and how many are left for the next start."""

    done: int
    left: int


async def compare_pending(
    session: CrawlSession,
    *,
    progress: Callable[[int, int], None] | None = None,
    is_ending: Callable[[], bool] = lambda: False,
) -> ComparedArticles:
    """Compare all articles that were not, the latest first, one transaction each; it can end after any of them.

    Begins with older groups of copies, whose sources are not known. Does no more if the desk has no encoder. Calls
    `progress(done, total)` after each article. Raises StoreFailed.
    """
    stores = session.stores
    with session.abort_on_store_error():
        for root in read_untraced_groups(stores.news):
            if is_ending():
                break
            trace_pending_group(stores.news, root)
            await asyncio.sleep(0)
    if stores.matcher is None:
        return ComparedArticles(0, 0)
    with session.abort_on_store_error():
        waiting = deque(read_pending_ids(stores.news))
    total = len(waiting)
    running: deque[tuple[int, asyncio.Task[tuple[PendingArticle, StoryWording] | None]]] = deque()
    done = 0
    try:
        while (waiting or running) and not is_ending():
            while waiting and len(running) < _AHEAD:
                id_ = waiting.popleft()
                running.append((id_, asyncio.create_task(_read_wording(session, id_))))
            id_, task = running.popleft()
            with session.abort_on_store_error():
                read = await task
                _store(session, id_, read)
                done += 1
                if done == total:
                    prune_wordings(stores.news, before=session.now() - WORDING_RETENTION)
                elif done % _PRUNED_EVERY == 0 and read is not None:
                    # As long as when news comes in: also articles outside the window say who joins their story.
                    reached = read_stamp(read[0].moment) + WORDING_RETENTION
                    prune_wordings(stores.news, before=session.now() - WORDING_RETENTION, later_than=reached)
            if progress is not None:
                progress(done, total)
    finally:
        for _, task in running:
            task.cancel()
        await asyncio.gather(*(task for _, task in running), return_exceptions=True)
    return ComparedArticles(done, total - done)


def describe_comparison(done: int, total: int) -> str | None:
    """Return a line at each tenth of a comparison of many articles for their stories, None otherwise."""
    if total < _MIN_SHOWN or done * 10 // total == (done - 1) * 10 // total:
        return None
    return f"stories: {done} of {total} older articles are compared with others"


async def _read_wording(session: CrawlSession, article_id: int) -> tuple[PendingArticle, StoryWording] | None:
    """Return an article and its wording, None if it can't be read or needs none any more."""
    article = read_pending_article(session.stores.news, article_id)
    if article is None:
        return None
    try:
        wording: StoryWording = await session.stores.workers.run(
            "pipelines.stories.article_wording:make_story_wording",
            article.title,
            article.text[:MAX_TEXT_CHARACTERS],
            article.language,
            limits=WORDING_LIMITS,
            key="stories",
            label=f"the wording of article {article_id}",
        )
    except JobFailed:  # the workers' log says why
        return None
    return article, wording


def _store(session: CrawlSession, article_id: int, read: tuple[PendingArticle, StoryWording] | None) -> None:
    stores = session.stores
    if read is None:
        drop_pending(stores.news, article_id)
        return
    article, wording = read
    with stores.news.atomic():
        if read_pending_article(stores.news, article_id) == article:  # else it changed meanwhile
            join_article(
                stores.news, article_id, wording=wording, matcher=stores.matcher, now=read_stamp(article.first_seen)
            )
