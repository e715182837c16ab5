"""A process that is killed while articles join stories, stories merge, or an older desk gets its stories."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.story_kills import KILLS, Kill, check_kill


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: f"{kill.work}: {kill.when}")
def test_nothing_is_half_joined_and_nothing_is_alerted_twice(kill: Kill, tmp_path: Path) -> None:
    check_kill(tmp_path, kill)
