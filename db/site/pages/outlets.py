"""`/outlets` and `/outlet/ID`: who is watched, who owns them, how much each gave, who is silent, who copies whom."""

from __future__ import annotations

import datetime as dt
import json
from statistics import median
from typing import Any
from urllib.parse import unquote

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from db.site import local_time
from db.site.components.article_list import list_entries, outlet_of
from db.site.components.sparkline import sparkline
from db.site.components.timeline import timeline
from db.site.filters import facets
from db.site.local_time import lag
from db.site.page_context import Room, Row, TooSlowError, parsed, room
from db.site.queries import articles
from db.site.queries.articles import Choice
from db.site.queries.outlets import CONDITION, COPIES_BY, COPIES_FROM, CRAWLS, WEEKLY
from db.site.response import page
from db.text.web_address import web_address

WEEKS = 12  # of the small bars; the last four of them are called the last four weeks
COMPARED = 365  # days in which copies are counted
LATEST = 10
BESIDE = 10


async def outlets(request: Request, datasette: Datasette) -> Response:
    """`/outlets`: every outlet in a row."""
    here = room(datasette, request)
    known = await here.outlets()
    given = await _weekly(here, None)
    rows = []
    for condition in await _conditions(here, None):
        id_ = condition["id"]
        weeks = given.get(id_, [(0, 0)] * WEEKS)
        rows.append(_standing(here, known[id_], known) | _health(here, condition) | _volume(here, weeks))
    rows.sort(key=lambda row: (-row["recent"], row["outlet"].name.casefold()))
    context = {
        "rows": rows,
        "failing": [row for row in rows if row["state"] == "failing"],
        "silent": [row for row in rows if row["silent"]],
        "crawled": any(row["state"] != "new" for row in rows),
        "weeks": WEEKS,
    }
    return await page(here, request, "outlets.html", context)


async def outlet(request: Request, datasette: Datasette) -> Response:
    """`/outlet/ID`: one outlet's volume, copies, crawls and latest articles."""
    here = room(datasette, request)
    id_ = unquote(request.url_vars["id"])
    known, concepts = await here.outlets(), await here.concepts()
    if id_ not in known:
        raise NotFound(here.speech("outlet.unknown", id=id_))
    choice = await here.weighed(Choice(outlet=id_))
    try:
        entries, last = await list_entries(here, choice, limit=LATEST, outlets=known, concepts=concepts)
    except TooSlowError:
        entries, last = [], None
    condition = (await _conditions(here, id_))[0]
    weeks = (await _weekly(here, id_)).get(id_, [(0, 0)] * WEEKS)
    since = articles.stamp_before(here.now, days=COMPARED)
    asked = {"outlet": id_, "since": since}
    context = {
        "name": known[id_]["name"] or id_,
        **_standing(here, known[id_], known),
        **_health(here, condition),
        **_volume(here, weeks),
        "timeline": await timeline(here, choice),
        "latest": entries,
        "year": here.today.year,
        "more": bool(last),
        **facets.onwards({"outlet": id_}),
        "copies_from": _copying(here, await here.rows_or_none((COPIES_FROM, asked)) or [], known, but=id_),
        "copied_by": _copying(here, await here.rows_or_none((COPIES_BY, asked)) or [], known, but=id_),
        "crawls": [_crawl(here, row) for row in await here.rows(CRAWLS, {"outlet": id_})],
    }
    return await page(here, request, "outlet.html", context)


async def _conditions(here: Room, outlet: str | None) -> list[Row]:
    return await here.rows(CONDITION, {"outlet": outlet})


async def _weekly(here: Room, outlet: str | None) -> dict[str, list[tuple[int, int]]]:
    """(articles, copies among them) of each week, the oldest first, by outlet."""
    ends = [articles.stamp_before(here.now, weeks=WEEKS - week) for week in range(WEEKS)]
    spans = list(zip(ends, [*ends[1:], "9999"], strict=True))  # what is dated tomorrow by mistake is of this week
    found: dict[str, list[tuple[int, int]]] = {}
    for row in await here.rows_or_none((WEEKLY, {"weeks": json.dumps(spans), "outlet": outlet})) or []:
        found.setdefault(row["outlet"], [(0, 0)] * WEEKS)[row["week"]] = (row["n"], row["copies"])
    return found


def _standing(here: Room, row: Row, known: dict[str, Row]) -> dict[str, Any]:
    """Who an outlet is."""
    return {
        "outlet": outlet_of(known, row["id"], here.speech),
        "home": web_address(row["home"]),
        "source": web_address(row["ownership_source"]),
        "ownership": here.speech.word("ownerships", row["ownership"]),
        "kind": here.speech.word("kinds", row["kind"]),
        "languages": here.speech.listed([here.speech.tongue(code) for code in _languages(row["languages"])]),
    }


def _languages(text: str | None) -> list[str]:
    return [str(one) for one in parsed(text)] or [one.strip() for one in (text or "").split(",") if one.isascii()]


def _volume(here: Room, weeks: list[tuple[int, int]]) -> dict[str, Any]:
    recent, copies = (sum(week[place] for week in weeks[-4:]) for place in (0, 1))
    counts = [n for n, _ in weeks]
    label = here.speech("outlets.by_week", weeks=WEEKS, counts=here.speech.listed([str(n) for n in counts]))
    return {
        "recent": recent,
        "copies": copies,
        "share": round(100 * copies / recent) if recent else 0,
        "spark": sparkline(counts, label=label) if any(counts) else "",
    }


def _health(here: Room, row: Row) -> dict[str, Any]:
    """How an outlet's crawls went, in words. Who is silent the desk noted at its last look (pipelines.silence)."""
    since, finished = local_time.read(row["silent_since"]), local_time.read(row["finished"])
    usual = row["usual_per_day"]
    state = "new"
    if row["outcome"]:
        state = "failing" if str(row["outcome"]).startswith("failed") else "read"
    return {
        "newest": here.moment(row["newest"], "day") if row["newest"] else "",
        "state": state,
        "outcome": row["outcome"] or "",
        "finished": local_time.ago(finished, here.now, here.speech) if finished else "",
        "succeeded": local_time.ago(good, here.now, here.speech) if (good := local_time.read(row["succeeded"])) else "",
        "silent": since is not None,
        "last_page": local_time.ago(since, here.now, here.speech) if since else "",
        "silent_on": here.speech.date(since.astimezone(here.zone).date()) if since else "",
        "usually": here.speech("outlets.usually", rate=here.speech.rate(usual)) if usual else "",
        "nothing": state != "new" and not row["gave"] and not row["newest"],
    }


def _copying(here: Room, rows: list[Row], known: dict[str, Row], *, but: str) -> list[dict[str, Any]]:
    """Other outlets by how many copies they share, each with the median lag of those whose hours are known."""
    others: dict[str, list[float]] = {}
    counted: dict[str, int] = {}
    for row in rows:
        if row["outlet"] == but:
            continue
        counted[row["outlet"]] = counted.get(row["outlet"], 0) + 1
        earlier, later = local_time.read(row["earlier"]), local_time.read(row["later"])
        if earlier and later and row["earlier_precision"] == row["later_precision"] == "time":
            others.setdefault(row["outlet"], []).append((later - earlier).total_seconds())
    found = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:BESIDE]
    return [
        {"outlet": outlet_of(known, id_, here.speech), "n": n, "lag": _typical(here, others.get(id_, []))}
        for id_, n in found
    ]


def _typical(here: Room, seconds: list[float]) -> str:
    if not seconds:
        return ""
    return lag(here.now, here.now + dt.timedelta(seconds=median(seconds)), here.speech)


def _crawl(here: Room, row: Row) -> dict[str, Any]:
    return dict(row) | {
        "moment": here.moment(row["started"]),
        "failed": str(row["outcome"] or "").startswith("failed"),
        "running": row["finished"] is None,
    }
