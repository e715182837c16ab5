"""Requests of a reading room under a flood: each reader has a share, quick pages wait behind no costly one."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from datasette.app import Datasette
from datasette.database import QueryInterrupted
from datasette_auth_passwords.utils import hash_password

from db.site.pages import concepts
from db.site.readers import query_threads
from db.site.readers.admission import (
    MAX_REQUESTS_OF_READER,
    REQUEST_LIMITS,
    Admission,
    admission_of,
    choose_lane,
    share_work,
)
from db.site.readers.query_threads import QueryThreads, Work, current_work
from db.site.readers.shares import Limits, OverloadedError
from db.site.server import ReaderAccess, make_datasette
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until_async

HTML = {"accept": "text/html"}
COSTLY = [
    "/?q=chin*",
    "/search.csv?q=a*",
    "/search.atom",
    "/subscribe?q=chin*",
    "/outlets?_facet=name",
    "/news",
    "/news.json",
    "/news/articles",
    "/news/articles?_facet=url&_facet_array=authors&_size=max",
    "/news/articles?_search=a*",
    "/news/articles.csv?_stream=on",
    "/news/search?words=a*",
    "/news/articles/1",
    "/.json",
    "/a-page-of-a-later-datasette",
]
QUICK = [
    "/",
    "/outlets",
    "/outlet/andina",
    "/concepts",
    "/concept/x",
    "/help",
    "/subscribe",
    "/article/1?q=a*",
    "/-/login",
]


def test_all_is_costly_but_files_and_pages_without_words_and_filters() -> None:
    assert [path for path in COSTLY if choose_lane(*_parted(path)) != "costly"] == []
    assert [path for path in QUICK if choose_lane(*_parted(path)) != "quick"] == []
    assert {choose_lane(path, "") for path in ("/site/room.css", "/-/static/app.css", "/favicon.ico")} == {None}


def _parted(path: str) -> tuple[str, str]:
    place, _, query_string = path.partition("?")
    return place, query_string


@contextlib.contextmanager
def all_costly_threads_taken(datasette: Datasette) -> Iterator[None]:
    """Keep the threads of costly statements busy, as slow statements of other readers do."""
    threads, end = cast("QueryThreads", datasette.executor), threading.Event()
    token = current_work.set(Work("flood", "costly"))
    held = [threads.submit(lambda: end.wait(DEADLINE_SECONDS)) for _ in range(2)]
    current_work.set(Work("another flood", "costly"))
    held += [threads.submit(lambda: end.wait(DEADLINE_SECONDS)) for _ in range(2)]
    current_work.reset(token)
    try:
        yield
    finally:
        end.set()
        for one in held:
            one.result(DEADLINE_SECONDS)


@contextlib.asynccontextmanager
async def served(news_db: Path, address: str = "192.0.2.1") -> AsyncIterator[tuple[Datasette, httpx.AsyncClient]]:
    datasette = make_datasette(news_db)
    transport = httpx.ASGITransport(app=cast("Any", datasette.app()), client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=DEADLINE_SECONDS) as client:
        yield datasette, client


@pytest.mark.slow
async def test_a_flood_is_told_to_come_again_and_quick_pages_answer_meanwhile(news_db: Path) -> None:
    async with served(news_db) as (datasette, client):
        with all_costly_threads_taken(datasette):
            flood = [asyncio.create_task(client.get(path, headers=HTML)) for path in COSTLY]
            refused = (
                len(flood) - REQUEST_LIMITS["costly"].running_of_reader - REQUEST_LIMITS["costly"].waiting_of_reader
            )
            await wait_until_async(lambda: sum(one.done() for one in flood) >= refused, what="answers of 503")
            for path in QUICK[:-1]:
                assert (await client.get(path)).status_code in (200, 404), path
            told = [one.result() for one in flood if one.done()]
            assert [answer.status_code for answer in told] == [503] * refused
        answers = await asyncio.gather(*flood)
    assert {answer.status_code for answer in answers} <= {200, 404, 503}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in told)
    assert not admission_of(datasette)._open


@pytest.mark.slow
async def test_another_reader_is_answered_during_a_flood(news_db: Path) -> None:
    datasette = make_datasette(news_db)
    app = cast("Any", datasette.app())
    addresses = ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")
    async with contextlib.AsyncExitStack() as stack:
        flooder, honest, *network = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app=app, client=(address, 1)),
                    base_url="http://testserver",
                    timeout=DEADLINE_SECONDS,
                )
            )
            for address in addresses
        ]
        limits = REQUEST_LIMITS["costly"]
        many = limits.running_of_reader + limits.waiting_of_reader
        threads, end = cast("QueryThreads", datasette.executor), threading.Event()
        token = current_work.set(Work("192.0.2.1", "costly"))
        held = [threads.submit(lambda: end.wait(DEADLINE_SECONDS)) for _ in range(9)]  # it may run two of them
        current_work.reset(token)
        flood = [asyncio.create_task(flooder.get("/?q=chin*")) for _ in range(many)]
        await wait_until_async(lambda: sum(admission_of(datasette)._open.values()) == many, what="the flood")
        assert (await honest.get("/?q=chancay")).status_code == 200  # a search of words
        assert (await flooder.get("/?q=chin*")).status_code == 503
        # Of one IPv6 network all addresses are one reader's.
        more = [asyncio.create_task(network[n % 2].get("/?q=chin*")) for n in range(many + 4)]
        assert (await network[2].get("/?q=chancay")).status_code == 200
        end.set()
        assert {answer.status_code for answer in await asyncio.gather(*flood)} == {200}
        assert sum(answer.status_code == 503 for answer in await asyncio.gather(*more)) >= 1
        for one in held:
            one.result(DEADLINE_SECONDS)


@pytest.mark.parametrize(
    ("language", "word"),
    [("en", "Too many queries at once"), ("es", "Demasiadas consultas a la vez"), ("zh", "同时提交的查询过多")],
)
async def test_the_refusal_is_a_page_in_the_readers_language_and_plain_for_programs(
    news_db: Path, language: str, word: str
) -> None:
    async with served(news_db) as (datasette, client):
        threads = cast("QueryThreads", datasette.executor)
        nothing = Limits(running=0, running_of_reader=0, waiting=0, waiting_of_reader=0, max_wait_seconds=20)
        admission_of(datasette)._queues["costly"].limits = nothing
        headers = HTML | {"accept-language": language}
        page = await client.get("/?q=<b>", headers=headers)
        assert page.status_code == 503
        assert int(page.headers["retry-after"]) == 10
        assert page.headers["content-language"].startswith(language)
        assert "no-store" in page.headers["cache-control"]
        assert page.headers["content-security-policy"]
        assert word in page.text
        assert 'class="masthead"' in page.text
        assert "<b>" not in page.text
        again = await client.get("/news/articles?_search=x", headers=headers)  # from the cache
        assert again.text == page.text
        told = await client.get("/news/articles.json", headers=headers)
        assert (told.status_code, told.json()["ok"], told.json()["status"]) == (503, False, 503)
        plain = await client.get("/search.csv?q=x", headers={"accept-language": language})
        assert plain.headers["content-type"].startswith("text/plain")
        # The same where the threads refuse, in the middle of a page.
        admission_of(datasette)._queues["costly"].limits = REQUEST_LIMITS["costly"]
        threads._queues["costly"].limits = nothing
        inside = await client.get("/?q=chin*", headers=headers)
        assert (inside.status_code, inside.headers["retry-after"]) == (503, "10")
        assert word in inside.text
        assert (await client.get("/outlets", headers=headers)).status_code == 200


async def test_a_place_is_given_back_however_a_request_ends() -> None:
    limits = Limits(running=1, running_of_reader=1, waiting=50, waiting_of_reader=50, max_wait_seconds=60)
    admission = Admission(QueryThreads(), {"quick": limits, "costly": limits})
    work = Work("a", "costly")
    await admission.enter(work)
    waiting = [asyncio.create_task(admission.enter(work)) for _ in range(3)]
    await asyncio.sleep(0)  # lets the three begin to wait
    waiting[0].cancel()
    await asyncio.gather(waiting[0], return_exceptions=True)
    admission.leave(work)
    await waiting[1]
    admission.leave(work)
    await waiting[2]
    assert not admission._queues["costly"]._waiting
    for _ in range(MAX_REQUESTS_OF_READER):  # those whose answers are still being sent count
        admission.open(work)
    with pytest.raises(OverloadedError):
        admission.open(work)
    admission.close(work)
    admission.open(work)


async def test_who_waits_too_long_is_told_so() -> None:
    limits = Limits(running=1, running_of_reader=1, waiting=50, waiting_of_reader=50, max_wait_seconds=0.01)
    admission = Admission(QueryThreads(), {"quick": limits, "costly": limits})
    await admission.enter(Work("a", "costly"))
    with pytest.raises(OverloadedError):
        await admission.enter(Work("b", "costly"))
    admission.leave(Work("a", "costly"))
    await admission.enter(Work("b", "costly"))


async def test_a_flood_of_many_readers_takes_no_room_from_another() -> None:
    limits = Limits(running=1, running_of_reader=1, waiting=4, waiting_of_reader=4, max_wait_seconds=60)
    admission = Admission(QueryThreads(), {"quick": limits, "costly": limits})

    async def pass_through(reader: str) -> None:
        await admission.enter(Work(reader, "costly"))
        admission.leave(Work(reader, "costly"))

    await admission.enter(Work("a", "costly"))
    flood = [asyncio.create_task(pass_through("ab"[n % 2])) for n in range(4)]
    await wait_until_async(lambda: len(admission._queues["costly"]) == 4, what="a full queue")
    other = asyncio.create_task(pass_through("c"))
    await wait_until_async(lambda: any(one.done() for one in flood), what="room")
    (dropped,) = [one for one in flood if one.done()]
    assert isinstance(dropped.exception(), OverloadedError)
    admission.leave(Work("a", "costly"))
    await asyncio.gather(other, *(one for one in flood if one is not dropped))


async def test_forms_that_come_slowly_keep_no_place(news_db: Path) -> None:
    access = ReaderAccess(password_hash=hash_password("un puerto, dos grúas", iterations=10_000), secret="s" * 64)
    app = cast("Any", make_datasette(news_db, access=access).app())
    end = asyncio.Event()

    async def post_slowly(address: str) -> None:
        async def receive() -> dict[str, Any]:
            await end.wait()
            return {"type": "http.disconnect"}

        async def send(_: Any) -> None:
            return

        scope = {"type": "http", "method": "POST", "path": "/-/login", "raw_path": b"/-/login", "query_string": b"",
                 "headers": [(b"host", b"testserver")], "client": (address, 1), "scheme": "http"}  # fmt: skip
        await app(scope, receive, send)

    slow = [asyncio.create_task(post_slowly(f"192.0.2.{n // 20}")) for n in range(200)]
    transport = httpx.ASGITransport(app=app, client=("198.51.100.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=DEADLINE_SECONDS) as client:
        assert (await client.get("/-/login")).status_code == 200
        assert (await client.get("/", headers={"accept": "text/html"})).status_code == 303
    assert not any(one.done() for one in slow)
    end.set()
    await asyncio.gather(*slow)


@pytest.mark.slow
async def test_a_request_keeps_its_place_no_longer_than_its_statements_may_take(
    news_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_threads, "MAX_WORK_SECONDS", 0.2)
    datasette, works = make_datasette(news_db), []
    slow = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c"

    async def ask_ten_times(_: Any, __: Any, send: Any) -> None:
        works.append(current_work.get())
        for _ in range(10):
            with pytest.raises(QueryInterrupted):
                await datasette.execute("news", slow)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        works.append(replace(current_work.get()))
        await send({"type": "http.response.body", "body": b""})

    app = share_work(cast("Any", ask_ten_times), datasette, lambda _: None)
    transport = httpx.ASGITransport(app=cast("Any", app), client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=60) as client:
        assert (await client.get("/?q=x")).status_code == 200
    during, after = works
    assert 0.2 < during.used_seconds < 10  # of the 20 that ten statements could take
    assert after.entered is None


async def test_a_page_that_takes_too_long_says_so_and_is_no_fault_of_ours(
    news_db: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    slow = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) AS id FROM c"
    monkeypatch.setattr(concepts, "ID_BEFORE", slow)
    async with served(news_db) as (datasette, client):
        datasette.sql_time_limit_ms = 50
        page = await client.get("/concepts", headers=HTML)
    assert (page.status_code, "The query took too long." in page.text) == (503, True)
    assert not caplog.records
