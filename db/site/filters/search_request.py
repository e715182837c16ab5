"""Read a search request from the address of a page: for the list, its downloads and a subscription."""

from __future__ import annotations

from dataclasses import dataclass, replace

from datasette.utils.asgi import Request

from db.news.outlets import OutletRow
from db.search.plan import Plan, make_plan
from db.site.filters import facets, query_feedback
from db.site.filters.query_feedback import QueryFeedback
from db.site.page_context import PageContext, ShownConcept


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """The arguments of an address, how its words were read, the plan of the search, outlets and concepts by id."""

    arguments: dict[str, str]
    plan: Plan
    feedback: QueryFeedback
    refused: list[str]  # arguments whose value could not be read
    outlets: dict[str, OutletRow]
    concepts: dict[str, ShownConcept]

    def address(self, path: str = "/", **changed: str) -> str:
        """Build the address of the same search at another path, or with some arguments changed."""
        return facets.build_address(self.arguments, path=path, **changed)


async def read_request(context: PageContext, request: Request) -> SearchRequest:
    """Read a request's address and plan the search."""
    query_string = {key: request.args.get(key) for key in request.args}
    arguments = facets.read_arguments(query_string)
    outlets, concepts = await context.outlets(), await context.concepts()
    feedback = query_feedback.read_words(arguments, outlets=outlets, concepts=concepts, wording=context.wording)
    refused = facets.list_refused(query_string)
    filters = facets.read_filters(query_string, now=context.now)
    plan = await make_plan(context.rows, replace(filters, query=feedback.query, marked=feedback.marked))
    return SearchRequest(
        arguments=arguments,
        plan=plan,
        feedback=feedback,
        refused=refused,
        outlets=outlets,
        concepts=concepts,
    )
