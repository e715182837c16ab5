"""The volume of a choice as a page shows it: the chart, what its ends and colours are."""

from __future__ import annotations

from typing import Any

from db import reading
from db.reading import Choice
from db.site import chart
from db.site.asking import Room
from db.site.kept import kept, start


async def timeline(here: Room, choice: Choice) -> dict[str, Any] | None:
    """What _timeline.html shows of a weighed choice; None where there is nothing to draw, or no time to count it."""
    since = reading.stamp_before(here.now, weeks=chart.WEEKS)
    asked = reading.volume(choice, since=since, ahead=here.ahead, after=await start(here, since))
    rows = await kept(here, "volume", choice, asked) or []
    spans = chart.spans(((row["day"], row["n"], row["state"], row["private"]) for row in rows), today=here.today)
    if not any(span.all for span in spans):
        return None
    return {
        "chart": chart.volume_chart(spans, here.speech),
        "from": here.speech.date(spans[0].start),
        "to": here.speech("chart.this_week" if chart.rhythm(spans) == "week" else "chart.today"),
        "each": chart.rhythm(spans),
        "peak": max(span.all for span in spans),
        "series": chart.legend(here.speech),
        "one_in": max(row["each"] for row in rows),
    }
