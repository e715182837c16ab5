"""The WARC files that an import is given: found by name, downloaded, and told apart from other files."""
