"""A database in memory in which articles are put into stories."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlite_utils import Database

from db import migrations
from tests.fixtures.story_desk import find_faults


@pytest.fixture
def db() -> Iterator[Database]:
    """Return an empty database; in the end its stories must be sound."""
    db = Database(memory=True)
    migrations.news.apply(db)
    yield db
    assert find_faults(db) == []
    db.conn.close()
