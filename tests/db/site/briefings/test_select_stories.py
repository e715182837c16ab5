"""The rank of stories in a briefing."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from db.desk.analysts.briefings import BriefingRecipe
from db.news.outlets import OutletRow
from db.site.briefings.select_stories import StoryRank, find_bounds, rank_stories, widen_bounds


def outlet(id_: str, country: str) -> OutletRow:
    return OutletRow(
        id=id_, name=id_, home=None, country=country, languages="es", kind="press", ownership="private",
        ownership_source=None,
    )  # fmt: skip


def test_voices_come_before_groups_and_groups_before_the_number_of_articles() -> None:
    outlets = {id_: outlet(id_, country) for id_, country in (("a", "PE"), ("b", "PE"), ("c", "CN"))}
    told = [(1, "a", 9), (2, "a", 1), (2, "b", 5), (3, "a", 1), (3, "c", 1), (4, "a", 9), (5, "a", 1), (5, "c", 1)]
    ranked = rank_stories([{"story": s, "outlet": o, "articles": n} for s, o, n in told], outlets)
    assert [rank.story for rank in ranked] == [5, 3, 2, 4, 1]
    assert ranked[2] == StoryRank(story=2, voices=2, groups=1, articles=6)


def test_a_period_is_of_whole_days_in_the_desk_s_zone() -> None:
    day = dt.date(2026, 11, 16)
    recipe = BriefingRecipe(
        since=day, until=day, query="", language="en", made_at=dt.datetime(2026, 11, 23, tzinfo=dt.UTC), version="1"
    )
    assert find_bounds(recipe, ZoneInfo("America/Lima")) == ("2026-11-16T05:00:00Z", "2026-11-17T05:00:00Z")


def test_the_search_of_a_period_reads_its_days_in_utc_too() -> None:
    day = dt.date(2026, 11, 16)
    recipe = BriefingRecipe(
        since=day, until=day, query="", language="en", made_at=dt.datetime(2026, 11, 23, tzinfo=dt.UTC), version="1"
    )
    assert widen_bounds(recipe, ZoneInfo("America/Lima")) == ("2026-11-16T00:00:00Z", "2026-11-17T05:00:00Z")
    assert widen_bounds(recipe, ZoneInfo("Asia/Shanghai")) == ("2026-11-15T16:00:00Z", "2026-11-17T00:00:00Z")
