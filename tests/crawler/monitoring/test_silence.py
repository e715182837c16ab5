"""Silent outlets: decided after each crawl, and read by notices, digests, status and reading room."""

from __future__ import annotations

import asyncio
import datetime as dt
import html
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlite_utils import Database

from crawler.config.desk import Desk
from crawler.config.outlet import Outlet
from crawler.crawling.session import CrawlSession
from crawler.monitoring import problems
from crawler.monitoring.problems import ServiceState
from crawler.monitoring.status import desk_status
from db import migrations
from db.connection import open_desk, open_news
from db.model.times import stamp
from db.public_copy import publish_copy
from pipelines.alerts.notices import ConditionKind
from pipelines.silence import read_health, update_activity
from tests.fixtures.demo_desk import DemoDesk
from tests.fixtures.invented_desk import reader

NOW = dt.datetime(2026, 11, 22, 15, 30, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
WATCHED = ("lively", "stopped", "dead", "weekly", "tank", "young", "silent-and-dead", "nothing")
SILENT = {"silent-and-dead", "stopped", "tank"}
Row = dict[str, object]


def looks(outlet: str, since: dt.datetime, *, step: dt.timedelta = HOUR, until: dt.datetime = NOW) -> list[Row]:
    """Crawls of an outlet at a fixed interval, without new pages."""
    moments = (since + number * step for number in range(int((until - since) / step) + 1))
    return [
        {"outlet": outlet, "started": stamp(at), "finished": stamp(at), "outcome": "ok", "rejected": 0}
        for at in moments
    ]


def brings(rows: list[Row], *, until: dt.datetime, each: int = 1) -> list[Row]:
    """The same with two new pages in every n-th crawl until a moment."""
    return [
        row | {"rejected": 2 * (str(row["started"]) <= stamp(until) and not n % each)} for n, row in enumerate(rows)
    ]


def fails(rows: list[Row], *, since: dt.datetime) -> list[Row]:
    """The same, without an answer of any source from a moment on."""
    return [row | {"outcome": "failed: it was 404"} if str(row["started"]) > stamp(since) else row for row in rows]


def past(outlet: str) -> list[Row]:
    """The recorded crawls of each outlet."""
    hourly, daily = looks(outlet, NOW - 35 * DAY), looks(outlet, NOW - 200 * DAY, step=DAY)
    return {
        "lively": brings(hourly, until=NOW),
        "stopped": brings(hourly, until=NOW - 4 * DAY),
        "dead": fails(brings(hourly, until=NOW), since=NOW - 4 * DAY),
        "weekly": brings(daily, until=NOW - 9 * DAY, each=7),
        "tank": brings(daily, until=NOW - 60 * DAY, each=7),
        "young": brings(looks(outlet, NOW - 6 * DAY), until=NOW - 2 * DAY),
        "silent-and-dead": fails(brings(hourly, until=NOW - 6 * DAY), since=NOW - DAY),
        "nothing": hourly,
    }[outlet]


def outlet_of(id_: str) -> Outlet:
    return Outlet(
        id=id_,
        name=id_.title(),
        home=f"https://{id_}.example/",
        languages=("es",),
        kind="press",
        feeds=(f"https://{id_}.example/rss",),
    )


@pytest.fixture
def watching(tmp_path: Path) -> Desk:
    """A desk of eight outlets with recorded crawls."""
    desk = Desk(folder=tmp_path, outlets=tuple(map(outlet_of, WATCHED)))
    news = open_news(desk.news_db)
    news["outlets"].insert_all({"id": one.id, "name": one.name} for one in desk.outlets)
    for id_ in WATCHED:
        news["crawls"].insert_all(past(id_))
    news.close()
    open_desk(desk.desk_db).close()
    return desk


@pytest.fixture
def stores(watching: Desk) -> Iterator[tuple[Database, Database]]:
    news, private = open_news(watching.news_db), open_desk(watching.desk_db)
    yield news, private
    news.close()
    private.close()


def silent_in(path: Path) -> set[str]:
    with sqlite3.connect(path) as news:
        found = {row[0] for row in news.execute("SELECT id FROM outlets WHERE silent_since IS NOT NULL")}
    news.close()
    return found


def plain(page: httpx.Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


async def test_notices_digests_status_and_pages_call_the_same_outlets_silent(
    watching: Desk, stores: tuple[Database, Database]
) -> None:
    news, private = stores
    update_activity(news, private, outlets=WATCHED, now=NOW)
    seen = problems.find_problems(watching, news, private, state=ServiceState(started_at=NOW), now=NOW)
    assert {one.subject for one in seen.conditions if one.kind is ConditionKind.SILENT} == SILENT
    foot = read_health(news, watched=WATCHED)
    assert [one.outlet for one in foot.silent] == ["tank", "silent-and-dead", "stopped"]  # the longest first
    status = desk_status(watching, now=NOW)
    assert set(status.as_dict()["silent"]) == SILENT
    async with reader(watching.news_db, now=NOW) as client:
        rows = await client.get("/news/silent_outlets.json?_shape=array")
        every = await client.get("/outlets")
        own = {id_: plain(await client.get(f"/outlet/{id_}")) for id_ in WATCHED}
    assert {row["id"] for row in rows.json()} == SILENT
    told = every.text.partition("3 silent:")[2].partition("</p>")[0]
    assert set(re.findall(r'href="/outlet/([\w-]+)"', told)) == SILENT
    assert {id_ for id_, page in own.items() if "Nothing new of any kind since" in page} == SILENT
    assert [id_ for id_, page in own.items() if "Nothing has been found at this outlet yet." in page] == ["nothing"]
    # They also agree on the details of each.
    assert "Stopped (last new page 4 days ago, usually 48 a day)" in plain(every)
    assert "Tank (last new page 2 months ago, usually 2 a week)" in plain(every)
    tank = next(one.trouble for one in status.outlets if one.id == "tank")
    assert tank == f"silent since {NOW - 60 * DAY:%Y-%m-%d}, usually 2 a week"
    (stopped,) = (one for one in seen.conditions if one.key == (ConditionKind.SILENT, "stopped"))
    assert [one.since for one in foot.silent if one.outlet == "stopped"] == [(NOW - 4 * DAY).replace(minute=0)]
    assert (stopped.detail["since"], round(stopped.detail["per_day"])) == (stamp(foot.silent[-1].since), 48)


def test_a_silent_outlet_stays_silent_while_it_can_not_be_read(stores: tuple[Database, Database]) -> None:
    news, private = stores
    update_activity(news, private, outlets=WATCHED, now=NOW)
    noted = read_health(news, watched=WATCHED).silent
    for outlet in ("dead", "silent-and-dead"):
        news["crawls"].insert_all(fails(looks(outlet, NOW + HOUR, until=NOW + 9 * DAY), since=NOW))
    update_activity(news, private, outlets=WATCHED, now=NOW + 9 * DAY)
    assert read_health(news, watched=WATCHED).silent == noted
    news["crawls"].insert_all(looks("dead", NOW + 10 * DAY, until=NOW + 10 * DAY))
    news["crawls"].insert_all(brings(looks("stopped", NOW + DAY, until=NOW + DAY), until=NOW + DAY))
    update_activity(news, private, outlets=WATCHED, now=NOW + 10 * DAY)
    assert {one.outlet for one in read_health(news, watched=WATCHED).silent} == SILENT - {"stopped"} | {"dead"}


def test_a_desk_of_an_older_version_gets_its_verdicts_at_the_start(tmp_path: Path) -> None:
    desk = Desk(folder=tmp_path, outlets=tuple(map(outlet_of, WATCHED)))
    desk = desk.model_copy(update={"crawl": desk.crawl.model_copy(update={"workers": 1})})
    old = Database(desk.news_db)
    migrations.news.apply(old, stop_before="what_outlets_usually_bring")
    old["outlets"].insert({"id": "stopped", "name": "Stopped"})
    old["crawls"].insert_all(past("stopped"))
    old.close()
    open_news(desk.news_db).close()
    assert silent_in(desk.news_db) == set()

    async def main() -> None:
        async with CrawlSession(desk, now=lambda: NOW) as session:
            assert silent_in(desk.news_db) == {"stopped"}
            session.reload(desk)
            assert silent_in(desk.news_db) == {"stopped"}
            rested = [
                one.model_copy(update={"enabled": False, "note": "rests"}) if one.id == "stopped" else one
                for one in desk.outlets
            ]
            session.reload(desk.model_copy(update={"outlets": tuple(rested)}))
            assert silent_in(desk.news_db) == set()
            session.update_activity(desk.outlets)  # a crawl of it that was running ends
            assert silent_in(desk.news_db) == set()
            session.reload(desk)
            assert silent_in(desk.news_db) == {"stopped"}

    asyncio.run(main())
    publish_copy(desk.news_db, tmp_path / "public.db")
    assert silent_in(tmp_path / "public.db") == set()


def test_a_crawl_records_a_silent_outlet_and_ends_the_silence_with_the_next_page(desk: DemoDesk) -> None:
    desk.configure(revisit=["400d"], workers=1)
    desk.crawl("elcorreodechancay")
    with sqlite3.connect(desk.folder / "news.db") as news:
        news.execute("UPDATE crawls SET started = ?, finished = started", [stamp(NOW - 40 * DAY)])
        lively = brings(looks("elcorreodechancay", NOW - 35 * DAY), until=NOW - 4 * DAY)
        news.executemany(
            "INSERT INTO crawls (outlet, started, finished, outcome, rejected)"
            " VALUES (:outlet, :started, :finished, :outcome, :rejected)",
            [row for row in lively if row["rejected"]],
        )
    news.close()
    desk.crawl("elcorreodechancay")
    ((since, usual),) = desk.news("SELECT silent_since, usual_per_day FROM outlets WHERE silent_since IS NOT NULL")
    assert since == stamp((NOW - 4 * DAY).replace(minute=0))
    assert 40 < usual < 60
    desk.web.advance(dt.timedelta(minutes=10))  # a story is published
    desk.crawl("elcorreodechancay")
    assert silent_in(desk.folder / "news.db") == set()
