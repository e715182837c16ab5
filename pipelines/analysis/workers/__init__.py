"""Worker processes that analyse pages, and their time limits."""
