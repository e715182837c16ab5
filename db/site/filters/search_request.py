"""Read a search request from the address of a page: for the list, its downloads and a subscription."""

from __future__ import annotations

from dataclasses import dataclass, replace

from datasette.utils.asgi import Request

from db.news.outlets import OutletRow
from db.search.plan import Plan, make_plan
from db.site.filters import query_feedback
from db.site.filters.arguments import (
    FILTER_NAMES,
    SEARCH_ARGUMENTS,
    SearchArguments,
    build_address,
    list_refused,
    read_arguments,
    read_filters,
)
from db.site.filters.facets import find_unknown_values
from db.site.filters.query_feedback import QueryFeedback
from db.site.page_arguments import describe_unread, read_address_arguments
from db.site.page_context import PageContext, ShownConcept


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """The arguments of an address, how its words were read, the plan of the search, outlets and concepts by id."""

    arguments: SearchArguments
    plan: Plan
    feedback: QueryFeedback
    refused: list[str]  # arguments whose value could not be read
    unknown: dict[str, list[str]]  # values of filters that nothing has, by filter
    mistake: str  # what of the words and the other arguments was not understood, for a file; or ""
    outlets: dict[str, OutletRow]
    concepts: dict[str, ShownConcept]

    def address(self, path: str = "/", **changed: str) -> str:
        """Build the address of the same search at another path, or with some arguments changed."""
        return build_address(self.arguments, path=path, **changed)


async def read_request(context: PageContext, request: Request) -> SearchRequest:
    """Read a request's address and plan the search."""
    addressed = read_address_arguments(request)
    arguments = read_arguments(addressed)
    outlets, concepts = await context.outlets(), await context.concepts()
    feedback = query_feedback.read_words(arguments, outlets=outlets, concepts=concepts, wording=context.wording)
    filters = read_filters(addressed, now=context.now, zone=context.zone)
    refused = list_refused(addressed)
    unknown = find_unknown_values(arguments, outlets=outlets, concepts=concepts, wording=context.wording)
    unread = describe_unread(
        addressed,
        reads=SEARCH_ARGUMENTS,
        refused=refused,
        several=FILTER_NAMES,
        unknown=unknown,
        wording=context.wording,
    )
    plan = await make_plan(context.rows, replace(filters, query=feedback.query, marked=feedback.marked))
    return SearchRequest(
        arguments=arguments,
        plan=plan,
        feedback=feedback,
        refused=refused,
        unknown=unknown,
        mistake=" ".join(filter(None, (feedback.mistake, feedback.cut, *unread))),
        outlets=outlets,
        concepts=concepts,
    )
