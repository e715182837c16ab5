"""Dear questions share half of the places; plain ones wait for none of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from db.site.readers.admission import admission_of, is_dear
from db.site.readers.query_threads import Work
from db.site.readers.shares import LIGHT_SECONDS
from db.site.server import make_datasette
from tests.fixtures.waiting import DEADLINE_SECONDS


def test_a_question_is_dear_that_a_large_database_answers_in_seconds() -> None:
    letters = "+".join(f"{letter}*" for letter in "abcdefgh")
    beginnings = "+OR+".join(f"{word}*" for word in ("alpha", "beta", "gamma", "delta"))
    words = "+OR+".join(["puerto"] * 50)
    dear = [f"/?q={letters}", "/?q=(a*)", f"/search.csv?q={beginnings}", f"/?q={words}", "/news/articles?_sort=title"]
    plain = ["/?q=chancay", "/?q=chin*+puerto*", '/?q="puerto+de+chancay"', "/?outlet=faro&sort=rank", "/?q=a", "/news"]
    assert [path for path in dear if not is_dear(*path.partition("?")[::2])] == []
    assert [path for path in plain if is_dear(*path.partition("?")[::2])] == []


async def test_plain_searches_wait_for_no_dear_questions_of_others(news_db: Path) -> None:
    datasette = make_datasette(news_db)
    admission = admission_of(datasette)
    flood = [
        asyncio.create_task(admission.enter(Work(f"flood {number}", "costly", expected_seconds=LIGHT_SECONDS)))
        for number in range(10)
    ]
    async with asyncio.timeout(DEADLINE_SECONDS):
        await admission.enter(Work("another", "costly"))
    assert not all(one.done() for one in flood)
    for one in flood:
        one.cancel()
    await asyncio.gather(*flood, return_exceptions=True)
