"""The search form: request, facets, feedback on the query."""
