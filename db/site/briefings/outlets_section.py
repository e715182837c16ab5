"""Say in a briefing how well the outlets could be read in its period, and which of them fell silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from db.news.outlet_activity import CRAWLS_OF_PERIOD, CrawlCount
from db.news.outlets import OutletRow
from db.site.briefings.document import BriefingSection, PointList, TextLine, TextRun
from db.site.briefings.story_section import name_outlet
from db.site.page_context import PageContext

MAX_NAMED_OUTLETS = 15  # of a list
MIN_FAILED_SHARE = 0.5  # of an outlet's crawls that failed, to be named


async def describe_outlets(context: PageContext, *, since: str, until: str) -> BriefingSection:
    """Describe the crawls that began from `since` on and before `until`."""
    wording, outlets = context.wording, await context.outlets()
    counts = await context.read(CRAWLS_OF_PERIOD, {"since": since, "until": until})
    failing = [count for count in counts if count["failed"] >= MIN_FAILED_SHARE * count["crawls"]]
    failing.sort(key=lambda count: count["failed"] < count["crawls"])
    silent = [count for count in counts if count["silent_since"] and count["silent_since"] < until]
    silent.sort(key=lambda count: count["silent_since"] or "")
    read = sum(count["failed"] < count["crawls"] for count in counts)
    lists = [
        PointList(
            label=wording("briefing.failing"),
            points=_name_most(context, failing, [_describe_failures(context, one, outlets) for one in failing]),
        ),
        PointList(
            label=wording("briefing.silent"),
            points=_name_most(context, silent, [_describe_silence(context, one, outlets) for one in silent]),
        ),
    ]
    return BriefingSection(
        heading=TextRun(text=wording("briefing.outlets")),
        lead=wording("briefing.read", n=read, all=len(counts)) if counts else wording("briefing.no_crawls"),
        lists=tuple(listed for listed in lists if listed.points),
    )


def _name_most(context: PageContext, counts: Sequence[CrawlCount], lines: Sequence[TextLine]) -> tuple[TextLine, ...]:
    further = len(counts) - MAX_NAMED_OUTLETS
    rest = [(TextRun(text=context.wording("briefing.and_more", n=further)),)] if further > 0 else []
    return (*lines[:MAX_NAMED_OUTLETS], *rest)


def _describe_failures(context: PageContext, count: CrawlCount, outlets: Mapping[str, OutletRow]) -> TextLine:
    wording = context.wording
    if count["failed"] == count["crawls"]:
        said = wording("briefing.all_failed", n=count["crawls"])
    else:
        said = wording("briefing.some_failed", n=count["failed"], all=count["crawls"])
    return _describe(context, count, outlets, said)


def _describe_silence(context: PageContext, count: CrawlCount, outlets: Mapping[str, OutletRow]) -> TextLine:
    wording = context.wording
    said = wording("briefing.silent_since", day=context.day(count["silent_since"], "time"))
    if usual := count["usual_per_day"]:
        said = f"{said} · {wording('outlets.usually', rate=wording.rate(usual))}"
    return _describe(context, count, outlets, said)


def _describe(context: PageContext, count: CrawlCount, outlets: Mapping[str, OutletRow], said: str) -> TextLine:
    name = TextRun(text=name_outlet(context, outlets, count["outlet"]), is_strong=True)
    return (name, TextRun(text=f"{context.wording('signs.colon')}{said}"))
