"""A process that is killed while articles join stories, stories merge, or an older desk gets its stories."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.connection import open_news
from tests.fixtures.story_desk import find_faults
from tests.fixtures.story_kills import (
    EXPECTED,
    KILLS,
    Kill,
    alert,
    do_work,
    make_desk,
    make_older_desk,
    read_groups,
    run_killed,
)


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: f"{kill.work}: {kill.when}")
def test_nothing_is_half_joined_and_nothing_is_alerted_twice(kill: Kill, tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    is_migration = kill.work == "migrate"  # of a desk that is too old for alerts
    if is_migration:
        make_older_desk(path)
    else:
        open_news(path).close()
        assert alert(tmp_path) == 0  # the subscription begins with the next article
        make_desk(path, kill.work)
        assert alert(tmp_path) == 3
    run_killed(path, kill)

    db = open_news(path)
    assert find_faults(db) == []
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    if not is_migration:
        alert(tmp_path)
    do_work(db, "compare" if is_migration else kill.work)  # ends as if nothing had been killed
    assert find_faults(db) == []
    assert sorted(read_groups(db)) == EXPECTED[kill.work]
    if not is_migration:
        assert alert(tmp_path) == db.table("articles").count_where("original IS NULL")
    db.close()
