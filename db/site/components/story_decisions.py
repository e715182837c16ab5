"""What analysts decided on a story, and the forms by which they do."""

from __future__ import annotations

import json
from collections.abc import Sequence

from datasette.utils.asgi import Request

from db.desk.analysts.correction_notes import read_correction_notes
from db.site.analysts.forms import find_form_token
from db.site.analysts.private_reading import read_desk
from db.site.analysts.reader import find_analyst_desk, find_reader
from db.site.page_context import PageContext
from db.site.queries.story_rows import CORRECTIONS_OF, CorrectionRow, StoryMember, find_splittable
from db.site.response import TemplateVariables

DECISION_ARGUMENTS = ("done", "which")  # that a correction adds to the address of the page it leads to
MAX_NAMED_CHARACTERS = 200


async def describe_corrections(
    context: PageContext, request: Request, members: Sequence[StoryMember]
) -> TemplateVariables:
    """Return the variables of _corrections.html; none for a reader who may not correct, to whom it shows nothing."""
    if find_form_token(context.datasette, request) is None:
        return {}
    ids = [member["id"] for member in members]
    found = await context.read(CORRECTIONS_OF, {"ids": json.dumps(ids)})
    notes = await _read_notes(context, request, found)
    return {
        "told": _describe_done(context, request),
        "is_corrected": request.args.get("done") in ("join", "split"),
        "corrections": [
            {
                "id": row["id"],
                "text": _describe_correction(context, row),
                "note": notes.get((row["key"], row["made_at"]), ""),
                "may_undo": row["may_undo"],
            }
            for row in found
        ],
        "splittable": find_splittable({member["id"]: member["original"] for member in members}),
    }


async def _read_notes(
    context: PageContext, request: Request, corrections: Sequence[CorrectionRow]
) -> dict[tuple[str, str], str]:
    """Return the reader's own notes on these corrections."""
    reader, desk = find_reader(context.datasette, request), find_analyst_desk(context.datasette)
    if not corrections or reader is None or desk is None:
        return {}
    keys = [row["key"] for row in corrections]
    return await read_desk(desk.desk_db, lambda db: read_correction_notes(db, keys, person=reader.id)) or {}


def _describe_done(context: PageContext, request: Request) -> str:
    """Say what the form did that led to this page."""
    done = request.args.get("done") or ""
    if done == "unknown":
        which = " ".join((request.args.get("which") or "").split())[:MAX_NAMED_CHARACTERS]
        return context.wording("correct.unknown", which=which)
    return context.wording(f"correct.done_{done}") if done in ("join", "split", "undone", "same", "elsewhere") else ""


def _describe_correction(context: PageContext, row: CorrectionRow) -> str:
    when = context.moment(row["made_at"])
    if row["kind"] == "split":
        return context.wording("correct.was_split", title=row["title"], when=when)
    return context.wording("correct.was_joined", title=row["title"], other=row["other_title"] or "…", when=when)
