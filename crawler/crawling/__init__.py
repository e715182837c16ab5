"""The core of a crawl, shared by spider, middlewares and runner."""
