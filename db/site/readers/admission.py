"""Which requests are answered now, which wait, and which are told to come again (503 with Retry-After).

A quick page waits behind no costly one: its requests have places, and its statements threads, of their own.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl
from weakref import WeakKeyDictionary

from datasette.app import Datasette
from datasette.utils.asgi import Request

from db.site.analysts.reader import drop_session
from db.site.reader_language import wording_of
from db.site.readers.client_address import client_network
from db.site.readers.query_threads import LANES, Lane, QueryThreads, Work, current_work, limit_statements
from db.site.readers.shares import LIGHT_SECONDS, Limits, OverloadedError, ShareQueue
from db.site.security import AsgiApplication, AsgiMessage, AsgiReceive, AsgiSend

REQUEST_LIMITS: dict[Lane, Limits] = {
    "quick": Limits(running=8, running_of_reader=3, waiting=200, waiting_of_reader=16, max_wait_seconds=20),
    "costly": Limits(running=4, running_of_reader=2, waiting=60, waiting_of_reader=8, max_wait_seconds=20, kept=2),
}
MAX_REQUESTS_OF_READER = 24  # of one reader, with those whose answers are still being sent
REQUEST_SECONDS = 0.05  # what a request counts for beside its statements: its page is written in the event loop
# Pages of ours whose statements depend on no words and filters of the reader. All else is costly, a new page as well.
_QUICK_PATH = re.compile(r"/(outlets|outlet/[^/]+|concepts|concept/[^/]+|help|subscribe|-/\w+)?")
_ARTICLE_PATH = re.compile(r"/article/\d+(\.\w+)?")  # its words are only marked in its text
MAX_PLAIN_BEGINNINGS = 3  # `chin*` in a question that is not dear
MAX_PLAIN_WORDS = 40
MAX_PLAIN_BYTES = 2_000  # of all arguments; what is longer takes time to read, whatever it says
_TABLE_PATH = re.compile(r"/news(/|$)")  # Datasette's own pages, which filter and sort by any column
_FILE_PATH = re.compile(r"/site/|/-/static|/favicon\.ico")  # no statement

SessionOf = Callable[[MutableMapping[str, Any]], str | None]


def choose_lane(path: str, query_string: str) -> Lane | None:
    """Return the lane of a request; None for files, which need no statement."""
    if _FILE_PATH.match(path):
        return None
    is_quick = _ARTICLE_PATH.fullmatch(path) or (_QUICK_PATH.fullmatch(path) and not query_string)
    return "quick" if is_quick else "costly"


def is_dear(path: str, query_string: str) -> bool:
    """Tell whether a question may take seconds of a large database: of a table, of much, of many beginnings."""
    if not query_string:
        return False
    if _TABLE_PATH.match(path) or len(query_string) > MAX_PLAIN_BYTES:
        return True
    words = [word for name, value in parse_qsl(query_string) if name == "q" for word in value.split()]
    beginnings = [word.strip('()-"') for word in words if "*" in word]
    has_letter = any(len(word) <= len("a*") for word in beginnings)  # with one letter half of all words may begin
    return has_letter or len(beginnings) > MAX_PLAIN_BEGINNINGS or len(words) > MAX_PLAIN_WORDS


class Admission:
    """The requests under way of one Datasette. Used in its event loop alone."""

    def __init__(self, threads: QueryThreads, limits: dict[Lane, Limits] | None = None) -> None:
        limits = limits or REQUEST_LIMITS
        self.threads = threads
        self._queues: dict[Lane, ShareQueue[asyncio.Future[None]]] = {
            lane: ShareQueue(limits[lane], threads.used[lane]) for lane in LANES
        }
        self._open: Counter[str] = Counter()
        self.busy_pages: dict[str, str] = {}  # the page that says so, by language

    def open(self, work: Work) -> None:
        """Count a request. `close` follows. Raises OverloadedError if the reader has too many."""
        self._open[work.reader] += 1
        if self._open[work.reader] > MAX_REQUESTS_OF_READER:
            self.close(work)
            raise OverloadedError(self._queues[work.lane].limits.retry_seconds)

    async def enter(self, work: Work) -> None:
        """Wait for a place. `leave` follows. Raises OverloadedError."""
        queue = self._queues[work.lane]
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        dropped = queue.add(work.reader, place, expected_seconds=work.expected_seconds)
        if dropped is not None:
            dropped.set_exception(OverloadedError(queue.limits.retry_seconds))
        self._call_next(work.lane)
        try:
            await asyncio.wait_for(asyncio.shield(place), queue.limits.max_wait_seconds)
        except TimeoutError:
            self._give_up(work, place)
            raise OverloadedError(queue.limits.retry_seconds) from None
        except asyncio.CancelledError:
            self._give_up(work, place)
            raise

    def leave(self, work: Work) -> None:
        """Give the place to the next."""
        self._queues[work.lane].finish(work.reader, REQUEST_SECONDS)
        self._call_next(work.lane)

    def close(self, work: Work) -> None:
        """Count a request as answered to its end."""
        self._open[work.reader] -= 1
        if self._open[work.reader] <= 0:
            del self._open[work.reader]

    def _call_next(self, lane: Lane) -> None:
        while taken := self._queues[lane].take():
            taken[1].set_result(None)

    def _give_up(self, work: Work, place: asyncio.Future[None]) -> None:
        was_called = not self._queues[work.lane].drop(work.reader, place)
        if was_called and place.done() and place.exception() is None:  # in the same moment
            self.leave(work)


_admissions: WeakKeyDictionary[Datasette, Admission] = WeakKeyDictionary()


def admission_of(datasette: Datasette) -> Admission:
    """Return the admission of a Datasette, whose statements run in its QueryThreads from now on."""
    if datasette not in _admissions:
        if isinstance(datasette.executor, QueryThreads):
            threads = datasette.executor
        else:
            threads = QueryThreads()
            if datasette.executor is not None:  # None: num_sql_threads is 0, and statements run in the event loop
                datasette.executor.shutdown(wait=False)
                datasette.executor = threads
                for database in datasette.databases.values():
                    limit_statements(database)
        _admissions[datasette] = Admission(threads)
    return _admissions[datasette]


def share_work(app: AsgiApplication, datasette: Datasette, session_of: SessionOf) -> AsgiApplication:
    """Wrap an ASGI application: each reader has a share of its work; who asks for more is told to come again.

    A reader is a session, or without one an address (client_network).
    """
    admission = admission_of(datasette)

    async def application(scope: MutableMapping[str, Any], receive: AsgiReceive, send: AsgiSend) -> None:
        lane = None
        if scope["type"] == "http":
            query_string = scope["query_string"].decode("latin-1")
            lane = choose_lane(scope["path"], query_string)
        if lane is None:
            await app(scope, receive, send)
            return
        expected = LIGHT_SECONDS if lane == "costly" and is_dear(scope["path"], query_string) else 0.0
        work = Work(session_of(scope) or client_network(scope), lane, expected)
        has_started = False

        def leave() -> None:
            if work.entered is not None:
                work.entered = None
                admission.leave(work)

        async def send_and_leave(message: AsgiMessage) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                leave()  # who reads slowly, or streams a file, keeps no place
            await send(message)

        try:
            admission.open(work)
        except OverloadedError as error:
            await answer_busy(datasette, scope, send, error)
            return
        token = current_work.set(work)
        try:
            if scope["method"] != "POST":  # whose form may come slowly: while it does, it keeps no place
                await admission.enter(work)
                work.entered = time.monotonic()
            await app(scope, receive, send_and_leave)
        except OverloadedError as error:
            if has_started:  # a file that was streamed: what is cut off must not look whole
                raise
            await answer_busy(datasette, scope, send, error)
        finally:
            leave()
            admission.close(work)
            current_work.reset(token)

    return application


async def answer_busy(
    datasette: Datasette, scope: MutableMapping[str, Any], send: AsgiSend, error: OverloadedError
) -> None:
    """Answer with 503 and Retry-After: a page for a browser, JSON or one line for programs."""
    request = Request(dict(scope), None)
    content_type, body = await write_busy_answer(datasette, request, error)
    headers = [
        (b"content-type", content_type.encode()),
        (b"retry-after", str(error.seconds).encode()),
        (b"cache-control", b"private, no-store"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode() if scope["method"] != "HEAD" else b""})


async def write_busy_answer(datasette: Datasette, request: Request, error: OverloadedError) -> tuple[str, str]:
    """Return content type and body of the answer to who asks for too much."""
    wording = wording_of(request)
    sentence = wording("error.busy", seconds=str(error.seconds))
    if request.path.split("?")[0].endswith(".json"):
        told = {"ok": False, "error": sentence, "status": 503, "title": None}
        return "application/json; charset=utf-8", json.dumps(told)
    if "text/html" not in request.headers.get("accept", ""):
        return "text/plain; charset=utf-8", f"{sentence}\n"
    pages = admission_of(datasette).busy_pages
    key = f"{wording.language} {error.seconds}"
    if key not in pages:  # written once: a flood of them costs no work
        token = current_work.set(Work())
        try:
            await datasette.invoke_startup()
            variables = {"title": wording("error.too_much"), "error": sentence, "status": 503}
            scope = drop_session(request.scope)  # all readers get this page
            plain = Request(dict(scope, path="/", raw_path=b"/", query_string=b"", actor=None, csrftoken=str), None)
            pages[key] = await datasette.render_template("error.html", variables, request=plain)
        finally:
            current_work.reset(token)
    return "text/html; charset=utf-8", pages[key]
