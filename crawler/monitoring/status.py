"""The status of the desk and of each outlet, read from both databases."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from crawler.config.desk import Desk
from crawler.config.outlet import Outlet
from crawler.crawling.session import locate_topic
from crawler.monitoring.foreign_files import describe_foreign_files
from db import outlet_status
from db.connection import open_desk, open_news
from db.desk.notices import Notice, read_open_notices
from db.desk.sources import SourceProposal, read_source_proposals
from db.model.times import read_stamp, stamp
from db.news.page_lookup import count_records
from pipelines.alerts.messages import notice as reports
from pipelines.alerts.messages.wording import MessageWording
from pipelines.relevance.learning.learned import find_learning_problem
from pipelines.relevance.topic import load_topic
from pipelines.relevance.topic_file import TopicError
from pipelines.silence import Silence, read_health
from pipelines.stories.matcher import find_story_problem


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletStatus:
    """The status of one outlet.

    Times are UTC with `Z`. `per_day` is the mean of articles per day over four weeks, or since the outlet's first
    crawl, without what was published before; it is None in the first day.
    """

    id: str
    name: str
    enabled: bool
    last_success: str | None
    last_new: str | None
    articles: int
    per_day: float | None
    next_due: str | None
    overdue: bool
    waiting: int
    failures: int
    failing_since: str | None
    last_reason: str | None
    sources: int
    sources_failing: int
    lists_nothing: str | None
    silent_since: str | None  # compared with its own usual rate, see pipelines.silence
    usually_a_day: float | None  # pages of any topic per day that a silent outlet usually publishes
    proposed: dict[str, list[str]] | None = None  # sources that were found since all of its own fail, by kind

    @property
    def has_trouble(self) -> bool:
        """True if it is overdue or silent, or a source fails or lists nothing."""
        return self.overdue or self.sources_failing > 0 or bool(self.lists_nothing or self.silent_since)

    @property
    def trouble(self) -> str:
        """The outlet's problems in a few words; "" if there are none."""
        parts = []
        if self.overdue:
            parts.append("overdue")
        if self.failures:
            parts.append(f"{self.failures} failure{'s' * (self.failures > 1)} in a row: {self.last_reason}")
        elif self.sources_failing:
            parts.append(f"{self.sources_failing} of {self.sources} sources fails: {self.last_reason}")
        if self.lists_nothing:
            parts.append(f"lists nothing: {self.lists_nothing}")
        if self.silent_since:
            parts.append(
                f"silent since {self.silent_since[:10]}, usually {MessageWording('en').rate(self.usually_a_day or 0.0)}"
            )
        if not parts and self.waiting:
            parts.append(f"{self.waiting} page{'s' * (self.waiting > 1)} waiting")
        return "; ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenNotice:
    """A problem, in the words of the operator's notice.

    `told` is True once a message or the log has it.
    """

    kind: str
    subject: str
    since: str
    told: bool
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskStatus:
    """The status of the whole desk."""

    outlets: tuple[OutletStatus, ...]
    totals: dict[str, int]
    relevance_problem: str | None = None  # why the rule of relevance alone decides, in one line
    story_problem: str | None = None  # why no articles are joined to stories, in one line
    answered: int = 0  # outlets that answered when they were last asked
    notices: tuple[OpenNotice, ...] = ()
    remarks: tuple[str, ...] = ()  # what lies in the archive folder and is not the archive's, one line each

    @property
    def overdue(self) -> tuple[OutletStatus, ...]:
        """The outlets whose crawl should have started by now."""
        return tuple(outlet for outlet in self.outlets if outlet.overdue)

    @property
    def is_well(self) -> bool:
        """True if no notice is open, no crawl is overdue, and some outlet answered when it was last asked."""
        asked = any(outlet.enabled and outlet.sources for outlet in self.outlets)
        return not self.notices and not self.overdue and (self.answered > 0 or not asked)

    def as_dict(self) -> dict[str, Any]:
        """Return the status as `vigia status --json` prints it."""
        return {
            "well": self.is_well,
            "totals": self.totals,
            "answered": self.answered,
            "relevance_problem": self.relevance_problem,
            "story_problem": self.story_problem,
            "overdue": [outlet.id for outlet in self.overdue],
            "silent": [outlet.id for outlet in self.outlets if outlet.enabled and outlet.silent_since],
            "notices": [asdict(notice) for notice in self.notices],
            "remarks": list(self.remarks),
            "outlets": [asdict(outlet) for outlet in self.outlets],
        }


def desk_status(desk: Desk, *, now: dt.datetime) -> DeskStatus:
    """Read the status of the desk. Raises StoreError if nothing was crawled yet."""
    news, private = open_news(desk.news_db, readonly=True), open_desk(desk.desk_db, readonly=True)
    try:
        sources = outlet_status.read_sources_by_outlet(
            private, [source.url for outlet in desk.outlets for source in outlet.sources]
        )
        due = outlet_status.read_due_by_outlet(private)
        waiting = outlet_status.count_waiting_by_outlet(private)
        articles = outlet_status.count_articles_by_outlet(news, now=now)
        activity = read_health(news, watched=[outlet.id for outlet in desk.enabled_outlets])
        proposals = read_source_proposals(private)
        silent = {silence.outlet: silence for silence in activity.silent}
        return DeskStatus(
            outlets=tuple(
                _outlet_status(
                    outlet,
                    now=now,
                    source=sources.get(outlet.id),
                    due=due.get(outlet.id),
                    waiting=waiting.get(outlet.id, 0),
                    kept=articles.get(outlet.id),
                    silence=silent.get(outlet.id),
                    proposal=proposals.get(outlet.id),
                )
                for outlet in desk.outlets
            ),
            totals=count_records(news),
            relevance_problem=_find_relevance_problem(desk),
            story_problem=_find_story_problem(),
            answered=activity.answered,
            notices=tuple(_open_notice(notice, desk) for notice in read_open_notices(private)),
            remarks=_find_remarks(desk),
        )
    finally:
        news.conn.close()
        private.conn.close()


def _find_remarks(desk: Desk) -> tuple[str, ...]:
    try:
        return tuple(describe_foreign_files(desk))
    except OSError as error:
        return (f"{desk.archive}: {error.strerror}; check the folder's permissions",)


def _find_relevance_problem(desk: Desk) -> str | None:
    try:
        problem = find_learning_problem(load_topic(locate_topic(desk)))
    except TopicError as error:
        return str(error)
    return problem and f"Relevance is judged by the rule alone: {problem}"


def _find_story_problem() -> str | None:
    problem = find_story_problem()
    return problem and f"Each article is a story of its own: {problem}"


def _outlet_status(
    outlet: Outlet,
    *,
    now: dt.datetime,
    source: outlet_status.OutletSources | None,
    due: str | None,
    waiting: int,
    kept: outlet_status.OutletArticles | None,
    silence: Silence | None,
    proposal: SourceProposal | None,
) -> OutletStatus:
    # Overdue means due for more than half the interval: a running desk would have started the crawl.
    overdue = outlet.enabled and due is not None and read_stamp(due) + outlet.interval / 2 < now
    failures = source["failures"] if source else 0
    per_day = kept and kept["per_day"]
    is_current = proposal is not None and proposal.instead_of == tuple(source.url for source in outlet.sources)
    return OutletStatus(
        id=outlet.id,
        name=outlet.name,
        enabled=outlet.enabled,
        last_success=source and source["last_success"],
        last_new=kept and kept["last_new"],
        articles=kept["articles"] if kept else 0,
        per_day=None if per_day is None else round(per_day, 2),
        next_due=due,
        overdue=overdue,
        waiting=waiting,
        failures=failures,
        failing_since=source["failing_since"] if source and failures else None,
        last_reason=source and source["last_reason"],
        sources=source["sources"] if source else 0,
        sources_failing=source["sources_failing"] if source else 0,
        lists_nothing=source and source["lists_nothing"],
        silent_since=stamp(silence.since) if silence else None,
        usually_a_day=silence.per_day if silence else None,
        proposed=proposal.found if proposal and is_current and failures and proposal.found else None,
    )


def _open_notice(notice: Notice, desk: Desk) -> OpenNotice:
    words = reports.describe_notice(notice, wording=MessageWording("en"), zone=desk.desk.timezone)
    return OpenNotice(
        kind=notice.kind,
        subject=notice.subject,
        since=stamp(notice.first_seen),
        told=notice.began_in is not None,
        sentence=words.sentence,
        remedy=words.remedy,
    )
