"""SQL of the pages."""
