"""What the daily check finds in the databases of a desk."""

from __future__ import annotations

import pytest

from crawler.config.desk import load_desk
from crawler.service.housekeeping import check_databases
from db.connection import open_desk, open_news
from tests.fixtures.demo_desk import DemoDesk


@pytest.mark.parametrize("sound", [4096, 8192, 65536])  # bytes; the schema stands in the first of them
def test_both_databases_of_a_desk_are_checked(desk: DemoDesk, sound: int) -> None:
    configured = load_desk(desk.folder)
    open_news(configured.news_db).close()
    open_desk(configured.desk_db).close()
    assert check_databases(configured, seed=1) == {}
    whole = configured.desk_db.read_bytes()
    configured.desk_db.write_bytes(whole[:sound] + b"\xaa" * (len(whole) - sound))
    assert list(check_databases(configured, seed=1)) == ["desk.db"]
