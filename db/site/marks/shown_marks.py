"""What pages say of a reader's marks: what one did, the state of an article, the list of all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response
from markupsafe import Markup
from sqlite_utils import Database

from db.connection import StoreError, explain_errors, open_desk, open_news
from db.desk.analysts.reader_marks import ReaderMark, find_latest_mark, find_reader_mark, list_reader_marks
from db.model.times import stamp
from db.model.verdict import MIN_MARKS, Mark
from db.news.marks import count_marks, find_mark
from db.news.page_lookup import find_article
from db.site.analysts.reader import AnalystDesk, Reader, find_analyst_desk, find_reader
from db.site.marks.mark_forms import MARKED_ARGUMENT
from db.site.page_context import PageContext, page_context
from db.site.response import TemplateVariables, answer_with_page
from db.text.web_address import web_address

_FoundT = TypeVar("_FoundT")
_log = logging.getLogger(__name__)
_FORM_ARGUMENTS = (MARKED_ARGUMENT, "done", "which")  # of an address that a form led to


@dataclass(frozen=True, slots=True, kw_only=True)
class _MarkState:
    """A mark, and how its page stands now. article, verdict: None if it is no article. marks: of the whole desk."""

    mark: ReaderMark
    is_latest: bool
    is_applied: bool
    article: int | None
    verdict: str | None
    marks: int


def find_here(request: Request | None) -> str:
    """Return the address of the page that is shown, without what a form added to it, for forms to come back to."""
    if request is None:
        return "/"
    pairs = parse_qsl(request.query_string, keep_blank_values=True)
    kept = [pair for pair in pairs if pair[0] not in _FORM_ARGUMENTS]
    return f"{request.path.partition('?')[0]}{'?' if kept else ''}{urlencode(kept)}"


async def describe_mark_done(datasette: Datasette, request: Request | None) -> TemplateVariables | None:
    """Return what the mark did that led to this page, for base.html; None if none did."""
    number = "" if request is None else request.args.get(MARKED_ARGUMENT) or ""
    reader, desk = find_reader(datasette, request), find_analyst_desk(datasette)
    if reader is None or desk is None or not re.fullmatch(r"[0-9]{1,15}", number):
        return None
    # Also of the page that says that desk.db can't be read.
    state = await _read_or_none(lambda: _read_numbered(desk, reader, int(number)))
    return None if state is None else _describe(page_context(datasette, request), state)


async def describe_article_mark(context: PageContext, request: Request, key: str) -> TemplateVariables | None:
    """Return the mark that holds on an article, for a reader: theirs with its note, another's without."""
    reader, desk = find_reader(context.datasette, request), find_analyst_desk(context.datasette)
    if reader is None or desk is None:
        return None

    def read() -> tuple[Mark | None, str, ReaderMark | None]:
        with _open(desk) as (news, private):
            standing = find_mark(news, [key])
            if standing is None or standing.removed:
                return None, "", None
            latest = None if private is None else find_latest_mark(private, key)
            return standing.verdict, standing.marked_at, latest

    found = await _read_or_none(read)
    if found is None or found[0] is None:
        return None
    verdict, at, latest = found
    is_own = latest is not None and latest.person == reader.id and latest.verdict is verdict
    return {
        "text": context.wording(f"marking.stands_{verdict}", when=context.moment(at)),
        "note": latest.note if latest is not None and is_own else "",
        "undo": latest.id if latest is not None and is_own else None,
    }


async def show_marks(request: Request, datasette: Datasette) -> Response:
    """`/marks`: a reader's own marks, the newest first, each with what it did and a button that undoes it."""
    context = page_context(datasette, request)
    reader, desk = find_reader(datasette, request), find_analyst_desk(datasette)
    if reader is None or desk is None:
        raise NotFound(context.wording("error.no_page"))
    states = await asyncio.to_thread(_read_all, desk, reader)
    variables = {"marks": [_describe(context, state) for state in states]}
    return await answer_with_page(context, request, "marks.html", variables)


async def _read_or_none(read: Callable[[], _FoundT]) -> _FoundT | None:
    """Return what `read` finds, in a thread; None, and a line in the log, while a database can't be read."""
    try:
        return await asyncio.to_thread(read)
    except StoreError as error:  # the page itself can be read
        _log.error("without marks: %s", error)
        return None


def _read_numbered(desk: AnalystDesk, reader: Reader, number: int) -> _MarkState | None:
    with _open(desk) as (news, private):
        mark = None if private is None else find_reader_mark(private, number, person=reader.id)
        if private is None or mark is None:
            return None
        latest = find_latest_mark(private, mark.key)
        return _find_state(news, mark, is_latest=latest is not None and latest.id == mark.id, marks=count_marks(news))


def _read_all(desk: AnalystDesk, reader: Reader) -> list[_MarkState]:
    with _open(desk) as (news, private):
        listed = [] if private is None else list_reader_marks(private, reader.id)
        marks = count_marks(news)
        return [_find_state(news, mark, is_latest=is_latest, marks=marks) for mark, is_latest in listed]


@contextlib.contextmanager
def _open(desk: AnalystDesk) -> Iterator[tuple[Database, Database | None]]:
    """Open both databases for reading; None for a desk.db that is not there yet."""
    with contextlib.ExitStack() as stack:
        news = stack.enter_context(contextlib.closing(open_news(desk.news_db, readonly=True)))
        stack.enter_context(explain_errors(desk.news_db))
        private = None
        if desk.desk_db.exists():
            private = stack.enter_context(contextlib.closing(open_desk(desk.desk_db, readonly=True)))
            stack.enter_context(explain_errors(desk.desk_db))
        yield news, private


def _find_state(news: Database, mark: ReaderMark, *, is_latest: bool, marks: int) -> _MarkState:
    standing, article = find_mark(news, [mark.key]), find_article(news, mark.key)
    return _MarkState(
        mark=mark,
        is_latest=is_latest,
        is_applied=standing is None or standing.outcome is not None,
        article=None if article is None else article["id"],
        verdict=None if article is None else article["verdict"],
        marks=marks,
    )


def _describe(context: PageContext, state: _MarkState) -> TemplateVariables:
    mark, wording = state.mark, context.wording
    title: str = wording("marking.quoted", title=mark.title)
    if href := f"/article/{state.article}" if state.article else web_address(mark.url):
        title = Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(href, title)
    now = wording.word("verdicts", state.verdict) if state.verdict else wording("marking.left_out")
    was = wording.word("verdicts", mark.was)
    if not state.is_applied:
        said = wording("marking.soon", title=title)
    elif mark.is_undone:
        said = wording("marking.undone", title=title, now=now)
    elif mark.verdict is Mark.IRRELEVANT and state.verdict is None:
        said = wording("marking.gone", title=title, was=was)
    elif mark.was == state.verdict:
        said = wording("marking.stays", title=title, now=now)
    else:
        said = wording("marking.changed", title=title, was=was, now=now)
    learns = "marking.learns" if state.marks >= MIN_MARKS else "marking.learns_later"
    return {
        "text": said,
        "learns": wording(learns, n=state.marks, least=MIN_MARKS),
        "note": mark.note,
        "when": context.moment(stamp(mark.marked_at)),
        "undo": mark.id if state.is_latest and not mark.is_undone else None,
    }
