"""From a page to an article or a rejection. Pure."""
