"""Title, authors, dates, language and the rest that a page says of itself. Pure."""
