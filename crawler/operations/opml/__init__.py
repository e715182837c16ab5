"""Outlets as an OPML file, which feed readers read and write."""
