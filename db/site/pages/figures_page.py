"""`/figures` and its files: the figures in which outlets differ, the latest first."""

from __future__ import annotations

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from db.model.day_span import bound_days, read_day
from db.news.stories.divergence_lookup import MOST_TOLD, TOLD_LATELY, ToldRow
from db.site.components.shown_divergences import describe_divergences, name_measure
from db.site.exports.figure_files import FIGURE_FORMATS, FigureFile
from db.site.exports.file_answers import absolute_address, answer_in_format, describe_mistakes
from db.site.filters.arguments import build_address, list_days, list_pairs
from db.site.page_arguments import DAY_NAMES, read_address_arguments
from db.site.page_context import PageContext, page_context
from db.site.queries.figure_names import MEASURE_NAMES
from db.site.response import TemplateVariables, answer_with_page

MAX_SHOWN = 20  # divergences of a page
MAX_FIGURES_SHOWN = MOST_TOLD
FIGURE_ARGUMENTS = ("measure", "concept", *DAY_NAMES, "before")


async def show_figures(request: Request, datasette: Datasette) -> Response:
    """`/figures?measure=…&concept=…&from=…&to=…`: measures in which outlets differ, by the day when they came to."""
    context = page_context(datasette, request)
    given, before = _read_arguments(request)
    shown, following = await _read_told(context, given, before, most=MAX_SHOWN, figures=MAX_FIGURES_SHOWN)
    variables: TemplateVariables = {
        "divergences": await describe_divergences(context, shown, await context.outlets()),
        "given": given,
        "kept_for_days": list_pairs(given, without=DAY_NAMES),
        "chosen": await _name_arguments(context, given),
        "more": build_address(given, path="/figures", before=following) if following else "",
        "files": [
            (build_address(given, path=f"/figures.{suffix}"), form.label) for suffix, form in FIGURE_FORMATS.items()
        ],
    }
    return await answer_with_page(
        context,
        request,
        "divergences.html",
        variables,
        reads=FIGURE_ARGUMENTS,
        refused=_list_refused(request, given, before),
    )


async def download_figures(request: Request, datasette: Datasette) -> Response:
    """`/figures.FORMAT` with the arguments of `/figures`: each figure with its article and sentence."""
    context = page_context(datasette)  # in English, so that a file is the same for all readers
    suffix = request.url_vars["suffix"]
    form = FIGURE_FORMATS[suffix]
    given, before = _read_arguments(request)
    rows, following = await _read_told(context, given, before, most=form.max_entries, figures=form.max_entries)
    if following:
        path = build_address(given, path=f"/figures.{suffix}", before=following)
        following = absolute_address(context, request, path)
    mistake = describe_mistakes(context, request, reads=FIGURE_ARGUMENTS, refused=_list_refused(request, given, before))
    page = absolute_address(context, request, build_address(given, path="/figures"))
    file = FigureFile(rows=rows, page=page, mistake=mistake)
    name = f"vigia-figures-{context.today.isoformat()}.{suffix}"
    return answer_in_format(request, form, file, name=name, following=following, mistake=mistake)


def _read_arguments(request: Request) -> tuple[dict[str, str], str]:
    given = {}
    for name in ("measure", "concept"):
        if value := (request.args.get(name) or "").replace("\0", "").strip()[:200]:
            given[name] = value
    given |= list_days(read_address_arguments(request))
    return given, (request.args.get("before") or "").replace("\0", "")[:60]


def _list_refused(request: Request, given: dict[str, str], before: str) -> list[str]:
    """Return the arguments whose value could not be read."""
    days: list[str] = [name for name in DAY_NAMES if (request.args.get(name) or "").strip() and name not in given]
    return [*days, "before"] if before and _read_place(before) is None else days


def _read_place(before: str) -> tuple[str, int] | None:
    """Read the moment and number of a divergence, after which a page begins; None if it is neither."""
    since, _, number = before.partition(" ")
    return (since, int(number)) if number.isascii() and number.isdigit() and len(number) < 16 else None


async def _read_told(
    context: PageContext, given: dict[str, str], before: str, *, most: int, figures: int
) -> tuple[list[ToldRow], str]:
    """Return the figures of up to `most` divergences, each with all its figures, and the `before` of the next ones.

    That is "" if there are no more. Only a divergence that alone has `figures` or more is cut.
    """
    since, number = _read_place(before) or (None, None)
    first, last = (read_day(given.get(name, "")) for name in DAY_NAMES)
    bounds = bound_days(first, last, context.zone)
    rows = await context.read(
        TOLD_LATELY,
        {
            "measure": given.get("measure"),
            "concept": given.get("concept"),
            "since": since,
            "number": number,
            "first": bounds.since,
            "last": bounds.until or "9999",
            "most": most + 1,
            "figures": figures,
        },
    )
    numbers = list(dict.fromkeys(row["divergence"] for row in rows))
    is_cut = len(rows) >= figures
    whole = numbers[:-1] if is_cut and len(numbers) > 1 else numbers
    shown = [row for row in rows if row["divergence"] in set(whole[:most])]
    is_last = not is_cut and len(numbers) <= most
    return shown, "" if is_last or not shown else f"{shown[-1]['since']} {shown[-1]['divergence']}"


async def _name_arguments(context: PageContext, given: dict[str, str]) -> list[str]:
    """Return the names of what was asked for."""
    found = []
    if concept := given.get("concept"):
        concepts = await context.concepts()
        found.append(concepts[concept].name if concept in concepts else concept)
    if measure := given.get("measure"):
        row = next(iter(await context.read(MEASURE_NAMES, {"measure": measure})), None)
        found.append(name_measure(measure, row["names"] if row else None, context))
    return found
