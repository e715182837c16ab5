"""The SQL of pages."""
