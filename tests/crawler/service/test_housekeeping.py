"""What the daily check finds in the databases of a desk."""

from __future__ import annotations

from crawler.config.desk import load_desk
from crawler.service.housekeeping import check_databases
from db.connection import open_desk, open_news
from tests.fixtures.demo_desk import DemoDesk


def test_both_databases_of_a_desk_are_checked(desk: DemoDesk) -> None:
    configured = load_desk(desk.folder)
    open_news(configured.news_db).close()
    open_desk(configured.desk_db).close()
    assert check_databases(configured, seed=1) == {}
    whole = configured.desk_db.read_bytes()
    configured.desk_db.write_bytes(whole[:8192] + b"\xaa" * (len(whole) - 8192))
    assert list(check_databases(configured, seed=1)) == ["desk.db"]
