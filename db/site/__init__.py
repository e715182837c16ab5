"""The reading room: Datasette with pages of our own, read-only on the live database."""
