"""The volume of a choice as a page shows it: the chart, what its ends and colours are."""

from __future__ import annotations

from typing import Any

from db.site.components import volume_chart
from db.site.page_context import PageContext
from db.site.queries import articles
from db.site.queries.articles import SearchFilters
from db.site.query_cache import read_cached, read_start_id


async def make_volume_chart(context: PageContext, choice: SearchFilters) -> dict[str, Any] | None:
    """What _timeline.html shows of a weighed choice; None where there is nothing to draw, or no time to count it."""
    since = articles.format_moment_before(context.now, weeks=volume_chart.CHART_WEEKS)
    asked = articles.volume(choice, since=since, ahead=context.ahead, after=await read_start_id(context, since))
    rows = await read_cached(context, "volume", choice, asked) or []
    spans = volume_chart.count_spans(
        ((row["day"], row["n"], row["state"], row["private"]) for row in rows), today=context.today
    )
    if not any(span.all for span in spans):
        return None
    return {
        "chart": volume_chart.draw_volume_chart(spans, context.wording),
        "from": context.wording.date(spans[0].start),
        "to": context.wording("chart.this_week" if volume_chart.unit_of_spans(spans) == "week" else "chart.today"),
        "each": volume_chart.unit_of_spans(spans),
        "peak": max(span.all for span in spans),
        "series": volume_chart.list_series(context.wording),
        "one_in": max(row["each"] for row in rows),
    }
