"""`/story/ID/copies`: who took a story's texts from whom, what each cut or added, and whom they credit; its files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from db.copies.sources import list_sentence_keys
from db.model.times import stamp
from db.news.outlets import OutletRow
from db.site import local_time
from db.site.components.article_list import describe_outlet
from db.site.exports.copy_files import COPY_FORMATS, CopyFile, ExportedCopy
from db.site.exports.file_answers import absolute_address, answer_in_format
from db.site.exports.result_files import exportable_address
from db.site.page_context import PageContext, page_context
from db.site.queries.copy_rows import COPIES_OF_STORY, MAX_COPIES_READ, TEXTS_OF_VERSIONS, CopyLedgerRow
from db.site.queries.story_rows import STANDING_STORY
from db.site.response import TemplateVariables, answer_with_page

MAX_COPIES_SHOWN = 200  # of a page, the earliest; the files have up to MAX_COPIES_READ
MAX_TREE_DEPTH = 4  # of the tree; what is deeper stands at this depth
MAX_TEXTS_COMPARED = 40  # copies whose sentences are shown
MAX_COMPARED_TEXT_CHARACTERS = 600_000  # of all these copies and their sources
MAX_CHANGED_SENTENCES_SHOWN = 8  # on each side
MAX_SENTENCE_SHOWN_CHARACTERS = 240


async def show_story_copies(request: Request, datasette: Datasette) -> Response:
    """`/story/ID/copies`: a tree for each text of the story that was copied."""
    context = page_context(datasette, request)
    story, rows = await _read_copies(context, int(request.url_vars["id"]))
    shown = rows[:MAX_COPIES_SHOWN]
    outlets = await context.outlets()
    sentences = {} if await context.is_public_copy() else await _compare_texts(context, shown)
    described = {row["id"]: _describe_copy(context, row, shown, outlets, sentences) for row in shown}
    variables: TemplateVariables = {
        "story": story,
        "trees": _grow_trees(shown, described),
        "left_out": _describe_left_out(context, len(rows), len(shown)),
        "files": [(f"/story/{story}/copies.{suffix}", form.label) for suffix, form in COPY_FORMATS.items()],
    }
    return await answer_with_page(context, request, "story_copies.html", variables)


async def download_story_copies(request: Request, datasette: Datasette) -> Response:
    """`/story/ID/copies.FORMAT`: the story's copies, the earliest first."""
    context = page_context(datasette)  # in English, so that a file is the same for all readers
    suffix = request.url_vars["suffix"]
    story, rows = await _read_copies(context, int(request.url_vars["id"]))
    outlets = await context.outlets()
    base = absolute_address(context, request, "/article/")
    copies = [_export_copy(row, outlets, base) for row in rows[:MAX_COPIES_READ]]
    head = {"desk": context.name, "generated": stamp(context.now), "story": story, "cut_short": len(rows) > len(copies)}
    file = CopyFile(copies=copies, head=head)
    return answer_in_format(request, COPY_FORMATS[suffix], file, name=f"vigia-story-{story}-copies.{suffix}")


async def _read_copies(context: PageContext, number: int) -> tuple[int, list[CopyLedgerRow]]:
    """Return the story that stands for a number, and its originals and copies. Raises NotFound."""
    standing = next(iter(await context.read(STANDING_STORY, {"id": number})), None)
    if standing is None:
        raise NotFound(context.wording("error.no_story", id=str(number)))
    return standing["id"], await context.read(COPIES_OF_STORY, {"story": standing["id"]})


def _describe_left_out(context: PageContext, read: int, shown: int) -> str:
    """Say how many of the copies that were read are not shown, and whether there may be more; "" if none is."""
    n = min(read, MAX_COPIES_READ) - shown
    return context.wording("copies.left_out_least" if read > MAX_COPIES_READ else "copies.left_out", n=n) if n else ""


async def _compare_texts(context: PageContext, rows: Sequence[CopyLedgerRow]) -> dict[int, tuple[list[str], list[str]]]:
    """Return the sentences that copies cut and added, of the first copies that did either."""
    pairs = [(row["id"], row["source"]) for row in rows if row["source"] and (row["cut"] or row["added"])]
    pairs = pairs[:MAX_TEXTS_COMPARED]
    ids = sorted({id_ for pair in pairs for id_ in pair if id_ is not None})
    texts = {row["id"]: row["text"] for row in await context.read(TEXTS_OF_VERSIONS, {"ids": json.dumps(ids)})}
    return await asyncio.to_thread(_list_differences, pairs, texts)


def _list_differences(
    pairs: Sequence[tuple[int, int | None]], texts: Mapping[int, str]
) -> dict[int, tuple[list[str], list[str]]]:
    keyed: dict[int, list[tuple[int, str]]] = {}
    left = MAX_COMPARED_TEXT_CHARACTERS
    for id_ in dict.fromkeys(id_ for pair in pairs for id_ in pair if id_ is not None and id_ in texts):
        left -= len(texts[id_])
        if left >= 0:
            keyed[id_] = list_sentence_keys(texts[id_])
    found = {}
    for copy, source in pairs:
        if source not in keyed or copy not in keyed:
            continue
        here, there = keyed[copy], keyed[source]
        keys_here, keys_there = {key for key, _ in here}, {key for key, _ in there}
        found[copy] = (
            [_cut(text) for key, text in there if key not in keys_here][:MAX_CHANGED_SENTENCES_SHOWN],
            [_cut(text) for key, text in here if key not in keys_there][:MAX_CHANGED_SENTENCES_SHOWN],
        )
    return found


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SENTENCE_SHOWN_CHARACTERS else f"{text[: MAX_SENTENCE_SHOWN_CHARACTERS - 1]}…"


def _describe_copy(
    context: PageContext,
    row: CopyLedgerRow,
    rows: Sequence[CopyLedgerRow],
    outlets: Mapping[str, OutletRow],
    sentences: Mapping[int, tuple[list[str], list[str]]],
) -> TemplateVariables:
    wording = context.wording
    source = next((other for other in rows if other["id"] == row["source"]), None)
    at, before = local_time.read_moment(row["moment"]), local_time.read_moment(source["moment"]) if source else None
    counted = [
        wording(f"copies.{name}", n=n)
        for name, n in (("kept", row["kept"]), ("cut", row["cut"]), ("added", row["added"]))
        if n
    ]
    cut, added = sentences.get(row["id"], ([], []))
    return {
        "id": row["id"],
        "title": row["title"],
        "language": row["language"],
        "outlet": describe_outlet(outlets, row["outlet"], wording),
        "moment": context.moment(row["published"] or row["moment"], row["published_precision"]),
        "kind": wording("entry.original") if row["original"] is None else wording.word("copy_kinds", row["copy_kind"]),
        "source": source and describe_outlet(outlets, source["outlet"], wording),
        "source_id": row["source"],
        "sure": bool(row["is_sure"]),
        "lag": wording.lag(at - before) if row["is_sure"] and at and before else "",
        "counted": wording.join(counted),
        "credit": ""
        if row["original"] is None or row["is_credited"] is None
        else wording("badges.credited", to=row["credited_to"])
        if row["credited_to"]
        else wording("copies.credited" if row["is_credited"] else "copies.uncredited"),
        "is_compared": row["original"] is None or row["source"] is not None,
        "cut": cut,
        "added": added,
        "copies": [],
    }


def _grow_trees(rows: Sequence[CopyLedgerRow], described: Mapping[int, TemplateVariables]) -> list[TemplateVariables]:
    """Return the originals, each with its copies under the version that they were taken from, the earliest first.

    A copy whose order is not known, or whose source is not shown, stands under the original without an arrow.
    """
    trees, depths = [], {}
    by_id = {row["id"]: row for row in rows}
    for row in sorted(rows, key=lambda row: (row["original"] is not None, row["moment"], row["id"])):
        it = described[row["id"]]
        parent = row["source"] if row["is_sure"] and row["source"] in depths else row["original"]
        if parent is None or parent not in by_id or parent not in depths:
            depths[row["id"]] = 0
            trees.append(it)
            continue
        while depths[parent] >= MAX_TREE_DEPTH:
            parent = by_id[parent]["source"] or by_id[parent]["original"] or parent
        depths[row["id"]] = depths[parent] + 1
        described[parent]["copies"].append(it)
    return trees


def _export_copy(row: CopyLedgerRow, outlets: Mapping[str, OutletRow], base: str) -> ExportedCopy:
    outlet = outlets.get(row["outlet"])
    return ExportedCopy(
        id=row["id"],
        title=row["title"],
        url=exportable_address(row["url"]),
        page=f"{base}{row['id']}",
        outlet=row["outlet"],
        outlet_name=(outlet and outlet["name"]) or row["outlet"],
        language=row["language"],
        published=row["published"],
        published_precision=row["published_precision"],
        original=row["original"],
        copy_kind=row["copy_kind"],
        source=row["source"],
        order_known=None if row["is_sure"] is None else bool(row["is_sure"]),
        kept=row["kept"],
        cut=row["cut"],
        added=row["added"],
        credited=None if row["is_credited"] is None else bool(row["is_credited"]),
        credited_to=row["credited_to"],
    )
