"""One file a page of the reading room."""
