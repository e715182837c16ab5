"""Draw the number of articles or stories by week or day as stacked bars: SVG without script and style attributes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from db.model.day_span import bound_days
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
    def last(self) -> dt.date:
        """The last day."""
        return self.start + dt.timedelta(days=self.days - 1)

    @property
    def all(self) -> int:
        """All articles or stories of the span."""
        return self.state + self.private + self.other


def count_spans(
    rows: Iterable[tuple[str, int, int, int]], *, today: dt.date, is_daily: bool | None = None
) -> list[ChartSpan]:
    """Add up counts by span, oldest first, until `today`, from rows (day, all, state, private).

    The spans are days if `is_daily`, else weeks; if it is None, weeks, or days of a young desk.
    """
    counted = []
    for text, n, state, private in rows:
        try:
            counted.append((dt.date.fromisoformat(text), n, state, private))
        except ValueError:
            continue  # not a date of the calendar
    last = today - dt.timedelta(days=today.weekday())
    young = last - dt.timedelta(weeks=MAX_DAILY_WEEKS - 1)
    if is_daily is None:
        is_daily = bool(counted) and min(day for day, *_ in counted) >= young
    if is_daily:
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


def draw_volume_chart(
    found: list[ChartSpan],
    wording: SiteWording,
    *,
    stories: bool = False,
    link: Callable[[ChartSpan], str] | None = None,
    chosen: tuple[dt.date | None, dt.date | None] = (None, None),
) -> Markup:
    """Draw stacked bars of articles or `stories`. Titles of the bars give every number, the label the whole chart.

    `link` gives the address to which a bar leads. Bars outside the `chosen` days are faint.
    """
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
        faint = ' class="faint"' if not _is_chosen(span, chosen) else ""
        inside = f"<title>{escape(title)}</title>{''.join(bars)}"
        if link and span.all:
            parts.append(f'<a href="{escape(link(span))}" aria-label="{escape(title)}"{faint}>{inside}</a>')
        else:
            parts.append(f"<g{faint}>{inside}</g>")
    many = {f"{each}s": len(found)}
    label = wording(f"chart.{'stories' if stories else 'label'}_{each}", **many, most=top)
    return Markup(  # noqa: S704 -- numbers of ours and escaped titles
        f'<svg class="volume" viewBox="0 0 {width} {_HEIGHT}" preserveAspectRatio="none" '
        f'role="{"group" if link else "img"}" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def _is_chosen(span: ChartSpan, chosen: tuple[dt.date | None, dt.date | None]) -> bool:
    first, last = chosen
    return (first is None or span.last >= first) and (last is None or span.start <= last)


def list_series(wording: SiteWording) -> list[tuple[str, str]]:
    """Return (series, its name) from the lowest series of a bar to the highest."""
    return [(series, wording("chart.rest" if series == "other" else f"chart.{series}")) for series in SERIES]


def _title(span: ChartSpan, wording: SiteWording, *, stories: bool) -> str:
    """Return the title of one bar."""
    key = "chart.on_day" if span.days == 1 else "chart.week_of"
    counted = wording("chart.new_stories" if stories else "front.total", n=span.all)
    said = wording(key, day=wording.date(span.start), articles=counted)
    if not span.all:
        return said
    return f"{said} {wording('chart.split', state=span.state, private=span.private, rest=span.other)}"


async def make_volume_chart(
    context: PageContext,
    plan: Plan,
    *,
    link: Callable[..., str],
    days: tuple[dt.date | None, dt.date | None] = (None, None),
    stories: bool = False,
) -> TemplateVariables | None:
    """Return the variables of _timeline.html; None if there is nothing to draw, or counting takes too long.

    A chart of `stories` counts each once, when the first of its articles that are found was published. `link` gives
    the address of the search with `from` and `to`, the days of a bar. Where `days` are chosen, the chart shows them
    among those around, a few days by day; an older time only if no words or concept are searched for, whose indexes
    have no time.
    """
    since = articles.format_moment_before(context.now, weeks=CHART_WEEKS)
    end, is_daily, until = context.today, None, ""
    first_id = await read_start_id(context, since)
    if any(days):
        filters = replace(plan.filters, since="", until="", first_day="", after_day="")
        plan = replace(plan, filters=filters)
        end, is_daily = _choose_window(*days, today=context.today)
        earliest = end - dt.timedelta(weeks=MAX_DAILY_WEEKS if is_daily else CHART_WEEKS)
        bounds = bound_days(max(earliest, dt.date(1900, 1, 1)), end, context.zone)
        if bounds.since < since:
            if filters.has_indexed_words or filters.concept:
                return None
            first_id = 0
        since, until = bounds.since, bounds.until if end < context.today else ""
    asked = select_day_counts(
        plan, since=since, until=until, ahead=context.utc_offset_minutes, first_id=first_id, stories=stories
    )
    name = "stories" if stories else "volume"
    rows = await read_cached(context, f"{name} {since[:10]} {until[:10]}" if any(days) else name, plan, asked) or []
    spans = count_spans(
        ((row["day"], row["n"], row["state"], row["private"]) for row in rows), today=end, is_daily=is_daily
    )
    if not any(span.all for span in spans):
        return None

    def link_span(span: ChartSpan) -> str:
        return link(**{"from": span.start.isoformat(), "to": span.last.isoformat()})

    until_now = "chart.this_week" if unit_of_spans(spans) == "week" else "chart.today"
    return {
        "chart": draw_volume_chart(spans, context.wording, stories=stories, link=link_span, chosen=days),
        "from": context.wording.date(spans[0].start),
        "to": context.wording(until_now) if end >= context.today else context.wording.date(spans[-1].last),
        "each": f"{'new_' if stories else ''}by_{unit_of_spans(spans)}",
        "peak": max(span.all for span in spans),
        "series": list_series(context.wording),
        "estimate": context.wording("chart.estimated_stories" if stories else "chart.estimated", n=one_in)
        if (one_in := max(row["each"] for row in rows)) > 1
        else "",
    }


def _choose_window(first: dt.date | None, last: dt.date | None, *, today: dt.date) -> tuple[dt.date, bool]:
    """Return the last day of a chart that has the chosen days, and whether its bars are days: a few are chosen."""
    last = min(last or today, today)
    sunday = last + dt.timedelta(days=6 - last.weekday())
    begun = last - dt.timedelta(days=last.weekday(), weeks=MAX_DAILY_WEEKS - 1)
    return min(sunday, today), first is not None and first >= begun
