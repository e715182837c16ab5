"""A crawl that is killed at random moments stores every page exactly once."""

from __future__ import annotations

import json
import os
import random
import signal
from collections import Counter

from crawler import urls
from db.model.article import Place
from pipelines.archive.warc_files import Archive
from tests.fixtures.demo_desk import DemoDesk
from tests.fixtures.waiting import DEADLINE_SECONDS, wait_until

TIMES = 10


def test_ten_kills_lose_no_page_and_repeat_none(desk: DemoDesk) -> None:
    desk.configure(delay=0.15, workers=1)
    chance = random.Random(20261122)
    for _ in range(TIMES):
        crawling = desk.start("crawl")
        # The kill falls at another moment of the crawl each time; there is always more to request than that.
        until = len(desk.web.hits) + chance.randint(1, 25)
        wait_until(lambda until=until: len(desk.web.hits) >= until, what="the request at which the crawl is killed")
        os.killpg(crawling.pid, signal.SIGKILL) if chance.random() < 0.5 else crawling.kill()
        crawling.communicate(timeout=DEADLINE_SECONDS)
        assert crawling.returncode == -signal.SIGKILL
    desk.configure(delay=0.01)
    desk.crawl()

    settled = Counter(urls.key(url) for url in desk.settled())
    assert set(settled) >= {urls.key(page.url) for page in desk.web.expected()}
    assert max(settled.values()) == 1
    assert desk.desk("SELECT count(*) FROM candidates") == [(0,)]
    assert desk.news("SELECT count(*) FROM articles WHERE id NOT IN (SELECT rowid FROM articles_fts)") == [(0,)]
    assert desk.news("PRAGMA integrity_check") == [("ok",)]

    archive = Archive(desk.folder / "archive")
    places = desk.news(
        """
        SELECT url, archive_file, archive_offset FROM articles
        UNION ALL SELECT url, archive_file, archive_offset FROM rejections WHERE archive_file IS NOT NULL
        """
    )
    assert len(places) > 50
    for url, file, offset in places:
        assert urls.key(archive.read(Place(file=file, offset=offset)).url) == urls.key(url), json.dumps([file, offset])
