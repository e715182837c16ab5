"""What a reader asks for: request, facets, feedback on the query."""
