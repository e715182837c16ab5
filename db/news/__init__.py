"""The publishable database news.db: one module for each table, or for one reader of several."""
