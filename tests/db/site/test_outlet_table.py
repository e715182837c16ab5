"""The table of outlets: sorted and filtered by its address, with what is the same for all told once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from db.site.filters.outlet_table import list_columns, sort_outlets
from tests.fixtures.invented_desk import reader


@pytest.fixture
async def client(news_db: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with reader(news_db) as client:
        yield client


def rows(page: str) -> list[str]:
    """Return the ids of the outlets of the tables, in their order."""
    return re.findall(r'<th scope="row"><a href="/outlet/([^"]+)"', page)


def test_rows_are_sorted_by_a_column_and_those_without_a_value_come_last() -> None:
    table = [
        {"id": name, "order": {"name": name, "recent": recent, "newest": newest}}
        for name, recent, newest in (("b", 3, "2026-11-02"), ("a", 3, None), ("c", 9, "2026-11-01"))
    ]

    def order(**given: str) -> str:
        return "".join(row["id"] for row in sort_outlets(table, given))

    assert order() == "cab"
    assert order(sort="name") == "abc"
    assert order(sort="-name") == "cba"
    assert order(sort="newest") == "bca"
    assert order(sort="-newest") == "cba"


def test_the_head_of_a_column_sorts_by_it_and_then_turns_the_order_round() -> None:
    given = {"sort": "newest", "country": "PE"}
    columns = list_columns(given)
    assert columns["newest"] == ("/outlets?sort=-newest&country=PE", "descending")
    assert columns["name"] == ("/outlets?sort=name&country=PE", "")
    assert list_columns({})["recent"] == ("/outlets?sort=-recent", "descending")


async def test_outlets_are_filtered_by_the_form_and_its_choice_is_shown(client: httpx.AsyncClient) -> None:
    every = rows((await client.get("/outlets")).text)
    page = (await client.get("/outlets?country=PE&ownership=private&sort=name")).text
    assert set(rows(page)) < set(every)
    assert "faro" in rows(page)
    assert '<option value="PE" selected>' in page
    assert '<option value="name" selected>Outlet, ascending</option>' in page
    assert '<option value="-name">Outlet, descending</option>' in page  # the heads of the columns are hidden on a phone
    assert "No outlet is of this kind." in (await client.get("/outlets?kind=research&country=PE")).text


async def test_outlets_without_an_article_are_folded_and_those_that_were_read_are_told_once(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get("/outlets")).text
    shown, _, folded = page.partition("<details")
    assert "no article in four weeks" in folded
    assert rows(folded)
    assert "broken" in rows(shown)  # it could not be read, which nobody should have to unfold
    assert re.search(r"\d+ were read within a day, the earliest ", shown)
    assert not re.search(r">read [^<]* ago", page)
