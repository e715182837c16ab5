"""Pages of our own (tests/golden/NAME/page.html) give the fields of their expected.json."""

from __future__ import annotations

import datetime as dt
import functools
import json
from typing import Any

import pytest

from db.model.article import Article
from pipelines.analysis.analyse import analyse_fully
from pipelines.page import OutletProfile, Page
from pipelines.relevance.topic import load_topic
from tests.fixtures.paths import ROOT

GOLDEN = ROOT / "tests" / "golden"
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def expected(name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / name / "expected.json").read_text(encoding="utf-8"))


@functools.cache
def article(name: str) -> Article:
    wanted = expected(name)
    page = Page(
        url=wanted["url"],
        key=wanted["url"].removeprefix("https://"),
        body=(GOLDEN / name / "page.html").read_bytes(),
        outlet=OutletProfile(id=name, **wanted["outlet"]),
        fetched_at=NOW,
        headers=(("Content-Type", "text/html"),),
    )
    found = analyse_fully(page, topic=load_topic("china_peru")).article
    assert found is not None
    return found


CASES = [
    (folder.name, field)
    for folder in sorted(GOLDEN.iterdir())
    if (folder / "expected.json").exists()
    for field in expected(folder.name)
    if field != "outlet"
]


@pytest.mark.parametrize(("name", "field"), CASES, ids=[f"{name}-{field}" for name, field in CASES])
def test_a_page_gives_the_field_that_is_expected(name: str, field: str) -> None:
    found, wanted = getattr(article(name), field), expected(name)[field]
    if field == "text":
        assert found.split("\n") == wanted
    else:
        assert (list(found) if isinstance(found, tuple) else found) == wanted
