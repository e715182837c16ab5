"""`/edits` and its files: which articles changed after publication, in what, and whether the page says so."""

from __future__ import annotations

import json
from collections.abc import Mapping

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from db.edits.find_edit import EDIT_KINDS
from db.model.day_span import bound_days
from db.model.times import stamp
from db.news.outlets import OutletRow
from db.site.components.article_list import describe_outlet
from db.site.components.edit_entries import count_hours_after, describe_edit, list_edit_details, list_edit_kinds
from db.site.dossiers.tick_bar import TICK_ARGUMENTS, describe_tick_bar
from db.site.exports.edit_files import EDIT_FORMATS, EditFile, ExportedEdit
from db.site.exports.file_answers import absolute_address, answer_in_format, describe_mistakes
from db.site.exports.result_files import exportable_address
from db.site.filters.arguments import build_address, list_days, list_pairs, read_days
from db.site.filters.facets import Option
from db.site.page_arguments import DAY_NAMES, read_address_arguments
from db.site.page_context import PageContext, page_context
from db.site.queries.articles import format_moment_before
from db.site.queries.edit_list import (
    ARTICLES_OF_OUTLETS,
    EDITS,
    EDITS_BY_OUTLET,
    EDITS_OF_DAYS,
    EDITS_OF_OUTLET,
    TRIFLES,
    TRIFLES_OF_DAYS,
    EditRow,
    OutletEdits,
)
from db.site.queries.story_rows import STORIES_OF
from db.site.query_cache import compute_cached
from db.site.response import TemplateVariables, answer_with_page

COUNTED_DAYS = 90
EDIT_ARGUMENTS = ("outlet", "kind", *DAY_NAMES, "before")
MAX_EDITS_SHOWN = 40  # of a page
MAX_TRIFLES_SHOWN = 100
MAX_OUTLETS_SHOWN = 12  # the rest is folded


async def show_edits(request: Request, datasette: Datasette) -> Response:
    """`/edits?outlet=…&kind=…&from=…&to=…&before=…`: the newest edits first; trifles between them are folded."""
    context = page_context(datasette, request)
    given, before = _read_arguments(request)
    days = _bound_seen(context, request)
    rows, further = await _read_edits(context, given, before, MAX_EDITS_SHOWN, days=days)
    trifles = await context.read(
        TRIFLES if days is None else TRIFLES_OF_DAYS,
        {
            "after": rows[-1]["revision"] if further else 0,
            "before": before,
            "outlet": given.get("outlet"),
            "limit": MAX_TRIFLES_SHOWN + 1,
        }
        | (days or {}),
    )
    outlets = await context.outlets()
    options = await _count_outlets(context, given, outlets)
    stories = await context.read_by_id(STORIES_OF, [row["article"] for row in rows])
    variables: TemplateVariables = {
        "edits": [describe_edit(context, row, outlets) for row in rows],
        "stories": {article: found[0] for article, found in stories.items()},
        "trifles": [describe_edit(context, row, outlets) for row in trifles[:MAX_TRIFLES_SHOWN]],
        "more_trifles": len(trifles) > MAX_TRIFLES_SHOWN,
        "kinds": [
            Option(
                label=context.wording(f"edits.kind_{kind}"),
                href=build_address(given, path="/edits", kind="" if given.get("kind") == kind else kind),
                chosen=given.get("kind") == kind,
            )
            for kind in EDIT_KINDS
        ],
        "outlets": options[:MAX_OUTLETS_SHOWN],
        "outlets_more": options[MAX_OUTLETS_SHOWN:],
        "days": COUNTED_DAYS,
        "given": given,
        "kept_for_days": list_pairs(given, without=DAY_NAMES),
        "feed": build_address(given, path="/edits.atom"),
        "files": [(build_address(given, path=f"/edits.{suffix}"), form.label) for suffix, form in EDIT_FORMATS.items()],
        "newest": build_address(given, path="/edits") if before else "",
        "more": build_address(given, path="/edits", before=str(rows[-1]["revision"])) if further else "",
        **await describe_tick_bar(context, request),
    }
    reads, refused = {*EDIT_ARGUMENTS, *TICK_ARGUMENTS}, _list_refused(request, given, before)
    return await answer_with_page(context, request, "edits.html", variables, reads=reads, refused=refused)


async def download_edits(request: Request, datasette: Datasette) -> Response:
    """`/edits.FORMAT` with the arguments of `/edits`: the same edits in the same order."""
    context = page_context(datasette)  # in English, so that a file is the same for all readers
    suffix = request.url_vars["suffix"]
    form = EDIT_FORMATS[suffix]
    given, before = _read_arguments(request)
    rows, further = await _read_edits(context, given, before, form.max_entries, days=_bound_seen(context, request))
    mistake = describe_mistakes(context, request, reads=EDIT_ARGUMENTS, refused=_list_refused(request, given, before))
    outlets = await context.outlets()
    following = ""
    if further:
        path = build_address(given, path=f"/edits.{suffix}", before=str(rows[-1]["revision"]))
        following = absolute_address(context, request, path)
    base = absolute_address(context, request, "/article/")
    file = EditFile(
        edits=[_export_edit(row, outlets, base) for row in rows],
        desk=context.name,
        given=given,
        address=absolute_address(context, request, build_address(given, path=f"/edits.{suffix}")),
        page=absolute_address(context, request, build_address(given, path="/edits")),
        following=following,
        mistake=mistake,
        now=stamp(context.now),
    )
    name = f"vigia-edits-{context.today.isoformat()}.{suffix}"
    return answer_in_format(request, form, file, name=name, following=following, mistake=mistake)


async def describe_outlet_edits(context: PageContext, outlet: str) -> str:
    """Say for an outlet's page how many of its articles changed; "" if none did."""
    return next((it.label for it in await _count_outlets(context, {}, {}, only=outlet)), "")


def _read_arguments(request: Request) -> tuple[dict[str, str], int | None]:
    given = {}
    if outlet := (request.args.get("outlet") or "").replace("\0", "").strip()[:200]:
        given["outlet"] = outlet
    if (kind := request.args.get("kind") or "") in EDIT_KINDS:
        given["kind"] = kind
    given |= list_days(read_address_arguments(request))
    before = request.args.get("before") or ""
    return given, int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None


def _bound_seen(context: PageContext, request: Request) -> dict[str, str] | None:
    """Return the moments from which on and before which edits were seen; None if no days are asked for."""
    first, last = read_days(read_address_arguments(request))
    if first is None and last is None:
        return None
    bounds = bound_days(first, last, context.zone)
    return {"since": bounds.since, "until": bounds.until or "9999"}


def _list_refused(request: Request, given: Mapping[str, str], before: int | None) -> list[str]:
    """Return the arguments whose value could not be read."""
    read = {**given, **({} if before is None else {"before": before})}
    return [name for name in EDIT_ARGUMENTS if (request.args.get(name) or "").strip() and name not in read]


async def _read_edits(
    context: PageContext, given: Mapping[str, str], before: int | None, limit: int, *, days: Mapping[str, str] | None
) -> tuple[list[EditRow], bool]:
    """Return edits, and whether there are more."""
    kind = f'"{given["kind"]}"' if "kind" in given else ""
    asked = {"before": before, "kind": kind, "limit": limit + 1}
    if days is not None:
        rows = await context.read(EDITS_OF_DAYS, {**asked, **days, "outlet": given.get("outlet")})
    elif "outlet" in given:
        rows = await context.read(EDITS_OF_OUTLET, asked | {"outlet": given["outlet"]})
    else:
        rows = await context.read(EDITS, asked)
    return rows[:limit], len(rows) > limit


async def _count_outlets(
    context: PageContext, given: Mapping[str, str], outlets: Mapping[str, OutletRow], *, only: str | None = None
) -> list[Option]:
    """Return the outlets whose articles of the last COUNTED_DAYS changed, with how many did; or `only` one of them."""
    counted = await compute_cached(context, ("edits by outlet", only), lambda: _read_counts(context, only)) or []
    found = []
    for row, articles in counted:
        id_ = row["outlet"]
        said = context.wording("edits.changed", n=row["changed"], all=articles)
        if row["unnoticed"]:
            said = context.wording.join([said, context.wording("edits.unnoticed", n=row["unnoticed"])])
        chosen = given.get("outlet") == id_
        found.append(
            Option(
                label=said if only else describe_outlet(outlets, id_, context.wording).name,
                href=build_address(given, path="/edits", outlet="" if chosen else id_),
                chosen=chosen,
                note=said,
            )
        )
    return found


async def _read_counts(context: PageContext, only: str | None) -> list[tuple[OutletEdits, int]] | None:
    """Return how many articles of each outlet changed, and of how many; None if either takes too long to count."""
    since = format_moment_before(context.now, days=COUNTED_DAYS)
    counted = await context.read_or_none((EDITS_BY_OUTLET, {"since": since, "only": only}))
    if counted is None:
        return None
    asked = {"since": since, "outlets": json.dumps([row["outlet"] for row in counted])}
    published = await context.read_or_none((ARTICLES_OF_OUTLETS, asked))
    if published is None:
        return None
    articles = {row["outlet"]: row["articles"] for row in published}
    return [(row, articles[row["outlet"]]) for row in counted]


def _export_edit(row: EditRow, outlets: Mapping[str, OutletRow], base: str) -> ExportedEdit:
    outlet = outlets.get(row["outlet"])
    return ExportedEdit(
        revision=row["revision"],
        article=row["article"],
        title=row["title"],
        url=exportable_address(row["url"]),
        page=f"{base}{row['article']}#changed",
        outlet=row["outlet"],
        outlet_name=(outlet and outlet["name"]) or row["outlet"],
        country=outlet and outlet["country"],
        ownership=outlet and outlet["ownership"],
        language=row["language"],
        published=row["published"],
        published_precision=row["published_precision"],
        seen_at=row["seen_at"],
        hours_after=count_hours_after(row),
        kinds=list_edit_kinds(row),
        changes=tuple(f"{it['before']} → {it['after']}" for it in list_edit_details(row)),
        notice=row["notice"],
        key=row["key"],
    )
