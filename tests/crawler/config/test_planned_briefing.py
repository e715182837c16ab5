"""`[[briefing]]` of vigia.toml: mistakes in one line, and the first day of a period."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from crawler.config.desk import DeskError, load_desk
from pipelines.alerts.subscriptions.planned_briefing import PlannedBriefing


@pytest.mark.parametrize(
    ("briefing", "said"),
    [
        ('when = "hourly"', 'briefing "x" when: write a day and an hour, or an hour of each day: "weekly mon 07:30"'),
        ('when = "immediately"', 'briefing "x" when: write a day and an hour'),
        ('when = "mondays"', 'briefing "x" when: write a day and an hour'),
        ('when = "daily 07:30"\nquiet = "sat sun"', 'briefing "x" quiet: unknown key; there are name, when, query'),
        ('when = "daily 07:30"\npeople = ["eva"]', 'briefing "x" people: no person "eva"; there are ana'),
        ('when = "daily 07:30"\nformats = ["pdf"]', 'briefing "x" formats: '),
        ('when = "daily 07:30"\ndays = 0', 'briefing "x" days: '),
    ],
)
def test_a_wrong_briefing_is_told_in_one_line(tmp_path: Path, briefing: str, said: str) -> None:
    people = '[[person]]\nid = "ana"\nto = ["env:ANA"]\n'
    (tmp_path / "vigia.toml").write_text(f'{people}[[briefing]]\nname = "x"\n{briefing}\n', "utf-8")
    with pytest.raises(DeskError) as caught:
        load_desk(tmp_path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("when", "days", "last", "first"),
    [
        ("weekly mon 07:30", None, None, "2026-11-16"),
        ("daily 18:00", None, None, "2026-11-22"),
        ("weekly mon 07:30", None, "2026-11-02", "2026-11-02"),
        ("daily 18:00", None, "2027-01-01", "2026-11-22"),  # of a clock that was ahead
        ("weekly mon 07:30", 30, "2026-11-16", "2026-10-24"),
    ],
)
def test_a_period_begins_with_the_day_of_the_one_before(
    when: str, days: int | None, last: str | None, first: str
) -> None:
    briefing = PlannedBriefing(name="x", when=when, days=days)
    found = briefing.find_first_day(dt.date(2026, 11, 23), last=dt.date.fromisoformat(last) if last else None)
    assert found.isoformat() == first
