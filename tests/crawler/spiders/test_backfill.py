"""`vigia backfill` stores old articles without counting them as news."""

from __future__ import annotations

import datetime as dt

from crawler import urls
from db.model.times import stamp
from pipelines.item_pipelines import NEWS_MAX_AGE
from tests.fixtures.demo_desk import DemoDesk
from tests.fixtures.forked_commands import run_command


def test_a_backfill_marks_what_it_found_in_the_past_and_not_what_is_news(desk: DemoDesk) -> None:
    ended = desk.run("backfill", "agenciaquipu", "--since", "2020-01-01")
    assert ended.returncode == 0, ended.stderr
    newest = stamp(dt.datetime.now(dt.UTC) - NEWS_MAX_AGE)
    articles = desk.news("SELECT published, backfilled FROM articles")
    assert {flag for _, flag in articles} == {0, 1}
    for published, flag in articles:
        assert flag == (published is None or published < newest)
    desk.crawl("agenciaquipu")
    assert desk.news("SELECT published, backfilled FROM articles") == articles


def test_a_backfill_requests_the_rest_in_the_next_portion(desk: DemoDesk) -> None:
    few = "import crawler.cli, crawler.spiders.outlet; crawler.spiders.outlet.MAX_OPEN_REQUESTS = 2; crawler.cli.main()"
    ended = run_command("-c", few, "--desk", str(desk.folder), "backfill", "agenciaquipu", "--since", "2020-01-01")
    assert ended.returncode == 0, ended.stderr
    settled = [urls.key(url) for url in desk.settled()]
    assert len(settled) > 4
    assert len(set(settled)) == len(settled)
    assert desk.desk("SELECT count(*) FROM candidates") == [(0,)]


def test_a_crawl_marks_nothing_as_found_in_the_past(desk: DemoDesk) -> None:
    desk.crawl("agenciaquipu")
    assert desk.news("SELECT DISTINCT backfilled FROM articles") == [(0,)]
