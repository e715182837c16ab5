"""Describe edits: what changed in an article, how long after publication, and whether the page says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from db.edits.find_edit import EDIT_KINDS
from db.news.outlets import OutletRow
from db.site import local_time
from db.site.components.article_list import describe_outlet
from db.site.page_context import PageContext, parse_json_list
from db.site.queries.edit_list import EditRow
from db.site.response import TemplateVariables


def describe_edit(context: PageContext, row: EditRow, outlets: Mapping[str, OutletRow]) -> TemplateVariables:
    """Describe an edit in the reader's words."""
    seen = local_time.read_moment(row["seen_at"]) or context.now
    day = local_time.day_of_article(seen, None, context.zone)
    hours = count_hours_after(row)
    return {
        "article": row["article"],
        "title": row["title"],
        "language": row["language"],
        "tongue": context.wording.language_name(row["language"]),
        "outlet": describe_outlet(outlets, row["outlet"], context.wording),
        "day": day,
        "day_words": local_time.describe_day(day, context.today, context.wording),
        "time": local_time.format_time(seen, context.zone),
        "seen_at": row["seen_at"],
        "seen": context.moment(row["seen_at"]),
        "after": ""
        if hours is None
        else context.wording("edits.after", span=context.wording.span(dt.timedelta(hours=hours))),
        "kinds": [(kind, context.wording(f"edits.kind_{kind}")) for kind in list_edit_kinds(row)],
        "details": [
            it | {"word": context.wording(f"edits.kind_{it['kind']}")}
            for it in list_edit_details(row)
            if it["kind"] in EDIT_KINDS
        ],
        "notice": context.wording.word("edits", f"notice_{row['notice']}") if row["notice"] else "",
    }


def count_hours_after(row: EditRow) -> float | None:
    """Return the hours from publication until the change was seen; None if the page gave no hour, or a later one."""
    published, seen = local_time.read_moment(row["published"]), local_time.read_moment(row["seen_at"])
    if published is None or seen is None or row["published_precision"] != "time" or seen < published:
        return None
    return round((seen - published).total_seconds() / 3600, 2)


def list_edit_kinds(row: EditRow) -> tuple[str, ...]:
    """Return the kinds of EDIT_KINDS that changed, in that order."""
    return tuple(kind for kind in EDIT_KINDS if kind in parse_json_list(row["kinds"]))


def list_edit_details(row: EditRow) -> Sequence[dict[str, str]]:
    """Return what changed: kind, before and after."""
    return [it for it in parse_json_list(row["details"]) if isinstance(it, dict)]
