"""Problems of a desk: sources, outlets, network, tasks and disk; and what is not a problem."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from crawler.config.desk import Desk
from crawler.config.outlet import Outlet, Source
from crawler.crawling.http import is_redirect_to_home
from crawler.monitoring import problems as troubles
from crawler.monitoring.disk_space import daily_growth, is_disk_nearly_full
from crawler.monitoring.problems import DeskProblems, ServiceState
from crawler.monitoring.source_problems import is_stale, source_problem
from db.connection import open_desk, open_news
from db.desk.sources import record_answer, record_source_failure
from db.model.times import stamp
from db.news.outlet_activity import SourceRow
from pipelines.alerts.notices import ConditionKind
from pipelines.alerts.subscriptions.subscription import Subscription

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


class Watched:
    """A desk of outlets with two feeds each; a test records their crawls and answers."""

    def __init__(self, folder: Path, outlets: int) -> None:
        self.outlets = tuple(
            Outlet(
                id=f"o{number}",
                name=f"Outlet {number}",
                home=f"https://o{number}.example/",
                languages=("es",),
                kind="press",
                feeds=tuple(f"https://o{number}.example/{name}" for name in ("rss", "more")),
            )
            for number in range(outlets)
        )
        self.desk = Desk(folder=folder, outlets=self.outlets)
        self.news, self.private = open_news(self.desk.news_db), open_desk(self.desk.desk_db)
        for outlet in self.outlets:
            self.news["outlets"].insert({"id": outlet.id, "name": outlet.name})

    def crawl(self, outlet: Outlet, at: dt.datetime, *, failing: str | None = None, only: int = 2) -> None:
        """A crawl of an outlet; its first `only` feeds fail with that word."""
        for number, url in enumerate(outlet.feeds):
            known: dict[str, Any] = {"url": url, "outlet": outlet.id, "at": at}
            if failing and number < only:
                record_source_failure(self.private, **known, status=None, outcome=failing, detail=f"it was {failing}")
            else:
                record_answer(self.private, **known, status=200, outcome="ok")
        outcome = f"failed: it was {failing}" if failing and only >= len(outlet.feeds) else "ok"
        row = {"outlet": outlet.id, "started": stamp(at), "finished": stamp(at), "outcome": outcome}
        self.news["crawls"].insert(row)

    def look(self, at: dt.datetime, **running: Any) -> DeskProblems:
        return troubles.find_problems(
            self.desk, self.news, self.private, state=ServiceState(started_at=at, **running), now=at
        )

    def found(self, at: dt.datetime, **running: Any) -> list[tuple[str, str]]:
        return [one.key for one in self.look(at, **running).conditions if one.kind is not ConditionKind.DISK]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    desk = Watched(tmp_path, 8)
    yield desk
    desk.news.close()
    desk.private.close()


def test_a_missing_feed_is_a_problem_after_some_hours(watched: Watched) -> None:
    first, *others = watched.outlets
    for hour in range(5):
        watched.crawl(first, NOW + hour * HOUR, failing="http-404", only=1)
        for outlet in others:
            watched.crawl(outlet, NOW + hour * HOUR)
    assert watched.found(NOW + 2 * HOUR) == []
    assert watched.found(NOW + 4 * HOUR) == [("source", first.feeds[0])]
    (one,) = (c for c in watched.look(NOW + 4 * HOUR).conditions if c.kind is ConditionKind.SOURCE)
    assert (one.detail["problem"], one.detail["outlet"]) == ("dead", "Outlet 0")


def test_an_outlet_without_answers_is_one_problem_instead_of_one_per_source(watched: Watched) -> None:
    first, *others = watched.outlets
    for hour in range(5):
        for outlet in others:
            watched.crawl(outlet, NOW + hour * HOUR)
        watched.crawl(first, NOW + hour * HOUR, failing="http-404")
    seen = watched.look(NOW + 4 * HOUR)
    assert [one.key for one in seen.conditions if one.kind is not ConditionKind.DISK] == [("outlet", "o0")]
    assert all(seen.is_hidden("source", url) for url in first.feeds)
    assert not seen.is_hidden("source", others[0].feeds[0])


def test_a_server_that_is_slow_for_an_afternoon_is_not_a_problem(watched: Watched) -> None:
    first, *others = watched.outlets
    for hour in range(14):
        for outlet in others:
            watched.crawl(outlet, NOW + hour * HOUR)
        watched.crawl(first, NOW + hour * HOUR, failing="timeout")
    assert watched.found(NOW + 11 * HOUR) == []
    assert watched.found(NOW + 13 * HOUR) == [("outlet", "o0")]


def test_a_network_failure_is_one_problem_instead_of_one_per_outlet(watched: Watched) -> None:
    for hour in range(20):
        for outlet in watched.outlets:
            watched.crawl(outlet, NOW + hour * HOUR, failing="dns" if hour > 4 else None)
    assert watched.found(NOW + 20 * HOUR) == [("network", "")]
    seen = watched.look(NOW + 20 * HOUR)
    assert all(seen.is_hidden(kind, "o3") for kind in ("outlet", "silent", "refused"))
    # The network is back: outlets that were not crawled since then are not reported for the time without a network.
    for answered in range(1, 8):
        watched.crawl(watched.outlets[answered - 1], NOW + 20 * HOUR)
        seen = watched.look(NOW + 20 * HOUR)
        assert not any(one.kind is ConditionKind.OUTLET for one in seen.conditions)
        assert all(seen.is_hidden("outlet", outlet.id) for outlet in watched.outlets[answered:])


def test_a_small_desk_whose_outlets_are_all_gone_is_not_a_network_failure(tmp_path: Path) -> None:
    small = Watched(tmp_path, 2)
    for hour in range(6):
        for outlet in small.outlets:
            small.crawl(outlet, NOW + hour * HOUR, failing="http-410")
    assert small.found(NOW + 5 * HOUR) == [("outlet", "o0"), ("outlet", "o1")]
    small.news.close()
    small.private.close()


def test_refused_pages_are_a_problem_even_if_the_feed_answers(watched: Watched) -> None:
    first = watched.outlets[0]
    for number in range(9):
        reason, outlet = ("forbidden", "o0") if number < 6 else ("no-article", "o1")
        watched.news["rejections"].insert(
            {"url": f"https://x.example/{number}", "outlet": outlet, "reason": reason, "seen_at": stamp(NOW - HOUR)}
        )
    for outlet in watched.outlets:
        watched.crawl(outlet, NOW)
    assert watched.found(NOW) == [("refused", first.id)]
    assert watched.found(NOW + 3 * HOUR) == [("refused", first.id)]


def test_a_stuck_schedule_is_a_problem(watched: Watched) -> None:
    watched.crawl(watched.outlets[0], NOW)
    known = ServiceState(started_at=NOW - DAY)
    look = troubles.find_problems(watched.desk, watched.news, watched.private, state=known, now=NOW + 4 * HOUR)
    assert ("stuck", "") in [one.key for one in look.conditions]
    assert ("stuck", "") not in watched.found(NOW + 4 * HOUR)  # a desk that has just started


def test_failing_tasks_queries_and_configuration_are_problems(watched: Watched) -> None:
    problems = ('subscription "Ports": a ( has no )\n  (a\n  ^', "alerts: the disk is full")
    keys = watched.found(
        NOW, failing_tasks={"marks": "KeyError: 'x'"}, alert_problems=problems, config_error="vigia.toml: not TOML"
    )
    assert keys == [("task", "marks"), ("query", "Ports"), ("task", "alerts"), ("configuration", "vigia.toml")]


def test_a_damaged_search_index_is_a_problem(watched: Watched) -> None:
    assert watched.found(NOW, search_damage="database disk image is malformed") == [("search", "")]
    assert watched.found(NOW, database_damage={"desk.db": "malformed"}) == [("database", "desk.db")]
    assert watched.found(NOW) == []


def test_a_failed_target_is_a_problem_until_a_message_reaches_it_or_it_is_removed(watched: Watched) -> None:
    desk: Database = watched.private
    ports = Subscription(name="Ports", query="Chancay", to=("env:TEAM",))
    watched.desk = watched.desk.model_copy(update={"subscriptions": (ports,)})
    desk["subscriptions"].insert(
        {"id": "ports", "name": "Ports", "query": "Chancay", "cursor": 0, "created": stamp(NOW)}
    )

    def delivery(number: int, state: str) -> None:
        desk["digests"].insert({"id": number, "subscription": "ports", "created": stamp(NOW)})
        row = {"id": number, "digest": number, "target": "env:TEAM", "state": state, "last_error": "no answer"}
        desk["deliveries"].insert(row)

    delivery(1, "failed")
    assert watched.found(NOW) == [("delivery", "ports env:TEAM")]
    delivery(2, "waiting")
    assert watched.found(NOW) == [("delivery", "ports env:TEAM")]
    delivery(3, "sent")
    assert watched.found(NOW) == []
    delivery(4, "failed")
    watched.desk = watched.desk.model_copy(update={"subscriptions": (ports.model_copy(update={"to": ("env:OTHER",)}),)})
    assert watched.found(NOW) == []


def row(**columns: Any) -> SourceRow:
    names = ("outcome", "detail", "warning", "failing_since", "newest", "dated", "span")
    return cast("SourceRow", dict.fromkeys(names) | {"failures": 0, "outcome": "ok"} | columns)


@pytest.mark.parametrize(
    ("outcome", "problem"),
    [
        ("http-404", "dead"),
        ("http-410", "dead"),
        ("dns", "dead"),
        ("off-site", "moved"),
        ("http-403", "refused"),
        ("bot-wall", "refused"),
        ("robots", "refused"),
        ("certificate", "certificate"),
        ("http-500", "unreachable"),
        ("timeout", "unreachable"),
    ],
)
def test_each_fetch_error_maps_to_a_problem(outcome: str, problem: str) -> None:
    found = source_problem(row(outcome=outcome, failures=9, failing_since=stamp(NOW - DAY), detail="why"), now=NOW)
    assert found is not None
    assert (found["problem"], found["detail"]) == (problem, "why")
    assert source_problem(row(outcome=outcome, failures=1, failing_since=stamp(NOW - DAY)), now=NOW) is None


@pytest.mark.parametrize(
    ("warning", "problem"),
    [
        ("its address leads to the home page; answered an HTML page, not a feed", "moved"),
        ("answered an HTML page, not a feed", "unreadable"),
        ("broken XML: not well-formed", "unreadable"),
        ("a feed without entries", "empty"),
        ("none of 40 links matches article_pattern", "empty"),
    ],
)
def test_a_source_that_lists_nothing_is_a_problem_with_its_reason(warning: str, problem: str) -> None:
    found = source_problem(row(outcome="empty", warning=warning), now=NOW)
    assert found is not None
    assert (found["problem"], found["detail"]) == (problem, warning)


def test_a_feed_is_stale_compared_with_its_own_rate() -> None:
    def stale(days: float, *, dated: int, over: float) -> bool:
        return is_stale(NOW - days * DAY, dated=dated, span=over * 86400, now=NOW)

    assert stale(11, dated=30, over=1)  # thirty a day, and nothing for eleven days
    assert not stale(9, dated=30, over=1)  # a long holiday
    assert not stale(45, dated=12, over=360)  # once a month
    assert stale(400, dated=12, over=360)
    assert not stale(4000, dated=2, over=1)  # two items are too few for a rate


@settings(deadline=None)
@given(st.integers(0, 50_000), st.floats(0, 1e9), st.floats(0, 4000), st.floats(0, 4000))
def test_a_stale_source_stays_stale_with_time(dated: int, span: float, one: float, other: float) -> None:
    sooner, later = sorted((one, other))
    assert is_stale(NOW - later * DAY, dated=dated, span=span, now=NOW) >= is_stale(
        NOW - sooner * DAY, dated=dated, span=span, now=NOW
    )


@pytest.mark.parametrize(
    ("asked", "answered", "home"),
    [
        ("https://a.example/rss/", "https://a.example/", True),
        ("https://a.example/?feed=rss2", "https://www.a.example", True),
        ("https://a.example/rss", "https://a.example/rss.xml", False),
        ("https://a.example/", "https://a.example/", False),
    ],
)
def test_a_redirect_to_the_home_page_is_noticed(asked: str, answered: str, home: bool) -> None:
    assert is_redirect_to_home(Source(url=asked, kind="feed"), answered) is home


def test_the_disk_is_nearly_full_by_its_size_or_by_two_weeks_of_growth() -> None:
    gb = 1_000_000_000
    assert not is_disk_nearly_full(20 * gb, total=80 * gb, growth=0.1 * gb)
    assert is_disk_nearly_full(20 * gb, total=80 * gb, growth=2 * gb)  # ten days
    assert is_disk_nearly_full(int(0.4 * gb), total=4 * gb, growth=0)
    assert is_disk_nearly_full(9 * gb, total=4000 * gb, growth=0)
    assert not is_disk_nearly_full(12 * gb, total=4000 * gb, growth=0)
    week = {NOW.date() - n * DAY: 100 * n for n in range(20)}
    assert daily_growth(week, today=NOW.date()) == pytest.approx(400)  # of one to seven days ago
    assert daily_growth({}, today=NOW.date()) == 0
