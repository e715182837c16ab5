"""Read an outlet's past from web archives: the Wayback Machine and Common Crawl."""
