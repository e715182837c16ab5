"""Make the list of stories from what a search finds of each, with the articles that tell it folded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, TypeVar, cast

from db.news.outlets import OutletRow
from db.search.plan import Plan
from db.search.results import ResultRow, select_by_id
from db.search.statement import RowsOf
from db.search.story_results import MemberPlace, StoryResult, list_stories
from db.site import local_time
from db.site.components.article_list import ListedArticle, ListedOutlet, describe_articles, describe_outlet
from db.site.components.teller_counts import describe_voices
from db.site.page_context import PageContext, ShownConcept
from db.site.queries.story_rows import find_splittable

MAX_PASSAGES = 3  # of articles that a search finds in one story
MAX_FOLDED_ARTICLES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedArticle:
    """An article of a story, as the list of its articles shows it. `is_found`: by the search, if there is one."""

    id: int
    title: str
    language: str | None
    outlet: ListedOutlet
    when: str
    is_copy: bool
    is_found: bool
    may_split: bool = False  # whether it can be taken out of the story


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedStory:
    """One story of the list that several articles tell; those of one article are a ListedArticle."""

    id: int  # of the newest article that is found
    story: int
    headline: ListedArticle
    day: dt.date
    time: str
    moment: str
    dated: bool
    seen: str  # when the desk first saw the newest of its articles that are found
    told_by: str  # "9 outlets · 3 languages · first: Radio Pativilca 10:05"
    has_lead: bool  # whether the article of the headline is found
    passages: tuple[ListedArticle, ...]
    folded: tuple[FoldedArticle, ...]
    further: int  # articles that are not folded here


class HeadlinedArticle(TypedDict):
    """An article of a story, as far as its headline may stand for it."""

    id: int
    language: str | None
    original: int | None


HeadlinedT = TypeVar("HeadlinedT", bound=HeadlinedArticle)


class _Heading(TypedDict):
    id: int
    title: str
    published: str | None
    published_precision: str | None


_HEADINGS = RowsOf[_Heading]("""
    SELECT it.id, it.title, it.published, it.published_precision FROM json_each(:ids) AS page
    CROSS JOIN articles AS it ON it.id = page.value
""")


async def list_story_entries(
    context: PageContext, plan: Plan, *, limit: int, outlets: Mapping[str, OutletRow], concepts: dict[str, ShownConcept]
) -> tuple[list[ListedArticle | ListedStory], tuple[str, int] | None]:
    """Return one page of the list of stories, and the place after which the next page begins; None for the last page.

    Raises TooSlowError.
    """
    page = await list_stories(context.rows, plan, limit=limit)
    is_search = not plan.filters.is_empty
    shown = [_choose_shown(story, context.wording.language, is_search=is_search) for story in page.stories]
    ids = list(dict.fromkeys(id_ for chosen in shown for id_ in chosen))
    words = plan.filters.marked or plan.filters.words
    rows = cast("list[ResultRow]", await context.rows(*select_by_id(ids, whole=bool(words))))
    described = {
        entry.id: entry
        for entry in await describe_articles(context, rows, words=words, outlets=outlets, concepts=concepts)
    }
    folded = {story.story: _in_order(story)[:MAX_FOLDED_ARTICLES] for story in page.stories if not story.is_of_one}
    listed = [member["id"] for members in folded.values() for member in members]
    headings = {id_: found[0] for id_, found in (await context.read_by_id(_HEADINGS, listed)).items()}
    entries: list[ListedArticle | ListedStory] = []
    for story, chosen in zip(page.stories, shown, strict=True):
        articles = [described[id_] for id_ in chosen]
        if story.is_of_one:
            entries.append(articles[0])
        else:
            members = folded[story.story]
            entries.append(_describe_story(context, story, articles, members, headings, outlets, is_search=is_search))
    return entries, page.last


def _choose_shown(story: StoryResult, language: str, *, is_search: bool) -> list[int]:
    """Return the ids of the articles that an entry shows: of its headline, of its place, of its passages."""
    if story.is_of_one:
        return story.found[:1]
    passages = story.found[: MAX_PASSAGES + 1] if is_search else story.found[:1]
    return [choose_headline(_in_order(story), language, found=set(story.found))["id"], *passages]


def choose_headline(
    members: Sequence[HeadlinedT], language: str, *, found: Collection[int] = frozenset()
) -> HeadlinedT:
    """Return the article whose headline stands for a story: in the reader's language if there is one, else the first.

    Of several in the language, one that a search `found` and an original come first, then the first of `members`.
    """
    spoken = [member for member in members if member["language"] == language]
    return min(spoken, key=lambda one: (one["id"] not in found, one["original"] is not None), default=members[0])


def _in_order(story: StoryResult) -> list[MemberPlace]:
    """Return a story's articles in the order of publication, the first one first."""
    return sorted(story.members.values(), key=lambda one: (one["id"] != one["first_article"], one["moment"], one["id"]))


def _describe_story(
    context: PageContext,
    story: StoryResult,
    shown: list[ListedArticle],
    members: list[MemberPlace],
    headings: Mapping[int, _Heading],
    outlets: Mapping[str, OutletRow],
    *,
    is_search: bool,
) -> ListedStory:
    headline, newest, *_ = shown
    found = set(story.found)
    splittable = find_splittable({id_: member["original"] for id_, member in story.members.items()})
    passages = [article for article in shown[1:] if article.id != headline.id] if is_search else []
    return ListedStory(
        id=newest.id,
        story=story.story,
        headline=headline,
        day=newest.day,
        time=newest.time,
        moment=newest.moment,
        dated=newest.dated,
        seen=newest.seen,
        told_by=_describe_tellers(context, story, members[0], headings[members[0]["id"]], outlets, day=newest.day),
        has_lead=not is_search or headline.id in found,
        passages=tuple(passages[:MAX_PASSAGES]),
        folded=tuple(
            FoldedArticle(
                id=member["id"],
                title=headings[member["id"]]["title"],
                language=member["language"],
                outlet=describe_outlet(outlets, member["outlet"], context.wording),
                when=_describe_when(context, member, headings[member["id"]], day=newest.day),
                is_copy=member["original"] in story.members,
                is_found=is_search and member["id"] in found,
                may_split=member["id"] in splittable,
            )
            for member in members
        ),
        further=len(story.members) - len(members),
    )


def _describe_tellers(
    context: PageContext,
    story: StoryResult,
    first: MemberPlace,
    heading: _Heading,
    outlets: Mapping[str, OutletRow],
    *,
    day: dt.date,
) -> str:
    """Say how many outlets tell a story, in how many languages, and which was first and when."""
    wording = context.wording
    languages = {member["language"] for member in story.members.values()} - {None}
    outlet = describe_outlet(outlets, first["outlet"], wording)
    parts = describe_voices(story.members.values(), wording)
    if len(languages) > 1:
        parts.append(wording("story.languages", n=len(languages)))
    parts.append(wording("story.first", outlet=outlet.name, when=_describe_when(context, first, heading, day=day)))
    return " · ".join(parts)


def _describe_when(context: PageContext, member: MemberPlace, heading: _Heading, *, day: dt.date) -> str:
    """Describe when an article was published: the time if that was on this day, else the day with the time."""
    moment = local_time.read_moment(member["moment"]) or context.now
    precision = heading["published_precision"] if heading["published"] else "day"
    published = local_time.day_of_article(moment, precision, context.zone)
    time = "" if precision == "day" else local_time.format_time(moment, context.zone)
    if time and published == day:
        return time
    pattern = "MMMd" if published.year == context.today.year else "yMMMd"
    return " ".join(part for part in (context.wording.date(published, pattern), time) if part)
