"""Make the list of articles from rows, grouped by day."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from db.model.outlet_kind import STATE_OWNERSHIP, speaks_for_state
from db.news.article_row import ArticleRow
from db.news.outlets import OutletRow
from db.search.highlight import MarkedPart, cut_snippet, highlight
from db.search.plan import Plan
from db.search.results import ResultRow, list_results
from db.site import local_time
from db.site.page_context import PageContext, ShownConcept
from db.site.queries import articles
from db.site.queries.story_rows import STORIES_OF, StoryOfArticle
from db.site.query_cache import compute_cached
from db.site.wording import SiteWording, describe_standing, name_ownership
from db.text.excerpt import take_first_sentence
from db.text.scripts import has_han
from db.text.web_address import web_address

MAX_CONCEPTS_SHOWN = 6
MAX_COMPARED_ARTICLES = 1_000  # newest ones, of which is counted how many name a concept
MIN_USUAL_ARTICLES = 10  # with fewer no share is taken
USUAL_SHARE = 0.5  # of them; a concept that more name is left off the entries of lists
EntryT = TypeVar("EntryT", bound="DatedEntry")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOutlet:
    """An outlet as it is shown beside a headline."""

    id: str
    name: str
    language: str = ""  # language of its name
    country: str = ""
    standing: str = ""  # "state media", "press", "think tank, non-profit"
    state: bool = False
    state_word: str = ""  # the end of `standing` that says so, if it is a part of it


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCopy:
    """A copy, listed under its original."""

    id: int
    outlet: ListedOutlet
    language: str
    lag: str
    kind: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedArticle:
    """One article of the list."""

    id: int
    title: tuple[MarkedPart, ...]
    outlet: ListedOutlet
    day: dt.date
    time: str  # "" if the source gave the day alone
    moment: str  # ISO, for machines
    dated: bool  # False if the source gave no date; `moment` is then when it was first seen
    claimed: str  # the date that its page claims, in words, if it is not credited
    seen: str  # when the desk first saw it, as stored
    language: str | None
    tongue: str  # name of the language in the reader's language
    lead: tuple[MarkedPart, ...]
    badges: tuple[tuple[str, str], ...] = ()  # (class, word)
    concepts: tuple[tuple[str, str], ...] = ()  # (id, name)
    copies: tuple[ListedCopy, ...] = ()
    also_in: int = 0
    copy_of: tuple[int, ListedOutlet] | None = None
    address: str = ""  # where the outlet published it; "" if that is no web address
    of_story: int | None = None
    may_split: bool = False  # whether it can be taken out of its story


class DatedEntry(Protocol):
    """An entry of a list by day."""

    @property
    def id(self) -> int:
        """The id of the article by which it is ordered."""

    @property
    def day(self) -> dt.date:
        """The day under which it is listed."""

    @property
    def time(self) -> str:
        """Hour and minute; "" if the source gave the day alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDay(Generic[EntryT]):
    """The listed articles or stories of one day."""

    words: str
    date: str
    entries: list[EntryT] = field(default_factory=list)


def describe_outlet(outlets: Mapping[str, OutletRow], id_: str, wording: SiteWording) -> ListedOutlet:
    """Describe an outlet; the name of one that is not in the database is its id."""
    row = outlets.get(id_)
    if row is None:
        return ListedOutlet(id=id_, name=id_)
    return ListedOutlet(
        id=id_,
        name=row["name"] or id_,
        language=_language_of(row),
        country=wording.country_name(row["country"]) if row["country"] != "XX" else "",
        standing=describe_standing(row["kind"], row["ownership"], wording),
        state=speaks_for_state(row["kind"], row["ownership"]),
        state_word=name_ownership(row["kind"], row["ownership"], wording)
        if row["ownership"] == STATE_OWNERSHIP
        else "",
    )


def _language_of(row: OutletRow) -> str:
    """Return the language of an outlet's name: Chinese by its characters, else its first other language."""
    if has_han(row["name"] or ""):
        return "zh"
    return next((code for code in re.findall("[a-z]{2,3}", row["languages"] or "") if code != "zh"), "")


async def list_entries(
    context: PageContext, plan: Plan, *, limit: int, outlets: Mapping[str, OutletRow], concepts: dict[str, ShownConcept]
) -> tuple[list[ListedArticle], tuple[str, int] | None]:
    """Return one page of the list, and the (moment, id) after which the next page begins; None for the last page.

    Raises TooSlowError.
    """
    rows = await list_results(context.rows, plan, limit=limit + 1)
    further = len(rows) > limit
    rows = rows[:limit]
    words = plan.filters.marked or plan.filters.words
    entries = await describe_articles(context, rows, words=words, outlets=outlets, concepts=concepts)
    last = (rows[-1]["moment"], rows[-1]["id"]) if further and plan.filters.sort == "time" else None
    return entries, last


async def find_usual_concepts(context: PageContext) -> set[str]:
    """Return the concepts that most of the newest articles name (the two countries): they tell nothing of one."""

    async def compute() -> set[str]:
        rows = await context.read(articles.NAMED_NEWEST, {"most": MAX_COMPARED_ARTICLES})
        return {
            row["concept"]
            for row in rows
            if row["articles"] >= MIN_USUAL_ARTICLES and row["n"] >= USUAL_SHARE * row["articles"]
        }

    return await compute_cached(context, "usual concepts", compute) or set()


async def describe_articles(
    context: PageContext,
    rows: Sequence[ResultRow],
    *,
    words: str,
    outlets: Mapping[str, OutletRow],
    concepts: dict[str, ShownConcept],
) -> list[ListedArticle]:
    """Describe the articles of a page, with their copies; `words` are marked. Raises TooSlowError."""
    ids = [row["id"] for row in rows]
    named = await context.read_by_id(articles.CONCEPTS_OF, ids)
    copies = await context.read_by_id(articles.COPIES_OF, ids)
    revised = await context.read_by_id(articles.REVISIONS_OF, ids)
    stories = await context.read_by_id(STORIES_OF, ids)
    originals = await context.read_by_id(articles.ORIGINALS_OF, [row["original"] for row in rows if row["original"]])
    common = await find_usual_concepts(context)
    entries = []
    for row in rows:
        mentions = [mention["concept"] for mention in named.get(row["id"], []) if mention["concept"] not in common]
        original = next(iter(originals.get(row["original"] or 0, [])), None)
        entries.append(
            _listed_article(
                context,
                row,
                words=words,
                outlets=outlets,
                concepts=tuple((id_, concepts[id_].name) for id_ in mentions[:MAX_CONCEPTS_SHOWN] if id_ in concepts),
                copies=copies.get(row["id"], []),
                revised=bool(revised.get(row["id"])),
                copy_of=(original["id"], describe_outlet(outlets, original["outlet"], context.wording))
                if original
                else None,
                story=next(iter(stories.get(row["id"], [])), None),
            )
        )
    return entries


def _listed_article(
    context: PageContext,
    row: ResultRow,
    *,
    words: str,
    outlets: Mapping[str, OutletRow],
    concepts: tuple[tuple[str, str], ...],
    copies: list[articles.CopyRow],
    revised: bool,
    copy_of: tuple[int, ListedOutlet] | None,
    story: StoryOfArticle | None,
) -> ListedArticle:
    moment = local_time.read_moment(row["moment"]) or context.now
    precision = row["published_precision"] if row["published"] else None
    outlet = describe_outlet(outlets, row["outlet"], context.wording)
    shown = tuple(
        ListedCopy(
            id=copy["id"],
            outlet=describe_outlet(outlets, copy["outlet"], context.wording),
            language=context.wording.language_name(copy["language"]),
            lag=_lag(row, copy, context.wording),
            kind=context.wording.word("copy_kinds", copy["copy_kind"]),
            title=copy["title"],
        )
        for copy in copies
    )
    text = row["text"]
    return ListedArticle(
        id=row["id"],
        title=highlight(row["title"], words) if words else (MarkedPart(row["title"], False),),
        outlet=outlet,
        day=local_time.day_of_article(moment, precision, context.zone),
        time="" if precision == "day" else local_time.format_time(moment, context.zone),
        moment=row["moment"],
        dated=bool(row["published"]),
        claimed=context.day(row["claimed"], row["claimed_precision"]),
        seen=row["first_seen"],
        language=row["language"],
        tongue=context.wording.language_name(row["language"]),
        lead=cut_snippet(text, words) if words else (MarkedPart(take_first_sentence(text), False),),
        badges=list_badges(row, context.wording, revised=revised),
        concepts=concepts,
        copies=shown,
        also_in=len({copy.outlet.id for copy in shown} - {outlet.id}),
        copy_of=copy_of,
        address=web_address(row["url"]) or "",
        of_story=story["story"] if story else None,
        may_split=bool(story and story["may_split"]),
    )


def _lag(original: ResultRow, copy: articles.CopyRow, wording: SiteWording) -> str:
    earlier, later = local_time.read_moment(original["moment"]), local_time.read_moment(copy["moment"])
    if earlier is None or later is None or "day" in (original["published_precision"], copy["published_precision"]):
        return ""
    return wording.lag(later - earlier)


def list_badges(row: ResultRow | ArticleRow, wording: SiteWording, *, revised: bool) -> tuple[tuple[str, str], ...]:
    """Return the badges of an article as (class, word): borderline, sponsored, paywalled, PDF …"""
    conditions = {
        "borderline": row["verdict"] == "borderline",
        "sponsored": row["sponsored"],
        "paywalled": row["paywalled"],
        "updated": revised,
        "pdf": row["format"] == "pdf",
    }
    found = [(name, wording(f"badges.{name}")) for name, is_met in conditions.items() if is_met]
    if row["credited_to"]:
        found.append(("credited", wording("badges.credited", to=row["credited_to"])))
    return tuple(found)


def group_by_day(entries: Iterable[EntryT], wording: SiteWording, *, today: dt.date) -> list[ListedDay[EntryT]]:
    """Group a list by day, newest day first; within a day those without a time come last."""
    days: dict[dt.date, ListedDay[EntryT]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.day, entry.time or " ", entry.id), reverse=True):
        day = days.setdefault(
            entry.day,
            ListedDay(words=local_time.describe_day(entry.day, today, wording), date=entry.day.isoformat(), entries=[]),
        )
        day.entries.append(entry)
    return list(days.values())
