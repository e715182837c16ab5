"""The article's text out of a page: blocks, extraction, boilerplate. Pure."""
