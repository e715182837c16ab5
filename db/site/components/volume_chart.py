"""Draw the number of articles or stories by week or day as stacked bars: SVG without script and style attributes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

from db.search.counts import select_day_counts
from db.search.plan import Plan
from db.site.page_context import PageContext
from db.site.queries import articles
from db.site.query_cache import read_cached, read_start_id
from db.site.response import TemplateVariables
from db.site.wording import SiteWording

CHART_WEEKS = 26
MAX_DAILY_WEEKS = 5  # if no article is older, the bars are days
_WIDTH, _HEIGHT, _GAP = 24, 64, 6  # size and gap of a bar, in units of the view box
SERIES = ("state", "private", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSpan:
    """A week (from Monday) or a day, with its articles or stories by the outlet's owner."""

    start: dt.date
    days: int = 7
    state: int = 0
    private: int = 0
    other: int = 0

    @property
    def all(self) -> int:
        """All articles or stories of the span."""
        return self.state + self.private + self.other


def count_spans(rows: Iterable[tuple[str, int, int, int]], *, today: dt.date) -> list[ChartSpan]:
    """Add up counts by span, oldest first, from rows (day, all, state, private): weeks, or days of a young desk."""
    counted = []
    for text, n, state, private in rows:
        try:
            counted.append((dt.date.fromisoformat(text), n, state, private))
        except ValueError:
            continue  # not a date of the calendar
    last = today - dt.timedelta(days=today.weekday())
    young = last - dt.timedelta(weeks=MAX_DAILY_WEEKS - 1)
    if counted and min(day for day, *_ in counted) >= young:
        starts, days = [young + dt.timedelta(days=on) for on in range((today - young).days + 1)], 1
    else:
        starts, days = [last - dt.timedelta(weeks=back) for back in range(CHART_WEEKS - 1, -1, -1)], 7
    found = {start: ChartSpan(start=start, days=days) for start in starts}
    for day, n, state, private in counted:
        span = found.get(day if days == 1 else day - dt.timedelta(days=day.weekday()))
        if span is not None:
            found[span.start] = ChartSpan(
                start=span.start,
                days=days,
                state=span.state + state,
                private=span.private + private,
                other=span.other + n - state - private,
            )
    return list(found.values())


def unit_of_spans(found: list[ChartSpan]) -> str:
    """Return what one bar stands for: "week" or "day"."""
    return "day" if found and found[0].days == 1 else "week"


def draw_volume_chart(found: list[ChartSpan], wording: SiteWording, *, stories: bool = False) -> Markup:
    """Draw stacked bars of articles or `stories`. Titles of the bars give every number, the label the whole chart."""
    top = max((span.all for span in found), default=0) or 1
    width = len(found) * (_WIDTH + _GAP) - _GAP
    each = unit_of_spans(found)
    parts = []
    for number, span in enumerate(found):
        x, y = number * (_WIDTH + _GAP), float(_HEIGHT)
        title = _title(span, wording, stories=stories)
        bars = [f'<rect class="ground" x="{x}" y="0" width="{_WIDTH}" height="{_HEIGHT}"/>']
        for series in SERIES:
            height = getattr(span, series) / top * _HEIGHT
            if height:
                y -= height
                bars.append(f'<rect class="{series}" x="{x}" y="{y:.1f}" width="{_WIDTH}" height="{height:.1f}"/>')
        parts.append(f"<g><title>{escape(title)}</title>{''.join(bars)}</g>")
    many = {f"{each}s": len(found)}
    label = wording(f"chart.{'stories' if stories else 'label'}_{each}", **many, most=top)
    return Markup(  # noqa: S704 -- numbers of ours and escaped titles
        f'<svg class="volume" viewBox="0 0 {width} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def list_series(wording: SiteWording) -> list[tuple[str, str]]:
    """Return (series, its name) from the lowest series of a bar to the highest."""
    return [(series, wording("chart.rest" if series == "other" else f"chart.{series}")) for series in SERIES]


def _title(span: ChartSpan, wording: SiteWording, *, stories: bool) -> str:
    """Return the title of one bar."""
    key = "chart.on_day" if span.days == 1 else "chart.week_of"
    counted = wording("front.stories" if stories else "front.total", n=span.all)
    said = wording(key, day=wording.date(span.start), articles=counted)
    if not span.all:
        return said
    return f"{said} {wording('chart.split', state=span.state, private=span.private, rest=span.other)}"


async def make_volume_chart(context: PageContext, plan: Plan, *, stories: bool = False) -> TemplateVariables | None:
    """Return the variables of _timeline.html; None if there is nothing to draw, or counting takes too long.

    A chart of `stories` counts each once, when the first of its articles that are found was published.
    """
    since = articles.format_moment_before(context.now, weeks=CHART_WEEKS)
    first_id = await read_start_id(context, since)
    asked = select_day_counts(plan, since=since, ahead=context.utc_offset_minutes, first_id=first_id, stories=stories)
    rows = await read_cached(context, "stories" if stories else "volume", plan, asked) or []
    spans = count_spans(((row["day"], row["n"], row["state"], row["private"]) for row in rows), today=context.today)
    if not any(span.all for span in spans):
        return None
    return {
        "chart": draw_volume_chart(spans, context.wording, stories=stories),
        "from": context.wording.date(spans[0].start),
        "to": context.wording("chart.this_week" if unit_of_spans(spans) == "week" else "chart.today"),
        "each": unit_of_spans(spans),
        "peak": max(span.all for span in spans),
        "series": list_series(context.wording),
        "estimate": context.wording("chart.estimated_stories" if stories else "chart.estimated", n=one_in)
        if (one_in := max(row["each"] for row in rows)) > 1
        else "",
    }
