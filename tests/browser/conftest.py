"""Fixtures: one demo desk for all tests of this folder, and a browser for each file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.fixtures.browsing import CHROMIUM, DemoRoom, chromium, demo_room

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoRoom]:
    with demo_room(tmp_path_factory.mktemp("demo")) as found:
        yield found


@pytest.fixture(scope="module")  # its event loop would disturb asynchronous tests of other files
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with chromium() as found:
        yield found
