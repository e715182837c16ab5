"""The full-text index, the query language, results, highlighting."""
