"""`/copies`: which outlets took texts from which in the last 90 days, as a matrix; its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from db.model.times import stamp
from db.site.components.article_list import describe_outlet
from db.site.exports.copy_files import PAIR_FORMATS, ExportedPair, PairFile
from db.site.exports.file_answers import answer_in_format
from db.site.page_context import PageContext, page_context
from db.site.queries.articles import format_moment_before
from db.site.queries.copy_rows import OUTLET_PAIRS, OutletPair
from db.site.response import TemplateVariables, answer_with_page

MATRIX_DAYS = 90
MAX_MATRIX_ROWS = 15  # outlets whose texts were taken
MAX_MATRIX_COLUMNS = 15  # outlets that took


async def show_copy_matrix(request: Request, datasette: Datasette) -> Response:
    """`/copies`: a row for each outlet whose texts were taken, a column for each that took them."""
    context = page_context(datasette, request)
    pairs = await _read_pairs(context)
    given, taken = Counter[str](), Counter[str]()
    for pair in pairs:
        given[pair["source_outlet"]] += pair["copies"]
        taken[pair["outlet"]] += pair["copies"]
    rows, columns = _most(given, MAX_MATRIX_ROWS), _most(taken, MAX_MATRIX_COLUMNS)
    cells = {(pair["source_outlet"], pair["outlet"]): pair for pair in pairs}
    outlets = await context.outlets()
    variables: TemplateVariables = {
        "columns": [describe_outlet(outlets, id_, context.wording) for id_ in columns],
        "rows": [
            {
                "outlet": describe_outlet(outlets, id_, context.wording),
                "n": given[id_],
                "cells": [cells.get((id_, other)) for other in columns],
            }
            for id_ in rows
        ],
        "days": MATRIX_DAYS,
        "left_out": len((set(given) - set(rows)) | (set(taken) - set(columns))),
        "files": [(f"/copies.{suffix}", form.label) for suffix, form in PAIR_FORMATS.items()],
    }
    return await answer_with_page(context, request, "copy_matrix.html", variables)


async def download_copy_matrix(request: Request, datasette: Datasette) -> Response:
    """`/copies.FORMAT`: each pair of outlets, those with most copies first."""
    context = page_context(datasette)  # in English, so that a file is the same for all readers
    suffix = request.url_vars["suffix"]
    outlets = await context.outlets()

    def name(id_: str) -> str:
        return (outlets[id_]["name"] if id_ in outlets else "") or id_

    pairs = [
        ExportedPair(
            source_outlet=pair["source_outlet"],
            source_name=name(pair["source_outlet"]),
            outlet=pair["outlet"],
            outlet_name=name(pair["outlet"]),
            copies=pair["copies"],
            credited=pair["credited"],
        )
        for pair in await _read_pairs(context)
    ]
    head = {"desk": context.name, "generated": stamp(context.now), "days": MATRIX_DAYS}
    file = PairFile(pairs=pairs, head=head)
    return answer_in_format(request, PAIR_FORMATS[suffix], file, name=f"vigia-copies.{suffix}")


async def _read_pairs(context: PageContext) -> list[OutletPair]:
    return await context.read(OUTLET_PAIRS, {"since": format_moment_before(context.now, days=MATRIX_DAYS)})


def _most(counted: Counter[str], most: int) -> Sequence[str]:
    return sorted(counted, key=lambda id_: (-counted[id_], id_))[:most]
