"""What `vigia backfill` finds is kept, and is no news."""

from __future__ import annotations

import datetime as dt

from demo_desk import DemoDesk

from db.times import stamp
from pipelines.stages import RECENT


def test_a_backfill_marks_what_it_found_in_the_past_and_not_what_is_news(desk: DemoDesk) -> None:
    ended = desk.run("backfill", "agenciaquipu", "--since", "2020-01-01")
    assert ended.returncode == 0, ended.stderr
    newest = stamp(dt.datetime.now(dt.UTC) - RECENT)
    articles = desk.news("SELECT published, backfilled FROM articles")
    assert {flag for _, flag in articles} == {0, 1}
    for published, flag in articles:
        assert flag == (published is None or published < newest)
    desk.crawl("agenciaquipu")
    assert desk.news("SELECT published, backfilled FROM articles") == articles


def test_a_crawl_marks_nothing_as_found_in_the_past(desk: DemoDesk) -> None:
    desk.crawl("agenciaquipu")
    assert desk.news("SELECT DISTINCT backfilled FROM articles") == [(0,)]
