"""Parts of pages: lists, charts, diffs, moments in words."""
