"""The pages of the reading room: the front page that is also the search, an article, the outlets."""

from __future__ import annotations

import datetime as dt
import itertools
import time
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from db import reading
from db.reading import Choice
from db.search import highlighted
from db.site import chart, choosing, clock, understanding, wording
from db.site.asking import Room, Row, TooSlowError, parsed, room
from db.site.entries import badges, by_day, list_entries, outlet_of
from db.site.prose import changes, lag, paragraphs
from db.site.safety import web_address

PAGE = 40  # entries of one page
SILENT = 30  # days without a new article after which an outlet is called silent
FRESH = 60.0  # seconds that the front page's chart is kept

_charts: WeakKeyDictionary[Datasette, tuple[float, Row, list[chart.Span]]] = WeakKeyDictionary()


async def front(request: Request, datasette: Datasette) -> Response:
    """`/`: what is new by day, and with `q` and filters whatever was asked for."""
    here = room(datasette)
    args = {key: request.args.get(key) for key in request.args}
    given = choosing.arguments(args)
    outlets, concepts = await here.outlets(), await here.concepts()
    read = understanding.read(given, outlets=outlets, concepts=concepts)
    choice = replace(choosing.choice(args, now=here.now), query=read.query, marked=read.marked)
    slow = False
    try:
        entries, last = await list_entries(here, choice, limit=PAGE, outlets=outlets, concepts=concepts)
    except TooSlowError:
        entries, last, slow = [], None, True
    counted = await here.rows_or_none(reading.counts(reading.first_page(choice))) or []
    facets = choosing.facets(given, counted, outlets=outlets, concepts=concepts)
    total = next((row["n"] for row in counted if row["facet"] == "all"), None)
    spans = await _spans(here, choice)
    more = choosing.address(given, before=f"{last[0]},{last[1]}") if last else None
    context = {
        "given": given,
        "words": choice.words,
        "read": read,
        "days": by_day(entries, today=here.today) if choice.sort == "time" else [],
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
        "chart": chart.volume_chart(spans) if spans and any(span.all for span in spans) else None,
        "chart_from": spans[0].start if spans else None,
        "chart_to": spans[-1].start if spans else None,
        "each": chart.rhythm(spans),
        "peak": max((span.all for span in spans), default=0),
        "series": chart.SERIES,
        "copies_too": choice.with_copies,
        "health": await _health(here),
        "watched": len(outlets),
        "empty": choice.everything and not entries and not slow,
    }
    return await _page(here, request, "reading_room.html", context)


async def _spans(here: Room, choice: Choice) -> list[chart.Span]:
    since = reading.stamp_before(here.now, weeks=chart.WEEKS)
    if not choice.everything:
        rows = await here.rows_or_none(reading.volume(choice, since=since))
        return _as_spans(rows or [], here)
    newest = (await here.rows(reading.NEWEST_ID))[0]
    kept = _charts.get(here.datasette)
    if kept and kept[1] == newest and time.monotonic() - kept[0] < FRESH:
        return kept[2]
    spans = _as_spans(await here.rows_or_none(reading.volume(choice, since=since)) or [], here)
    _charts[here.datasette] = (time.monotonic(), newest, spans)
    return spans


def _as_spans(rows: list[Row], here: Room) -> list[chart.Span]:
    return chart.spans(((row["day"], row["n"], row["state"], row["private"]) for row in rows), today=here.today)


async def _health(here: Room) -> dict[str, Any]:
    """When the last crawl ended, and how many outlets could not be read in their last one."""
    finished = clock.read((await here.rows(reading.LATEST_CRAWL))[0]["finished"])
    failing = (await here.rows_or_none((reading.FAILING, {}))) or []
    return {
        "finished": finished,
        "ago": clock.ago(finished, here.now) if finished else "",
        "failing": len(failing),
    }


async def article(request: Request, datasette: Datasette) -> Response:
    """`/article/ID`: the text to read, why it is here, who copied it, what changed, where it came from."""
    here = room(datasette)
    id_ = int(request.url_vars["id"])
    row = next(iter(await here.rows(reading.ARTICLE, {"id": id_})), None)
    if row is None:
        raise NotFound(f"There is no article {id_}.")
    words = choosing.arguments({"q": request.args.get("q") or ""}).get("q", "")
    outlets, concepts = await here.outlets(), await here.concepts()
    family = await here.rows(reading.FAMILY, {"root": row["original"] or id_})
    revisions = await here.rows(reading.REVISIONS, {"id": id_})
    mentions = (await here.of_page(reading.CONCEPTS_OF, [id_])).get(id_, [])
    original = next((other for other in family if other["id"] == row["original"]), None)
    compared = None
    if original and original["id"] != id_:
        text = (await here.rows(reading.ARTICLE, {"id": original["id"]}))[0]["text"]
        compared = changes(text, row["text"])
    context = {
        "article": row,
        "title": highlighted(row["title"], words),
        "words": words,
        "url": web_address(row["url"]),
        "host": _host(row["url"]),
        "outlet": outlet_of(outlets, row["outlet"]),
        "language": wording.spoken(wording.LANGUAGES, row["language"]),
        "authors": ", ".join(str(author) for author in parsed(row["authors"])),
        "published": clock.moment_in_words(clock.read(row["published"]), row["published_precision"], here.zone),
        "badges": badges(row, revised=bool(revisions)),
        "paragraphs": [highlighted(paragraph, words) for paragraph in paragraphs(row["text"])],
        "reasons": _reasons(row, concepts),
        "concepts": [
            (mention["concept"], concepts[mention["concept"]]["name"], mention["count"], mention["in_title"])
            for mention in mentions
            if mention["concept"] in concepts
        ],
        "family": _family(family, here, outlets) if len(family) > 1 else [],
        "original": original and (original["id"], outlet_of(outlets, original["outlet"]), original["title"]),
        "compared": compared,
        "versions": _versions(row, revisions, here),
        "first_seen": clock.moment_in_words(clock.read(row["first_seen"]), None, here.zone),
        "last_seen": clock.moment_in_words(clock.read(row["last_seen"]), None, here.zone),
        "modified": clock.moment_in_words(clock.read(row["modified"]), None, here.zone) if row["modified"] else "",
    }
    return await _page(here, request, "article.html", context)


def _host(url: str) -> str:
    address = web_address(url)
    return address.split("/")[2].removeprefix("www.") if address else ""


def _reasons(row: Row, concepts: dict[str, Row]) -> list[dict[str, Any]]:
    found = []
    for reason in parsed(row["reasons"]):
        if isinstance(reason, dict) and reason.get("sentence"):
            named = reason.get("concepts") or []
            found.append(
                {
                    "sentence": reason["sentence"],
                    "place": wording.spoken(wording.PLACES, reason.get("place"), unknown="text"),
                    "concepts": [concepts.get(id_, {}).get("name", id_) for id_ in named],
                }
            )
    return found[:8]


def _family(family: list[Row], here: Room, outlets: dict[str, Row]) -> list[dict[str, Any]]:
    first = next((other for other in family if other["original"] is None), family[0])
    start = clock.read(first["moment"])
    found = []
    for other in family:
        moment = clock.read(other["moment"])
        exact = "day" not in (first["published_precision"], other["published_precision"])
        found.append(
            {
                "id": other["id"],
                "title": other["title"],
                "outlet": outlet_of(outlets, other["outlet"]),
                "moment": clock.moment_in_words(moment, other["published_precision"], here.zone),
                "lag": lag(start, moment) if start and moment and exact and other is not first else "",
                "kind": "original"
                if other is first
                else wording.spoken(wording.COPY_KINDS, other["copy_kind"], unknown="copy"),
                "language": other["language"],
            }
        )
    return found


def _versions(row: Row, revisions: list[Row], here: Room) -> list[dict[str, Any]]:
    """Each change, newest first: when it was seen, and what came and went."""
    states = [*revisions, {"title": row["title"], "text": row["text"]}]
    found = []
    for number, (before, after) in enumerate(itertools.pairwise(states), start=1):
        found.append(
            {
                "number": number + 1,
                "seen": clock.moment_in_words(clock.read(before["seen_at"]), None, here.zone),
                "title": changes(before["title"], after["title"]) if before["title"] != after["title"] else [],
                "text": changes(before["text"], after["text"]),
                "same_text": before["text"] == after["text"],
            }
        )
    return found[::-1]


async def outlets(request: Request, datasette: Datasette) -> Response:
    """`/outlets`: who is watched, who owns them, how much each gave, who is silent or could not be read."""
    here = room(datasette)
    known = await here.outlets()
    since = reading.stamp_before(here.now, days=30)
    silent_before = here.now - dt.timedelta(days=SILENT)
    rows = []
    for row in await here.rows(reading.HEALTH, {"since": since}):
        newest, finished = clock.read(row["newest"]), clock.read(row["finished"])
        state = "not read yet"
        if row["outcome"]:
            state = "failing" if str(row["outcome"]).startswith("failed") else "read"
        rows.append(
            {
                "outlet": outlet_of(known, row["id"]),
                "home": web_address(known[row["id"]]["home"]),
                "source": web_address(known[row["id"]]["ownership_source"]),
                "ownership": wording.spoken(wording.OWNERSHIPS, known[row["id"]]["ownership"], unknown=""),
                "kind": wording.spoken(wording.KINDS, known[row["id"]]["kind"], unknown=""),
                "recent": row["recent"],
                "copies": row["copies"],
                "newest": clock.moment_in_words(newest, "day", here.zone) if newest else "none yet",
                "silent": newest is not None and newest < silent_before,
                "state": state,
                "outcome": row["outcome"] or "",
                "finished": clock.ago(finished, here.now) if finished else "",
            }
        )
    rows.sort(key=lambda row: (-row["recent"], row["outlet"].name.casefold()))
    context = {
        "rows": rows,
        "failing": sum(row["state"] == "failing" for row in rows),
        "silent": sum(row["silent"] for row in rows),
        "silent_days": SILENT,
    }
    return await _page(here, request, "outlets.html", context)


async def _page(here: Room, request: Request, template: str, context: dict[str, Any]) -> Response:
    context |= {"desk": here.name, "zone": str(here.zone), "database": here.database}
    return Response.html(await here.datasette.render_template(template, context, request=request, view_name="page"))
