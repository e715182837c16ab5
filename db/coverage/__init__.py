"""Which groups of outlets have a story or a concept, and which have not: rules without a database."""
