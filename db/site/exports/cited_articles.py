"""Citations of several articles in one file."""

from __future__ import annotations

import json
from collections.abc import Sequence

from db.news.article_row import ArticleRow
from db.site.exports.citations import (
    CITATION_FORMATS,
    Citation,
    make_citation,
    make_csl_item,
    write_bibtex,
    write_ris,
)
from db.site.exports.file_format import FileFormat
from db.site.page_context import PageContext
from db.site.queries.articles import ARTICLES_BY_ID, CONCEPTS_OF

MAX_CITED_AT_ONCE = 500  # articles whose texts are read by one statement


def write_ris_list(citations: Sequence[Citation]) -> str:
    """Write RIS records with a blank line between them."""
    return "\r\n".join(map(write_ris, citations))


def write_bibtex_list(citations: Sequence[Citation]) -> str:
    """Write entries for biblatex with a blank line between them."""
    return "\n".join(map(write_bibtex, citations))


def write_csl_json_list(citations: Sequence[Citation]) -> str:
    """Write a CSL-JSON file with an item for each citation."""
    return json.dumps([make_csl_item(citation) for citation in citations], ensure_ascii=False, indent=1) + "\n"


_WRITERS = {"ris": write_ris_list, "bib": write_bibtex_list, "csl.json": write_csl_json_list}
CITATION_LIST_FORMATS: dict[str, FileFormat[Sequence[Citation]]] = {
    suffix: FileFormat(label=form.label, media_type=form.media_type, write=_WRITERS[suffix], is_attachment=True)
    for suffix, form in CITATION_FORMATS.items()
}


async def cite_articles(context: PageContext, ids: Sequence[int]) -> list[Citation]:
    """Return the citations of these articles in this order; one that is not there is left out. Raises TooSlowError."""
    found: dict[int, Citation] = {}
    for start in range(0, len(ids), MAX_CITED_AT_ONCE):
        part = list(ids[start : start + MAX_CITED_AT_ONCE])
        rows = await context.read(ARTICLES_BY_ID, {"ids": json.dumps(part)})
        found |= {citation.id: citation for citation in await cite_rows(context, rows)}
    return [found[id_] for id_ in dict.fromkeys(ids) if id_ in found]


async def cite_rows(context: PageContext, rows: Sequence[ArticleRow]) -> list[Citation]:
    """Return the citations of these rows, with the concepts that each names most as keywords. Raises TooSlowError."""
    outlets, concepts = await context.outlets(), await context.concepts()
    mentions = await context.read_by_id(CONCEPTS_OF, [row["id"] for row in rows])
    citations = []
    for row in rows:
        named = [mention["concept"] for mention in mentions.get(row["id"], [])]
        keywords = [concepts[id_].name for id_ in named if id_ in concepts]
        citations.append(make_citation(row, outlets.get(row["outlet"]), keywords=keywords, zone=context.zone))
    return citations
