"""The reading room: Datasette with pages of its own, read-only on the live database."""
