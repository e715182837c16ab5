"""Other stories on a page: cards that are the page, a second story below the article, excerpts without links."""
