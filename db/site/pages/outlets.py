"""`/outlets` and `/outlet/ID`: outlets with owners, volume, silence, crawls, and who copies whom."""

from __future__ import annotations

import datetime as dt
import json
from functools import partial
from statistics import median
from urllib.parse import unquote

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from db.news.outlets import OutletRow
from db.search.filters import SearchFilters
from db.search.plan import TooSlowError, make_plan
from db.site import local_time
from db.site.components.article_list import describe_outlet, list_entries
from db.site.components.sparkline import draw_sparkline
from db.site.components.volume_chart import make_volume_chart
from db.site.dossiers.tick_bar import TICK_ARGUMENTS, describe_tick_bar
from db.site.filters.arguments import OUTLET_FILTERS, build_address, build_onward_addresses
from db.site.filters.outlet_table import (
    OUTLET_ARGUMENTS,
    list_choices,
    list_columns,
    list_orders,
    list_refused_outlet_arguments,
    read_outlet_arguments,
    select_outlets,
    sort_outlets,
)
from db.site.page_arguments import read_address_arguments
from db.site.page_context import PageContext, page_context, parse_json_list
from db.site.pages.edits import describe_outlet_edits
from db.site.queries import articles
from db.site.queries.outlets import (
    CONDITION,
    COPIES_BY,
    COPIES_FROM,
    CRAWLS,
    WEEKLY,
    CopyPair,
    CrawlRow,
    OutletCondition,
)
from db.site.response import TemplateVariables, answer_with_page
from db.site.wording import name_ownership
from db.text.web_address import web_address

OUTLET_WEEKS = 12  # weeks of the sparklines; the last four are also summed
READ_LATELY = dt.timedelta(days=1)  # an outlet that was read within it is told once for all
COPY_DAYS = 365  # days whose copies are counted
MAX_OUTLET_ARTICLES = 10
MAX_COPYING_OUTLETS = 10


async def show_outlets(request: Request, datasette: Datasette) -> Response:
    """`/outlets?sort=…&country=…&kind=…&ownership=…`: every outlet in a row; those that gave nothing are folded."""
    context = page_context(datasette, request)
    known = await context.outlets()
    addressed = read_address_arguments(request)
    asked = read_outlet_arguments(addressed)
    chosen = select_outlets(known.values(), asked)
    counted = await _count_weekly(context, None)
    rows = []
    for condition in await _conditions(context, None):
        id_ = condition["id"]
        if id_ not in chosen:
            continue
        row = (
            _describe_outlet(context, known[id_], known)
            | _describe_health(context, condition)
            | _describe_volume(context, counted.get(id_, [(0, 0)] * OUTLET_WEEKS))
        )
        row["order"] = {
            "name": row["outlet"].name.casefold(),
            "standing": " ".join((row["kind"], row["ownership"])).strip().casefold(),
            "recent": row["recent"],
            "copies": row["copies"],
            "newest": condition["newest"],
            "crawl": condition["finished"],
        }
        rows.append(row)
    ordered = sort_outlets(rows, asked)
    read = [row for row in ordered if row["is_read_lately"]]
    earliest = min((row["order"]["crawl"] for row in read), default=None)
    has_crawls = any(row["state"] != "new" for row in ordered)
    variables = {
        "rows": ordered,
        "lively": [row for row in ordered if row["recent"] or not row["is_quiet"]],
        "quiet": [row for row in ordered if row["is_quiet"] and not row["recent"]],
        "failing": [row for row in ordered if row["state"] == "failing"],
        "silent": [row for row in ordered if row["silent"]],
        "crawled": has_crawls,
        "read_lately": len(read),
        "read_since": local_time.describe_age(moment, context.now, context.wording)
        if (moment := local_time.read_moment(earliest))
        else "",
        "weeks": OUTLET_WEEKS,
        "columns": list_columns(asked),
        "choices": list_choices(known.values(), asked, context.wording),
        "orders": list_orders(asked, context.wording, has_crawls=has_crawls),
        "is_filtered": any(name in asked for name in OUTLET_FILTERS),
    }
    return await answer_with_page(
        context,
        request,
        "outlets.html",
        variables,
        reads=OUTLET_ARGUMENTS,
        refused=list_refused_outlet_arguments(addressed),
    )


async def show_outlet(request: Request, datasette: Datasette) -> Response:
    """`/outlet/ID`: one outlet's volume, copies, crawls and latest articles."""
    context = page_context(datasette, request)
    id_ = unquote(request.url_vars["id"])
    known, concepts = await context.outlets(), await context.concepts()
    if id_ not in known:
        raise NotFound(context.wording("outlet.unknown", id=id_))
    plan = await make_plan(context.rows, SearchFilters(outlet=(id_,)))
    try:
        entries, last = await list_entries(context, plan, limit=MAX_OUTLET_ARTICLES, outlets=known, concepts=concepts)
    except TooSlowError:
        entries, last = [], None
    condition = (await _conditions(context, id_))[0]
    weeks = (await _count_weekly(context, id_)).get(id_, [(0, 0)] * OUTLET_WEEKS)
    since = articles.format_moment_before(context.now, days=COPY_DAYS)
    asked = {"outlet": id_, "since": since}
    variables = {
        "name": known[id_]["name"] or id_,
        **_describe_outlet(context, known[id_], known),
        **_describe_health(context, condition),
        **_describe_volume(context, weeks),
        "timeline": await make_volume_chart(context, plan, link=partial(build_address, {"outlet": id_})),
        "latest": entries,
        "year": context.today.year,
        "more": bool(last),
        **build_onward_addresses({"outlet": id_}),
        "edited": await describe_outlet_edits(context, id_),
        "copies_from": _list_copying_outlets(
            context, await context.read_or_none((COPIES_FROM, asked)) or [], known, outlet=id_
        ),
        "copied_by": _list_copying_outlets(
            context, await context.read_or_none((COPIES_BY, asked)) or [], known, outlet=id_
        ),
        "crawls": [_describe_crawl(context, row) for row in await context.read(CRAWLS, {"outlet": id_})],
    }
    variables |= await describe_tick_bar(context, request) if entries else {}
    return await answer_with_page(context, request, "outlet.html", variables, reads=TICK_ARGUMENTS)


async def _conditions(context: PageContext, outlet: str | None) -> list[OutletCondition]:
    return await context.read(CONDITION, {"outlet": outlet})


async def _count_weekly(context: PageContext, outlet: str | None) -> dict[str, list[tuple[int, int]]]:
    """Return (articles, copies among them) of each week by outlet, the oldest week first."""
    ends = [articles.format_moment_before(context.now, weeks=OUTLET_WEEKS - week) for week in range(OUTLET_WEEKS)]
    spans = list(zip(ends, [*ends[1:], "9999"], strict=True))  # an article dated in the future counts for this week
    found: dict[str, list[tuple[int, int]]] = {}
    for row in await context.read_or_none((WEEKLY, {"weeks": json.dumps(spans), "outlet": outlet})) or []:
        found.setdefault(row["outlet"], [(0, 0)] * OUTLET_WEEKS)[row["week"]] = (row["n"], row["copies"])
    return found


def _describe_outlet(context: PageContext, row: OutletRow, known: dict[str, OutletRow]) -> TemplateVariables:
    """Describe an outlet: name, home page, kind, owner and languages."""
    return {
        "outlet": describe_outlet(known, row["id"], context.wording),
        "home": web_address(row["home"]),
        "source": web_address(row["ownership_source"]),
        "ownership": name_ownership(row["kind"], row["ownership"], context.wording),
        "kind": context.wording.word("kinds", row["kind"]),
        "languages": context.wording.join(
            [context.wording.language_name(code) for code in _languages(row["languages"])]
        ),
    }


def _languages(text: str | None) -> list[str]:
    return [str(code) for code in parse_json_list(text)] or [
        code.strip() for code in (text or "").split(",") if code.isascii()
    ]


def _describe_volume(context: PageContext, weeks: list[tuple[int, int]]) -> TemplateVariables:
    recent, copies = (sum(week[place] for week in weeks[-4:]) for place in (0, 1))
    counts = [n for n, _ in weeks]
    label = context.wording(
        "outlets.by_week", weeks=OUTLET_WEEKS, counts=context.wording.join([str(n) for n in counts])
    )
    return {
        "recent": recent,
        "copies": copies,
        "share": round(100 * copies / recent) if recent else 0,
        "spark": draw_sparkline(counts, label=label) if any(counts) else "",
    }


def _describe_health(context: PageContext, row: OutletCondition) -> TemplateVariables:
    """Describe an outlet's crawls in words. `silent_since` is what pipelines.silence wrote after the last crawl."""
    now, wording = context.now, context.wording
    since, finished = local_time.read_moment(row["silent_since"]), local_time.read_moment(row["finished"])
    succeeded = local_time.read_moment(row["succeeded"])
    usual = row["usual_per_day"]
    state = "new"
    if row["outcome"]:
        state = "failing" if str(row["outcome"]).startswith("failed") else "read"
    return {
        "newest": context.day(row["newest"], row["newest_precision"]),
        "state": state,
        "outcome": row["outcome"] or "",
        "finished": local_time.describe_age(finished, now, wording) if finished else "",
        "is_read_lately": state == "read" and finished is not None and now - finished < READ_LATELY,
        "is_quiet": state != "failing" and since is None,
        "succeeded": local_time.describe_age(succeeded, now, wording) if succeeded else "",
        "silent": since is not None,
        "last_page": local_time.describe_age(since, now, wording) if since else "",
        "silent_on": context.wording.date(since.astimezone(context.zone).date()) if since else "",
        "usually": context.wording("outlets.usually", rate=context.wording.rate(usual)) if usual else "",
        "nothing": state != "new" and not row["gave"] and not row["newest"],
    }


def _list_copying_outlets(
    context: PageContext, rows: list[CopyPair], known: dict[str, OutletRow], *, outlet: str
) -> list[TemplateVariables]:
    """Rank the outlets that share copies with `outlet`, with the median lag of copies that have a time."""
    lags: dict[str, list[float]] = {}
    counted: dict[str, int] = {}
    for row in rows:
        if row["outlet"] == outlet:
            continue
        counted[row["outlet"]] = counted.get(row["outlet"], 0) + 1
        earlier, later = local_time.read_moment(row["earlier"]), local_time.read_moment(row["later"])
        if earlier and later and row["earlier_precision"] == row["later_precision"] == "time":
            lags.setdefault(row["outlet"], []).append((later - earlier).total_seconds())
    found = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:MAX_COPYING_OUTLETS]
    return [
        {
            "outlet": describe_outlet(known, id_, context.wording),
            "n": n,
            "lag": _describe_median_lag(context, lags.get(id_, [])),
        }
        for id_, n in found
    ]


def _describe_median_lag(context: PageContext, seconds: list[float]) -> str:
    if not seconds:
        return ""
    return context.wording.lag(dt.timedelta(seconds=median(seconds)))


def _describe_crawl(context: PageContext, row: CrawlRow) -> TemplateVariables:
    return dict(row) | {
        "moment": context.moment(row["started"]),
        "failed": str(row["outcome"] or "").startswith("failed"),
        "running": row["finished"] is None,
    }
