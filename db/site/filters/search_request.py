"""What a reader asked for, read from the address once: the list, its files and what is saved of it see the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from datasette.utils.asgi import Request

from db.site.filters import facets, query_feedback
from db.site.filters.query_feedback import QueryFeedback
from db.site.page_context import PageContext, Row
from db.site.queries.articles import SearchFilters


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """The arguments of an address, what they choose, how its words were read, and whom and what the desk knows."""

    given: dict[str, str]
    choice: SearchFilters
    read: QueryFeedback
    outlets: dict[str, Row]
    concepts: dict[str, Row]

    def address(self, path: str = "/", **changed: str) -> str:
        """The same choice at another path, or with some arguments changed."""
        return facets.build_address(self.given, path=path, **changed)


async def read_request(context: PageContext, request: Request) -> SearchRequest:
    """Read a request's address."""
    args: Mapping[str, str] = {key: request.args.get(key) for key in request.args}
    given = facets.read_arguments(args)
    outlets, concepts = await context.outlets(), await context.concepts()
    read = query_feedback.read_words(given, outlets=outlets, concepts=concepts, wording=context.wording)
    choice = await context.weighed(
        replace(facets.read_filters(args, now=context.now), query=read.query, marked=read.marked)
    )
    return SearchRequest(given=given, choice=choice, read=read, outlets=outlets, concepts=concepts)
