"""Every fetched page as WARC."""
