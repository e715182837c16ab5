"""Ledgers of edits and of copies: what is decided when an article is stored, so that pages only read it."""
