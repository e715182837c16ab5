"""`/dossiers`: a reader's dossiers and those that others share. `/dossier/ID`: one with its entries and forms."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from db.desk.analysts.dossier_entries import DossierEntry, list_dossier_entries
from db.desk.analysts.dossier_rules import MAX_DOSSIER_NAME_CHARACTERS, MAX_DOSSIER_NOTE_CHARACTERS
from db.desk.analysts.dossiers import Dossier, list_dossiers
from db.desk.analysts.shown_versions import make_version
from db.news.outlets import OutletRow
from db.search.filters import SearchFilters
from db.search.plan import TooSlowError, make_plan
from db.search.results import select_matching
from db.search.story_results import MemberPlace, read_members_of_stories
from db.site.analysts.private_reading import lead_to_choice, read_private
from db.site.analysts.reader import find_reader
from db.site.components.article_list import describe_outlet
from db.site.components.story_list import choose_headline
from db.site.components.teller_counts import describe_voices
from db.site.dossiers.dossier_files import describe_lost, list_dossier_files, split_note
from db.site.dossiers.dossier_lookup import find_readable_dossier
from db.site.dossiers.evidence_packs import has_evidence_packer
from db.site.dossiers.standing_entries import StandingEntry, find_standing_entries, list_articles_by_entry
from db.site.filters.query_feedback import read_words
from db.site.page_context import PageContext, page_context
from db.site.queries.articles import ORIGINALS_OF
from db.site.response import TemplateVariables, answer_with_page
from db.text.folding import fold

DOSSIER_PAGE_ENTRIES: Final = 50
DONE: Final = ("made", "edited", "noted", "moved", "sorted", "removed", "undone", "deleted")  # what a form did


async def show_dossiers(request: Request, datasette: Datasette) -> Response:
    """`/dossiers`: the last changed first; with `tag` those that have it."""
    context = page_context(datasette, request)
    if choice := lead_to_choice(context, request):
        return choice
    reader = find_reader(datasette, request)
    listed = await read_private(context, request, lambda db, who: list_dossiers(db, who.id)) or []
    own = [one for one in listed if reader is not None and one.person == reader.id]
    tag = request.args.get("tag") or ""
    standing = [one for one in own if not one.is_deleted]
    deleted = [one for one in own if one.is_deleted]
    shared = [one for one in listed if reader is not None and one.person != reader.id]
    done = request.args.get("done") or ""
    variables: TemplateVariables = {
        "own": [_describe_dossier(context, one) for one in standing if not tag or tag in one.tags],
        "shared": [_describe_dossier(context, one) for one in shared if not tag or tag in one.tags],
        "deleted": [_describe_dossier(context, one) for one in deleted],
        "tags": sorted({word for one in standing for word in one.tags}),
        "tag": tag,
        "told": context.wording(f"dossiers.done_{done}") if done in DONE else "",
        "undone": next((one for one in deleted if str(one.id) == request.args.get("dossier")), None),
        "longest_name": MAX_DOSSIER_NAME_CHARACTERS,
    }
    return await answer_with_page(context, request, "dossiers.html", variables, reads=("tag", "done", "dossier"))


async def show_dossier(request: Request, datasette: Datasette) -> Response:
    """`/dossier/ID`: its entries in their order, DOSSIER_PAGE_ENTRIES a page; with `q` those that the words find."""
    context = page_context(datasette, request)
    if choice := lead_to_choice(context, request):
        return choice
    dossier = await find_readable_dossier(context, request)
    entries = await read_private(context, request, lambda db, _: list_dossier_entries(db, dossier.id)) or []
    words = " ".join((request.args.get("q") or "").replace("\0", "").split())[:200]
    found = await _search(context, entries, words) if words else entries
    page = _read_page(request.args.get("page"), len(found))
    shown = await find_standing_entries(context, found[(page - 1) * DOSSIER_PAGE_ENTRIES : page * DOSSIER_PAGE_ENTRIES])
    reader = find_reader(datasette, request)
    done = request.args.get("done") or ""
    variables: TemplateVariables = {
        "dossier": _describe_dossier(context, dossier),
        "is_own": reader is not None and reader.id == dossier.person and not dossier.is_deleted,
        "may_restore": reader is not None and reader.id == dossier.person,
        "entries": await _describe_entries(context, shown),
        "paragraphs_of_note": split_note(dossier.note),
        "asked": words,
        "count": len(found),
        "page_number": page,
        "pages": max(-(-len(found) // DOSSIER_PAGE_ENTRIES), 1),
        "files": list_dossier_files(dossier.id, has_evidence=has_evidence_packer(datasette)) if entries else [],
        "told": context.wording(f"dossiers.done_{done}") if done in DONE else "",
        "longest_name": MAX_DOSSIER_NAME_CHARACTERS,
        "longest_note": MAX_DOSSIER_NOTE_CHARACTERS,
    }
    refused = ["page"] if re.fullmatch(r"[0-9]*", request.args.get("page") or "") is None else []
    reads = ("q", "page", "done")
    return await answer_with_page(context, request, "dossier.html", variables, reads=reads, refused=refused)


async def _search(context: PageContext, entries: Sequence[DossierEntry], words: str) -> list[DossierEntry]:
    """Return the entries whose articles the query finds, or whose title, outlet or note has the words."""
    standing = await find_standing_entries(context, entries)
    articles = await list_articles_by_entry(context, standing)
    feedback = read_words(
        {"q": words}, outlets=await context.outlets(), concepts=await context.concepts(), wording=context.wording
    )
    filters = SearchFilters(words=words, query=feedback.query, marked=feedback.marked)
    # A copy is found by its original: copies are listed under it.
    originals = {one.entry.id: one.article["original"] for one in standing if one.article}
    asked = {id_ for ids in articles.values() for id_ in ids} | {id_ for id_ in originals.values() if id_}
    try:
        plan = await make_plan(context.rows, filters)
        matching = {row["id"] for row in await context.rows(*select_matching(plan, sorted(asked)))}
    except TooSlowError:
        matching = set()
    found = {
        one.entry.id for one in standing if matching & {*articles.get(one.entry.id, []), originals.get(one.entry.id)}
    }
    # In a thread: all notes of a dossier may have ten million characters.
    found |= await asyncio.to_thread(_find_named, [entry for entry in entries if entry.id not in found], words)
    return [entry for entry in entries if entry.id in found]


def _find_named(entries: Sequence[DossierEntry], words: str) -> set[int]:
    """Return the ids of the entries whose note, title or outlet has the words. Pure."""
    folded = fold(words)
    return {
        entry.id
        for entry in entries
        if any(folded in fold(text) for text in (entry.note, entry.chosen.title, entry.chosen.outlet))
    }


async def _describe_entries(context: PageContext, shown: Sequence[StandingEntry]) -> list[TemplateVariables]:
    outlets = await context.outlets()
    ids = sorted({one.article["id"] for one in shown if one.article and one.story is not None})
    members: dict[int, list[MemberPlace]] = {}
    for member in await read_members_of_stories(context.rows, ids):
        members.setdefault(member["story"], []).append(member)
    language, chosen = context.wording.language, {one.article["id"] for one in shown if one.article}
    headlines = {story: choose_headline(told, language, found=chosen)["id"] for story, told in members.items()}
    rows = await context.read(ORIGINALS_OF, {"ids": json.dumps(sorted(headlines.values()))})
    titles = {row["id"]: row["title"] for row in rows}
    return [_describe_entry(context, one, outlets, members, headlines, titles) for one in shown]


def _describe_entry(
    context: PageContext,
    one: StandingEntry,
    outlets: Mapping[str, OutletRow],
    members: Mapping[int, Sequence[MemberPlace]],
    headlines: Mapping[int, int],
    titles: Mapping[int, str],
) -> TemplateVariables:
    entry, article = one.entry, one.article
    described: TemplateVariables = {
        "id": entry.id,
        "place": entry.place,
        "note": entry.note,
        "version": make_version(entry.note),
        "paragraphs": split_note(entry.note),
        "title": entry.chosen.title,
        "language": "",
        "is_story": entry.chosen.story is not None,
        "href": "",
        "outlet": None,
        "facts": [],
        "lost": "",
    }
    if article is None:
        described["lost"] = describe_lost(context, one)[1]
        return described
    told = members.get(one.story or 0, ())
    headline = headlines.get(one.story or 0)
    language = next((member["language"] for member in told if member["id"] == headline), article["language"])
    moment = context.moment(article["published"] or article["moment"], article["published_precision"])
    described |= {
        "title": titles.get(headline or 0, article["title"]),
        "language": language or "",
        "href": f"/story/{one.story}" if told else f"/article/{article['id']}",
        "outlet": None if told else describe_outlet(outlets, article["outlet"], context.wording),
        "facts": [*describe_voices(told, context.wording), moment] if told else [moment],
    }
    return described


def _describe_dossier(context: PageContext, dossier: Dossier) -> TemplateVariables:
    return {
        "id": dossier.id,
        "name": dossier.name,
        "note": dossier.note,
        "tags": dossier.tags,
        "owner": dossier.owner,
        "is_shared": dossier.is_shared,
        "is_deleted": dossier.is_deleted,
        "change": dossier.change,
        "version": dossier.version,
        "may_undo": dossier.may_undo,
        "entries": context.wording("dossiers.entries", n=dossier.entries),
        "changed": context.moment(dossier.changed_at, "time"),
    }


def _read_page(text: str | None, count: int) -> int:
    """Return the number of a page that there is."""
    number = int(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else 1
    return min(max(number, 1), max(-(-count // DOSSIER_PAGE_ENTRIES), 1))
