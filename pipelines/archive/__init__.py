"""Store every fetched page in WARC files."""
