"""Make briefings, keep them in desk.db, and write them as files."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from crawler.config.desk import Desk
from db import __version__
from db.connection import explain_errors, open_desk
from db.desk.analysts.briefings import (
    BriefingRecipe,
    StoredBriefing,
    list_stored_briefings,
    read_briefing_contents,
    save_briefing,
)
from db.draft_files import write_file
from db.i18n.languages import Language
from db.search.plan import TooSlowError
from db.site.briefings.briefing_error import BriefingError
from db.site.briefings.collect import collect_briefing, number_briefing
from db.site.briefings.desk_snapshot import open_snapshot
from db.site.briefings.document import Briefing, parse_briefing, serialise_briefing
from db.site.briefings.formats import BRIEFING_FORMATS
from db.site.local_time import load_zone

FIRST_DAY = dt.date(1970, 1, 1)
MAX_AHEAD = dt.timedelta(days=366)  # from today to the last day of a period


async def make_briefing(
    desk: Desk, *, since: dt.date, until: dt.date, query: str, language: Language, now: dt.datetime
) -> Briefing:
    """Collect a briefing of the days from `since` to `until` in the desk's zone, and store it with its recipe.

    Raises BriefingError for a wrong period or query or one that takes too long, StoreError if there is no news.db.
    """
    collected = await collect_contents(desk, since=since, until=until, query=query, language=language, now=now)
    with contextlib.closing(open_desk(desk.desk_db)) as db, explain_errors(desk.desk_db):
        _, contents = collected.save(db)
    return parse_briefing(contents)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedBriefing:
    """A briefing that is not stored and has no number yet."""

    recipe: BriefingRecipe
    number: Callable[[int], Briefing]  # its contents under a number

    def save(self, db: Database) -> tuple[int, str]:
        """Store it under the next number; return that and its contents."""
        return save_briefing(db, self.recipe, lambda number: serialise_briefing(self.number(number)))


async def collect_contents(
    desk: Desk, *, since: dt.date, until: dt.date, query: str, language: Language, now: dt.datetime
) -> CollectedBriefing:
    """Collect a briefing, as `make_briefing` does, without storing it. Raises BriefingError, StoreError."""
    _check_period(since, until, today=now.astimezone(load_zone(desk.desk.timezone)).date())
    recipe = BriefingRecipe(
        since=since,
        until=until,
        query=" ".join(query.replace("\0", " ").split()),
        language=language,
        made_at=now.replace(microsecond=0),
        version=__version__,
    )
    async with open_snapshot(
        desk.news_db, name=desk.desk.name, timezone=desk.desk.timezone, language=language, now=now
    ) as context:
        try:
            collected = await collect_briefing(context, recipe)
        except TooSlowError as error:
            said = "the briefing takes too long to collect; choose a shorter period or a narrower query"
            raise BriefingError(said) from error
        return CollectedBriefing(
            recipe=recipe, number=lambda number: number_briefing(collected, number, context, recipe)
        )


def read_briefing(desk: Desk, number: int) -> Briefing:
    """Return a stored briefing. Raises BriefingError if there is none of that number."""
    with _open_to_read(desk) as db:
        contents = read_briefing_contents(db, number) if db else None
    if contents is None:
        raise BriefingError(f"there is no briefing {number}; `vigia briefing list` names those that there are")
    return parse_briefing(contents)


def list_briefings(desk: Desk) -> list[StoredBriefing]:
    """Return the stored briefings, the newest first."""
    with _open_to_read(desk) as db:
        return list_stored_briefings(db) if db else []


def check_briefing_file(target: Path, *, may_replace: bool) -> None:
    """Raise BriefingError if a briefing can't be written to that file."""
    if target.suffix.lower() not in BRIEFING_FORMATS:
        endings = ", ".join(BRIEFING_FORMATS)
        raise BriefingError(f"{target}: a briefing is written as {endings}; end the file's name with one of them")
    if target.exists() and not may_replace:
        raise BriefingError(f"{target}: is there already; name another file, or add --replace")
    if not target.absolute().parent.is_dir():
        raise BriefingError(f"{target.absolute().parent}: there is no such folder; make it, or name another file")


def write_briefing(briefing: Briefing, target: Path) -> None:
    """Write a briefing in the format that the file's ending names, in one move. Raises OSError."""
    write_file(target, BRIEFING_FORMATS[target.suffix.lower()](briefing))


def _check_period(since: dt.date, until: dt.date, *, today: dt.date) -> None:
    if since < FIRST_DAY:
        raise BriefingError(f"--since {since} is too early; choose a day from {FIRST_DAY} on")
    if until < since:
        raise BriefingError(f"--until {until} is before --since {since}; turn them round")
    if since > today:
        raise BriefingError(f"--since {since} is in the future; today is {today} in the desk's time zone")
    if until - today > MAX_AHEAD:
        raise BriefingError(f"--until {until} is too late; choose a day until {today + MAX_AHEAD}")


@contextlib.contextmanager
def _open_to_read(desk: Desk) -> Iterator[Database | None]:
    """Open desk.db for reading; None where there is none yet."""
    if not desk.desk_db.exists():
        yield None
        return
    with contextlib.closing(open_desk(desk.desk_db, readonly=True)) as db, explain_errors(desk.desk_db):
        yield db
