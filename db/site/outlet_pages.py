"""`/outlets`: who is watched, who owns them, how much each gave, who is silent."""

from __future__ import annotations

import datetime as dt

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from db import reading
from db.site import clock
from db.site.answers import page
from db.site.asking import room
from db.site.entries import outlet_of
from db.site.safety import web_address

SILENT = 30  # days without a new article after which an outlet is called silent


async def outlets(request: Request, datasette: Datasette) -> Response:
    """`/outlets`: who is watched, who owns them, how much each gave, who is silent or could not be read."""
    here = room(datasette, request)
    known = await here.outlets()
    since = reading.stamp_before(here.now, days=30)
    silent_before = here.now - dt.timedelta(days=SILENT)
    rows = []
    for row in await here.rows(reading.HEALTH, {"since": since}):
        newest, finished = clock.read(row["newest"]), clock.read(row["finished"])
        state = "new"
        if row["outcome"]:
            state = "failing" if str(row["outcome"]).startswith("failed") else "read"
        rows.append(
            {
                "outlet": outlet_of(known, row["id"], here.speech),
                "home": web_address(known[row["id"]]["home"]),
                "source": web_address(known[row["id"]]["ownership_source"]),
                "ownership": here.speech.word("ownerships", known[row["id"]]["ownership"]),
                "kind": here.speech.word("kinds", known[row["id"]]["kind"]),
                "recent": row["recent"],
                "copies": row["copies"],
                "newest": here.moment(row["newest"], "day") if newest else "",
                "silent": newest is not None and newest < silent_before,
                "state": state,
                "outcome": row["outcome"] or "",
                "finished": clock.ago(finished, here.now, here.speech) if finished else "",
            }
        )
    rows.sort(key=lambda row: (-row["recent"], row["outlet"].name.casefold()))
    context = {
        "rows": rows,
        "failing": sum(row["state"] == "failing" for row in rows),
        "silent": sum(row["silent"] for row in rows),
        "silent_days": SILENT,
    }
    return await page(here, request, "outlets.html", context)
