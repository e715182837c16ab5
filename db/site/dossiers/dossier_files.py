"""`/dossier/ID.ENDING`: the citations of all its articles, the dossier as a briefing, and its evidence pack."""

from __future__ import annotations

import json

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from db.desk.analysts.dossier_entries import list_dossier_entries
from db.desk.analysts.dossiers import Dossier
from db.site.analysts.private_reading import lead_to_choice, read_private
from db.site.briefings.briefing_pages import answer_with_briefing
from db.site.briefings.document import Briefing
from db.site.briefings.formats import BRIEFING_FORMATS, BRIEFING_LABELS
from db.site.briefings.list_briefing import BriefedEntry, BriefingFrame, collect_list_briefing
from db.site.dossiers.dossier_lookup import find_readable_dossier
from db.site.dossiers.evidence_packs import FileAnswer, answer_with_evidence
from db.site.dossiers.standing_entries import StandingEntry, find_standing_entries, list_articles_by_entry
from db.site.exports.citations import printable_line
from db.site.exports.cited_articles import CITATION_LIST_FORMATS, cite_articles
from db.site.exports.file_answers import answer_in_format
from db.site.local_time import read_moment
from db.site.page_context import PageContext, page_context
from db.site.queries.dossier_rows import ADDRESSES_OF
from db.site.response import TemplateVariables

MAX_BRIEFED_ENTRIES = 100
MAX_CITED_ARTICLES = 5_000
MAX_NOTE_PARAGRAPHS = 50  # of one note: a file of many thousand takes minutes
CITATION_SUFFIXES = {"ris": "ris", "bib": "bib", "json": "csl.json"}  # ending → format
EVIDENCE_SUFFIX = "zip"
DOSSIER_SUFFIXES = (*CITATION_SUFFIXES, *(ending[1:] for ending in BRIEFING_FORMATS), EVIDENCE_SUFFIX)


async def download_dossier(request: Request, datasette: Datasette) -> Response | FileAnswer:
    """`/dossier/ID.ENDING`, for who may read the dossier. Raises NotFound."""
    context = page_context(datasette, request)
    if choice := lead_to_choice(context, request):
        return choice
    dossier = await find_readable_dossier(context, request)
    entries = await read_private(context, request, lambda db, _: list_dossier_entries(db, dossier.id)) or []
    standing = await find_standing_entries(context, entries)
    articles = await list_articles_by_entry(context, standing)
    ids = list(dict.fromkeys(id_ for one in standing for id_ in articles.get(one.entry.id, [])))
    suffix = request.url_vars["suffix"]
    name = f"vigia-dossier-{dossier.id}.{suffix}"
    if suffix in CITATION_SUFFIXES:
        form = CITATION_LIST_FORMATS[CITATION_SUFFIXES[suffix]]
        return answer_in_format(request, form, await cite_articles(context, ids[:MAX_CITED_ARTICLES]), name=name)
    if suffix == EVIDENCE_SUFFIX:
        rows = await context.read(ADDRESSES_OF, {"ids": json.dumps(ids)})
        return await answer_with_evidence(context, [row["url"] for row in rows], name=name)
    briefing = await collect_dossier_briefing(context, dossier, standing, articles)
    return await answer_with_briefing(briefing, name=name)


async def collect_dossier_briefing(
    context: PageContext, dossier: Dossier, standing: list[StandingEntry], articles: dict[int, list[int]]
) -> Briefing:
    """Collect a dossier as a briefing, in the order and with the notes of its owner. Raises TooSlowError.

    The same dossier of the same articles makes the same briefing: its moment is that of its last change.
    """
    wording = context.wording
    entries = [_brief(context, one, articles) for one in standing[:MAX_BRIEFED_ENTRIES]]
    tags = [wording("dossiers.tagged", tags=wording.join([*dossier.tags]))] if dossier.tags else []
    changed = context.moment(dossier.changed_at, "time")
    further = len(standing) - MAX_BRIEFED_ENTRIES
    frame = BriefingFrame(
        title=printable_line(dossier.name),
        period=wording("dossiers.as_of", desk=printable_line(context.name), moment=changed),
        introduction=(*split_note(dossier.note), *tags, *([] if standing else [wording("dossiers.empty")])),
        further=wording("dossiers.further", n=further) if further > 0 else "",
        colophon=wording("dossiers.colophon", zone=wording.zone_city(str(context.zone))),
        made_at=read_moment(dossier.changed_at) or context.now,
        has_absences=False,
    )
    return await collect_list_briefing(context, entries, frame)


def _brief(context: PageContext, one: StandingEntry, articles: dict[int, list[int]]) -> BriefedEntry:
    notes = split_note(one.entry.note)
    if one.article is None:
        return BriefedEntry(notes=notes, lost=describe_lost(context, one))
    # A story's headline is that of its article that was chosen, if it is in the reader's language.
    found = frozenset({one.article["id"]}) if one.story is not None else frozenset(articles[one.entry.id])
    return BriefedEntry(story=one.story, articles=found, notes=notes)


def describe_lost(context: PageContext, one: StandingEntry) -> tuple[str, str]:
    """Return the title of an entry that the desk has no longer, and a sentence that says so."""
    chosen = one.entry.chosen
    url, outlet = printable_line(chosen.url), printable_line(chosen.outlet)
    return (
        printable_line(chosen.title) or outlet,
        context.wording("dossiers.lost", outlet=outlet, url=url),
    )


def split_note(note: str) -> tuple[str, ...]:
    """Return the paragraphs of a note, each on one line. The last of MAX_NOTE_PARAGRAPHS holds all that follows."""
    lines = [line for line in map(printable_line, note.split("\n")) if line]
    rest = lines[MAX_NOTE_PARAGRAPHS - 1 :]
    return (*lines[: MAX_NOTE_PARAGRAPHS - 1], *([" ".join(rest)] if rest else []))


def list_dossier_files(number: int, *, has_evidence: bool) -> list[TemplateVariables]:
    """Return address and label of each file of a dossier."""
    labels = {suffix: CITATION_LIST_FORMATS[form].label for suffix, form in CITATION_SUFFIXES.items()}
    labels |= {ending[1:]: label for ending, label in BRIEFING_LABELS.items()}
    return [
        {"href": f"/dossier/{number}.{suffix}", "label": labels.get(suffix, ""), "is_evidence": suffix not in labels}
        for suffix in DOSSIER_SUFFIXES
        if has_evidence or suffix != EVIDENCE_SUFFIX
    ]
