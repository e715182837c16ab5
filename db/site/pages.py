"""`/`: what is new by day; with words and filters, whatever was asked for."""

from __future__ import annotations

import time
from typing import Any
from weakref import WeakKeyDictionary

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response
from markupsafe import Markup

from db import reading
from db.publish import MADE
from db.reading import Choice
from db.site import chart, choosing, clock
from db.site.answers import page
from db.site.asked import asked
from db.site.asking import Room, Row, TooSlowError, room
from db.site.entries import by_day, list_entries

PAGE = 40  # entries of one page
FRESH = 60.0  # seconds that the front page's chart is kept

_charts: WeakKeyDictionary[Datasette, tuple[float, Row, list[chart.Span]]] = WeakKeyDictionary()


async def front(request: Request, datasette: Datasette) -> Response:
    """`/`: what is new by day, and with `q` and filters whatever was asked for."""
    here = room(datasette, request)
    it = await asked(here, request)
    given, choice, read, outlets, concepts = it.given, it.choice, it.read, it.outlets, it.concepts
    slow = False
    try:
        entries, last = await list_entries(here, choice, limit=PAGE, outlets=outlets, concepts=concepts)
    except TooSlowError:
        entries, last, slow = [], None, True
    counted = await here.rows_or_none(reading.counts(reading.first_page(choice))) or []
    facets = choosing.facets(given, counted, outlets=outlets, concepts=concepts, speech=here.speech)
    total = next((row["n"] for row in counted if row["facet"] == "all"), None)
    spans = await _spans(here, choice)
    more = choosing.address(given, before=f"{last[0]},{last[1]}") if last else None
    context = {
        "given": given,
        "words": choice.words,
        "read": read,
        "days": by_day(entries, here.speech, today=here.today) if choice.sort == "time" else [],
        "ranked": entries if choice.sort == "rank" else [],
        "more": more,
        "later": choice.before is not None,
        "first": choosing.address(given),
        "slow": slow,
        "total": total,
        "capped": total == reading.MOST_COUNTED,
        "facets": facets,
        "chosen": choosing.chosen(given, facets),
        "by_time": choosing.address(given, sort=""),
        "by_rank": choosing.address(given, sort="rank"),
        "chart": chart.volume_chart(spans, here.speech) if spans and any(span.all for span in spans) else None,
        "chart_from": here.speech.date(spans[0].start) if spans else "",
        "chart_to": here.speech.date(spans[-1].start) if spans else "",
        "each": chart.rhythm(spans),
        "peak": max((span.all for span in spans), default=0),
        "series": chart.legend(here.speech),
        "copies_too": choice.with_copies,
        "health": await _health(here),
        "watched": len(outlets),
        "feed": it.address("/search.atom"),
        "exports": [
            Markup('<a href="{}">{}</a>').format(it.address(f"/search.{name.lower()}"), name)
            for name in ("Atom", "CSV", "JSON")
        ],
        "subscribe": it.address("/subscribe") if not choice.everything else "",
        "empty": choice.everything and not entries and not slow,
    }
    return await page(here, request, "reading_room.html", context)


async def _spans(here: Room, choice: Choice) -> list[chart.Span]:
    since = reading.stamp_before(here.now, weeks=chart.WEEKS)
    if not choice.everything:
        rows = await here.rows_or_none(reading.volume(choice, since=since, ahead=here.ahead))
        return _as_spans(rows or [], here)
    newest = (await here.rows(reading.NEWEST_ID))[0]
    kept = _charts.get(here.datasette)
    if kept and kept[1] == newest and time.monotonic() - kept[0] < FRESH:
        return kept[2]
    spans = _as_spans(await here.rows_or_none(reading.volume(choice, since=since, ahead=here.ahead)) or [], here)
    _charts[here.datasette] = (time.monotonic(), newest, spans)
    return spans


def _as_spans(rows: list[Row], here: Room) -> list[chart.Span]:
    return chart.spans(((row["day"], row["n"], row["state"], row["private"]) for row in rows), today=here.today)


async def _health(here: Room) -> dict[str, Any]:
    """When the last crawl ended, and how many outlets could not be read in their last one."""
    finished = clock.read((await here.rows(reading.LATEST_CRAWL))[0]["finished"])
    failing = (await here.rows_or_none((reading.FAILING, {}))) or []
    made = (await here.rows(MADE))[:1] if await here.public() else []
    return {
        "made": here.moment(made[0]["made_at"]) if made else "",
        "finished": finished,
        "ago": clock.ago(finished, here.now, here.speech) if finished else "",
        "failing": len(failing),
    }
