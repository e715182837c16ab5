"""Decide from a source's row whether the source has a problem. Pure."""

from __future__ import annotations

import datetime as dt
import re
from math import log

from db.model.times import read_stamp
from db.news.outlet_activity import SourceRow
from pipelines import silence

# A failing source is reported only after several failures over some hours: many faults pass within hours.
MIN_FAILURES = 2
BROKEN_AFTER = dt.timedelta(hours=3)
UNREACHABLE_AFTER = dt.timedelta(hours=12)
STALE_AFTER = dt.timedelta(days=10)  # the least age of a stale source's newest item
MIN_DATED_ITEMS = 5  # fewer do not show how often a source lists an item

PROBLEM_OF_OUTCOME = {  # code of a fetch error (crawler.crawling.fetch_errors) -> problem in a notice
    **dict.fromkeys(("http-404", "http-410", "dns"), "dead"),
    **dict.fromkeys(("off-site", "redirects"), "moved"),
    **dict.fromkeys(("bot-wall", "robots", "http-401", "http-402", "http-403", "http-405", "http-406"), "refused"),
    **dict.fromkeys(("http-407", "http-451"), "refused"),
    "certificate": "certificate",
    "too-large": "unreadable",
}
# Outcomes that a fault of our own network can cause; "waits" means that robots.txt could not be read.
CONNECTION_OUTCOMES = frozenset({"dns", "timeout", "refused", "dropped", "network", "certificate", "waits"})
_ROBOTS_PROBLEMS = {"can't be resolved": "dead", "certificate": "certificate"}  # words of a robots.txt error -> problem
_UNREADABLE = re.compile(r"broken|answered an?|answered (?:JSON|plain)|neither|gzip")


def source_problem(row: SourceRow, *, now: dt.datetime) -> dict[str, str] | None:
    """Return the problem of a source, from its row, or None if none is certain. Pure.

    The keys are "problem", "detail", and "since" of a failing or "newest" of a stale source.
    """
    if row["failures"]:
        outcome, detail, since = row["outcome"] or "", row["detail"] or "", row["failing_since"] or ""
        of_robots = [problem for sign, problem in _ROBOTS_PROBLEMS.items() if outcome == "waits" and sign in detail]
        problem = of_robots[0] if of_robots else PROBLEM_OF_OUTCOME.get(outcome, "unreachable")
        least = UNREACHABLE_AFTER if problem == "unreachable" else BROKEN_AFTER
        if row["failures"] < MIN_FAILURES or now - read_stamp(since) < least:
            return None
        return {"problem": problem, "detail": detail or outcome, "since": since}
    if row["outcome"] == "empty":
        warning = row["warning"] or "empty"
        moved = "home page" in warning
        problem = "moved" if moved else "unreadable" if _UNREADABLE.search(warning) else "empty"
        return {"problem": problem, "detail": warning}
    if row["newest"] and is_stale(read_stamp(row["newest"]), dated=row["dated"] or 0, span=row["span"] or 0.0, now=now):
        return {"problem": "stale", "detail": "", "newest": row["newest"]}
    return None


def is_stale(newest: dt.datetime, *, dated: int, span: float, now: dt.datetime) -> bool:
    """Return True if a source has had no item for unusually long. Pure.

    `dated` items have a date, and their dates cover `span` seconds. The source is stale if such a gap would occur by
    chance less than once in twenty years. This is the rule of pipelines.silence without its weekly pattern, because a
    source lists too few weeks.
    """
    gap = now - newest
    if dated < MIN_DATED_ITEMS or gap < STALE_AFTER:
        return False
    past = max(span, dt.timedelta(days=1).total_seconds())
    in_years = (dated - 1) / (past / dt.timedelta(days=365).total_seconds()) * silence.YEARS_PER_CHANCE_GAP
    return (dated - 1) * log(1 + gap.total_seconds() / past) > log(max(in_years, 2.0))
