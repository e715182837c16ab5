"""What was read of other programs' WARC files."""
