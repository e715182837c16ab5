"""`/help`: how to search, with examples that link to their results."""

from __future__ import annotations

from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from db.i18n.languages import LANGUAGES
from db.model.outlet_kind import OWNERSHIPS
from db.news.outlets import OutletRow
from db.search.query.vocabulary import KINDS, VERDICTS
from db.site.filters.arguments import build_address
from db.site.page_context import ShownConcept, page_context
from db.site.response import answer_with_page
from db.site.wording import SiteWording

EXAMPLES = ("both", "phrase", "beginning", "either", "excluded", "group", "near", "title")
# Value of the field "is" -> key of the sentence that explains it.
ARTICLE_STATES = {
    "original": "entry.original", "copy": "entry.copy", "revision": "badges.updated",
    "paywalled": "badges.paywalled", "sponsored": "badges.sponsored",
}  # fmt: skip
# Concepts of the shipped topic that all its readers know.
EXAMPLE_CONCEPTS = ("chancay-port", "las-bambas")
MAX_COUNTRIES = 4  # countries in the examples


async def show_search_help(request: Request, datasette: Datasette) -> Response:
    """`/help`: words, operators and fields of the search box."""
    context = page_context(datasette, request)
    outlets, concepts = await context.outlets(), await context.concepts()
    wording = context.wording
    ways = [_example(wording(f"examples.{way}"), wording(f"help.{way}")) for way in EXAMPLES]
    variables = {"ways": ways, "fields": _list_fields(wording, outlets, concepts)}
    return await answer_with_page(context, request, "help.html", variables)


def _example(words: str, meaning: str) -> dict[str, str]:
    return {"words": words, "href": build_address({"q": words}), "meaning": meaning}


def _list_fields(
    wording: SiteWording, outlets: dict[str, OutletRow], concepts: dict[str, ShownConcept]
) -> list[tuple[str, list[dict[str, str]]]]:
    """Return (explanation, examples) of each field, with values of this desk."""
    known = [id_ for id_ in EXAMPLE_CONCEPTS if id_ in concepts] or sorted(concepts)[:2]
    countries = [str(row["country"]) for row in outlets.values() if row["country"] and row["country"] != "XX"]
    often = sorted(set(countries), key=lambda code: (-countries.count(code), code))[:MAX_COUNTRIES]
    named = [(id_, row["name"] or id_) for id_, row in list(outlets.items())[:2]]
    found: list[tuple[str, list[tuple[str, str]]]] = [
        ("concept", [(id_, concepts[id_].name) for id_ in known]),
        ("outlet", named),
        ("country", [(code, wording.country_name(code)) for code in often]),
        ("kind", [(code, wording.word("kinds", code)) for code in KINDS]),
        ("ownership", [(code, wording.word("ownerships", code)) for code in OWNERSHIPS]),
        ("lang", [(code, wording.language_name(code)) for code in LANGUAGES]),
        ("verdict", [(code, wording.word("verdicts", code)) for code in VERDICTS]),
        ("is", [(code, wording(key)) for code, key in ARTICLE_STATES.items()]),
    ]
    return [
        (wording(f"help.{field}"), [_example(f"{field}:{value}", name) for value, name in values])
        for field, values in found
        if values
    ]
