"""`/framing?concept=ID`: the words and concepts by which groups of outlets differ, also as `/framing.csv`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from datasette.app import Datasette
from datasette.utils.asgi import NotFound, Request, Response

from db.coverage.framing import MIN_GROUP_ARTICLES, TermDifference
from db.model.outlet_kind import STATE_OWNERSHIP
from db.news.outlets import OutletRow
from db.site.components.coverage import name_group, write_group_query
from db.site.components.framed_articles import Framing, GroupTerms, make_framing
from db.site.exports.csv_table import CSV_MEDIA_TYPE, write_csv_table
from db.site.filters.arguments import build_address
from db.site.page_context import PageContext, ShownConcept, page_context
from db.site.queries.articles import format_moment_before
from db.site.queries.concepts import NAMED_LATELY
from db.site.queries.subscription_preview import ID_BEFORE
from db.site.query_cache import compute_hourly
from db.site.response import TemplateVariables, answer_with_file, answer_with_page

MAX_OFFERED_CONCEPTS = 24  # where none is chosen
OFFERED_DAYS = 30  # whose articles rank the concepts that are offered
FRAMING_COLUMNS = (
    "kind", "language", "ownership", "country", "term", "articles", "articles_of", "others", "others_of", "z",
)  # fmt: skip


async def show_framing(request: Request, datasette: Datasette) -> Response:
    """`/framing`: the tables of a concept; without one, the concepts that are named most."""
    context = page_context(datasette, request)
    concept = request.args.get("concept") or ""
    if not concept:
        variables: TemplateVariables = {"concept": None, "offered": await _offer_concepts(context)}
        return await answer_with_page(context, request, "framing.html", variables, reads=("concept",))
    framing, concepts = await _read_framing(context, concept)
    outlets = await context.outlets()
    small = [group for group, n in framing.groups.items() if n < MIN_GROUP_ARTICLES]
    variables = {
        "concept": concepts[concept],
        "articles": framing.articles,
        "since": context.day(framing.since, "time"),
        "made": context.moment(framing.made_at.isoformat()),
        "least": MIN_GROUP_ARTICLES,
        "small": context.wording.join([name_group(group, context.wording) for group in sorted(small)]),
        "by_language": [
            (context.wording.language_name(language), _describe_tables(context, found, concept, outlets, concepts))
            for language in dict.fromkeys(found.language for found in framing.words)
            for found in [[one for one in framing.words if one.language == language]]
        ],
        "concepts": _describe_tables(context, framing.concepts, concept, outlets, concepts),
        "csv": build_address({"concept": concept}, path="/framing.csv"),
    }
    return await answer_with_page(context, request, "framing.html", variables, reads=("concept",))


async def download_framing(request: Request, datasette: Datasette) -> Response:
    """`/framing.csv`: all tables of a concept as one, a term a row."""
    context = page_context(datasette)  # in English, so that a file is the same for all readers
    framing, _ = await _read_framing(context, request.args.get("concept") or "")
    rows = [
        (
            "word" if found.language else "concept",
            found.language,
            found.group.ownership,
            found.group.country,
            found.surfaces.get(one.term, one.term),
            one.articles,
            one.articles_of,
            one.others,
            one.others_of,
            round(one.z, 2),
        )
        for found in (*framing.words, *framing.concepts)
        for one in found.terms
    ]
    text = write_csv_table(FRAMING_COLUMNS, rows)
    return answer_with_file(text, content_type=CSV_MEDIA_TYPE, name="vigia-framing.csv")


async def _read_framing(context: PageContext, concept: str) -> tuple[Framing, dict[str, ShownConcept]]:
    """Return the comparison of a concept, and all concepts. Raises NotFound for an unknown one."""
    concepts = await context.concepts()
    if concept not in concepts:
        raise NotFound(context.wording("concept.unknown", id=concept))
    return await compute_hourly(context, concept, lambda: make_framing(context, concept)), concepts


async def _offer_concepts(context: PageContext) -> list[ShownConcept]:
    """Return the concepts that most articles of OFFERED_DAYS name."""
    concepts = await context.concepts()
    before = (await context.read(ID_BEFORE, {"since": format_moment_before(context.now, days=OFFERED_DAYS)}))[0]["id"]
    named = await context.read(NAMED_LATELY, {"after": before})
    ranked = sorted(named, key=lambda row: (-row["recent"], row["id"]))
    return [concepts[row["id"]] for row in ranked[:MAX_OFFERED_CONCEPTS] if row["id"] in concepts]


def _describe_tables(
    context: PageContext,
    tables: Iterable[GroupTerms],
    concept: str,
    outlets: Mapping[str, OutletRow],
    concepts: Mapping[str, ShownConcept],
) -> list[TemplateVariables]:
    """Return the groups of a section with their terms; each term leads to the articles of the group that have it."""

    def describe(found: GroupTerms, one: TermDifference) -> TemplateVariables:
        surface = found.surfaces.get(one.term, one.term)
        asked = f'"{surface}"' if found.language else f"concept:{one.term}"
        query = write_group_query(found.group, outlets)
        given = {"q": f"{asked} {query}", "concept": concept, "language": found.language, "by": "article"}
        return {
            "name": surface if found.language or one.term not in concepts else concepts[one.term].name,
            "href": build_address(given) if query else "",
            "own": context.wording("framing.share", n=one.articles, of=one.articles_of),
            "others": context.wording("framing.share", n=one.others, of=one.others_of),
            "z": context.wording.number(one.z, "0.0"),
        }

    return [
        {
            "name": name_group(found.group, context.wording),
            "state": found.group.ownership == STATE_OWNERSHIP,
            "language": found.language,
            "terms": [describe(found, one) for one in found.terms],
        }
        for found in tables
    ]
