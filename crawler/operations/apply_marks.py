"""Apply analysts' marks (relevant, irrelevant) to articles and rejections.

Any process may store a mark in news.db. The process that holds the desk's lock applies it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from sqlite_utils import Database

from crawler import urls
from crawler.config.desk import Desk, DeskError
from crawler.config.outlet import Outlet
from crawler.crawling.session import CrawlSession
from crawler.operations.rebuilds.outcome_store import move_to_kept_pages
from db.desk import repeated_lines
from db.desk.candidates import StoredCandidate, add_candidate
from db.desk.visits import remove_visits
from db.model.article import Article, Place
from db.model.rejection import Rejection, RejectionReason
from db.model.verdict import Mark, Verdict
from db.news.articles import delete_rejection, save_article, save_rejection, set_verdict
from db.news.marks import PageMark, read_unapplied_marks, save_mark_outcome
from db.news.page_lookup import find_article, find_rejection
from pipelines.archive.warc_files import ArchiveError
from pipelines.page import OutletProfile


def parse_address(text: str) -> tuple[str, str]:
    """Return the canonical form of an address that a person typed, and its key.

    Raises DeskError if it is not an address.
    """
    bare = "://" not in text and "." in text.partition("/")[0]  # without a scheme, as browsers show it
    url = urls.canonicalize(f"https://{text}" if bare else text)
    if url is None:
        raise DeskError(f"{text}: not an address; write a whole http:// or https:// address")
    return url, urls.key(url)


def find_typed_article(news: Database, text: str) -> int | None:
    """Return the article of an address that a person typed; None if there is none."""
    try:
        _, key = parse_address(text)
    except DeskError:
        return None
    row = find_article(news, key)
    return None if row is None else int(row["id"])


async def apply_marks(session: CrawlSession) -> list[tuple[PageMark, str]]:
    """Apply all marks that were set or removed since the last call.

    Return each with a sentence about its outcome.
    """
    done = []
    for mark in read_unapplied_marks(session.stores.news):
        outcome = await _apply(session, mark)
        save_mark_outcome(session.stores.news, mark, outcome)
        done.append((mark, outcome))
    return done


async def _apply(session: CrawlSession, mark: PageMark) -> str:
    news = session.stores.news
    article, rejection = find_article(news, mark.key), find_rejection(news, mark.key)
    if article and not mark.removed and mark.verdict is Mark.IRRELEVANT:
        return _reject_article(session, mark, article)
    if article and not mark.removed:
        set_verdict(news, article["id"], Verdict.RELEVANT)
        return "relevant now, was borderline" if article["verdict"] == "borderline" else "relevant, as it was"
    row = article or rejection
    if row and rejection and mark.verdict is Mark.IRRELEVANT and not mark.removed:
        return "rejected, as it was"
    if row and row["archive_file"]:
        return await _analyse_again(session, mark, row)
    if mark.removed:
        return "left to the rule; it was not read before" if row is None else "left to the rule when it is read again"
    if mark.verdict is Mark.IRRELEVANT:
        return "not read yet; it will be rejected when it is"
    return _request_page(session, mark, row)


def _reject_article(session: CrawlSession, mark: PageMark, article: Mapping[str, object]) -> str:
    """Turn an article into a rejection, so that no list or alert has it.

    Its page stays in the archive.
    """
    news = session.stores.news
    file, offset = article["archive_file"], article["archive_offset"]
    place = Place(file=str(file), offset=int(str(offset))) if file else None
    rejection = Rejection(
        url=str(article["url"]),
        key=mark.key,
        outlet=str(article["outlet"]),
        reason=RejectionReason.MARKED,
        relevance=float(str(article["relevance"])),
        title=str(article["title"]),
    )
    save_rejection(news, rejection, seen_at=session.now(), place=place)
    remove_visits(session.stores.desk, [mark.key])
    return "rejected now, was an article"


async def _analyse_again(session: CrawlSession, mark: PageMark, row: Mapping[str, object]) -> str:
    """Analyse a page from the archive again.

    It is judged by the mark, or by the rule if the mark was removed.
    """
    stores = session.stores
    place = Place(file=str(row["archive_file"]), offset=int(str(row["archive_offset"])))
    try:
        found = await asyncio.to_thread(stores.archive.read, place)
    except ArchiveError as error:
        if mark.removed or mark.verdict is Mark.IRRELEVANT:
            return f"left to the rule when it is read again ({error})"
        return _request_page(session, mark, row)
    outlet = _outlet(session.desk, str(row["outlet"]))
    page = found.to_page(outlet.profile if outlet else OutletProfile(id=str(row["outlet"]), name=str(row["outlet"])))
    page = replace(page, key=mark.key, mark=None if mark.removed else mark.verdict)
    lines = repeated_lines.read_repeated_lines(stores.desk, page.outlet.id)
    outcome = await stores.workers.analyse(page, repeated=lines)
    if isinstance(outcome, Article):
        place = await move_to_kept_pages(stores.archive, page, place)
        save_article(stores.news, outcome, seen_at=page.fetched_at, place=place, rebuilt=True, matcher=stores.matcher)
        return f"kept as {outcome.verdict}" + (" by the rule" if mark.removed else "")
    save_rejection(stores.news, outcome, seen_at=page.fetched_at, place=place, replace=True)
    if mark.removed:
        return f"rejected by the rule, {outcome.reason}"
    return f"it has no text that could be kept ({outcome.detail or outcome.reason})"


def _request_page(session: CrawlSession, mark: PageMark, row: Mapping[str, object] | None) -> str:
    """Make a page that is not archived a candidate of its outlet's next crawl."""
    outlet = _outlet(session.desk, str(row["outlet"])) if row else _outlet_at(session.desk, mark.url)
    if outlet is None or not outlet.enabled:
        return "not read yet, and no outlet of this desk has that address; `vigia outlets add` proposes one"
    title = str(row["title"]) if row and row["title"] else None
    delete_rejection(session.stores.news, mark.key)
    add_candidate(
        session.stores.desk,
        StoredCandidate(
            key=mark.key, url=mark.url, outlet=outlet.id, title=title, published=None, language=None, summary=None
        ),
        at=session.now(),
    )
    return f"its page is not in the archive; it is asked for at the next crawl of {outlet.id}"


def _outlet(desk: Desk, id_: str) -> Outlet | None:
    return next((outlet for outlet in desk.outlets if outlet.id == id_), None)


def _outlet_at(desk: Desk, url: str) -> Outlet | None:
    """Return the outlet on the host of an address, with or without "www.".

    Returns None if there is none.
    """
    host = urls.get_host(url).removeprefix("www.")
    return next((outlet for outlet in desk.outlets if urls.get_host(outlet.home).removeprefix("www.") == host), None)
