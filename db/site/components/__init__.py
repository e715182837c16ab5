"""Parts of pages: the list of articles, charts, comparisons of texts, marked concepts."""
