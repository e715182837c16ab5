"""Bring pages of other programs' WARC files in as history."""
