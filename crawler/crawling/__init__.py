"""One crawl: what its spider, its middlewares and its runner share."""
