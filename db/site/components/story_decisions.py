"""What analysts decided on a story, and the forms by which they do."""

from __future__ import annotations

import json
from collections.abc import Sequence

from datasette.utils.asgi import Request

from db.site.analysts.forms import find_form_token
from db.site.page_context import PageContext
from db.site.queries.story_rows import CORRECTIONS_OF, CorrectionRow, StoryMember
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
    return {
        "told": _describe_done(context, request),
        "is_corrected": request.args.get("done") in ("join", "split"),
        "corrections": [
            {"id": row["id"], "text": _describe_correction(context, row), "may_undo": row["may_undo"]} for row in found
        ],
        # An article and its copies are split off together.
        "splittable": {member["id"] for member in members if member["original"] not in set(ids)},
    }


def _describe_done(context: PageContext, request: Request) -> str:
    """Say what the form did that led to this page."""
    done = request.args.get("done") or ""
    if done == "unknown":
        which = " ".join((request.args.get("which") or "").split())[:MAX_NAMED_CHARACTERS]
        return context.wording("correct.unknown", which=which)
    return context.wording(f"correct.done_{done}") if done in ("join", "split", "undone", "same") else ""


def _describe_correction(context: PageContext, row: CorrectionRow) -> str:
    when = context.moment(row["made_at"])
    if row["kind"] == "split":
        return context.wording("correct.was_split", title=row["title"], when=when)
    return context.wording("correct.was_joined", title=row["title"], other=row["other_title"] or "…", when=when)
